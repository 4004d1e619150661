"""The band chart: a model's middle curve inside its band, never without saying whose band it is."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from math import ceil

from posology.knowledge.certainties import certainty_words
from posology.web.components.chart import Bar, Chart, KeyEntry, Lane, Line, Tick, ValueScale
from posology.web.components.tables import Cell, Column, Row, Table
from posology.web.components.text import number_text

_HOUR_STEPS = (0.25, 0.5, 1, 2, 4, 6, 12, 24)
_MOST_TICKS = 8
_TABLE_ROWS = 12
_SLICES = 240


@dataclass(frozen=True, slots=True)
class BandPoint:
    """The middle of the population and the edges of its band, ``t_h`` hours after the start."""

    t_h: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Studied:
    """What a curve must not be shown without: who was studied, where it was measured, how sure it is."""

    population: str
    sampling_site: str
    band: str
    certainty: str
    source: str

    def __str__(self) -> str:
        return (
            f"{self.band} of {self.population}; sampled from {self.sampling_site}; "
            f"{self.certainty}, {certainty_words(self.certainty)} ({self.source}). "
            "A model, not a measurement."
        )


def band_chart(
    *,
    id: str,
    title: str,
    points: Sequence[BandPoint],
    unit: str,
    studied: Studied,
    height: int = 120,
    show_title: bool = True,
) -> Chart:
    """Draw a simulated curve with its band. ``points`` are in order of time, at least two."""
    if len(points) < 2:
        raise ValueError("A curve needs two points or more. Simulate over a longer time.")
    end_h = points[-1].t_h
    y = ValueScale(0, max(p.high for p in points) * 1.1, height=height, pad=4)
    return Chart(
        id=id,
        title=title,
        summary=str(studied),
        lanes=(
            Lane(
                title=f"{title}, {unit}",
                height=height,
                ticks=(Tick(y.y(0), "0"), _peak_tick(y, points)),
                bars=tuple(_slice(y, a, b, end_h) for a, b in pairwise(_finer(points))),
                lines=tuple(_piece(y, a, b, end_h) for a, b in pairwise(points)),
            ),
        ),
        axis=_hour_ticks(end_h),
        axis_label="h",
        key=(KeyEntry("model", "line", "Middle of the population"), KeyEntry("band", "square", studied.band)),
        table=_table(title, unit, points),
        show_title=show_title,
    )


def _x(t_h: float, end_h: float) -> str:
    return f"{100 * t_h / end_h:.2f}%"


def _finer(points: Sequence[BandPoint]) -> list[BandPoint]:
    """Part each stretch between two points evenly, so that the slices are too narrow to be seen."""
    parts = ceil(_SLICES / (len(points) - 1))
    fine = [
        BandPoint(*(_between(getattr(a, f.name), getattr(b, f.name), n / parts) for f in fields(BandPoint)))
        for a, b in pairwise(points)
        for n in range(parts)
    ]
    return [*fine, points[-1]]


def _between(a: float, b: float, share: float) -> float:
    return a + (b - a) * share


def _slice(y: ValueScale, a: BandPoint, b: BandPoint, end_h: float) -> Bar:
    # A polygon cannot be placed in percent; many narrow slices can, and look the same.
    top, bottom = float(y.y((a.high + b.high) / 2)), float(y.y((a.low + b.low) / 2))
    return Bar(
        _x(a.t_h, end_h),
        f"{top:.1f}",
        _x(b.t_h - a.t_h + end_h / 2000, end_h),
        f"{max(0.5, bottom - top):.1f}",
        "band",
    )


def _piece(y: ValueScale, a: BandPoint, b: BandPoint, end_h: float) -> Line:
    return Line(_x(a.t_h, end_h), y.y(a.middle), _x(b.t_h, end_h), y.y(b.middle), "model")


def _peak_tick(y: ValueScale, points: Sequence[BandPoint]) -> Tick:
    peak = max(p.middle for p in points)
    return Tick(y.y(peak), f"{peak:.0f}" if peak >= 10 else f"{peak:.2g}")


def _hour_ticks(end_h: float) -> tuple[Tick, ...]:
    step = next((s for s in _HOUR_STEPS if end_h / s <= _MOST_TICKS), _HOUR_STEPS[-1])
    ticks = []
    for n in range(int(end_h / step) + 1):
        at = 100 * n * step / end_h
        anchor = "start" if at < 2 else "end" if at > 97 else "middle"
        ticks.append(Tick(f"{at:.2f}%", f"{n * step:g}", minor=n % 2 == 1, anchor=anchor))
    return tuple(ticks)


def _table(title: str, unit: str, points: Sequence[BandPoint]) -> Table:
    every = max(1, len(points) // _TABLE_ROWS)
    rows = tuple(
        Row(
            (
                Cell(f"{point.t_h:g} h"),
                *(Cell(f"{_rounded(v)} {unit}") for v in (point.low, point.middle, point.high)),
            )
        )
        for point in points[::every]
    )
    return Table(
        title,
        (
            Column("Time"),
            Column("Low", numeric=True),
            Column("Middle", numeric=True),
            Column("High", numeric=True),
        ),
        rows,
    )


def _rounded(value: float) -> str:
    """Show three figures at most: a model knows no more."""
    return number_text(round(value)) if value >= 100 else f"{value:.3g}"
