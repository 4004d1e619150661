"""From what the monitors of a session sent to what a person may confirm: rounded, and said so. Pure.

Nothing is filled in and nothing is averaged. What cannot be true, comes twice, is half a pressure, is old or
was taken back is shown as it was told and is not offered; nor is what came later than the moment asked about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from posology.clinic.monitors.models import MonitorReading
from posology.clinic.monitors.queries import STALE_AFTER
from posology.hl7v2 import Flag, Sign

ONE_MOMENT = timedelta(seconds=60)  # readings of one event lie no further apart; an engineering default
# Where the record holds what the monitor tells; a pulse stands for the heart rate only where no heart rate is
# told, and is called a pulse.
FIELD = {
    Sign.SYSTOLIC: "systolic",
    Sign.DIASTOLIC: "diastolic",
    Sign.HEART_RATE: "heart_rate",
    Sign.PULSE_RATE: "heart_rate",
    Sign.SPO2: "spo2",
    Sign.RESPIRATORY_RATE: "respiratory_rate",
}
_PRESSURES = frozenset({"systolic", "diastolic"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """One value of a monitor: as told, and as a person would confirm it.

    ``why_not`` says why it cannot be confirmed; it is empty where it can.
    """

    row: MonitorReading
    field: str  # of the reading that would be recorded; empty where the record has none
    whole: int | None
    why_not: str

    @property
    def at(self) -> datetime:
        """When it was measured, or where no time was told, when it arrived."""
        return moment_of(self.row)

    @property
    def was_rounded(self) -> bool:
        """Whether the whole number differs from what was told."""
        return self.whole is not None and self.row.value != self.whole


def moment_of(row: MonitorReading) -> datetime:
    """Return when a value was measured, or where no time was told, when it arrived."""
    return row.measured_at or row.received_at


def whole_of(value: Decimal) -> int:
    """Return a told value as the record holds it: a whole number, halves up."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def is_stale(row: MonitorReading, at: datetime) -> bool:
    """Say whether a value is too old to be confirmed."""
    return at - moment_of(row) >= STALE_AFTER


def proposals(rows: Sequence[MonitorReading], *, at: datetime) -> tuple[Proposal, ...]:
    """Return what each of these latest readings of a session offers."""
    has_heart_rate = any(row.sign == Sign.HEART_RATE and _alone(row, at) == "" for row in rows)
    first = [_proposal(row, at, has_heart_rate) for row in rows]
    offered = {p.field: p for p in first if not p.why_not}
    halves = _PRESSURES & set(offered)
    apart = len(halves) == 2 and offered["systolic"].row.message_id != offered["diastolic"].row.message_id
    if len(halves) == 1 or apart:
        words = "The two pressures are not of one measurement." if apart else "Its other half is missing."
        return tuple(_without(p, words) if p.field in halves and not p.why_not else p for p in first)
    return tuple(first)


def _without(proposal: Proposal, why: str) -> Proposal:
    return Proposal(proposal.row, proposal.field, None, why)


def _proposal(row: MonitorReading, at: datetime, has_heart_rate: bool) -> Proposal:
    field = FIELD.get(Sign(row.sign), "")
    why_not = _alone(row, at)
    if not why_not and not field:
        why_not = "Shown only: the session's record has no place for it."
    if not why_not and row.sign == Sign.PULSE_RATE and has_heart_rate:
        why_not = "The monitor tells a heart rate as well, which is taken."
    return Proposal(row, field, None if why_not or row.value is None else whole_of(row.value), why_not)


def _alone(row: MonitorReading, at: datetime) -> str:
    flags = set(row.flags.split(", ")) if row.flags else set()
    if row.value is None:
        return row.why or "The monitor sent no value."
    if Flag.IMPOSSIBLE in flags or Flag.IMPOSSIBLE_PAIR in flags:
        return "It cannot be true. Measure again."
    if Flag.SEVERAL in flags:
        return "It comes more than once. Read the right one from the screen."
    if Flag.HALF_A_PRESSURE in flags:
        return "Its other half is missing."
    if row.received_at > at:
        return "It was sent after this was looked at. Look again."
    if is_stale(row, at):
        return "It is older than 5 minutes. Measure again."
    return ""


def by_moment(chosen: Iterable[Proposal]) -> tuple[tuple[Proposal, ...], ...]:
    """Part values into readings of one moment each: none further than a minute from the first of its set."""
    sets: list[list[Proposal]] = []
    for one in sorted(chosen, key=lambda p: p.at):
        if sets and one.at - sets[-1][0].at <= ONE_MOMENT:
            sets[-1].append(one)
        else:
            sets.append([one])
    return tuple(tuple(group) for group in sets)


def ids_of(chosen: Iterable[Proposal]) -> tuple[UUID, ...]:
    """Return the ids of the readings that these values rest on, in their order."""
    return tuple(p.row.pk for p in chosen)
