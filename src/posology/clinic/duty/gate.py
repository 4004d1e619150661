"""What a day's staff and equipment put in the way of a start, asked anew at each."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from posology.clinic.care.queries import at_site, case_of
from posology.clinic.duty.queries import day_at, day_of, is_kept
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.rems.gate import said_setting
from posology.clinic.rems.standing import certifications_of, certified, programme_of, setting_of
from posology.clinic.sessions.models import SessionRow
from posology.knowledge.duty import load_duty
from posology.protocols import Verdict, assess
from posology.treatment import Obstacle, Order
from posology.treatment.duty import Dose, duty_obstacles


def start_obstacles(session: SessionRow, order: Order, at: datetime) -> Iterator[Obstacle]:
    """Yield what today's record lacks for this order; nothing where the site keeps no such record."""
    patient = session.patient
    if not is_kept(patient.clinic):
        return
    day = day_of(patient.clinic, day_at(patient.clinic, at))

    @lru_cache(maxsize=1)
    def spoken() -> frozenset[str]:
        return rules_about(patient, order, at)

    yield from duty_obstacles(
        load_duty(), dose_of(session, order, at), day.told(), speaks=lambda rule: rule in spoken()
    )


def dose_of(session: SessionRow, order: Order, at: datetime) -> Dose:
    """Return for what the day is asked. Without a programme's certification a site counts as outpatient."""
    clinic = session.patient.clinic
    programme = programme_of(clinic, order)
    setting = "outpatient"
    if programme is not None:
        held = certified(certifications_of(clinic, programme.id), on=day_at(clinic, at))
        setting = setting_of(held, said_setting(session)).value
    return Dose(order.substance, order.route, clinic.jurisdiction, setting)


def rules_about(patient: Patient, order: Order, at: datetime) -> frozenset[str]:
    """Return the rules that speak about a patient now; one that cannot say counts as one that does."""
    library = library_of_order(patient.clinic_id, order.protocol_id, order.protocol_sha256)
    case = case_of(patient, as_of=at)
    report = assess(case, order.protocol_id, as_of=at_site(patient, at), library=library)
    return frozenset(f.rule for f in report.findings if f.verdict is not Verdict.PASS)
