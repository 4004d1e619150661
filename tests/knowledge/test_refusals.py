"""Faulty knowledge files are refused as a whole, with the file, the line and what to do.

Each case spoils one place of the files that ship, so the rest is as it will be when a person slips.
"""

import re
from pathlib import Path

import pytest

from posology.knowledge import KnowledgeError, UnreadableFile, build_library, read_files, read_yaml
from posology.quantities import DomainError
from tools.knowledge_manifest import DATA

IV = "ketamine-iv.yaml"
RULES = "rules-contraindications.yaml"
SESSION = "rules-session.yaml"
QUESTIONS = "questions.yaml"

# what is wrong: file, text that stands there once or first, text put in its place, what the refusal says
FAULTS = {
    "an unknown key": (IV, "approval: off-label", "approval: off-label\ncolour: red", "not known here"),
    "an unknown key deep down": (IV, "before: true", "before: true\n  befor: true", "not known here"),
    "a missing key": (IV, "approval: off-label\n", "", "this key is missing"),
    "a key that stands twice": (IV, "route: intravenous", "route: intravenous\nroute: nasal", "stands twice"),
    "a day that stands twice": (
        IV,
        "    2017-01-01: {value: [0.1",
        "    2016-01-01: {value: [0.1",
        "stands twice",
    ),
    "an unknown unit": (IV, "unit: mg/kg/min", "unit: mcg/kg/min", "not a UCUM code"),
    "a number without a unit": (IV, "{value: 0.5, unit: mg, ", "{value: 0.5, ", "no unit"),
    "a unit that is not the protocol's": (
        IV,
        "{value: 0.5, unit: mg/kg",
        "{value: 0.5, unit: mg",
        "not in mg/kg",
    ),
    "an unresolved source": (
        IV,
        "sources: [FAVA20, SEED]",
        "sources: [FAVA02, SEED]",
        "'FAVA02' does not stand",
    ),
    "no source": (IV, "sources: [FAVA20, SEED]", "sources: []", "names no source"),
    "no fact id": (IV, "facts: [PR-IV-16]\n", "facts: []\n", "names no fact id"),
    "days that do not run forward": (
        IV,
        "2017-01-01: {value: 0.75",
        "2027-01-01: {value: 0.75",
        "run forward",
    ),
    "a key that is no day": (IV, "2017-01-01: {value: 0.75", "since-2017: {value: 0.75", "not a day"),
    "a day that does not exist": (IV, "2017-01-01: {value: 0.75", "2017-02-30: {value: 0.75", "not a day"),
    "a reviewer who is the author": (
        IV,
        'reviewed_by: "Posology second reader"',
        'reviewed_by: " posology editors"',
        "second reader must be someone else",
    ),
    "a review that falls due before it": (
        IV,
        "review_due: 2027-11-24",
        "review_due: 2026-11-24",
        "later day",
    ),
    "a number in full-width digits": (
        IV,
        "{value: 1.0, unit: mg/kg",
        "{value: １.0, unit: mg/kg",
        "no number",
    ),
    "a number in Arabic digits": (SESSION, "value: 140,", "value: ١٤٠,", "no number"),
    "a bound in full-width digits": (QUESTIONS, "usual: [40, 160]", "usual: [４０, 160]", "not a number"),
    "a whole number in quotes": (IV, "every_days: 7", 'every_days: "7"', "not a number"),
    "a number with an underscore": (SESSION, "value: 140,", "value: 1_40,", "not a number"),
    "a number with an exponent": (SESSION, "value: 140,", "value: 1.4e2,", "number"),
    "an octal number": (SESSION, "value: 140,", "value: 0o17,", "no number"),
    "a decimal comma": (SESSION, "{value: 93, ", '{value: "93,5", ', "no number"),
    "a number that is none": (SESSION, "value: 140,", "value: .nan,", "not a number"),
    "a value that is not verified": (SESSION, "certainty: D,", "certainty: N,", "may only tighten"),
    "a stop that is not verified": (RULES, "certainty: V\n", "certainty: N\n", "may not stop"),
    "a hold that nobody clears": (RULES, "    cleared_by: prescriber\n", "", "nobody may clear"),
    "two rules of one id": (RULES, "id: intracerebral-hemorrhage\n", "id: aneurysm-or-avm\n", "two rules"),
    "an unknown question": (RULES, "fact: hypersensitivity", "fact: hypersensitive", "no question"),
    "an unknown choice": (RULES, "is: child_pugh_c", "is: child_pugh_d", "no choice"),
    "a choice tested as yes or no": (
        RULES,
        "{fact: hypersensitivity, is: yes}",
        "{fact: hypersensitivity, is: maybe}",
        "yes or no",
    ),
    "an unknown value": (RULES, "within_days: recent_event}", "within_days: recent_events}", "no value"),
    "a comparison of a choice": (
        RULES,
        "{fact: liver_class, is: child_pugh_c}",
        "{fact: liver_class, above: 2}",
        "not a quantity",
    ),
    "two tests in one condition": (
        RULES,
        "{fact: hypersensitivity, is: yes}",
        "{fact: hypersensitivity, is: yes, above: 1}",
        "exactly one test",
    ),
    "a first session of whom it is offered to": (
        "esketamine-mdsi-us.yaml",
        "only_where: {fact: acute_suicidality, is: yes}",
        "only_where: {first_session: true}",
        "says nothing of whom",
    ),
    "a stop that speaks for a beginning": (
        RULES,
        "    level: stop\n",
        "    level: stop\n    speaks_for: lower start\n",
        "only a caution",
    ),
    "an empty condition": (RULES, "{fact: hypersensitivity, is: yes}", "{}", "exactly one of"),
    "a message too long for a card": (RULES, 'say: "The patient is pregnant."', f'say: "{"x" * 141}"', "140"),
    "an unknown drug class": ("rules-interactions.yaml", "taking: opioid", "taking: opiate", "no drug class"),
    "a drug of an unlisted class": (
        "drugs.yaml",
        "classes: [opioid]",
        "classes: [opiod]",
        "no rule would see it",
    ),
    "a missing dose value": (IV, "  dose_step:", "  dose_grain:", "is missing"),
    "a start that is no level": (
        IV,
        "dose_start:\n    2016-01-01: {value: 0.5",
        "dose_start:\n    2016-01-01: {value: 0.55",
        "none of the dose levels",
    ),
    "a level above the ceiling": (IV, "0.75, 1.0], unit", "0.75, 1.5], unit", "above the ceiling"),
    "levels that fall": (IV, "[0.1, 0.2, 0.3, 0.4, 0.5], unit", "[0.1, 0.3, 0.2, 0.4, 0.5], unit", "rising"),
    "an unknown product": (IV, "products: [ketamine-10,", "products: [ketamine-20,", "no product"),
    "a product of another substance": (
        IV,
        "products: [ketamine-10,",
        "products: [esketamine-device-28,",
        "is not ketamine",
    ),
    "a product of another route": (
        "ketamine-oral.yaml",
        "products: [ketamine-50,",
        "products: [ketamine-100,",
        "oral",
    ),
    "visit days that do not start at 1": (IV, "visit_days: [1, 4,", "visit_days: [2, 4,", "start at 1"),
    "a gap between bands": ("phq-9.yaml", "{low: 5, high: 9", "{low: 6, high: 9", "without gap or overlap"),
    "bounds that cross": (
        QUESTIONS,
        "usual: [40, 160], absolute: [20, 400]",
        "usual: [10, 160], absolute: [20, 400]",
        "inside the absolute",
    ),
    "a yes that became true": (
        RULES,
        "{fact: hypersensitivity, is: yes}",
        "{fact: hypersensitivity, is: true}",
        "valid string",
    ),
    "a file of no kind": (IV, "kind: protocol", "kind: recipe", "Write one of"),
    "an alias": (IV, "before: true", "before: &b true\n  again: *b", "repeated by an alias"),
    "a tag": (IV, "before: true", "before: !!python/name:os.system true", "uses the tag"),
}


def spoiled(file: str, old: str, new: str):
    documents = dict(read_files(DATA))
    raw = documents[file][1].decode()
    assert old in raw, f"{file} has no {old!r}; the test no longer spoils anything"
    text = raw.replace(old, new, 1)
    documents[file] = (read_yaml(text, name=file), text.encode())
    return documents


@pytest.mark.hazard("H-18", n=len(FAULTS))
@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_with_file_line_and_remedy(fault):
    """A slip in a knowledge file never loads: each of the faults above is refused by name and line."""
    file, old, new, said = FAULTS[fault]
    with pytest.raises((KnowledgeError, UnreadableFile)) as refusal:
        build_library(spoiled(file, old, new))
    message = str(refusal.value)
    assert re.match(rf"{re.escape(file)}:\d+: ", message), message
    assert said in message, message
    assert message.endswith((".", "”")), message
    assert "Traceback" not in message and "pydantic" not in message


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (IV, "route: intravenous", "route: intravenous\ncolour: red"),
        (IV, "sources: [FAVA20, SEED]", "sources: [FAVA02, SEED]"),
        (SESSION, "value: 140,", "value: 1_40,"),
        (RULES, "fact: hypersensitivity", "fact: hypersensitive"),
    ],
)
def test_the_line_it_names_is_near_the_fault(file, old, new):
    """The line is that of the fault, or of the value, rule or file part that holds it."""
    with pytest.raises(DomainError) as refusal:
        build_library(spoiled(file, old, new))
    named = int(re.match(r"[^:]+:(\d+):", str(refusal.value))[1])
    text = (DATA / file).read_text()
    true = text[: text.index(old)].count("\n") + 1
    assert true - 7 <= named <= true + 1


def test_two_files_of_one_id_are_refused():
    documents = dict(read_files(DATA))
    documents["copy.yaml"] = documents[IV]
    with pytest.raises(KnowledgeError, match="Two files carry the id 'ketamine-iv'"):
        build_library(documents)


def test_a_set_without_drugs_is_refused():
    documents = {name: file for name, file in read_files(DATA).items() if name != "drugs.yaml"}
    with pytest.raises(KnowledgeError, match="exactly one"):
        build_library(documents)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path):
    (tmp_path / "one.yaml").write_bytes(b"id: \xff\xfe")
    with pytest.raises(UnreadableFile, match=r"one\.yaml: the file is not UTF-8"):
        read_files(tmp_path)
