"""Synthetic clinics, people and patients for tests, made through the same actions that pages call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from posology.case import FactValue, Sex
from posology.clinic.accounts.actions import make_user, open_clinic
from posology.clinic.accounts.models import Clinic, Role, User
from posology.clinic.assessments.actions import NewFact, record_facts
from posology.clinic.care.actions import SignedOrder, sign_order
from posology.clinic.care.queries import advice_for
from posology.clinic.care.session import record_event
from posology.clinic.outcomes.actions import record_form
from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.patients.actions import register_patient
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.actions import Recorded
from posology.clinic.sessions.models import SessionRow
from tests.cases import NOW, complete_case

PASSWORD = "a synthetic pass phrase"
SYSTEM = "system:tests"


@dataclass(frozen=True)
class Site:
    """One clinic with one person of each role."""

    clinic: Clinic
    nurse: User
    prescriber: User
    director: User
    administrator: User

    def person(self, role: Role) -> User:
        return {u.role: u for u in (self.nurse, self.prescriber, self.director, self.administrator)}[role]


def site(name: str = "Synthetic Clinic", *, zone: str = "UTC", at: datetime = NOW - timedelta(days=400)) -> Site:
    """Make a clinic and its people; all have the same synthetic password."""
    clinic = open_clinic(name=name, zone=zone, by=SYSTEM, at=at)
    word = name.lower().replace(" ", "-")
    people = {
        role.value: make_user(
            username=f"{role}-{word}",
            full_name=f"Synthetic, {role.label}",
            role=role,
            clinic=clinic,
            password=PASSWORD,
            by=SYSTEM,
            at=at,
        )
        for role in Role
    }
    return Site(clinic, **people)


def patient(
    site: Site,
    *,
    family_name: str = "Synthetic",
    given_name: str = "Ada",
    born_on: date = date(1981, 3, 14),
    sex: Sex = Sex.FEMALE,
    identifier: str | None = None,
    patient_id: UUID | None = None,
    at: datetime = NOW - timedelta(days=30),
) -> Patient:
    """Register a synthetic patient, of whom nothing is known yet."""
    return register_patient(
        patient_id=patient_id or uuid4(),
        clinic=site.clinic,
        family_name=family_name,
        given_name=given_name,
        born_on=born_on,
        sex=sex,
        identifier=identifier or f"S-{uuid4().hex[:8]}",
        by=site.nurse,
        at=at,
    )


def assess_fully(
    site: Site, of: Patient, changes: Mapping[str, FactValue | None] | None = None, *, at: datetime = NOW
) -> None:
    """Answer every question as a patient who may be treated does, five minutes before ``at``."""
    case = complete_case(changes, at=at - timedelta(minutes=5))
    facts = [NewFact(uuid4(), fact) for fact in case.facts]
    record_facts(patient=of, facts=facts, by=site.nurse, at=at - timedelta(minutes=5))


def fill_form(
    site: Site,
    of: Patient,
    answers: list[int | None] | None = None,
    *,
    instrument: str = "phq-9",
    form_id: UUID | None = None,
    at: datetime = NOW,
) -> CompletedForm:
    """Record a completed form."""
    return record_form(
        form_id=form_id or uuid4(),
        patient=of,
        instrument=instrument,
        answers=answers or [2, 2, 2, 2, 2, 2, 2, 2, 0],
        answered_at=at,
        by=site.nurse,
        at=at,
    )


def signing(site: Site, of: Patient, *, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Return everything that :func:`sign_order` takes for the patient's first intravenous option."""
    option = next(o for o in advice_for(of, as_of=at).options if o.route == "intravenous" and o.dose)
    return {
        "order_id": uuid4(),
        "patient": of,
        "option_id": option.id,
        "product_id": "ketamine-50",
        "advice_as_of": at,
        "overrides": {finding.rule: "Decided in the test." for finding in option.blocked_by},
        "password_checked": True,
        "typed_identifier": of.identifier,
        "typed_born_on": of.born_on,
        "by": site.prescriber,
        "at": at,
    } | changes


def signed_order(site: Site, of: Patient, *, at: datetime = NOW, **changes: Any) -> SignedOrder:
    """Sign the patient's first intravenous option."""
    return sign_order(**signing(site, of, at=at, **changes))


def event(site: Site, session: SessionRow, kind: str, *, at: datetime = NOW, **payload: Any) -> Recorded:
    """Record one event by the nurse."""
    return record_event(
        session_id=session.pk,
        event_id=uuid4(),
        kind=kind,
        payload=payload,
        occurred_at=at,
        by=site.nurse,
        at=at,
    )
