"""Two senders who disagree: the refusals that show both sides instead of letting the last writer win."""

from typing import Any
from uuid import UUID

from posology.quantities import DomainError


class Conflict(DomainError):
    """The same id with another content, or a page that has been overtaken; nothing was changed."""

    code = "conflict"


class WrongPatient(Conflict):
    """What was sent names another patient than the record it was sent to (hazard H-01)."""

    code = "wrong-patient"


def check_page_patient(page_patient_id: UUID | str | None, patient: Any) -> None:
    """Refuse what a page sent that was showing another patient.

    The subject always comes from the record in the address. A page says whom it was showing, and
    where the two differ nothing is written.

    Raises
    ------
    WrongPatient
        Naming nobody: the reader looks at the banner.
    """
    if page_patient_id is not None and str(page_patient_id) != str(patient.pk):
        raise WrongPatient(
            "The page that sent this was showing another patient than the one it was sent for, "
            "so nothing was written. Reload the page and check the banner."
        )
