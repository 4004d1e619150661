"""Synthetic clinics, people and patients for tests, made through the same actions that pages call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from posology.case import Answer, FactValue, Sex
from posology.clinic.accounts.actions import make_user, open_clinic
from posology.clinic.accounts.models import Clinic, Role, User
from posology.clinic.assessments.actions import NewFact, record_facts
from posology.clinic.care.actions import SignedOrder, sign_order
from posology.clinic.care.queries import advice_for
from posology.clinic.care.session import GIVING, record_event
from posology.clinic.orders.alerts import Answered
from posology.clinic.orders.stored import order_of
from posology.clinic.outcomes.actions import record_form
from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.patients.actions import register_patient
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.sessions.actions import Recorded
from posology.clinic.sessions.models import SessionRow
from posology.knowledge import Library, load_library
from posology.treatment import GateKind, gate_items, worksheet
from tests import duty
from tests.cases import NOW, complete_case, usual_answer

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


LONG_AGO = NOW - timedelta(days=400)


def site(
    name: str = "Synthetic Clinic", *, zone: str = "UTC", at: datetime = LONG_AGO, on_duty: bool = True
) -> Site:
    """Make a clinic and its people; all have the same synthetic password.

    Today's staff and equipment are recorded, unless ``on_duty`` says that they are not.
    """
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
    made = Site(clinic, **people)
    if on_duty:
        duty.ensure(made, at=NOW)
    return made


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


def signing(
    site: Site, of: Patient, *, at: datetime = NOW, route: str = "intravenous", **changes: Any
) -> dict[str, Any]:
    """Return everything that :func:`sign_order` takes for the patient's first option by a route."""
    option = next(o for o in advice_for(of, as_of=at).options if o.route == route and o.dose)
    return {
        "order_id": uuid4(),
        "patient": of,
        "option_id": option.id,
        "product_id": "ketamine-50" if route == "intravenous" else product_for(option.protocol_id),
        "advice_as_of": at,
        "overrides": {finding.rule: "Decided in the test." for finding in option.blocked_by},
        "answers": {finding.rule: Answered(heeded=True) for finding in option.cautions},
        "password_checked": True,
        "typed_identifier": of.identifier,
        "typed_born_on": of.born_on,
        "by": site.prescriber,
        "at": at,
    } | changes


def library_of(session: SessionRow) -> Library:
    """Return the knowledge under which a session's order was signed."""
    order = order_of(session.order)
    return library_of_order(session.patient.clinic_id, order.protocol_id, order.protocol_sha256)


def product_for(protocol_id: str) -> str:
    """Return the first product of a protocol."""
    return load_library().protocol(protocol_id).products[0]


def signed_order(site: Site, of: Patient, *, at: datetime = NOW, **changes: Any) -> SignedOrder:
    """Sign the patient's first option, an intravenous one unless another route is named."""
    return sign_order(**signing(site, of, at=at, **changes))


def signed_sessions(site: Site, *given_names: str) -> list[SessionRow]:
    """Return the session of a signed order for each of as many new patients."""
    made = []
    for name in given_names:
        person = patient(site, given_name=name)
        assess_fully(site, person)
        made.append(signed_order(site, person).session)
    return made


def event(
    site: Site,
    session: SessionRow,
    kind: str,
    *,
    at: datetime = NOW,
    by: User | None = None,
    event_id: UUID | None = None,
    happened_before: bool = False,
    occurred_at: datetime | None = None,
    **payload: Any,
) -> Recorded:
    """Record one event, by the nurse unless another person is named; before a dose, also its day."""
    if kind in GIVING and not happened_before:
        duty.ensure(site, at=at)
    return record_event(
        session_id=session.pk,
        event_id=event_id or uuid4(),
        kind=kind,
        payload=payload,
        occurred_at=occurred_at or at,
        happened_before=happened_before,
        by=by or site.nurse,
        at=at,
    )


BASELINE = {"systolic": 124, "diastolic": 78, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14}
LOT = "SYNTHETIC-1"


def colleague(site: Site) -> User:
    """Return a second nurse, who checks what the first one prepared."""
    found = User.objects.filter(clinic=site.clinic, role=Role.NURSE).exclude(pk=site.nurse.pk).first()
    return found or make_user(
        username=f"second-{site.nurse.username}",
        full_name="Synthetic, Second Nurse",
        role=Role.NURSE,
        clinic=site.clinic,
        password=PASSWORD,
        by=SYSTEM,
        at=LONG_AGO,
    )


def pass_gate(site: Site, session: SessionRow, *, at: datetime) -> None:
    """Answer the gate as on a usual day: identity, questions, readings, and the second person's check."""
    duty.ensure(site, at=at)
    of, order = session.patient, order_of(session.order)
    protocol = library_of(session).protocol(order.protocol_id)
    event(
        site, session, "identity_checked", at=at, record_number=of.identifier, born_on=of.born_on.isoformat()
    )
    for item in gate_items(protocol, can_be_pregnant=Answer.UNKNOWN):
        if item.kind is GateKind.ANSWER:
            question = load_library().questions.questions.get(item.key)
            usual = (
                "yes" if question is None else str(getattr(a := usual_answer(item.key, question), "key", a))
            )
            event(site, session, "gate_answered", at=at, item=item.key, answer=usual)
    event(site, session, "reading_taken", at=at, **BASELINE)
    event(site, session, "scale_scored", at=at, scale="moaa_s", value=5)
    check_worksheet(site, session, at=at)


def check_worksheet(site: Site, session: SessionRow, *, at: datetime) -> None:
    """Let a second person work out what was prepared."""
    order = order_of(session.order)
    final = Decimal(50) if order.minutes else None
    sheet = worksheet(order, product_id=order.product_id, library=library_of(session), final_volume_mL=final)
    volume = (
        {"typed_volume_mL": str(sheet.vial_volume_mL)}
        if sheet.vial_volume_mL
        else {"typed_devices": order.devices}
    )
    said = {"product_id": order.product_id, "lot": LOT, "checked_by": str(colleague(site).pk), **volume}
    if final is not None:
        said["final_volume_mL"] = str(final)
    event(site, session, "worksheet_checked", at=at, **said)


def starting(session: SessionRow) -> dict[str, Any]:
    """Return what starts the infusion, or the devices, of a session whose worksheet was checked."""
    order = order_of(session.order)
    final = Decimal(50) if order.minutes else None
    sheet = worksheet(order, product_id=order.product_id, library=library_of(session), final_volume_mL=final)
    given: dict[str, Any] = {"dose_mg": str(sheet.drawn_mg), "lot": LOT}
    if order.minutes:
        return given | {"minutes": order.minutes, "pump_rate_mL_per_h": str(sheet.rate_mL_per_h)}
    return given | {"devices": order.devices}


def give(site: Site, session: SessionRow, *, at: datetime) -> datetime:
    """Give the whole infusion, watch, and let the patient go; return when they left."""
    order = order_of(session.order)
    protocol = library_of(session).protocol(order.protocol_id)
    pass_gate(site, session, at=at)
    event(site, session, "administration_started", at=at, **starting(session))
    moment, end = at, at + timedelta(minutes=order.minutes or 0)
    while moment < end:
        moment += timedelta(minutes=10)
        _look(site, session, moment)
    event(site, session, "infusion_stopped", at=end, reason="The dose is complete.", complete=True)
    until = end + timedelta(minutes=max(protocol.discharge.minimum_min, 60))
    while moment < until:
        moment += timedelta(minutes=15)
        _look(site, session, moment)
    for key in protocol.discharge.criteria:
        event(site, session, "discharge_criterion", at=moment, key=key, met=True)
    event(site, session, "discharged", at=moment, with_escort=True)
    return moment


def _look(site: Site, session: SessionRow, at: datetime) -> None:
    event(site, session, "reading_taken", at=at, **BASELINE)
    event(site, session, "scale_scored", at=at, scale="moaa_s", value=5)
