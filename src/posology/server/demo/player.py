"""Turns a story into what people did: registering, asking, scoring, signing and giving, each at its moment.

Nothing is written around the actions. A story that the rules would not allow stops the seeding.
"""

from collections.abc import Generator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID, uuid5

from posology.case import Answer, Fact, FactValue, Medication, Origin, OriginKind
from posology.clinic.assessments.actions import NewFact, NewMedication, record_facts, record_medications
from posology.clinic.care.actions import SignedOrder, sign_order
from posology.clinic.care.queries import advice_for
from posology.clinic.orders.alerts import Answered
from posology.clinic.outcomes.actions import close_risk_task, record_form, take_risk_task
from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.patients.actions import register_patient
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import current_id, library_at
from posology.clinic.sessions.models import SessionRow
from posology.knowledge import load_library
from posology.quantities import DomainError
from posology.recommendation import Option
from posology.server.demo.answers import answer_of, due_again, gad7_answers, phq9_answers
from posology.server.demo.cupboard import Cupboard
from posology.server.demo.hours import day_at, moment_on
from posology.server.demo.people import Staff
from posology.server.demo.programme import report
from posology.server.demo.room import Moments, Room, whole_session
from posology.server.demo.story import Complaint, Course, Story

NAMES = UUID("5a3c1d2e-7c0b-4f4e-9a55-6d1c9f0b7e21")  # the name space of the demo's ids
_NOTHING: Mapping[str, FactValue] = MappingProxyType({})


def usual_minutes(story: Story) -> int:
    """Return when a patient usually comes: minutes after opening, different for each."""
    return story.number * 45 % 240 + 30


def usual_chair(story: Story, chairs: int) -> int:
    """Return the chair in which a patient usually sits."""
    return 1 + story.number % chairs


def arrival_of(story: Story, number: int, *, today: date, zone: str) -> datetime:
    """Return when a patient came to one past visit of the course."""
    assert story.course is not None
    day = today + timedelta(days=story.course.days[number - 1] - 1 - story.course.began_days_ago)
    return moment_on(day, zone, minutes_after_opening=usual_minutes(story))


class StoryError(DomainError):
    """A story that the rules do not allow as it is told."""

    code = "story"


class Player:
    """One patient of the demo, and what is known of them so far."""

    def __init__(
        self, staff: Staff, story: Story, *, now: datetime, cupboard: Cupboard | None = None
    ) -> None:
        self.staff, self.story, self.now = staff, story, now
        self.cupboard = cupboard or Cupboard(staff)
        self.zone = staff.clinic.zone
        self.today = day_at(now, self.zone)
        self.patient: Patient
        self._answered: dict[str, datetime] = {}
        self._count = 0

    def new_id(self, what: str) -> UUID:
        """Make the next id; the same for the same story, whenever it is played."""
        self._count += 1
        return uuid5(NAMES, f"{self.story.identifier} {what} {self._count}")

    # ------------------------------------------------------------ the record

    def register(self, at: datetime) -> None:
        """Register the patient, and write down the drugs."""
        story = self.story
        self.patient = register_patient(
            patient_id=self.new_id("patient"),
            clinic=self.staff.clinic,
            family_name=story.family,
            given_name=story.given,
            born_on=story.born_on,
            sex=story.sex,
            identifier=story.identifier,
            by=self.staff.nurse,
            at=at,
        )
        drugs = [
            NewMedication(self.new_id("drug"), Medication(text, None, Answer.YES, at, self._origin()))
            for text in story.drugs
        ]
        record_medications(patient=self.patient, medications=drugs, by=self.staff.nurse, at=at)

    def ask(self, at: datetime, changes: Mapping[str, FactValue] = _NOTHING) -> None:
        """Ask every question that is open or whose answer has grown too old."""
        facts = []
        for key, question in load_library().questions.questions.items():
            changed = changes.get(key)
            if changed is None and not due_again(key, question, self._answered.get(key), at):
                continue
            value = changed or answer_of(self.story, key, question)
            if value is not None and key not in self.story.unasked:
                facts.append(NewFact(self.new_id(key), Fact(key, value, at, self._origin())))
                self._answered[key] = at
        record_facts(patient=self.patient, facts=facts, by=self.staff.nurse, at=at)

    def _origin(self) -> Origin:
        return Origin(OriginKind.STAFF, "nurse")

    def score_phq9(self, total: int, at: datetime, *, ninth: int = 0) -> CompletedForm:
        """Fill in a PHQ-9 with the patient."""
        return self._fill("phq-9", phq9_answers(total, ninth=ninth), at)

    def score_gad7(self, phq9: int, at: datetime) -> None:
        """Fill in a GAD-7 that goes along with the depression score."""
        self._fill("gad-7", gad7_answers(min(21, round(phq9 * 0.7))), at)

    def _fill(self, instrument: str, answers: list[int], at: datetime) -> CompletedForm:
        return record_form(
            form_id=self.new_id(instrument),
            patient=self.patient,
            instrument=instrument,
            answers=answers,
            answered_at=at,
            by=self.staff.nurse,
            at=at,
        )

    def settle_risk(self, form: CompletedForm) -> None:
        """Take and close the task of a risk answer, twenty minutes after it was given."""
        task_id, at = uuid5(form.pk, "risk 9"), form.at + timedelta(minutes=20)
        take_risk_task(task_id=task_id, by=self.staff.prescriber, at=at)
        note = "Talked with the patient alone: no plan, no intent. Safety plan written, family informed."
        close_risk_task(task_id=task_id, note=note, by=self.staff.prescriber, at=at + timedelta(minutes=10))

    # ------------------------------------------------------------ orders and sessions

    def sign(
        self, level: str, at: datetime, *, arrival: datetime | None = None, chair: int | None = None
    ) -> SignedOrder:
        """Sign the advised option of a dose level; without an arrival on the option's own day."""
        course = self.course
        option = self._option(level, at, day_at(arrival, self.zone) if arrival else None)
        if arrival is None:
            assert option.next_on is not None
            arrival = moment_on(option.next_on, self.zone, minutes_after_opening=self.usual_minutes)
        return sign_order(
            order_id=self.new_id("order"),
            patient=self.patient,
            option_id=option.id,
            product_id=course.product,
            advice_as_of=at,
            overrides={},
            answers={finding.rule: Answered(heeded=True) for finding in option.cautions},
            password_checked=True,
            typed_identifier=self.patient.identifier,
            typed_born_on=self.patient.born_on,
            scheduled_at=arrival,
            chair=chair,
            by=self.staff.prescriber,
            at=at,
        )

    def _option(self, level: str, at: datetime, day: date | None) -> Option:
        advice = advice_for(self.patient, as_of=at)
        clinic = self.staff.clinic
        mine = current_id(clinic.pk, self.course.protocol, library_at(clinic, at))
        fitting = [
            o
            for o in advice.options
            if o.protocol_id == mine and o.dose is not None and o.dose.level == Decimal(level)
        ]
        if not fitting:
            offered = ", ".join(o.id for o in advice.options) or "none"
            open_ones = ", ".join(m.key for m in advice.needed) or "none"
            raise StoryError(
                f"{self.story.identifier} cannot get {level} on {at:%Y-%m-%d}: {advice.response_reason} "
                f"Offered: {offered}. Open: {open_ones}."
            )
        if day is None:
            return next((o for o in fitting if o.interval_change == "keep"), fitting[0])
        return min(fitting, key=lambda o: abs(((o.next_on or day) - day).days))

    @property
    def course(self) -> Course:
        """The course of the story."""
        assert self.story.course is not None
        return self.story.course

    @property
    def usual_minutes(self) -> int:
        """When this patient usually comes: minutes after opening."""
        return usual_minutes(self.story)

    def arrival(self, number: int) -> datetime:
        """Return when the patient came to one past visit."""
        return arrival_of(self.story, number, today=self.today, zone=self.zone)

    def visit(self, number: int) -> Moments:
        """Play one past visit whole, from the questions to the way home, and what is told afterwards."""
        arrival, level = self.arrival(number), self.course.levels[number - 1]
        chair = usual_chair(self.story, self.staff.clinic.chairs)
        room = yield from self.come_and_sign(
            number, level, self.course.phq9[number - 1], arrival=arrival, chair=chair
        )
        yield from whole_session(room)
        told_at = arrival + timedelta(hours=5)
        yield told_at
        report(self.staff, room.session, first=number == 1, at=told_at, now=self.now)

    def come_and_sign(
        self, number: int, level: str, phq9: int, *, arrival: datetime, chair: int
    ) -> Generator[datetime, None, Room]:
        """Play the questions, the score and the signature; return the session's room."""
        yield arrival - timedelta(minutes=30)
        self.prepare(number, phq9, arrival=arrival)
        yield arrival - timedelta(minutes=15)
        signed = self.sign(level, arrival - timedelta(minutes=15), arrival=arrival, chair=chair)
        complaint = self.course.complaints.get(number)
        return self.room(signed.session, complaint)

    def room(self, session: SessionRow, complaint: Complaint | None = None) -> Room:
        """Return a session's room; the drug comes out of the clinic's one cupboard."""
        return Room(self.staff, self.story, session, cupboard=self.cupboard, complaint=complaint)

    def prepare(self, number: int, phq9: int, *, arrival: datetime) -> None:
        """Ask and score before a session."""
        self.ask(arrival - timedelta(minutes=30))
        ninth = self.story.first_risk_answer if number == 1 else 0
        form = self.score_phq9(phq9, arrival - timedelta(minutes=25), ninth=ninth)
        if number % 4 == 1:
            self.score_gad7(phq9, arrival - timedelta(minutes=22))
        if ninth:
            self.settle_risk(form)
