"""The knowledge files against the sheets they were made from, where those lie beside the repository."""

import re

import pytest

from posology.knowledge.background import load_background
from tests.knowledge import sheets

pytestmark = pytest.mark.skipif(
    not sheets.FOLDER.is_dir(), reason="the clinical sheets are no part of the package and are not here"
)
BACKGROUND = load_background()
LISTED = BACKGROUND.fact_ids.facts
COINED = {key: entry for key, entry in LISTED.items() if entry.group is not None}
# Results that stand in a table of a study and not in its own row.
TABLES = {
    "lii-2023": "### 6.1",
    "daly-2018": "### 6.2",
    "dose-esketamine-24-h": "### 6.2",
    "singh-2016": "### 6.3",
}


def section(sheet: str, heading: str) -> str:
    text = sheets.text_of(sheet)
    begin = text.index(heading)
    end = text.find("\n#", begin + 3)
    return text[begin : end if end > 0 else len(text)]


def test_every_fact_id_of_the_sheets_is_listed_with_the_certainty_of_its_sheet():
    told = {key: (entry.sheet, entry.certainty) for key, entry in LISTED.items() if key not in COINED}
    assert told == {key: (row.sheet, row.certainty) for key, row in sheets.facts().items()}
    assert len(told) >= 600


@pytest.mark.parametrize("key", COINED)
def test_an_id_coined_here_names_a_part_of_its_sheet_and_its_marks(key):
    entry = COINED[key]
    if entry.sheet == "codes":
        passage = section("codes", f"## {entry.group}")
    else:
        text = sheets.text_of("measures")
        row = next(line for line in text.splitlines() if line.startswith(f"| {entry.group} |"))
        name = key.removeprefix("MEASURES-").replace("MOAA-S", "MOAA/S").replace("BPRS", "BPRS+")
        own = re.search(rf"^\*\*{re.escape(name)}[^*]*\*\*.*(?:\n[^\n*|#].*)*", text, re.M)
        passage = row + "\n" + (own[0] if own else "")
    assert {code.value for code in entry.codes} == sheets.marks(passage)


def test_every_instrument_and_every_group_of_codes_has_an_id():
    rows = re.findall(r"^\| ([^|]+) \|", section("measures", "## At a glance"), re.M)
    headings = re.findall(r"^## (.+)$", sheets.text_of("codes"), re.M)
    groups = [entry.group for entry in COINED.values()]
    assert sorted(groups) == sorted([*(r for r in rows if r not in {"instrument", "---"}), *headings])


@pytest.mark.parametrize("key", BACKGROUND.trials.studies)
def test_no_number_of_a_study_is_missing_from_the_sheet(key):
    study, rows = BACKGROUND.trials.studies[key], sheets.facts()
    text = " ".join(rows[fact].text for fact in study.facts)
    text += section("evidence", TABLES[key]) if key in TABLES else ""
    known = sheets.numbers_in(text)
    for result in study.results:
        missing = {abs(n) for n in result.numbers} - known
        assert not missing, f"{result.what}: {missing}"
    for words in (study.dose, study.schedule, study.design, study.finding, str(study.n or "")):
        assert sheets.numbers_in(words or "") <= known, words


@pytest.mark.parametrize("key", [k for k in BACKGROUND.facts if k not in COINED])
def test_no_number_of_a_reference_fact_is_missing_from_the_sheet(key):
    fact, row = BACKGROUND.facts[key], sheets.facts()[key]
    known = sheets.numbers_in(row.text)
    assert sheets.numbers_in(f"{fact.say} {fact.unverified or ''}") <= known
    for name, value in fact.values.items():
        assert sheets.numbers_in(str(value.value).replace("Decimal", "")) <= known, name
