"""The command line as a person meets it: a page or JSON, or one sentence and exit code 2."""

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from posology.cli import main as cli

CASES = Path(__file__).parents[2] / "golden" / "cases"
RECORDS = Path(__file__).parents[2] / "data" / "fhir"
AS_OF = "2026-11-24T15:00:00+00:00"
SUPPORTS = "Posology supports and never replaces a clinician."


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def words(self) -> str:
        """The page as running text."""
        return " ".join(self.out.replace("\u00a0", " ").replace("\u202f", " ").split())

    @property
    def data(self) -> dict:
        return json.loads(self.out)


@pytest.fixture
def posology(capsys, monkeypatch):
    def run(*words: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["posology", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.run()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return run


def refused(result: Result, *says: str) -> None:
    assert result.code == 2
    assert result.out == ""
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    for words in says:
        assert words in result.err


# ---------------------------------------------------------------- recommend


def test_a_case_gets_its_page(posology):
    result = posology("recommend", CASES / "start-intravenous.yaml")
    assert (result.code, result.err) == (0, "")
    for words in (
        "Synthetic, Ada; first infusion",
        "Born 14-Mar-1981 (45 y)",
        "Weight 72 kg (158.7 lb), 24-Nov-2026, 1 h ago",
        "✓ PASS Intravenous racemic ketamine",
        "DOSE 36 mg ketamine, intravenous, over 40 min",
        "Sum 0.5 mg/kg × 72 kg = 36 mg 36 mg ÷ 40 min = 0.9 mg/min",
        "24-Nov-2026, 27-Nov-2026, 01-Dec-2026",
        "For 0.5 mg/kg over 40 minutes is the dose studied most. MURR13A [V]",
        "Against Off-label",
        "None of these",
        SUPPORTS,
    ):
        assert words in result.words


def test_stops_come_before_holds_and_the_questions(posology):
    page = posology("recommend", RECORDS / "boris-aneurysm.json", "--as-of", AS_OF).out
    places = [
        page.index(words) for words in ("Stops ─", "Holds ─", "Cannot say yet:", "Options ─", "Sources ─")
    ]
    assert places == sorted(places)


def test_what_several_protocols_say_alike_stands_once(posology):
    page = posology("recommend", CASES / "hold-unknown-drug.yaml").out
    assert page.split("Options ─")[0].count("Drugs that could not be checked") == 1


def test_a_record_says_what_was_understood_and_what_was_not(posology):
    result = posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF)
    assert result.code == 0
    for words in (
        "Weight 72.5 kg (and 1 earlier) 20-Nov-2026, 4 days ago",
        "Drug lorazepam 1 MG Oral Tablet, active (lorazepam)",
        "PHQ-9 18, moderately severe",
        "Acute viral pharyngitis (SNOMED CT 195662009, resolved)",
        "2 resources answer no question here and were left aside: 1 Claim, 1 Encounter.",
        "⚑ FLAG Item 9 was answered with 1.",
        "answers are needed",
        "No option is proposed.",
    ):
        assert words in result.words


def test_a_packed_record_reads_the_same(posology, tmp_path):
    packed = tmp_path / "ada.json.gz"
    packed.write_bytes(gzip.compress((RECORDS / "ada-depression.json").read_bytes()))
    plain = posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF)
    assert posology("recommend", packed, "--as-of", AS_OF).out == plain.out


def test_what_could_not_be_read_is_on_the_page_and_in_the_exit_code(posology):
    result = posology("recommend", RECORDS / "dimitri-unreadable.json", "--as-of", AS_OF)
    assert result.code == 2
    assert "Weight: not known" in result.words
    assert "The weight: 'lbs' is not a UCUM code that is read here" in result.words
    assert len(result.err.strip().splitlines()) == 1
    assert "Not all of the record could be read." in result.err
    assert "(1 more on the page)" in result.err


def test_json_holds_everything_the_page_stands_on(posology):
    result = posology("recommend", CASES / "start-intravenous.yaml", "--json")
    data = result.data
    assert data["supports"] == SUPPORTS
    assert data["advice"]["verdict"] == "pass"
    option = next(o for o in data["advice"]["options"] if o["id"] == "ketamine-iv/start/0.5/40")
    assert (option["dose"]["dose_mg"], option["dose"]["level"], option["dose"]["weight"]["kg"]) == (
        "36",
        "0.5",
        "72",
    )
    assert option["visits"][1]["on"] == "2026-11-27"
    assert option["for"][0]["citations"][0]["source"] in data["sources"]
    findings = [f for p in data["advice"]["protocols"] for f in p["report"]["findings"]]
    assert all(f["citations"] and f["severity"] in {"info", "warning", "critical"} for f in findings)
    assert {c["source"] for f in findings for c in f["citations"]} <= data["sources"].keys()
    assert all(len(stamp["sha256"]) == 64 for stamp in data["advice"]["knowledge"])


def test_json_holds_no_float_and_is_the_same_twice(posology):
    first = posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF, "--json")
    assert first.out == posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF, "--json").out

    def no_float(text: str) -> None:
        raise AssertionError(f"{text} is written as a float")

    json.loads(first.out, parse_float=no_float)
    assert first.data["record"]["patient"]["names"] == ["Synthetic, Ada"]
    assert first.out.isascii()


def test_only_the_protocols_asked_for_are_judged(posology):
    data = posology("recommend", CASES / "start-intravenous.yaml", "--json", "--protocol", "ketamine-im").data
    assert [p["report"]["protocol_id"] for p in data["advice"]["protocols"]] == ["ketamine-im"]


def test_another_jurisdiction_has_other_protocols(posology):
    data = posology("recommend", CASES / "start-nasal.yaml", "--json", "--jurisdiction", "EU").data
    assert "esketamine-nasal-eu" in {p["report"]["protocol_id"] for p in data["advice"]["protocols"]}


def test_a_day_alone_means_its_end(posology):
    data = posology("recommend", CASES / "start-nasal.yaml", "--json", "--as-of", "2026-11-24").data
    assert data["advice"]["as_of"] == "2026-11-24T23:59:59+00:00"


# ---------------------------------------------------------------- refusals

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


# ---------------------------------------------------------------- the other commands


def test_score_says_total_band_and_flag(posology):
    out = posology("score", "phq-9", "1,2,3,0,1,2,3,0,1").out
    assert out.startswith("PHQ-9  13 of 27  moderate\nFLAG  Item 9 was answered with 1.")
    assert out.rstrip().endswith(SUPPORTS)


def test_an_open_item_is_never_a_low_score(posology):
    result = posology("score", "phq-9", "1,2,3,0,1,2,3,-,1")
    assert result.out.startswith("PHQ-9  not scored. 1 of 9 items not answered (8)")
    assert "FLAG" in result.out


def test_score_as_json(posology):
    data = posology("score", "gad-7", "1,1,1,1,1,1,1", "--json").data
    assert (data["score"]["total"], data["score"]["maximum"]) == (7, 21)


def test_a_worksheet_shows_every_step_with_its_units(posology):
    result = posology(
        "worksheet", CASES / "start-intravenous.yaml", "--option", "ketamine-iv/start/0.5/40",
        "--product", "ketamine-50", "--final-volume", "50 mL",
    )  # fmt: skip
    assert result.code == 0
    for words in (
        "DRAFT, not signed",
        "Dose: 0.5 mg/kg × 72 kg = 36 mg",
        "36 mg ÷ 50 mg/mL = 0.72 mL",
        "50 mL ÷ 40 min × 60 min/h = 75 mL/h",
    ):
        assert words in result.words


def test_a_worksheet_as_json(posology):
    data = posology(
        "worksheet", CASES / "start-nasal.yaml", "--option", "esketamine-nasal-us/start/56",
        "--product", "esketamine-device-28", "--json",
    ).data  # fmt: skip
    assert data["draft"] is True
    assert (data["worksheet"]["dose_mg"], len(data["worksheet"]["devices"])) == ("56", 2)


@pytest.mark.parametrize(
    ("option", "product", "volume", "says"),
    [
        ("ketamine-iv/start/0.5/40", "esketamine-device-28", None, "esketamine"),
        ("ketamine-iv/start/0.5/40", "nothing", None, "no product 'nothing'"),
        ("ketamine-iv/start/0.5/40", "ketamine-100", None, "undiluted"),
        ("ketamine-iv/start/0.5/40", "ketamine-50", "50", "no unit"),
        ("ketamine-iv/start/0.5/40", "ketamine-50", "50 mg", "one cannot become the other"),
        ("ketamine-iv/start/9", "ketamine-50", None, "The options are:"),
    ],
)
def test_a_worksheet_that_cannot_be_made_is_refused(posology, option, product, volume, says):
    asked = ["--final-volume", volume] if volume else []
    result = posology(
        "worksheet", CASES / "start-intravenous.yaml", "--option", option, "--product", product, *asked
    )
    refused(result, says)


def test_an_uncleared_hold_stands_on_the_worksheet(posology):
    result = posology(
        "worksheet", CASES / "hold-blood-pressure.yaml", "--option", "esketamine-nasal-us/start/56",
        "--product", "esketamine-device-28",
    )  # fmt: skip
    assert "HOLD, not cleared: Blood pressure" in result.words


def test_the_knowledge_is_listed_with_how_sure_it_is(posology):
    result = posology("check-knowledge", "--as-of", "2026-11-24")
    assert result.code == 0
    assert "ketamine-iv protocol 1 active 24-Nov-2027 V" in result.words
    assert "V verified" in result.words
    assert "OVERDUE" not in result.out


def test_a_review_that_is_overdue_is_said(posology):
    result = posology("check-knowledge", "--as-of", "2028-01-01")
    assert "Review is overdue: adjustments" in result.words


def test_the_knowledge_as_json(posology):
    data = posology("check-knowledge", "--json").data
    assert {"id", "version", "review_due", "facts", "sha256"} <= data["files"][0].keys()
    assert all(len(row["sha256"]) == 64 for row in data["files"])


def test_a_faulty_knowledge_file_is_refused_with_its_line(posology, tmp_path):
    (tmp_path / "a.yaml").write_text("id: a\nkind: recipe\n", encoding="utf-8")
    refused(posology("check-knowledge", tmp_path), "a.yaml:2", "the kind is 'recipe'")


def test_an_empty_folder_is_no_knowledge(posology, tmp_path):
    refused(posology("check-knowledge", tmp_path), "no .yaml file")


def test_the_questions_are_listed_as_a_case_file_names_them(posology):
    result = posology("questions")
    assert "weight number with unit (kg, [lb_av])" in result.words
    keys = posology("questions", "--json").data["questions"]
    assert keys["pregnant"]["kind"] == "yes_no"


# ---------------------------------------------------------------- the process


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("demo",), ["demo"]),
        (("demo", "--reset", "--port", "8123"), ["demo", "--reset", "--port", "8123"]),
        (
            ("serve", "--port", "9000", "--host", "127.0.0.1"),
            ["serve", "--port", "9000", "--host", "127.0.0.1"],
        ),
    ],
)
def test_serve_and_demo_become_the_servers_process(posology, monkeypatch, words, expected):
    become: list[list[str]] = []

    def execv(program: str, arguments: list[str]) -> None:
        become.append([program, *arguments])
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    posology(*words)
    assert become == [[sys.executable, sys.executable, "-m", "posology.server", *expected]]


def test_no_command_of_the_library_loads_django_or_the_server():
    code = (
        "import sys; sys.argv = ['posology', 'recommend', sys.argv[1], '--json']\n"
        "from posology.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in {'django', 'ninja', 'uvicorn'} or"
        " m.startswith(('posology.server', 'posology.web', 'posology.clinic', 'posology.api'))]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, CASES / "start-nasal.yaml"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_help_loads_nothing_heavy():
    """The time is measured by the bench; that which would cost it is asserted here."""
    code = (
        "import sys; sys.argv = ['posology', '--help']\n"
        "from posology.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "bad = [m for m in ('yaml', 'pydantic', 'rich', 'posology.knowledge') if m in sys.modules]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "recommend" in done.stdout
    assert time.monotonic() - began < 30


def test_a_terminal_of_few_letters_shows_something():
    done = subprocess.run(
        [sys.executable, "-m", "posology.cli", "score", "phq-9", "1,1,1,1,1,1,1,1,1"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"PHQ-9  9 of 27")
