"""The forms of sessions: what fills them, where each stands, and the list with the programme's clock."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from posology.case import Answer
from posology.case.drug_names import read_drug
from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.assessments.models import MedicationRow
from posology.clinic.orders.stored import OrderAltered, order_of
from posology.clinic.patients.models import Patient
from posology.clinic.rems.gate import SETTING
from posology.clinic.rems.models import (
    Enrolment,
    FinalForm,
    SentForm,
    SessionAnswer,
    Setting,
    SiteCertification,
    StaffContact,
    Standing,
)
from posology.clinic.rems.permissions import VIEW, check_can
from posology.clinic.rems.standing import (
    certified,
    day_at,
    enrolled,
    programme_of,
    rule_of,
    setting_of,
    usual_setting,
)
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import session_for, states_of
from posology.knowledge import load_library
from posology.knowledge.programmes import version_in_use
from posology.knowledge.schema.programmes import ProgrammeFile
from posology.treatment import EventKind, SessionState
from posology.treatment.rems import (
    Change,
    Clinician,
    Enrolled,
    Form,
    PatientFacts,
    SiteFacts,
    Stated,
    Told,
    changes_since,
    due_on,
)
from posology.treatment.rems_form import form_of

LISTED = 200  # open forms on the list, the oldest first
SENT_LISTED = 20


class FormState(StrEnum):
    """Where the form of one session stands."""

    RUNNING = "running"  # the patient is still here
    OPEN = "open"  # something is not known yet
    READY = "ready"  # whole, not finalised
    CHANGED = "changed"  # finalised, and the record has changed since
    FINAL = "final"  # finalised, not sent
    SENT = "sent"
    NONE = "none"  # the setting has no form


@dataclass(frozen=True, slots=True)
class SessionForm:
    """The form of one session as it is now, beside what was finalised of it."""

    session: SessionRow
    programme: ProgrammeFile
    state: SessionState
    setting: Setting
    usual: Setting  # where nobody gives a reason for another
    held: frozenset[Setting]  # certified on the day of the treatment
    form: Form
    finals: tuple[FinalForm, ...]
    answers: Mapping[str, SessionAnswer]
    changes: tuple[Change, ...]  # since the last that was finalised
    due_on: date | None
    at: datetime

    @property
    def is_due(self) -> bool:
        """Whether the setting has a form at all, and something was given."""
        return rule_of(self.programme, self.setting).form and self.state.started_at is not None

    @property
    def said(self) -> SessionAnswer | None:
        """What a person last said of the setting; it counts where it gives a reason."""
        return self.answers.get(SETTING)

    @property
    def final(self) -> FinalForm | None:
        """The last that was finalised."""
        return self.finals[-1] if self.finals else None

    @property
    def sent(self) -> SentForm | None:
        """When and how the last one was given to the programme."""
        return getattr(self.final, "sent", None) if self.final else None

    @property
    def has_changed(self) -> bool:
        """Whether the record says something else now than the last finalised form did."""
        return bool(self.changes)

    @property
    def stands(self) -> FormState:
        """Where the form stands."""
        if not self.is_due:
            return FormState.NONE
        if self.has_changed:
            return FormState.CHANGED
        if self.sent is not None:
            return FormState.SENT
        if self.final is not None:
            return FormState.FINAL
        if self.state.discharge is None:
            return FormState.RUNNING
        return FormState.OPEN if self.form.unfinished else FormState.READY

    @property
    def days_left(self) -> int | None:
        """How many days of the clock are left; below 0 where it is over."""
        if self.due_on is None:
            return None
        return (self.due_on - day_at(self.session.patient.clinic, self.at)).days

    @property
    def is_overdue(self) -> bool:
        """Whether the clock is over and nothing was sent."""
        left = self.days_left
        waits = self.stands not in {FormState.SENT, FormState.NONE} and self.sent is None
        return waits and left is not None and left < 0


class Around:
    """The standing facts around some sessions of one clinic, read at once for all of them."""

    def __init__(self, clinic: Clinic, sessions: Iterable[SessionRow], *, at: datetime) -> None:
        self.clinic, self.sessions, self.at = clinic, tuple(sessions), at

    @cached_property
    def states(self) -> Mapping[UUID, SessionState]:
        return states_of(self.sessions)

    @cached_property
    def people(self) -> Mapping[str, Clinician]:
        """Everybody of the clinic, as the form calls and reaches them."""
        contacts: dict[UUID, StaffContact] = {}
        for row in StaffContact.objects.for_clinic(self.clinic).order_by("at"):
            contacts[row.person_id] = row
        people = User.objects.filter(clinic=self.clinic)
        return {str(p.pk): _clinician(p, contacts.get(p.pk)) for p in people}

    @cached_property
    def certifications(self) -> Mapping[str, list[SiteCertification]]:
        rows = SiteCertification.objects.for_clinic(self.clinic).order_by("on", "at")
        return _grouped(rows, "programme")

    @cached_property
    def enrolments(self) -> Mapping[UUID, list[Enrolment]]:
        rows = Enrolment.objects.for_clinic(self.clinic)
        rows = rows.filter(patient__in={s.patient_id for s in self.sessions}).order_by("on", "at")
        return _grouped(rows, "patient_id")

    @cached_property
    def answers(self) -> Mapping[UUID, list[SessionAnswer]]:
        rows = SessionAnswer.objects.for_clinic(self.clinic).filter(session__in=self.sessions)
        return _grouped(rows.select_related("by").order_by("at"), "session_id")

    @cached_property
    def finals(self) -> Mapping[UUID, list[FinalForm]]:
        rows = FinalForm.objects.for_clinic(self.clinic).filter(session__in=self.sessions)
        return _grouped(rows.select_related("by", "sent__by").order_by("number"), "session_id")

    @cached_property
    def drugs(self) -> Mapping[UUID, list[MedicationRow]]:
        rows = MedicationRow.objects.for_clinic(self.clinic)
        rows = rows.filter(patient__in={s.patient_id for s in self.sessions})
        return _grouped(rows.order_by("at", "recorded_at", "pk"), "patient_id")

    def form(self, session: SessionRow, *, version: str | None = None) -> SessionForm | None:
        """Return the form of one of the sessions; ``None`` where no programme holds for its drug."""
        try:
            programme = programme_of(self.clinic, order_of(session.order))
        except OrderAltered:
            return None
        if programme is None:
            return None
        state = self.states[session.pk]
        zone = ZoneInfo(self.clinic.zone)
        answers = {row.field: row for row in self.answers.get(session.pk, ())}
        today = day_at(self.clinic, self.at)
        treated = today if state.started_at is None else day_at(self.clinic, state.started_at)
        held = certified(self.certifications.get(programme.id, ()), on=treated)
        setting = setting_of(held, answers.get(SETTING))
        told = Told(
            state=state,
            programme=programme,
            version=version or version_in_use(programme, on=today)[0],
            patient=self._patient(session.patient, programme, treated),
            site=SiteFacts(self.clinic.pk, self.clinic.name, zone, _address(held.get(setting))),
            people=self.people,
            answers={key: Stated(row.pk, row.value, row.at) for key, row in answers.items()},
            at=self.at,
            drugs=self._drugs(session.patient_id, programme, state.started_at),
        )
        finals = tuple(self.finals.get(session.pk, ()))
        return SessionForm(
            session=session,
            programme=programme,
            state=state,
            setting=setting,
            usual=usual_setting(held),
            held=frozenset(held),
            form=form_of(told),
            finals=finals,
            answers=answers,
            changes=_changes(finals[-1], told) if finals else (),
            due_on=None if state.started_at is None else due_on(state.started_at, programme, zone=zone),
            at=self.at,
        )

    def _patient(self, patient: Patient, programme: ProgrammeFile, on: date) -> PatientFacts:
        rows = [r for r in self.enrolments.get(patient.pk, ()) if r.programme == programme.id]
        later = (r for r in rows if r.kind == Standing.BEGINS and r.on > on)
        row = enrolled(rows, on=on) or next(later, None)
        enrolment = None if row is None else Enrolled(row.pk, row.on, row.number, row.at)
        return PatientFacts(patient.pk, str(patient), patient.born_on, patient.sex, enrolment)

    def _drugs(
        self, patient_id: UUID, programme: ProgrammeFile, at: datetime | None
    ) -> Mapping[str, tuple[str, ...]]:
        """Return the drugs that the list had when the session began, by the classes of the form."""
        latest = {
            row.text.casefold(): row
            for row in self.drugs.get(patient_id, ())
            if at is not None and row.recorded_at <= at
        }
        found: defaultdict[str, list[str]] = defaultdict(list)
        for row in latest.values():
            if row.active == Answer.YES:
                for name in read_drug(row.text, row.rxnorm, load_library()).classes:
                    found[name].append(row.text)
        wanted = {f.drug_class for f in programme.fields.values() if f.drug_class}
        return {name: tuple(sorted(found[name])) for name in sorted(wanted) if name in found}


def _clinician(person: User, contact: StaffContact | None) -> Clinician:
    if contact is None:
        return Clinician(person.pk, person.full_name)
    return Clinician(
        person.pk,
        person.full_name,
        Stated(contact.pk, contact.telephone, contact.at),
        Stated(contact.pk, contact.email, contact.at),
    )


def _changes(final: FinalForm, told: Told) -> tuple[Change, ...]:
    if final.version not in told.programme.versions:
        return ()
    return changes_since(final.body, form_of(replace(told, version=final.version)))


def _address(row: SiteCertification | None) -> Stated | None:
    return None if row is None else Stated(row.pk, row.address, row.at)


def _grouped(rows: QuerySet, key: str) -> Mapping[Any, list[Any]]:
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


# ---------------------------------------------------------------- one session, and the list


def form_or_none(
    by: User, session_id: UUID | str, *, at: datetime, version: str | None = None
) -> SessionForm | None:
    """Return the form of one session of the person's clinic; ``None`` where no programme holds for its drug.

    Raises
    ------
    NotFound
        If there is no such session.
    FormError
        If there is no such version.
    """
    check_can(by, VIEW)
    session = session_for(by, session_id)
    return Around(by.clinic, [session], at=at).form(session, version=version)


def form_for(by: User, session_id: UUID | str, *, at: datetime, version: str | None = None) -> SessionForm:
    """Return the form of one session of the person's clinic.

    Raises
    ------
    NotFound
        If there is no such session, or no programme holds for its drug here.
    FormError
        If there is no such version.
    """
    found = form_or_none(by, session_id, at=at, version=version)
    if found is None:
        raise not_found("form")
    return found


def final_for(by: User, form_id: UUID | str) -> FinalForm:
    """Return one finalised form of the person's clinic."""
    check_can(by, VIEW)
    rows = FinalForm.objects.for_clinic(by.clinic_id).select_related("session__patient__clinic", "by")
    row = rows.filter(pk=form_id).first()
    if row is None:
        raise not_found("form")
    return row


def _sessions_with_devices(clinic: Clinic) -> QuerySet[SessionRow]:
    """Return the sessions in which a nasal device was used; which a programme covers is asked later."""
    devices = EventRow.objects.for_clinic(clinic).filter(
        session=OuterRef("pk"), kind=EventKind.DEVICE_GIVEN.value
    )
    rows = SessionRow.objects.for_clinic(clinic).filter(Exists(devices))
    return rows.select_related("order", "patient__clinic")


def _last_sent(clinic: Clinic, field: str) -> QuerySet:
    """Return when, or as which row, a session's last finalised form was sent; null where it was not."""
    rows = FinalForm.objects.for_clinic(clinic).filter(session=OuterRef("pk"))
    return rows.order_by("-number").values(f"sent__{field}")[:1]


def queue(by: User, *, at: datetime) -> tuple[SessionForm, ...]:
    """Return the forms that still have to be sent: the one whose clock ends first comes first.

    A form that was sent and has changed since stands here again, if it is among the last that were sent.
    """
    check_can(by, VIEW)
    rows = _sessions_with_devices(by.clinic).annotate(sent_row=_last_sent(by.clinic, "id"))
    waiting = rows.filter(sent_row__isnull=True).order_by("scheduled_at", "pk")
    forms = list(islice(_due_of(by.clinic, waiting, at=at), LISTED))
    forms += [f for f in lately_sent(by, at=at) if f.stands is FormState.CHANGED]
    return tuple(
        sorted(forms, key=lambda f: (f.due_on or date.max, f.session.scheduled_at, str(f.session.patient)))
    )


def _due_of(clinic: Clinic, waiting: QuerySet[SessionRow], *, at: datetime) -> Iterator[SessionForm]:
    """Yield the forms that are due: a session that has none never takes the place of one on the list."""
    start = 0
    while sessions := list(waiting[start : start + LISTED]):
        around = Around(clinic, sessions, at=at)
        yield from (f for s in sessions if (f := around.form(s)) is not None and f.is_due)
        start += LISTED


def lately_sent(by: User, *, at: datetime) -> tuple[SessionForm, ...]:
    """Return the last forms that were sent, the latest first."""
    check_can(by, VIEW)
    rows = _sessions_with_devices(by.clinic).annotate(sent_at=_last_sent(by.clinic, "at"))
    sessions = list(rows.filter(sent_at__isnull=False).order_by("-sent_at")[:SENT_LISTED])
    around = Around(by.clinic, sessions, at=at)
    return tuple(f for s in sessions if (f := around.form(s)) is not None)


def contact_of(person: User) -> StaffContact | None:
    """Return how the programme reaches a person now, or ``None`` where it was never recorded."""
    return StaffContact.objects.for_clinic(person.clinic_id).filter(person=person).order_by("at").last()
