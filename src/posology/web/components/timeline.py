"""The patient's timeline: scores as a line, doses as bars, peak pressures as paired carets, over days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from posology.quantities import Quantity, show_number, unit_of
from posology.web.components.chart import (
    Bar,
    Chart,
    KeyEntry,
    Lane,
    Line,
    Mark,
    NamedEvent,
    Tick,
    TimeScale,
    ValueScale,
    Zone,
)
from posology.web.components.tables import Cell, Column, Row, Table
from posology.web.components.text import day_text, pressure_text, quantity_text

_DAY_STEPS = (1, 2, 7, 14, 28, 56, 91, 182, 364)
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One total of an instrument."""

    at: datetime
    score: Decimal | int


@dataclass(frozen=True, slots=True)
class DosePoint:
    """One session's dose, as it was given."""

    at: datetime
    dose: Quantity
    note: str = ""


@dataclass(frozen=True, slots=True)
class PressurePoint:
    """The highest blood pressure of one session."""

    at: datetime
    systolic: int
    diastolic: int


@dataclass(frozen=True, slots=True)
class EventPoint:
    """Something worth a letter on the axis: an adverse event, a decision, an override."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """One severity band of the instrument, with its words, as the knowledge file gives it."""

    low: int
    high: int
    label: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the score lane shows: the name, the span of the scale and its bands."""

    name: str
    lowest: int
    highest: int
    bands: tuple[ScoreBand, ...] = ()


def timeline(
    *,
    id: str,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    instrument: Instrument,
    scores: Sequence[ScorePoint] = (),
    doses: Sequence[DosePoint] = (),
    pressures: Sequence[PressurePoint] = (),
    events: Sequence[EventPoint] = (),
    title: str = "Scores, doses and peak blood pressure",
    now: datetime | None = None,
) -> Chart:
    """Draw a patient's timeline from its points, in any order; all doses must have one unit."""
    scale = TimeScale(start, end)
    scores, doses, pressures, events = (
        sorted(scores, key=_moment),
        sorted(doses, key=_moment),
        sorted(pressures, key=_moment),
        sorted(events, key=_moment),
    )
    lanes = [_score_lane(scale, instrument, scores)]
    key = [KeyEntry("score", "square", f"{instrument.name}, points")]
    if doses:
        lanes.append(_dose_lane(scale, doses))
        key.append(KeyEntry("dose", "square", f"Dose, {_dose_unit(doses)}"))
    if pressures:
        lanes.append(_pressure_lane(scale, pressures))
        key.append(KeyEntry("bp", "caret-down", "Peak blood pressure, mmHg"))
    letters = [(chr(ord("A") + n % 26), event) for n, event in enumerate(events)]
    lanes[-1] = _with_flags(lanes[-1], scale, letters)
    return Chart(
        id=id,
        title=title,
        summary=_summary(instrument, scores, doses, zone),
        lanes=tuple(lanes),
        axis=_day_ticks(scale, zone),
        axis_label=_years(start, end, zone),
        table=_table(title, instrument, scores, doses, pressures, events, zone),
        key=tuple(key),
        events=tuple(NamedEvent(letter, _day(event.at, zone), event.what) for letter, event in letters),
        now_x=scale.x(now) if now and scale.holds(now) else "",
    )


def _moment(point: ScorePoint | DosePoint | PressurePoint | EventPoint) -> datetime:
    return point.at


def _day(moment: datetime, zone: tzinfo) -> str:
    return day_text(moment.astimezone(zone).date())


def _score_lane(scale: TimeScale, instrument: Instrument, scores: Sequence[ScorePoint]) -> Lane:
    y = ValueScale(instrument.lowest, instrument.highest, height=184)
    points = [(scale.x(p.at), y.y(p.score)) for p in scores]
    edges = {0, len(scores) - 1}
    labels = [show_number(Decimal(p.score)) if n in edges else "" for n, p in enumerate(scores)]
    ticks = sorted({instrument.lowest, *(band.low for band in instrument.bands), instrument.highest})
    return Lane(
        title=f"{instrument.name}, points",
        height=y.height,
        ticks=tuple(Tick(y.y(value), str(value)) for value in ticks if _roomy(value, ticks, y)),
        zones=tuple(_band_zone(y, band) for band in instrument.bands),
        lines=tuple(Line(*a, *b, "score") for a, b in pairwise(points)),
        marks=tuple(Mark(*xy, "square", "score", label) for xy, label in zip(points, labels, strict=True)),
    )


def _roomy(value: int, ticks: list[int], y: ValueScale) -> bool:
    """Leave a tick out when the one above it would touch it."""
    above = [t for t in ticks if t > value]
    return not above or float(y.y(value)) - float(y.y(above[0])) >= 14


def _band_zone(y: ValueScale, band: ScoreBand) -> Zone:
    # A band reaches to where the next one begins, so that no gap is drawn between whole-number scores.
    top = float(y.y(band.high + 1))
    return Zone(f"{top:.1f}", f"{float(y.y(band.low)) - top:.1f}", band.label)


def _dose_unit(doses: Sequence[DosePoint]) -> str:
    units = {point.dose.unit for point in doses}
    if len(units) > 1:
        raise ValueError(
            f"The doses have the units {sorted(units)}. Convert them to one unit before drawing."
        )
    return unit_of(units.pop()).shown


def _dose_lane(scale: TimeScale, doses: Sequence[DosePoint]) -> Lane:
    highest = max(float(point.dose.magnitude) for point in doses)
    y = ValueScale(0, highest * 1.15, height=96, pad=4)
    floor = float(y.y(0))
    bars = []
    for n, point in enumerate(doses):
        top = y.y(point.dose.magnitude)
        changed = n == 0 or point.dose != doses[n - 1].dose
        label = show_number(point.dose.magnitude) if changed else ""
        bars.append(
            Bar(scale.x(point.at), top, "8", f"{floor - float(top):.1f}", "dose", centred=True, label=label)
        )
    return Lane(
        title=f"Dose, {_dose_unit(doses)}", height=y.height, bars=tuple(bars), ticks=(Tick(y.y(0), "0"),)
    )


def _pressure_lane(scale: TimeScale, pressures: Sequence[PressurePoint]) -> Lane:
    low = min(60, min(p.diastolic for p in pressures) // 20 * 20)
    high = max(160, -(-max(p.systolic for p in pressures) // 20) * 20)
    y = ValueScale(low, high, height=120)
    marks, lines = [], []
    for point in pressures:
        x, top, bottom = scale.x(point.at), y.y(point.systolic), y.y(point.diastolic)
        marks += [Mark(x, top, "caret-down", "bp"), Mark(x, bottom, "caret-up", "bp")]
        lines.append(Line(x, top, x, bottom, "bp"))
    ticks = tuple(Tick(y.y(value), str(value)) for value in range(low, high + 1, 40))
    return Lane("Peak blood pressure, mmHg", y.height, ticks=ticks, lines=tuple(lines), marks=tuple(marks))


def _with_flags(lane: Lane, scale: TimeScale, letters: Sequence[tuple[str, EventPoint]]) -> Lane:
    flags = tuple(Tick(scale.x(event.at), letter) for letter, event in letters if scale.holds(event.at))
    return Lane(
        lane.title, lane.height, lane.ticks, lane.zones, lane.lines, lane.bars, lane.marks, flags=flags
    )


def _day_ticks(scale: TimeScale, zone: tzinfo) -> tuple[Tick, ...]:
    days = max(1, (scale.end - scale.start).days)
    step = next((s for s in _DAY_STEPS if days / s <= _MOST_TICKS), _DAY_STEPS[-1])
    ticks = []
    for n in range(days // step + 1):
        moment = scale.start + timedelta(days=n * step)
        at = scale.percent(moment)
        anchor = "start" if at < 2 else "end" if at > 97 else "middle"
        ticks.append(Tick(f"{at:.2f}%", _day(moment, zone)[:6], minor=n % 2 == 1, anchor=anchor))
    return tuple(ticks)


def _years(start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = start.astimezone(zone).year, end.astimezone(zone).year
    return str(first) if first == last else f"{first}–{last}"


def _summary(
    instrument: Instrument, scores: Sequence[ScorePoint], doses: Sequence[DosePoint], zone: tzinfo
) -> str:
    if not scores:
        told = f"No {instrument.name} has been scored yet"
    elif len(scores) == 1:
        told = f"{instrument.name} was {_named(instrument, scores[0])} on {_day(scores[0].at, zone)}"
    else:
        first, last = scores[0], scores[-1]
        told = (
            f"{instrument.name} went from {_named(instrument, first)} on {_day(first.at, zone)} "
            f"to {_named(instrument, last)} on {_day(last.at, zone)}"
        )
    sessions = "" if not doses else f", over {len(doses)} session{'' if len(doses) == 1 else 's'}"
    return f"{told}{sessions}."


def _named(instrument: Instrument, point: ScorePoint) -> str:
    """Say a score with its unit and its band."""
    band = next((b.label for b in instrument.bands if b.low <= point.score <= b.high), "")
    return f"{point.score} points ({band})" if band else f"{point.score} points"


def _table(
    title: str,
    instrument: Instrument,
    scores: Sequence[ScorePoint],
    doses: Sequence[DosePoint],
    pressures: Sequence[PressurePoint],
    events: Sequence[EventPoint],
    zone: tzinfo,
) -> Table:
    told: list[tuple[datetime, str, str]] = []
    told += [(p.at, instrument.name, f"{p.score} points") for p in scores]
    told += [(p.at, "Dose", f"{quantity_text(p.dose)}{', ' + p.note if p.note else ''}") for p in doses]
    told += [
        (p.at, "Peak blood pressure", f"{pressure_text(p.systolic, p.diastolic)} mmHg") for p in pressures
    ]
    told += [(p.at, "Event", p.what) for p in events]
    rows = tuple(Row((Cell(_day(at, zone)), Cell(what), Cell(value))) for at, what, value in sorted(told))
    return Table(title, (Column("Day"), Column("What"), Column("Value")), rows)
