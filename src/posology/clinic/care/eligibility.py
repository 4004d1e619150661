"""Every protocol of the jurisdiction asked of one patient, also those that a running course has passed by."""

from dataclasses import dataclass
from datetime import datetime

from posology.clinic.accounts.models import User
from posology.clinic.care.queries import at_site, case_of
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.protocols.queries import library_at
from posology.protocols import assess
from posology.protocols.schedule import protocols_for
from posology.recommendation import Advice, ProtocolAdvice, recommend


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The advice, and one report a protocol: those of the advice first."""

    advice: Advice
    protocols: tuple[ProtocolAdvice, ...]


def eligibility_of(by: User, patient: Patient, *, as_of: datetime) -> Eligibility:
    """Return what every rule answers for every protocol of the patient's jurisdiction.

    Raises
    ------
    CaseError
        If a fact cannot be true.
    NotFound, NotPermitted
        If this person may not look at it.
    """
    check_can(by, "view_advice", patient)
    case = case_of(patient, as_of=as_of)
    here = at_site(patient, as_of)
    library = library_at(patient.clinic, as_of)
    advice = recommend(case, as_of=here, library=library)
    asked = {p.report.protocol_id for p in advice.protocols}
    others = [p for p in protocols_for(library, case.jurisdiction, on=here.date()) if p.id not in asked]
    reports = [ProtocolAdvice(assess(case, p.id, as_of=here, library=library), (), None) for p in others]
    return Eligibility(advice, (*advice.protocols, *reports))
