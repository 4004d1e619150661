"""A model file is read alone only while it and all beside it are the files that were checked as a whole."""

import shutil
from pathlib import Path

import pytest

from posology.knowledge.errors import KnowledgeError
from posology.knowledge.model_checks import load_models
from posology.knowledge.models import pk_covariates, pk_effects, pk_models, pk_reference, read_kind, shipped
from posology.knowledge.schema.pk import PkModelFile


@pytest.fixture
def folder(tmp_path):
    """The shipped model files, their sources and their manifest, to be changed."""
    shutil.copytree(shipped() / "pk", tmp_path / "pk")
    for name in ("sources.yaml", "MANIFEST.sha256"):
        shutil.copy(shipped() / name, tmp_path / name)
    return tmp_path


def models(folder: Path) -> list[str]:
    return [file.id for file in read_kind(folder, "pk-model", PkModelFile)]


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_alone_says_the_same_as_as_a_whole():
    whole = load_models(shipped())
    assert dict(pk_models()) == dict(whole.models)
    assert dict(pk_effects()) == dict(whole.effects)
    assert pk_covariates() == whole.covariates
    assert pk_reference() == whole.reference


def test_files_as_they_were_checked_are_read(folder):
    assert models(folder) == list(pk_models())


def test_a_changed_file_that_is_sound_is_read_after_a_check(folder):
    changed(folder / "pk" / "ketamine-domino.yaml", "attributed to Domino", "as said to be Domino's")
    titles = [file.title for file in read_kind(folder, "pk-model", PkModelFile)]
    assert any("as said to be Domino's" in title for title in titles)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("pk/ketamine-domino.yaml", "sources: [STANPUMP,", "sources: [NOBODY,", "the source 'NOBODY'"),
        ("sources.yaml", "  CLEM81:", "  CLEM82X:", "the source 'CLEM81'"),
        ("pk/covariates.yaml", "fgut_of_the_model: 0.64", "fgut_of_the_model: 0.5", "Give both the same"),
        ("pk/ketamine-domino.yaml", "id: ketamine-domino", "id: ketamine-other", "not the file's name"),
    ],
)
def test_a_fault_that_one_file_alone_does_not_show_is_found(folder, name, old, new, says):
    """Each changes one file so that it still fits its own shape, and is false of another."""
    changed(folder / name, old, new)
    with pytest.raises(KnowledgeError, match=says):
        models(folder)


def test_a_file_that_is_missing_or_new_is_noticed(folder):
    shutil.copy(folder / "pk" / "ketamine-domino.yaml", folder / "pk" / "ketamine-twice.yaml")
    with pytest.raises(KnowledgeError):
        models(folder)
    (folder / "pk" / "ketamine-twice.yaml").unlink()
    (folder / "pk" / "covariates.yaml").unlink()
    with pytest.raises(KnowledgeError, match="there must be exactly one"):
        models(folder)


def test_without_a_manifest_everything_is_checked(folder):
    (folder / "MANIFEST.sha256").unlink()
    assert models(folder) == list(pk_models())
    changed(folder / "sources.yaml", "  CLEM81:", "  CLEM82X:")
    with pytest.raises(KnowledgeError, match="CLEM81"):
        models(folder)
