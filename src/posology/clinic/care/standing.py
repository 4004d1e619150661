"""Where a patient stands in the loop, and what comes next: told from the record, kept nowhere."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, UUIDField

from posology.case import Case, Missing, seen
from posology.clinic.accounts.models import User
from posology.clinic.care.queries import site_day
from posology.clinic.orders.models import Course, CourseStatus, OrderRow
from posology.clinic.orders.queries import active_order, open_course
from posology.clinic.orders.stored import order_of
from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.outcomes.queries import forms_of
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import sessions_of
from posology.knowledge import load_library
from posology.recommendation import Advice
from posology.treatment import FINAL, Order, SessionPhase

# The instrument whose score the next options are made from.
OUTCOME = "phq-9"


@dataclass(frozen=True, slots=True)
class Standing:
    """One patient's place: the steps behind, the step now, and what is waiting in it."""

    step: str  # assessment, eligibility, options, order, session, outcome, next
    done: tuple[str, ...]
    course: Course | None
    waiting: OrderRow | None  # signed, and not given yet
    session: SessionRow | None  # the session that is open, or the last one
    order: Order | None  # of that session
    next_on: date | None

    @property
    def session_is_open(self) -> bool:
        """Whether the session has not come to its end."""
        return self.session is not None and SessionPhase(self.session.phase) not in FINAL


STEPS = ("assessment", "eligibility", "options", "order", "session", "outcome", "next")


def brief_standing(patient: Patient) -> Standing:
    """Tell what a banner needs of a patient's place, without asking the rules."""
    waiting = active_order(patient)
    session = _session_that_counts(patient, waiting)
    order = order_of(session.order) if session else None
    return Standing("assessment", (), open_course(patient), waiting, session, order, None)


def standing_of(patient: Patient, *, as_of: datetime, advice: Advice | None = None) -> Standing:
    """Tell where a patient stands; ``advice`` decides the step of those who have not been treated yet."""
    course, waiting = open_course(patient), active_order(patient)
    session = _session_that_counts(patient, waiting)
    order = order_of(session.order) if session else None
    step = _step(patient, course, waiting, session, as_of, advice)
    next_on = None
    if waiting is not None:
        next_on = waiting.planned_on
    elif session is not None and SessionPhase(session.phase) not in FINAL:
        next_on = site_day(patient, session.scheduled_at)
    elif step == "next" and advice is not None:
        next_on = min((o.next_on for o in advice.options if o.next_on), default=None)
    return Standing(step, STEPS[: STEPS.index(step)], course, waiting, session, order, next_on)


def _session_that_counts(patient: Patient, waiting: OrderRow | None) -> SessionRow | None:
    sessions = [s for s in sessions_of(patient) if s.phase != SessionPhase.CANCELLED]
    open_ones = [s for s in sessions if SessionPhase(s.phase) not in FINAL]
    mine = [s for s in open_ones if waiting is not None and s.order_id == waiting.pk]
    return next(iter([*mine, *open_ones, *sessions]), None)


def _step(
    patient: Patient,
    course: Course | None,
    waiting: OrderRow | None,
    session: SessionRow | None,
    as_of: datetime,
    advice: Advice | None,
) -> str:
    if waiting is not None or (session is not None and SessionPhase(session.phase) not in FINAL):
        return "session"
    if course is not None and session is not None:
        since = forms_of(patient, as_of=as_of).filter(instrument=OUTCOME, at__gte=session.scheduled_at)
        return "next" if since.exists() else "outcome"
    if advice is None:
        return "assessment"
    if not advice.options:
        return "assessment" if advice.needed else "eligibility"
    return "options"


def open_questions(case: Case, advice: Advice, *, as_of: datetime) -> tuple[Missing, ...]:
    """Return every question that has to be answered before a decision.

    These are what the rules and the doses ask for, and what the assessment requires of everyone.
    """
    found = {m.key: m for m in advice.needed}
    for key, question in load_library().questions.questions.items():
        if question.need == "required" and key not in found:
            answer = seen(case, key, question, as_of=as_of)
            if isinstance(answer, Missing):
                found[key] = answer
    return tuple(found.values())


def _without_form(clinic: Any) -> QuerySet[SessionRow]:
    given = SessionRow.objects.for_clinic(clinic).filter(
        phase=SessionPhase.DISCHARGED, order__course__status=CourseStatus.OPEN
    )
    later_session = given.filter(patient=OuterRef("patient"), scheduled_at__gt=OuterRef("scheduled_at"))
    forms = CompletedForm.objects.for_clinic(clinic).filter(
        patient=OuterRef("patient"), instrument=OUTCOME, at__gte=OuterRef("scheduled_at")
    )
    rows = given.filter(~Exists(later_session), ~Exists(forms))
    return rows.select_related("patient").order_by("scheduled_at")


_WITHOUT_FORM = Prepared(_without_form, UUIDField())


def forms_due(by: User) -> tuple[Patient, ...]:
    """Return the patients in treatment who have not filled in the outcome form since their last session."""
    return tuple(row.patient for row in _WITHOUT_FORM.all(by.clinic_id))
