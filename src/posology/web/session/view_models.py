"""A session as a page: where it stands, how far the dose is, what is due, the chart."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from posology.clinic.care.chairside import Chairside
from posology.knowledge import Route
from posology.quantities import Quantity
from posology.treatment import Due, DueStatus, EventKind, GateKind, Obstacle, SessionPhase
from posology.web.components import (
    Cell,
    Chart,
    Chip,
    Column,
    DoseStep,
    EmptyState,
    Fact,
    FactList,
    Link,
    Row,
    Status,
    Table,
    Timer,
    VitalPoint,
    session_chart,
)
from posology.web.components.text import clock_text
from posology.web.components.timeline import EventPoint
from posology.web.session.panel import Panel
from posology.web.session.words import READINGS
from posology.web.words import PHASE, ROUTE, to_tenth

_PHASE_STATUS = {
    SessionPhase.RUNNING: Status.RUNNING,
    SessionPhase.RESTING: Status.RUNNING,
    SessionPhase.PAUSED: Status.PAUSED,
    SessionPhase.DISCHARGED: Status.DONE,
    SessionPhase.CANCELLED: Status.STOP,
    SessionPhase.READY: Status.PASS,
    SessionPhase.OBSERVING: Status.RUNNING,
}
_DUE_STATUS = {
    DueStatus.DUE: Status.DUE,
    DueStatus.OVERDUE: Status.OVERDUE,
    DueStatus.DONE: Status.DONE,
}
_CHARTED = (
    EventKind.INFUSION_PAUSED,
    EventKind.INFUSION_RESUMED,
    EventKind.INFUSION_STOPPED,
    EventKind.ADVERSE_EVENT,
    EventKind.DRUG_GIVEN,
    EventKind.DEVICE_GIVEN,
    EventKind.DISCHARGED,
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order of a session as it heads the page."""

    dose: Quantity
    how: str
    words: str
    protocol: str


@dataclass(frozen=True, slots=True)
class InTheWay:
    """One thing that stands in the way of the start: who clears it, and the form by which it is passed."""

    sentence: str
    who: str
    pass_panel: Panel | None
    way: Link | None = None  # to the page where it is mended


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps before the dose: its name, whether it is done, and whether it stands open."""

    number: int
    anchor: str
    name: str
    done: bool
    open: bool

    @property
    def chip(self) -> Chip:
        """Return the chip beside its name."""
        return Chip(Status.DONE) if self.done else Chip(Status.DRAFT, "Open")


def phase_chip(chair: Chairside) -> Chip:
    """Return the chip that says where the session stands."""
    phase = chair.state.phase
    return Chip(_PHASE_STATUS.get(phase, Status.DRAFT), PHASE[phase])


def since(chair: Chairside) -> Timer | None:
    """Return how long the present stretch lasts: the dose, or the observation after it."""
    state = chair.state
    if state.phase is SessionPhase.OBSERVING:
        at = state.ended_at or state.started_at
    else:
        at = state.administration_at or state.started_at
    return Timer(at) if at and not chair.is_over else None


def ordered(chair: Chairside, *, product: str) -> Ordered:
    """Return what was ordered, in two lines; no volume, which the second person works out alone."""
    order = chair.order
    over = f"over {order.minutes}\u00a0min" if order.minutes else ""
    devices = f"as {order.devices}\u00a0device{'s'[: order.devices > 1]}" if order.devices else ""
    words = f"{order.substance.value}, {ROUTE[order.route]}, from {product}"
    return Ordered(Quantity(order.dose_mg, "mg"), over or devices, words, chair.protocol.title)


def dose_facts(chair: Chairside, zone: tzinfo, *, exact: bool = False) -> FactList | None:
    """Return how far the dose is: what is in, at which rate, until when; the record has it ``exact``."""
    state = chair.state
    if state.started_at is None and state.administration_at is None:
        return None
    until = min(chair.at, state.ended_at) if state.ended_at else chair.at
    least = "at least, a spray was lost or partial" if state.delivered_is_least else ""
    given = state.delivered_mg(until)
    facts = [
        Fact(
            "Given so far" if state.ended_at is None else "Given",
            Quantity(given if exact else to_tenth(given), "mg"),
            at=until,
            origin=least or f"of {Quantity(chair.order.dose_mg, 'mg')}",
        ),
    ]
    if state.infusions and state.ended_at is None:
        rate = state.infusions[-1].changes[-1].mg_per_min
        shown = (Decimal(rate.numerator) / Decimal(rate.denominator)).quantize(Decimal("0.001"))
        facts.append(Fact("Rate", Quantity(shown, "mg/min") if rate else "stands still"))
        ends = state.infusions[-1].runs_out_at()
        facts.append(
            Fact(
                "The dose is in at", clock_text(ends, zone) if ends else None, missing="while it stands still"
            )
        )
    if state.ended_at is not None:
        facts.append(Fact("Ended", clock_text(state.ended_at, zone), at=state.ended_at))
    return FactList(tuple(facts))


def readings_first(chair: Chairside) -> bool:
    """Say whether readings stand before the way home: one is called for, or the stay is not over yet."""
    due = chair.next_due
    called_for = due is not None and due.status in {DueStatus.DUE, DueStatus.OVERDUE}
    return called_for or any(unmet.key == "minimum_stay" for unmet in chair.unmet)


def device_clock(chair: Chairside) -> Timer | None:
    """Return the rest that runs before the next device, or nothing when the next may be used."""
    at = chair.next_device_at
    return Timer(at, counts="down") if at is not None and at > chair.at else None


def due_table(chair: Chairside, zone: tzinfo) -> Table:
    """Return the planned sets of readings, each with its status, the next one first among those open."""
    rows = tuple(_due_row(due, zone) for due in chair.due)
    empty = EmptyState("No reading is planned yet", "The plan of this protocol begins with the dose.")
    columns = (Column("Readings"), Column("Due at"), Column("Status"), Column("Still missing"))
    return Table("Planned readings", columns, rows, empty=empty)


def _due_row(due: Due, zone: tzinfo) -> Row:
    later = due.status is DueStatus.UPCOMING
    return Row(
        (
            Cell(due.what),
            Cell(clock_text(due.due_at, zone) if due.due_at else "when ready"),
            Cell("later") if later else Cell("", chip=Chip(_DUE_STATUS[due.status])),
            Cell(", ".join(READINGS[m] for m in due.missing) or "nothing"),
        ),
        marked=due.status is DueStatus.OVERDUE,
    )


def steps(chair: Chairside, *, wanted: str = "") -> dict[str, Step]:
    """Return the four steps before the dose; the first that is open, or the wanted one, is unfolded."""
    names = {
        "gate": "Who sits here, and how they are",
        "readings": "Readings before the dose",
        "check": "Second-person check",
        "start": start_words(chair),
    }
    done = {
        "gate": not _unanswered(chair) and chair.obstacle("identity") is None,
        "readings": chair.obstacle("baseline_readings") is None,
        "check": chair.state.worksheet is not None
        and not (chair.obstacle("worksheet") or chair.obstacle("second_person")),
        "start": False,
    }
    opened = wanted if wanted in names else next(key for key, is_done in done.items() if not is_done)
    return {
        key: Step(n, key, name, done[key], key == opened)
        for n, (key, name) in enumerate(names.items(), start=1)
    }


def _unanswered(chair: Chairside) -> frozenset[str]:
    """Return the questions that have no answer that counts yet; an answer that holds is an answer."""
    return frozenset(
        item.key
        for item in chair.gate
        if item.kind is GateKind.ANSWER
        and chair.obstacle(item.key)
        and not ((said := chair.state.gate_answer(item.key)) and said.payload.answer in item.holding)
    )


def standing_obstacles(chair: Chairside) -> tuple[Obstacle, ...]:
    """Return what stands in the way beyond the steps still to be done: what holds, what is refused."""
    to_do = {*_unanswered(chair), "baseline_readings"}
    if chair.state.identity is None:
        to_do.add("identity")
    if chair.state.worksheet is None:
        to_do.add("worksheet")
    return tuple(o for o in chair.obstacles if o.key not in to_do)


def start_words(chair: Chairside) -> str:
    """Name the start as its route has it."""
    return {Route.INTRAVENOUS: "Start the infusion", Route.NASAL: "Begin with the devices"}.get(
        chair.order.route, "Give the dose"
    )


def may_pass(chair: Chairside, obstacle: Obstacle) -> bool:
    """Say whether a prescriber may pass what stands in the way with a reason of their own."""
    for item in chair.gate:
        if item.key == obstacle.key:
            said = chair.state.gate_answer(item.key)
            held = item.holding.get(said.payload.answer) if said else None
            return held is not None and held.may_be_passed
    findings = (*(chair.report.findings if chair.report else ()), *chair.limits)
    return any(f.rule == obstacle.key and f.verdict == "hold" for f in findings)


def answered(chair: Chairside) -> FactList | None:
    """Return the answers of the gate, each with its moment and a way to answer it again."""
    facts = [
        Fact(
            item.sentence,
            item.choices.get(entry.payload.answer, "not known"),
            at=entry.at,
            href=f"?again={item.key}#gate",
            action="Ask again",
        )
        for item in chair.gate
        if (entry := chair.state.gate_answer(item.key)) is not None
    ]
    if chair.state.identity and chair.obstacle("identity") is None:
        said = chair.state.identity
        facts.insert(
            0,
            Fact(
                "Identifiers typed",
                f"{said.payload.record_number}, {said.payload.born_on.isoformat()}",
                at=said.at,
                href="?again=identity#gate",
                action="Type again",
            ),
        )
    return FactList(tuple(facts), "Answered") if facts else None


# ---------------------------------------------------------------- the chart


def chart_of(
    chair: Chairside, zone: tzinfo, *, told: tuple[tuple[datetime, EventKind, str], ...]
) -> Chart | None:
    """Return the session as an anaesthesia record, or nothing before anything is recorded."""
    state = chair.state
    moments = [e.at for e in state.readings] + [e.at for e in state.scores]
    moments += [m for m in (state.started_at, state.ended_at) if m]
    if not moments:
        return None
    start = min(moments) - timedelta(minutes=5)
    end = max([*moments, min(chair.at, state.discharged_at or chair.at)]) + timedelta(minutes=5)
    return session_chart(
        id="session-chart",
        start=start,
        end=max(end, start + timedelta(minutes=60)),
        zone=zone,
        vitals=[
            VitalPoint(e.at, e.payload.systolic, e.payload.diastolic, e.payload.heart_rate, e.payload.spo2)
            for e in state.readings
        ],
        doses=list(dose_steps(chair)),
        events=[EventPoint(at, what) for at, kind, what in told if kind in _CHARTED],
        now=None if chair.is_over else chair.at,
    )


def dose_steps(chair: Chairside) -> Iterator[DoseStep]:
    """Yield the stretches in which the dose ran, as they are drawn."""
    state = chair.state
    until = min(chair.at, state.ended_at) if state.ended_at else chair.at
    for infusion in state.infusions:
        ends = infusion.runs_out_at() or until
        stops = [*infusion.changes, None]
        for change, following in pairwise(stops):
            if change is None or not change.mg_per_min:
                continue
            to = min(following.at if following else until, until, max(ends, change.at))
            rate = Decimal(change.mg_per_min.numerator) / Decimal(change.mg_per_min.denominator)
            yield DoseStep(change.at, to, Quantity(rate.quantize(Decimal("0.001")), "mg/min"))
    per_device = state.mg_per_device
    for entry in state.devices:
        if per_device is not None:
            amount = Decimal(per_device.numerator) / Decimal(per_device.denominator)
            yield DoseStep(entry.at, entry.at + timedelta(minutes=1), Quantity(amount, "mg"))
    for dose in state.doses:
        yield DoseStep(dose.at, dose.at + timedelta(minutes=1), Quantity(dose.payload.dose_mg, "mg"))
