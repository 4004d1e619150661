"""The files of the drug's ledger: whole, cited, and refused where they are not."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from posology.knowledge import load_library, number_in_force
from posology.knowledge.drug_records import EVERYWHERE, build_drug_records, load_drug_records
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import LEDGER
from posology.knowledge.loading import read_files

DATA = Path(str(files("posology.knowledge") / "data"))
NAMES = ("controlled-drugs", "controlled-drugs-us")
TEXTS = {name: (DATA / LEDGER / f"{name}.yaml").read_text() for name in NAMES}


def build(folder: Path, **changed: str):
    (folder / LEDGER).mkdir()
    for name, text in (TEXTS | changed).items():
        (folder / LEDGER / f"{name}.yaml").write_text(text)
    return build_drug_records(read_files(folder, parts=(LEDGER,)), load_library())


def test_they_are_read_as_they_ship(tmp_path):
    assert build(tmp_path) == load_drug_records()
    assert set(load_drug_records()) == {EVERYWHERE, "US"}


def test_the_united_states_ask_for_what_the_facts_say():
    """S-CS-03, S-CS-04, S-CS-05; each value names its fact."""
    values = load_drug_records()["US"].values
    told = {name: number_in_force(values, name, on=date(2026, 11, 28)) for name in values}
    assert told == {
        "records_kept": 2,
        "inventory_every": 2,
        "loss_notice_within": 1,
        "loss_report_within": 45,
    }
    facts = {fact for dated in values.values() for value in dated.values() for fact in value.facts}
    assert facts == {"S-CS-03", "S-CS-04", "S-CS-05"}


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("controlled-drugs-us", "sources: [LABOP,", "sources: [NO-SUCH,", "NO-SUCH"),
        ("controlled-drugs-us", "jurisdiction: US", "jurisdiction: any", "two files speak for 'any'"),
        (
            "controlled-drugs",
            "kind: drug-records",
            "kind: drug-records\njurisdiction: EU",
            "holds everywhere",
        ),
        ("controlled-drugs", "unit: min", "unit: mins", "mins"),
    ],
)
def test_a_fault_is_named(tmp_path, name, old, new, says):
    assert old in TEXTS[name]
    with pytest.raises(KnowledgeError) as refusal:
        build(tmp_path, **{name: TEXTS[name].replace(old, new, 1)})
    assert says in str(refusal.value)
