"""What a week came to, by the record alone: sessions by route, forms and their clock, what was typed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from posology.clinic.accounts.models import Clinic
from posology.clinic.ledger.books import books_of, lot_of
from posology.clinic.ledger.discrepancies import discrepancies
from posology.clinic.ledger.models import Kind
from posology.clinic.orders.stored import order_of
from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.rems.queries import Around, SessionForm
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import states_of
from posology.clinic.visits.models import ActKind, VisitAct
from posology.clinic.visits.queries import day_of
from posology.knowledge import Route
from posology.recommendation.response import INSTRUMENT
from posology.server.demo.hours import day_at
from posology.treatment import EventKind, SessionPhase, SessionState
from posology.treatment.ledger import Account, Dose, Lot
from posology.treatment.rems import OriginKind


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of some sessions, by where each stands.

    Attributes
    ----------
    due : int
        Sessions that have a form at all.
    on_time, late : int
        Sent by its last day, or after it.
    waiting, overdue : int
        Not sent as it stands now; with days left, or with none.
    typed : int
        Fields that a person was asked for.
    typed_twice : int
        Those of them that an entry of the session tells.
    """

    due: int = 0
    on_time: int = 0
    late: int = 0
    waiting: int = 0
    overdue: int = 0
    typed: int = 0
    typed_twice: int = 0


@dataclass(frozen=True, slots=True)
class Drug:
    """What became of the drug on one day, as the ledger has it when the day is over, µg.

    Attributes
    ----------
    taken_out, given, wasted : int
        Out of the safe; by the sessions' own events; before a witness.
    unaccounted : int
        What is open, and neither given nor wasted: 0 at a day's end.
    safe, counted : int
        What lies in the safe by the ledger; what two people last counted there.
    discrepancies : int
        Found up to then, settled or not.
    closed : bool
        Whether the day was closed.
    """

    taken_out: int
    given: int
    wasted: int
    unaccounted: int
    safe: int
    counted: int
    discrepancies: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week.

    Attributes
    ----------
    sessions : mapping of Route to int
        In which something was given.
    left : int
        Patients who were let go.
    outcomes : int
        Patients of the day who filled in the outcome form after their session.
    happened : mapping of str to int
        What stands in the events beside the usual: pauses, corrections, adverse events; and visits moved.
    """

    day: date
    sessions: Mapping[Route, int]
    left: int
    outcomes: int
    forms: Forms
    drug: Drug | None  # None where no ledger was kept yet
    happened: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many sessions the day had."""
        return sum(self.sessions.values())

    def faults(self) -> tuple[str, ...]:
        """Return what does not add up on a day that is over, each as a sentence."""
        forms, drug = self.forms, self.drug
        found = [
            (self.count - self.left, "patients were not let go"),
            (self.count - self.outcomes, "outcome forms are missing"),
            (forms.due - forms.on_time, "forms of the programme were not sent in time"),
            (forms.typed_twice, "fields were typed though an entry tells them"),
        ]
        if drug is None:
            found.append((1, "day has no ledger"))
        else:
            found += [
                (drug.unaccounted, "µg of the drug are open and not accounted for"),
                (drug.taken_out - drug.given - drug.wasted, "µg left the safe and were not given or wasted"),
                (drug.safe - drug.counted, "µg lie in the safe by the ledger and were not counted there"),
                (drug.discrepancies, "discrepancies were found"),
                (int(not drug.closed), "day was not closed"),
            ]
        return tuple(f"{self.day:%d-%b-%Y}: {count} {what}." for count, what in found if count)


_COUNTED = {
    EventKind.INFUSION_PAUSED: "pauses",
    EventKind.CORRECTED: "corrections",
    EventKind.ADVERSE_EVENT: "adverse events",
    EventKind.PRESSURE_DECIDED: "decisions on pressure",
}


def told_of(clinic: Clinic, days: Iterable[date], *, at: datetime) -> tuple[Day, ...]:
    """Return what some days of a clinic came to, as it stands at a moment."""
    return tuple(_day(clinic, day, at) for day in days)


def _day(clinic: Clinic, day: date, at: datetime) -> Day:
    start, end = day_of(clinic, day)
    rows = SessionRow.objects.for_clinic(clinic).filter(scheduled_at__gte=start, scheduled_at__lt=end)
    sessions = list(rows.select_related("order", "patient__clinic").order_by("scheduled_at", "pk"))
    states = states_of(sessions, until=at)
    given = [s for s in sessions if states[s.pk].started_at is not None]
    moved = VisitAct.objects.for_clinic(clinic).filter(kind=ActKind.MOVED, at__gte=start, at__lt=end)
    happened = Counter(_COUNTED[e.kind] for s in given for e in states[s.pk].entries if e.kind in _COUNTED)
    happened["visits moved"] += moved.count()
    return Day(
        day,
        Counter(order_of(s.order).route for s in given),
        sum(states[s.pk].phase is SessionPhase.DISCHARGED for s in given),
        sum(_has_outcome(s, states[s.pk], at) for s in given),
        forms_of(clinic, given, at=at),
        drug_on(clinic, day, at=at),
        happened,
    )


def _has_outcome(session: SessionRow, state: SessionState, at: datetime) -> bool:
    if state.started_at is None:
        return False
    forms = CompletedForm.objects.for_clinic(session.patient.clinic_id).filter(
        patient=session.patient_id, instrument=INSTRUMENT, at__gte=state.started_at, at__lte=at
    )
    return forms.exists()


def forms_of(clinic: Clinic, sessions: Sequence[SessionRow], *, at: datetime) -> Forms:
    """Return where the programme's forms of some sessions stand, and what was typed into them."""
    around = Around(clinic, sessions, at=at)
    found = [form for s in sessions if (form := around.form(s)) is not None and form.is_due]
    stands = Counter(_stands(form, clinic) for form in found)
    typed = [_typed(form) for form in found]
    return Forms(
        due=len(found),
        on_time=stands["on time"],
        late=stands["late"],
        waiting=stands["waiting"],
        overdue=stands["overdue"],
        typed=sum(count for count, _ in typed),
        typed_twice=sum(twice for _, twice in typed),
    )


def _stands(form: SessionForm, clinic: Clinic) -> str:
    assert form.due_on is not None
    if form.sent is not None and not form.has_changed:
        return "on time" if form.sent.on <= form.due_on else "late"
    return "waiting" if day_at(form.at, clinic.zone) <= form.due_on else "overdue"


def _typed(form: SessionForm) -> tuple[int, int]:
    """Return how many fields of a form were typed, and how many of those an entry of the session tells.

    A field that an entry tells is filled from that entry, whatever was typed: then the answer is none of its
    origins.
    """
    answers = [(form.form.field(key), row) for key, row in form.answers.items()]
    fields = [(field, row) for field, row in answers if field is not None]
    used = [any(o.kind is OriginKind.ANSWER and o.id == row.pk for o in f.origins) for f, row in fields]
    return len(used), used.count(False)


# ---------------------------------------------------------------- the drug


def drug_on(clinic: Clinic, day: date, *, at: datetime) -> Drug | None:
    """Return what became of the drug on a day, by its end or by ``at``; ``None`` where no ledger was kept."""
    start, end = day_of(clinic, day)
    until = min(end - timedelta(microseconds=1), at)
    books = books_of(clinic, at=until)
    if books is None:
        return None
    ledger = books.ledger
    acts = [r for r in books.rows if start <= r.at and r.pk not in books.undone]
    lines = [line for line in ledger.lines if isinstance(line.of, Dose) and line.of.at >= start]
    counted: dict[Lot, int] = {}
    for row in books.rows:
        if row.kind == Kind.COUNTED and row.pk not in books.undone:
            counted[lot_of(row)] = row.containers * ledger.content_ug.get(lot_of(row), 0)
    return Drug(
        taken_out=sum(ledger.content_ug[lot_of(r)] for r in acts if r.kind == Kind.OPENED),
        given=sum(line.of.amount_ug for line in lines if isinstance(line.of, Dose)),
        wasted=sum(r.amount_ug for r in acts if r.kind == Kind.WASTED),
        unaccounted=ledger.unaccounted_ug,
        safe=ledger.balance_ug(Account.SAFE),
        counted=sum(counted.values()),
        discrepancies=len(discrepancies(books.rows)),
        closed=any(r.kind == Kind.CLOSED and r.on == day for r in books.rows),
    )
