"""The stored facts as the library's own case, and what the library advises for it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from posology.case import Answer, Case, Choice, EarlierDose, Fact, Origin, OriginKind, PastSession, Sex
from posology.clinic.assessments.queries import facts_of, medications_of
from posology.clinic.care.elsewhere import doses_elsewhere
from posology.clinic.orders.stored import order_of
from posology.clinic.outcomes.queries import scores_of
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import current_id, library_at, same_family
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import sessions_of, states_of
from posology.knowledge import Library, load_library
from posology.knowledge.schema import Question
from posology.protocols import History, Report, assess
from posology.quantities import DomainError, Quantity, check_aware
from posology.recommendation import Advice, recommend
from posology.recommendation.helped import helped
from posology.recommendation.response import INSTRUMENT
from posology.treatment import Order, Scale, SessionState
from posology.treatment.dosing import most_given
from posology.treatment.infusion import to_mg


def case_of(patient: Patient, *, as_of: datetime) -> Case:
    """Return everything that was known of a patient at a moment, as the library's case.

    What was answered at a session's gate, and the readings before its dose, are facts like any other:
    they are read from the events, so that nobody types them twice.
    """
    moment = check_aware(as_of, what="as_of")
    sessions = list(sessions_of(patient))
    states = states_of(sessions, until=moment)
    facts = list(facts_of(patient, as_of=moment))
    facts += (fact for s in sessions for fact in facts_in(states[s.pk]) if fact.at <= moment)
    elsewhere, undated = doses_elsewhere(patient, sessions, states, as_of=moment)
    return Case(
        born_on=patient.born_on,
        sex=Sex(patient.sex),
        jurisdiction=patient.clinic.jurisdiction,
        facts=tuple(facts),
        medications=medications_of(patient, as_of=moment),
        scores=scores_of(patient, as_of=moment),
        sessions=_going_on(patient, past_sessions(sessions, states), moment),
        earlier=(*earlier_doses(patient, sessions, states, as_of=moment), *elsewhere),
        undated=undated,
    )


def _going_on(
    patient: Patient, sessions: tuple[PastSession, ...], moment: datetime
) -> tuple[PastSession, ...]:
    """Return past sessions under the protocol by which their course goes on at a moment.

    What was given under the product's protocol goes on under the site's own, and back again.
    """
    if not sessions:
        return ()
    library = _told_by(patient, moment)
    now = {p: current_id(patient.clinic_id, p, library) for p in {s.protocol_id for s in sessions}}
    return tuple(replace(s, protocol_id=now[s.protocol_id]) for s in sessions)


def _told_by(patient: Patient, moment: datetime) -> Library:
    """Return the knowledge by which the past is told, also where a text of the site no longer passes.

    Then it is told by the product's protocols. Advice asks for the clinic's own library and refuses.
    """
    try:
        return library_at(patient.clinic, moment)
    except DomainError:
        return load_library()


def past_sessions(
    sessions: Iterable[SessionRow], states: dict[UUID, SessionState]
) -> tuple[PastSession, ...]:
    """Return the sessions of the running course in which something was given, oldest first."""
    given = [s for s in sessions if s.order.course.status == "open" and states[s.pk].started_at is not None]
    told = [past_session(order_of(s.order), states[s.pk]) for s in given]
    return tuple(sorted(told, key=lambda p: p.at))


def past_session(order: Order, state: SessionState) -> PastSession:
    """Return what the next decision needs of one session, from its events."""
    assert state.started_at is not None
    readings = [e.payload for e in state.readings]
    ended = state.ended_at or state.discharged_at
    delivered = state.delivered_mg(ended) if ended else order.dose_mg
    most = most_given(state, ended) if ended else Fraction(order.dose_mg)
    sedation = [e.payload.value for e in state.scores if e.payload.scale is Scale.MOAA_S]
    return PastSession(
        at=state.started_at,
        protocol_id=order.protocol_id,
        substance=order.substance,
        dose_mg=None if most is None else to_mg(most),
        level=order.level,
        phase=order.phase,
        number=order.session_number,
        completed=_is_complete(state, delivered),
        minutes=order.minutes,
        worst_adverse_event_grade=max((e.payload.grade for e in state.adverse_events), default=0),
        adverse_events=tuple(f"{e.payload.term} (grade {e.payload.grade})" for e in state.adverse_events),
        peak_systolic=max((r.systolic for r in readings if r.systolic is not None), default=None),
        peak_diastolic=max((r.diastolic for r in readings if r.diastolic is not None), default=None),
        lowest_sedation_score=min(sedation, default=None),
        weight_kg=order.weight_kg,
    )


def earlier_doses(
    patient: Patient, sessions: Iterable[SessionRow], states: dict[UUID, SessionState], *, as_of: datetime
) -> tuple[EarlierDose, ...]:
    """Return what was given in courses that ended, with whether a response followed."""
    ended: dict[UUID, list[PastSession]] = {}
    for row in sessions:
        if row.order.course.status != "open" and states[row.pk].started_at is not None:
            ended.setdefault(row.order.course_id, []).append(
                past_session(order_of(row.order), states[row.pk])
            )
    scores = [s for s in scores_of(patient, as_of=as_of) if s.instrument == INSTRUMENT] if ended else []
    found: list[EarlierDose] = []
    for course in ended.values():
        course.sort(key=lambda s: s.at)
        library = _told_by(patient, as_of)
        answers = helped(course, scores, on=site_day(patient, as_of), library=library)
        for told, answer in zip(course, answers, strict=True):
            found.append(
                EarlierDose(
                    told.at,
                    current_id(patient.clinic_id, told.protocol_id, library),
                    told.substance,
                    told.dose_mg,
                    told.level,
                    told.weight_kg,
                    answer,
                )
            )
    return tuple(sorted(found, key=lambda d: d.at))


def given_before(
    patient: Patient, *, at: datetime, session: UUID | None = None, protocol_id: str = ""
) -> History:
    """Return everything that a patient was given in any course, as every limit looks back on it.

    All that is recorded counts, however late it was told. ``session`` is the one that is about to begin, and
    is left out. ``protocol_id`` is that of its order: what was given by that protocol's family is told under
    it, since the site's own may have come into force, or been retired, after the order was signed.
    """
    rows = [row for row in sessions_of(patient) if row.pk != session]
    states = states_of(rows)
    running = _going_on(patient, past_sessions(rows, states), check_aware(at, what="moment"))
    elsewhere, undated = doses_elsewhere(patient, rows, states)
    ended = earlier_doses(patient, rows, states, as_of=at)
    told = History.told_by((*running, *ended, *elsewhere), undated)
    return _under(patient, told, protocol_id) if protocol_id else told


def _under(patient: Patient, history: History, protocol_id: str) -> History:
    same = {
        other
        for other in {g.protocol_id for g in history.given if not g.elsewhere}
        if same_family(patient.clinic_id, other, protocol_id)
    }
    given = (replace(g, protocol_id=protocol_id) if g.protocol_id in same else g for g in history.given)
    return replace(history, given=tuple(given))


# An infusion that was stopped a few seconds early is complete: an engineering default, no clinical fact.
COMPLETE_FROM = Decimal("0.99")


def _is_complete(state: SessionState, delivered: Decimal) -> bool:
    """Say whether all that was prepared was given; a lost spray is a device given (S-STOP-07)."""
    if state.planned_devices:
        return len(state.devices) >= state.planned_devices
    prepared = state.planned_dose_mg or sum((e.payload.dose_mg for e in state.doses), Decimal(0))
    return prepared > 0 and delivered >= prepared * COMPLETE_FROM


def facts_in(state: SessionState, library: Library | None = None) -> Iterable[Fact]:
    """Yield the facts that a session's events tell: gate answers, and readings before the dose."""
    questions = (library or load_library()).questions.questions
    for answered in state.gate:
        question = questions.get(answered.payload.item)
        value = _gate_value(question, answered.payload.answer) if question else None
        if value is not None:
            yield Fact(answered.payload.item, value, answered.at, Origin(OriginKind.STAFF, "session gate"))
    for reading in state.readings:
        if state.started_at is None or reading.at <= state.started_at:
            for key, measured in reading.payload.values().items():
                unit = questions[key].unit if key in questions else None
                if unit is not None:
                    value_ = Quantity(Decimal(measured), unit)
                    yield Fact(key, value_, reading.at, Origin(OriginKind.STAFF, "session reading"))


def _gate_value(question: Question, answer: str) -> Answer | Choice | None:
    if answer == Answer.UNKNOWN:
        return Answer.UNKNOWN
    if question.kind == "yes_no" and answer in set(Answer):
        return Answer(answer)
    if question.kind == "choice" and answer in (question.choices or {}):
        return Choice(answer)
    return None


def advice_for(patient: Patient, *, as_of: datetime) -> Advice:
    """Return what the library advises for a patient as known at a moment."""
    return advice_of(patient, case_of(patient, as_of=as_of), as_of=as_of)


def advice_of(patient: Patient, case: Case, *, as_of: datetime, library: Library | None = None) -> Advice:
    """Return what the clinic's library advises for a patient's case; ``library`` where it is at hand."""
    library = library or library_at(patient.clinic, as_of)
    return recommend(case, as_of=at_site(patient, as_of), library=library)


def report_for(patient: Patient, protocol_id: str, *, as_of: datetime) -> Report:
    """Return every rule's finding on one protocol for a patient as known at a moment."""
    library = library_at(patient.clinic, as_of)
    case = case_of(patient, as_of=as_of)
    return assess(case, protocol_id, as_of=at_site(patient, as_of), library=library)


def at_site(patient: Patient, moment: datetime) -> datetime:
    """Return a moment on the clock of the patient's clinic, as every rule and plan is asked (hazard H-31).

    The library takes the day of a decision from it: an afternoon in Honolulu is tomorrow in UTC.
    """
    return check_aware(moment, what="moment").astimezone(ZoneInfo(patient.clinic.zone))


def site_day(patient: Patient, moment: datetime) -> date:
    """Return the calendar day at the patient's clinic."""
    return at_site(patient, moment).date()
