"""A sent form that no longer fits its record: nothing is recorded, and nothing that was typed is lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django import forms

from posology.clinic.patients.models import Patient
from posology.quantities import DomainError

# Never kept and never shown back.
SECRETS = frozenset({"csrfmiddlewaretoken", "password"})


@dataclass(frozen=True, slots=True)
class KeptField:
    """One thing that was typed, beside what the record says now."""

    label: str
    typed: str
    on_record: str = ""


class RecordConflict(DomainError):
    """A form for another patient, or one older than the record; answered with a 409 page that shows both.

    ``kind`` is ``other-patient`` (the form names another patient than the address), ``switched`` (another
    patient was opened in this browser since) or ``changed`` (the record changed since).
    """

    code: ClassVar[str] = "record-conflict"

    def __init__(
        self, kind: str, patient: Patient, typed: Iterable[KeptField] = (), *, version: str = ""
    ) -> None:
        self.kind = kind
        self.patient = patient
        self.typed = tuple(typed)
        self.version = version
        super().__init__(
            "This form does not fit the record as it is now, so nothing was recorded. Look at both."
        )


def kept_fields(form: forms.BaseForm) -> tuple[KeptField, ...]:
    """Return what was typed into a form, by its labels; empty fields and secrets are left out."""
    kept = []
    for bound in form:
        typed = bound.data
        shown = ", ".join(map(str, typed)) if isinstance(typed, list | tuple) else str(typed or "")
        if shown and bound.name not in SECRETS and not bound.is_hidden:
            kept.append(KeptField(str(bound.label or bound.name), shown))
    return tuple(kept)
