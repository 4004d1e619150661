"""Where a certification or an enrolment stands on a day: the last of its rows up to that day decides."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic
from posology.clinic.patients.models import Patient
from posology.clinic.rems.models import Enrolment, SessionAnswer, Setting, SiteCertification, Standing
from posology.knowledge.programmes import load_programmes
from posology.knowledge.schema.programmes import ProgrammeFile, SettingRule
from posology.treatment import Order


def programmes_at(clinic: Clinic) -> tuple[ProgrammeFile, ...]:
    """Return the programmes that hold in a clinic's jurisdiction; none in most."""
    return load_programmes().in_jurisdiction(clinic.jurisdiction)


def programme_of(clinic: Clinic, order: Order) -> ProgrammeFile | None:
    """Return the programme under which an order's drug is given at a clinic, if there is one."""
    found = load_programmes().of(clinic.jurisdiction, order.substance, order.route)
    return found[0] if found else None


def day_at(clinic: Clinic, at: datetime) -> date:
    """Return the calendar day at a clinic."""
    return at.astimezone(ZoneInfo(clinic.zone)).date()


def certifications_of(clinic: Clinic, programme: str) -> tuple[SiteCertification, ...]:
    """Return every certification and every end of one, in the order of their days."""
    rows = SiteCertification.objects.for_clinic(clinic).filter(programme=programme)
    return tuple(rows.select_related("by").order_by("on", "at"))


def certified(rows: Iterable[SiteCertification], *, on: date) -> Mapping[Setting, SiteCertification]:
    """Return the certification of each setting that holds on a day."""
    latest: dict[Setting, SiteCertification] = {}
    for row in rows:
        if row.on <= on:
            latest[Setting(row.setting)] = row
    return {setting: row for setting, row in latest.items() if row.kind == Standing.BEGINS}


def enrolments_of(patient: Patient, programme: str) -> tuple[Enrolment, ...]:
    """Return every enrolment of a patient and every end of one, in the order of their days."""
    rows = Enrolment.objects.for_clinic(patient.clinic_id).filter(patient=patient, programme=programme)
    return tuple(rows.select_related("by", "prescriber").order_by("on", "at"))


def enrolled(rows: Iterable[Enrolment], *, on: date) -> Enrolment | None:
    """Return the enrolment that holds on a day."""
    latest = None
    for row in rows:
        if row.on <= on:
            latest = row
    return latest if latest is not None and latest.kind == Standing.BEGINS else None


def usual_setting(held: Collection[Setting]) -> Setting:
    """Return the setting of a session of which nobody says another: the one that is certified.

    Where both are certified, or none, it is an outpatient's: that asks for more.
    """
    return Setting.INPATIENT if set(held) == {Setting.INPATIENT} else Setting.OUTPATIENT


def setting_of(held: Collection[Setting], said: SessionAnswer | None) -> Setting:
    """Return in which setting a session is: the usual one, or the one that somebody said.

    That it is an inpatient's counts by a reason alone, so that no demand is dropped by a tap; that it is an
    outpatient's always counts.
    """
    if said is not None and (said.because or said.value == Setting.OUTPATIENT):
        return Setting(said.value)
    return usual_setting(held)


def rule_of(programme: ProgrammeFile, setting: Setting) -> SettingRule:
    """Return what a programme asks in one setting."""
    return next(rule for name, rule in programme.settings.items() if name == setting.value)
