"""What a monitor told, as people read it: the value as told, its unit, its age, and whether it may count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from posology.clinic.care.from_monitor import Question
from posology.clinic.monitors.models import MonitorReading
from posology.clinic.monitors.proposals import Proposal, by_moment, is_stale
from posology.clinic.monitors.queries import Held, Live, RefusedMessages
from posology.clinic.monitors.routing import SAYS
from posology.hl7v2 import Sign
from posology.quantities import Quantity
from posology.web.components import Cell, Choice, Column, EmptyState, Field, Row, Table
from posology.web.components.text import NO_BREAK_SPACE, number_text, quantity_text
from posology.web.session.pad import readings_text

LABELS = {
    Sign.SYSTOLIC: "Systolic",
    Sign.DIASTOLIC: "Diastolic",
    Sign.MEAN_PRESSURE: "Mean pressure",
    Sign.HEART_RATE: "Heart rate",
    Sign.PULSE_RATE: "Pulse rate",
    Sign.SPO2: "SpO₂",
    Sign.RESPIRATORY_RATE: "Respiration",
}
PRESSURE = "Blood pressure"
_ORDER = list(LABELS)


@dataclass(frozen=True, slots=True)
class Shown:
    """One value: its label, the text as the monitor told it, when it was measured, what is odd about it."""

    label: str
    text: str  # empty where the monitor told no value
    at: datetime
    by_arrival: bool  # the monitor told no time, so the age is that of its arrival
    stale: bool
    method: str = ""
    recorded_as: str = ""  # where rounding changes it
    why_not: str = ""


def shown_rows(rows: Iterable[MonitorReading], *, at: datetime) -> tuple[Shown, ...]:
    """Return latest readings as values; the two pressures of one message make one."""
    return _shown([Proposal(row, "", None, "") for row in rows], at)


def shown_proposals(found: Sequence[Proposal], *, at: datetime) -> tuple[Shown, ...]:
    """Return proposals as values, with what would be recorded and what stands in the way."""
    return _shown(found, at)


def _shown(found: Sequence[Proposal], at: datetime) -> tuple[Shown, ...]:
    left = sorted(found, key=lambda p: _ORDER.index(Sign(p.row.sign)))
    highs = [p for p in left if p.row.sign == Sign.SYSTOLIC and p.row.value is not None]
    lows = [p for p in left if p.row.sign == Sign.DIASTOLIC and p.row.value is not None]
    values = []
    if len(highs) == len(lows) == 1 and highs[0].row.message_id == lows[0].row.message_id:
        values.append(_pair(highs[0], lows[0], at))
        left = [p for p in left if p is not highs[0] and p is not lows[0]]
    return (*values, *(_single(p, at) for p in left))


def _pair(high: Proposal, low: Proposal, at: datetime) -> Shown:
    top, bottom = high.row.value, low.row.value
    assert top is not None and bottom is not None
    unit = f"{NO_BREAK_SPACE}mmHg"
    rounded = high.was_rounded or low.was_rounded
    return Shown(
        PRESSURE,
        f"{number_text(top)}/{number_text(bottom)}{unit}",
        high.at,
        high.row.measured_at is None,
        is_stale(high.row, at),
        high.row.method,
        f"{high.whole}/{low.whole}{unit}" if rounded else "",
        high.why_not or low.why_not,
    )


def _single(one: Proposal, at: datetime) -> Shown:
    row = one.row
    return Shown(
        LABELS[Sign(row.sign)],
        quantity_text(Quantity(row.value, row.unit)) if row.value is not None else "",
        one.at,
        row.measured_at is None,
        is_stale(row, at),
        "" if row.method == "not told" else row.method,
        quantity_text(Quantity(number_of(one), row.unit)) if one.was_rounded else "",
        one.why_not,
    )


def number_of(one: Proposal) -> Decimal:
    """Return the whole number that would be recorded, as the library's own kind of number."""
    return Decimal(one.whole or 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that would be recorded: its moment, and its values in one line."""

    at: datetime
    text: str


def entries_of(offered: Iterable[Proposal]) -> tuple[Entry, ...]:
    """Return what would be recorded, one entry a moment, for a person to read against the screen."""
    return tuple(
        Entry(
            max(p.at for p in group), readings_text((p.field, p.whole) for p in group if p.whole is not None)
        )
        for group in by_moment(offered)
    )


@dataclass(frozen=True, slots=True)
class Tick:
    """The question on one unusual value, and the name of the tick that confirms it and no other."""

    text: str
    name: str
    label: str


def ticks_of(questions: Iterable[Question]) -> tuple[Tick, ...]:
    """Return a tick for each unusual value; none is made beforehand."""
    return tuple(Tick(q.sentence, f"confirm-{q.word}", f"Confirm: {q.shown}") for q in questions)


@dataclass(frozen=True, slots=True)
class Card:
    """One monitor on the page of all: its name, where it is, what it says, and the form that moves it."""

    live: Live
    values: tuple[Shown, ...]
    chair: Field


def cards_of(found: Iterable[Live], *, chairs: int, at: datetime) -> tuple[Card, ...]:
    """Return a card for each known monitor."""
    return tuple(
        Card(
            live,
            shown_rows(live.latest, at=at),
            chair_field(chairs, f"chair-{live.device.pk}", chosen=live.device.chair),
        )
        for live in found
    )


@dataclass(frozen=True, slots=True)
class Unknown:
    """A source that no one has put at a chair yet."""

    name: str
    last_at: datetime
    chair: Field


def unknown_of(held: Iterable[Held], *, chairs: int) -> tuple[Unknown, ...]:
    """Return each source that is not known here, once."""
    names = {one.name: one.last_at for one in reversed(list(held)) if one.name and not one.known}
    return tuple(
        Unknown(name, last_at, chair_field(chairs, f"chair-new-{n}"))
        for n, (name, last_at) in enumerate(names.items())
    )


def chair_field(chairs: int, dom_id: str, *, chosen: int | None = None) -> Field:
    """Return the choice of a chair; *no chair* is one of them."""
    choices = [Choice(str(n), f"Chair {n}", chosen=n == chosen) for n in range(1, chairs + 1)] + [
        Choice("none", "No chair")
    ]
    return Field("chair", "Chair", kind="select", choices=tuple(choices), id=dom_id)


def held_table(held: Iterable[Held]) -> Table:
    """Return what is held back: the source, why, what to do, how much of it."""
    rows = tuple(
        Row(
            (
                Cell(one.name or None, missing="without a name"),
                Cell(SAYS[one.reason][0], sub=one.why),
                Cell(SAYS[one.reason][1]),
                Cell(str(one.count)),
                Cell(one.last_at),
            )
        )
        for one in held
    )
    columns = (
        Column("Source"),
        Column("Why it is in no session"),
        Column("What to do"),
        Column("Readings", numeric=True),
        Column("Last"),
    )
    empty = EmptyState("Nothing is held back", "Readings that belong to no session for certain come here.")
    return Table("Held back in the last 24 hours", columns, rows, empty=empty)


def refused_table(found: Iterable[RefusedMessages]) -> Table:
    """Return messages that were refused as a whole."""
    rows = tuple(
        Row(
            (
                Cell(one.sender or None, missing="without a name"),
                Cell(one.sentence),
                Cell("Rejected" if one.ack == "AR" else "Faulty"),
                Cell(str(one.count)),
                Cell(one.last_at),
            )
        )
        for one in found
    )
    columns = (
        Column("Sender"),
        Column("Why"),
        Column("Answered"),
        Column("Messages", numeric=True),
        Column("Last"),
    )
    empty = EmptyState("No message was refused", "Messages that cannot be read as a whole come here.")
    return Table("Messages refused in the last 24 hours", columns, rows, empty=empty)
