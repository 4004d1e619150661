"""Every kind of knowledge file and its folder: what decides, is read, is simulated, or is reported.

The shapes of the simulation models are imported when one of their files is read, not before: no decision
reads them, and a cold recommendation must not wait for them.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from posology.knowledge.reference import BACKGROUND_KINDS
from posology.knowledge.schema import DECIDING_KINDS, Header

# What is read and decides nothing, and the models, stand in folders of their own; no decision loads them.
BACKGROUND, PK, REMS, DUTY, LEDGER = "background/", "pk/", "rems/", "duty/", "ledger/"
_READ_AT_ONCE: Mapping[str, type[Header]] = {**DECIDING_KINDS, **BACKGROUND_KINDS}
_LATE_KINDS = {
    "pk-model": ("posology.knowledge.schema.pk", "PkModelFile"),
    "pk-effects": ("posology.knowledge.schema.pk_effects", "PkEffectsFile"),
    "pk-covariates": ("posology.knowledge.schema.pk_covariates", "PkCovariatesFile"),
    "pk-reference": ("posology.knowledge.schema.pk_rows", "PkReferenceFile"),
    "programme": ("posology.knowledge.schema.programmes", "ProgrammeFile"),
    "duty": ("posology.knowledge.schema.duty", "DutyFile"),
    "drug-records": ("posology.knowledge.schema.drug_records", "DrugRecordsFile"),
}


class _Kinds(Mapping[str, type[Header]]):
    """Each kind's shape by its name; a model's is imported when it is asked for."""

    def __getitem__(self, kind: str) -> type[Header]:
        if kind not in _LATE_KINDS:
            return _READ_AT_ONCE[kind]
        module, name = _LATE_KINDS[kind]
        shape: type[Header] = getattr(import_module(module), name)
        return shape

    def __iter__(self) -> Iterator[str]:
        yield from _READ_AT_ONCE
        yield from _LATE_KINDS

    def __len__(self) -> int:
        return len(_READ_AT_ONCE) + len(_LATE_KINDS)


FILE_KINDS: Mapping[str, type[Header]] = _Kinds()


def folder_of_kind(kind: str) -> str:
    """Return the folder that files of a kind belong into; empty for what decides."""
    if kind in BACKGROUND_KINDS:
        return BACKGROUND
    if kind not in _LATE_KINDS:
        return ""
    return {"programme": REMS, "duty": DUTY, "drug-records": LEDGER}.get(kind, PK)


def folder_of_file(name: str) -> str:
    """Return in which of these folders a file stands by its path; empty for what decides."""
    folders = (BACKGROUND, PK, REMS, DUTY, LEDGER)
    return next((folder for folder in folders if name.startswith(folder)), "")
