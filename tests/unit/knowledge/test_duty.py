"""The file of a day's staff and equipment: whole, cited, and refused where it is not."""

from importlib.resources import files
from pathlib import Path

import pytest

from posology.knowledge import load_library
from posology.knowledge.duty import build_duty, load_duty
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import DUTY
from posology.knowledge.loading import read_files

DATA = Path(str(files("posology.knowledge") / "data"))
TEXT = (DATA / "duty/duty.yaml").read_text()


def build(folder: Path, text: str):
    (folder / "duty").mkdir()
    (folder / "duty/duty.yaml").write_text(text)
    return build_duty(read_files(folder, parts=(DUTY,)), load_library())


def test_it_rests_on_the_facts_of_staffing_alone():
    parts = (*load_duty().roles.values(), *load_duty().equipment.values())
    facts = {fact for part in parts for need in part.needs for fact in need.facts}
    # S-STF-03 is the programme's representative (kept with the certification); S-STF-10 is another place's.
    assert facts == {f"S-STF-0{n}" for n in (1, 2, 4, 5, 6, 7, 8, 9)}


def test_it_is_read_as_it_ships(tmp_path):
    assert build(tmp_path, TEXT) == load_duty()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sources: [ASA-KET]", "sources: [NO-SUCH]", "NO-SUCH"),
        ("rules-cautions/stroke", "rules-cautions/stroked", "no rule 'rules-cautions/stroked'"),
        ("  oximeter:", "  watcher:", "'watcher' is a role and a thing"),
        ("accounts: [prescriber]", "accounts: [administrator]", "accounts"),
        ("facts: [S-STF-08]", "facts: []", "fact"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path, old, new, says):
    with pytest.raises(KnowledgeError, match=r"duty/duty\.yaml") as refusal:
        build(tmp_path, TEXT.replace(old, new, 1))
    assert says in str(refusal.value)


def test_a_file_of_another_folder_is_refused(tmp_path):
    (tmp_path / "rems").mkdir()
    (tmp_path / "rems/duty.yaml").write_text(TEXT)
    with pytest.raises(KnowledgeError):
        build_duty(read_files(tmp_path, parts=("rems/",)), load_library())
