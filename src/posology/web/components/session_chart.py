"""The chart of one session, drawn as an anaesthesia record: carets, dots, and the dose as a step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from posology.quantities import Quantity, unit_of
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
from posology.web.components.text import clock_text, pressure_text, quantity_text
from posology.web.components.timeline import EventPoint

_MINUTE_STEPS = (5, 10, 15, 30, 60, 120)
_MOST_TICKS = 10


@dataclass(frozen=True, slots=True)
class VitalPoint:
    """One set of readings at one moment; what was not taken is ``None`` and is not drawn."""

    at: datetime
    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    spo2: int | None = None


@dataclass(frozen=True, slots=True)
class DoseStep:
    """A stretch in which the dose ran at one rate, or in which one device was given.

    What is only planned is drawn as an outline: it has not been given.
    """

    start: datetime
    end: datetime
    amount: Quantity
    label: str = ""
    planned: bool = False


@dataclass(frozen=True, slots=True)
class SiteLimit:
    """A limit of this site for systolic pressure or oxygen saturation: a thin line with its words."""

    of: str
    value: int
    label: str


def session_chart(
    *,
    id: str,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    vitals: Sequence[VitalPoint] = (),
    doses: Sequence[DoseStep] = (),
    events: Sequence[EventPoint] = (),
    limits: Sequence[SiteLimit] = (),
    title: str = "Readings and dose",
    now: datetime | None = None,
) -> Chart:
    """Draw one session. ``limits`` are of ``"spo2"`` or ``"systolic"``, as the site's settings give them."""
    scale = TimeScale(start, end)
    vitals = sorted(vitals, key=lambda point: point.at)
    letters = [(chr(ord("A") + n % 26), event) for n, event in enumerate(sorted(events, key=lambda e: e.at))]
    return Chart(
        id=id,
        title=title,
        summary=_summary(vitals, zone),
        lanes=(
            _spo2_lane(scale, vitals, limits),
            _pressure_lane(scale, vitals, limits),
            _dose_lane(scale, doses, letters),
        ),
        axis=_minute_ticks(scale, zone),
        axis_label="",
        table=_table(title, vitals, zone),
        key=(
            KeyEntry("spo2", "diamond", "Oxygen saturation, %"),
            KeyEntry("bp", "caret-down", "Blood pressure, mmHg"),
            KeyEntry("hr", "dot", "Heart rate, /min"),
            KeyEntry("dose", "square", "Dose"),
        ),
        events=tuple(NamedEvent(letter, clock_text(e.at, zone), e.what) for letter, e in letters),
        now_x=scale.x(now) if now and scale.holds(now) else "",
    )


def _spo2_lane(scale: TimeScale, vitals: Sequence[VitalPoint], limits: Sequence[SiteLimit]) -> Lane:
    taken = [(p.at, p.spo2) for p in vitals if p.spo2 is not None]
    low = min([88, *(value // 4 * 4 for _, value in taken)])
    y = ValueScale(low, 100, height=80)
    points = [(scale.x(at), y.y(value)) for at, value in taken]
    return Lane(
        title="SpO2, %",
        height=y.height,
        ticks=tuple(Tick(y.y(value), str(value)) for value in (100, 94, low)),
        zones=_limit_zones(y, limits, "spo2"),
        lines=tuple(Line(*a, *b, "spo2") for a, b in pairwise(points)),
        marks=tuple(Mark(*xy, "diamond", "spo2") for xy in points),
    )


def _pressure_lane(scale: TimeScale, vitals: Sequence[VitalPoint], limits: Sequence[SiteLimit]) -> Lane:
    values = [v for p in vitals for v in (p.systolic, p.diastolic, p.heart_rate) if v is not None]
    low = min([40, *(value // 20 * 20 for value in values)])
    high = max([180, *(-(-value // 20) * 20 for value in values)])
    y = ValueScale(low, high, height=208)
    marks: list[Mark] = []
    lines: list[Line] = []
    heart = [(scale.x(p.at), y.y(p.heart_rate)) for p in vitals if p.heart_rate is not None]
    for point in vitals:
        x = scale.x(point.at)
        if point.systolic is not None:
            marks.append(Mark(x, y.y(point.systolic), "caret-down", "bp"))
        if point.diastolic is not None:
            marks.append(Mark(x, y.y(point.diastolic), "caret-up", "bp"))
        if point.systolic is not None and point.diastolic is not None:
            lines.append(Line(x, y.y(point.systolic), x, y.y(point.diastolic), "bp"))
    lines += [Line(*a, *b, "hr") for a, b in pairwise(heart)]
    marks += [Mark(*xy, "dot", "hr") for xy in heart]
    return Lane(
        title="Blood pressure, mmHg · heart rate, /min",
        height=y.height,
        ticks=tuple(
            Tick(y.y(value), str(value)) for value in range(low, high + 1, 20) if (value - low) % 40 == 0
        ),
        zones=_limit_zones(y, limits, "systolic"),
        lines=tuple(lines),
        marks=tuple(marks),
    )


def _limit_zones(y: ValueScale, limits: Sequence[SiteLimit], of: str) -> tuple[Zone, ...]:
    return tuple(Zone(y.y(limit.value), "0", limit.label) for limit in limits if limit.of == of)


def _dose_lane(
    scale: TimeScale, doses: Sequence[DoseStep], letters: Sequence[tuple[str, EventPoint]]
) -> Lane:
    highest = max((float(step.amount.magnitude) for step in doses), default=1.0)
    y = ValueScale(0, highest * 1.5, height=64, pad=4)
    floor = float(y.y(0))
    bars = tuple(
        Bar(
            scale.x(step.start),
            y.y(step.amount.magnitude),
            scale.width(step.start, step.end),
            f"{floor - float(y.y(step.amount.magnitude)):.1f}",
            "planned" if step.planned else "dose",
            label=label,
        )
        for step, label in zip(doses, _labels(doses), strict=True)
    )
    unit = f", {unit_of(doses[0].amount.unit).shown}" if doses else ""
    flags = tuple(Tick(scale.x(event.at), letter) for letter, event in letters if scale.holds(event.at))
    return Lane(f"Dose{unit}", y.height, ticks=(Tick(y.y(0), "0"),), bars=bars, flags=flags)


def _labels(doses: Sequence[DoseStep]) -> Iterator[str]:
    """Yield a label for each step, empty where it would repeat the one before: equal devices lie close."""
    before = ""
    for step in doses:
        label = step.label or quantity_text(step.amount)
        yield "" if label == before else label
        before = label


def _minute_ticks(scale: TimeScale, zone: tzinfo) -> tuple[Tick, ...]:
    minutes = (scale.end - scale.start).total_seconds() / 60
    step = next((s for s in _MINUTE_STEPS if minutes / s <= _MOST_TICKS), _MINUTE_STEPS[-1])
    ticks = []
    first = _round_minute(scale.start, step)
    for n in range(int(minutes // step) + 1):
        moment = first + timedelta(minutes=n * step)
        if moment > scale.end:
            break
        at = scale.percent(moment)
        anchor = "start" if at < 2 else "end" if at > 97 else "middle"
        ticks.append(Tick(f"{at:.2f}%", clock_text(moment, zone), minor=n % 2 == 1, anchor=anchor))
    return tuple(ticks)


def _round_minute(moment: datetime, step: int) -> datetime:
    """Return the first moment from here on whose minute is a multiple of the step."""
    late = timedelta(minutes=moment.minute % step, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not late else moment - late + timedelta(minutes=step)


def _summary(vitals: Sequence[VitalPoint], zone: tzinfo) -> str:
    pressures = [p for p in vitals if p.systolic is not None]
    if not pressures:
        return "No reading has been taken yet."
    peak = max(pressures, key=lambda point: point.systolic or 0)
    last = pressures[-1]
    return (
        f"Highest blood pressure {pressure_text(peak.systolic, peak.diastolic)} mmHg "
        f"at {clock_text(peak.at, zone)}; "
        f"last {pressure_text(last.systolic, last.diastolic)} mmHg at {clock_text(last.at, zone)}."
    )


def _table(title: str, vitals: Sequence[VitalPoint], zone: tzinfo) -> Table:
    columns = (
        Column("Time"),
        Column("Blood pressure", numeric=True),
        Column("Heart rate", numeric=True),
        Column("Oxygen saturation", numeric=True),
    )
    rows = tuple(
        Row(
            (
                Cell(clock_text(point.at, zone)),
                Cell(_pressure_cell(point)),
                Cell(None if point.heart_rate is None else f"{point.heart_rate}/min", missing="not taken"),
                Cell(None if point.spo2 is None else f"{point.spo2}%", missing="not taken"),
            )
        )
        for point in vitals
    )
    return Table(title, columns, rows)


def _pressure_cell(point: VitalPoint) -> str:
    shown = pressure_text(point.systolic, point.diastolic)
    return shown if point.systolic is None and point.diastolic is None else f"{shown}\u00a0mmHg"
