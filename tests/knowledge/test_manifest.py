"""The manifest of hashes: no digit of a knowledge file changes without it."""

import shutil

import pytest

from tools.knowledge_manifest import DATA, NAME, contents_of, differences, main, read, written

OTHER_DIGIT = bytes.maketrans(b"0123456789", b"1234567890")


def test_the_manifest_is_that_of_the_files():
    assert main(["--check"]) == 0, "a file changed: have it read, then python -m tools.knowledge_manifest"


@pytest.mark.hazard("H-17")
def test_any_one_digit_changed_in_any_file_is_noticed(record_property):
    """Each digit of each knowledge file is changed in turn; N is the number of digits. The plant is a
    manifest that leaves a file out."""
    contents = contents_of(DATA)
    manifest = read((DATA / NAME).read_text())
    tried = 0
    for name, raw in contents.items():
        for at in [i for i, byte in enumerate(raw) if 48 <= byte <= 57]:
            flipped = raw[:at] + raw[at : at + 1].translate(OTHER_DIGIT) + raw[at + 1 :]
            assert list(differences({name: flipped}, {name: manifest[name]})), f"{name}, byte {at}"
            tried += 1
    record_property("n", tried)
    assert tried > 5_000


def test_a_changed_a_new_and_a_missing_file_are_named(tmp_path, capsys):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "phq-9.yaml").write_text((folder / "phq-9.yaml").read_text().replace("value: 50", "value: 5"))
    (folder / "gad-7.yaml").unlink()
    (folder / "new.yaml").write_text("id: new\n")
    assert main(["--check"], folder=folder) == 1
    said = capsys.readouterr().out
    assert "phq-9.yaml was changed" in said
    assert "gad-7.yaml stands in the manifest and is gone" in said
    assert "new.yaml is new" in said


def test_writing_it_makes_the_check_pass(tmp_path):
    (tmp_path / "one.yaml").write_text("id: one\n")
    assert main(["--check"], folder=tmp_path) == 1
    assert main([], folder=tmp_path) == 0
    assert main(["--check"], folder=tmp_path) == 0
    assert (tmp_path / NAME).read_text() == written(contents_of(tmp_path))
