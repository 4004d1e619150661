"""What cannot be read or carried out gets one sentence and exit code 2."""

import pytest

from tests.command_line import AS_OF, CASES, RECORDS, refused

CASE = (CASES / "start-intravenous.yaml").read_text(encoding="utf-8")
RECORD = (RECORDS / "ada-depression.json").read_text(encoding="utf-8")
WEIGHT = '"value": 72.5,'

BROKEN = {
    "case, broken": ("x.yaml", CASE.replace("facts:", "facts: ["), "x.yaml:", "cannot be read"),
    "case, unknown unit": ("x.yaml", CASE.replace("72 kg", "72 stone"), "not a UCUM code", "x.yaml:"),
    "case, negative weight": ("x.yaml", CASE.replace("72 kg", "-72 kg"), "below zero", "x.yaml:"),
    "case, NaN": ("x.yaml", CASE.replace("72 kg", "NaN kg"), "not a number", "x.yaml:"),
    "case, bare NaN": ("x.yaml", CASE.replace("72 kg", "{value: .nan, unit: kg}"), "not a number", "x.yaml:"),
    "case, date in the future": (
        "x.yaml",
        CASE.replace("recorded_at: 2026-11-24", "recorded_at: 2026-11-25"),
        "after",
    ),
    "case, empty": ("x.yaml", "", "the file is empty"),
    "case, not UTF-8": ("x.yaml", "case: \udcff", "not UTF-8"),
    "case, of another kind": ("x.yaml", "id: x\nkind: protocol\n", "no key 'id'"),
    "record, broken": ("x.json", RECORD[:-40], "cannot be read as JSON"),
    "record, NaN": ("x.json", RECORD.replace(WEIGHT, '"value": NaN,'), "it holds NaN"),
    "record, infinity": ("x.json", RECORD.replace(WEIGHT, '"value": 1e999,'), "beyond anything"),
    "record, key twice": ("x.json", RECORD.replace(WEIGHT, WEIGHT * 2), "stands twice"),
    "record, date in the future": (
        "x.json",
        RECORD.replace("2026-11-20T09:12", "2026-12-20T09:12"),
        "after 2026-11-24",
    ),
    "record, of another kind": ("x.json", '{"resourceType": "Patient"}', "a Patient, not a Bundle"),
    "record, not packed": ("x.json.gz", "{", "cannot be read as JSON"),
    "record, empty": ("x.json", "", "cannot be read as JSON"),
    "record, list": ("x.json", "[]", "no FHIR resource"),
    "of no kind": ("x.txt", "hello", "neither .yaml"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_faulty_file_gets_one_sentence(posology, tmp_path, name):
    filename, text, *says = BROKEN[name]
    path = tmp_path / filename
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    asked = ["--as-of", AS_OF] if filename.startswith("x.json") else []
    refused(posology("recommend", path, *asked), *says)


UNREADABLE = {
    "unknown unit": ('"unit": "kg",', '"unit": "stone",', '"code": "kg"', '"code": "stone"'),
    "no unit": ('"unit": "kg",', '"unit": "",', '"code": "kg"', '"code": ""'),
    "negative": (WEIGHT, '"value": -72.5,'),
    "impossible": (WEIGHT, '"value": 7250,'),
    "exponent": (WEIGHT, '"value": 7.25E1,'),
    "text": (WEIGHT, '"value": "72,5",'),
}


@pytest.mark.hazard("H-02", n=6)
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_faulty_weight_in_a_record_gets_a_sentence_and_no_dose(posology, tmp_path, name):
    """Six faults of a weight: the page says *not known*, the error stream says why, and the code is 2."""
    text = RECORD
    old_and_new = UNREADABLE[name]
    for old, new in zip(old_and_new[::2], old_and_new[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    result = posology("recommend", path, "--as-of", AS_OF)
    assert result.code == 2
    assert "Weight: not known" in result.words
    assert len(result.err.strip().splitlines()) == 1
    assert "weight" in result.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("recommend", "nowhere.yaml"), "there is no such file"),
        (("recommend", str(CASES)), "neither .yaml"),
        (("recommend", str(CASES / "start-nasal.yaml"), "--as-of", "yesterday"), "not a moment"),
        (("recommend", str(CASES / "start-nasal.yaml"), "--as-of", "2026-11-24T10:00:00"), "no time zone"),
        (("recommend", str(CASES / "start-nasal.yaml"), "--jurisdiction", "XX"), "no jurisdiction 'XX'"),
        (("recommend", str(CASES / "start-nasal.yaml"), "--protocol", "x"), "no protocol 'x'"),
        (("recommend", str(RECORDS / "emil-deceased.json")), "the patient died on 2025-12-24"),
        (("score", "phq-8", "1"), "no instrument 'phq-8'"),
        (("score", "phq-9", "1,2"), "2 answers were given"),
        (("score", "phq-9", "1,2,3,0,1,2,3,0,4"), "It takes 0 to 3"),
        (("score", "phq-9", "1,2,3,0,1,2,3,0,x1"), "not a number"),
        (("score", "phq-9", "1,2,3,0,1,2,3,0,1.5"), "Give a whole number"),
        (("check-knowledge", "nowhere"), "no such folder"),
    ],
)
def test_a_faulty_command_gets_one_sentence(posology, words, says):
    refused(posology(*words), says)


def test_a_folder_named_as_a_file_is_refused(posology, tmp_path):
    (tmp_path / "a.yaml").mkdir()
    refused(posology("recommend", tmp_path / "a.yaml"), "not a file")


def test_a_fault_of_our_own_is_one_sentence_and_exit_code_1(posology, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.delenv("POSOLOGY_DEBUG", raising=False)
    monkeypatch.setattr("posology.cli.scoring.score", fails)
    result = posology("score", "phq-9", "1,1,1,1,1,1,1,1,1")
    assert result.code == 1
    assert "fault of its own (RuntimeError)" in result.err
    assert "secret" not in result.err


@pytest.mark.requirement("SR-35")
def test_text_from_a_file_is_only_ever_text(posology, tmp_path):
    """Neither the markup of the console nor the control codes of a terminal come through."""
    path = tmp_path / "x.yaml"
    label = '"[bold red]A[/] \\e[2J\\u202eB"'
    path.write_text(CASE.replace("Synthetic, Ada; first infusion", label), encoding="utf-8")
    out = posology("recommend", path).out
    assert out.startswith("[bold red]A[/]  [2J B\n")
    assert "\u001b" not in out
    assert "\u202e" not in out


def test_a_refusal_cannot_steer_a_terminal(posology, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(CASE.replace("sex: male", 'sex: "\\e[2J"'), encoding="utf-8")
    result = posology("recommend", path)
    refused(result, "x.yaml:")
    assert "\u001b" not in result.err
