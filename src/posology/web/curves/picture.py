"""A simulated curve as a part of a page: it fits any width, and its words keep their size.

The picture for a letter (``pharmacology.chart``) is laid out for one width and carries its whole caption. On
a page several stand side by side on one scale, the caption is text of the page, and what was given is drawn
over what was planned; the points that are drawn, the ticks and the edges are the same functions.

Across, the curves are drawn on a grid of 1000 that is stretched to the width; what must not be stretched
(letters, marks, hatching) is placed in percent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from posology.knowledge import Route
from posology.knowledge.schema.pk_effects import ConcentrationRange
from posology.pharmacology.chart_curves import Curves, curves_of
from posology.pharmacology.chart_frame import level_ticks, time_ticks
from posology.pharmacology.lettering import exactly
from posology.pharmacology.regimens import Regimen
from posology.pharmacology.stages import FloatArray
from posology.recommendation.dose_curves import Curve
from posology.web.components import Table

_ACROSS = 1000.0
_BANDS = (95.0, 80.0)
_MOST_UP, _MOST_ACROSS = 4, 6


@dataclass(frozen=True, slots=True)
class Path:
    """One shape on the stretched grid; ``kind`` names its look: band-95, band-80, middle, beside, plan."""

    d: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word or a mark at a place: percent across, px down."""

    x: str
    y: str
    label: str = ""
    anchor: str = "middle"
    width: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """The range that is marked: its place and height, px, and its edges as far as they lie in the picture."""

    y: str
    height: str
    label: str
    edges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the key; ``kind`` is the look it explains: a path's, dose, dose-once or level."""

    kind: str
    label: str


@dataclass(frozen=True)
class Picture:
    """A curve as the page shows it; ``told`` says in words what it shows."""

    template: ClassVar[str] = "curves/picture.html"
    id: str
    told: str
    unit: str
    axis: str
    height: int
    paths: tuple[Path, ...]
    up: tuple[Mark, ...]
    across: tuple[Mark, ...]
    doses: tuple[Mark, ...]
    level: Level | None = None
    now_x: str = ""
    key: tuple[Entry, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """What the edges of a picture stand for: hours across, and a value at the top; 0 is at the bottom."""

    begin_h: float
    end_h: float
    top: float
    height: int

    def x(self, hour: float) -> str:
        """Return where an hour stands, percent."""
        return f"{100 * (hour - self.begin_h) / (self.end_h - self.begin_h):.2f}%"

    def y(self, value: float) -> float:
        """Return where a value stands, px from the top; above the top edge it is cut there."""
        return self.height * (1 - min(value / self.top, 1.0))

    def points(self, t_h: FloatArray, values: FloatArray) -> str:
        """Return a row of points on the stretched grid."""
        across = (t_h - self.begin_h) / (self.end_h - self.begin_h) * _ACROSS
        pairs = zip(across.tolist(), values.tolist(), strict=True)
        return "L".join(f"{x:.1f} {self.y(value):.1f}" for x, value in pairs)

    def line(self, t_h: FloatArray, values: FloatArray, kind: str) -> Path:
        """Return a curve."""
        return Path(f"M{self.points(t_h, values)}", kind)

    def area(self, t_h: FloatArray, low: FloatArray, high: FloatArray, kind: str) -> Path:
        """Return the area between two curves."""
        return Path(f"M{self.points(t_h, high)}L{self.points(t_h[::-1], low[::-1])}Z", kind)


def drawn(curve: Curve) -> Curves:
    """Return the points of a curve that are seen, of what was given."""
    return curves_of(curve.simulation, curve.simulation.analytes[0], curve.beside)


def top_of(curves: Iterable[Curve], *, times: float = 1.0) -> float:
    """Return what the upper edge stands for so that all of these curves fit, ng/mL.

    The range that is marked is drawn whole where it reaches not much higher than the curves. ``times`` leaves
    room for doses that are so many times as large.
    """
    curves = tuple(curves)
    highest = max((drawn(curve).highest for curve in curves), default=0.0) * times
    top = max(highest * 1.06, 1e-6)
    for curve in curves:
        if curve.level is not None:
            top = max(top, min(float(curve.level.range.high) * 1.04, 1.5 * highest))
    return top


def curve_paths(curve: Curve, scale: Scale) -> tuple[Path, ...]:
    """Return the bands, the second opinion and the middle of a curve, in the order in which they lie."""
    points = drawn(curve)
    paths = [
        scale.area(points.t_h, low, high, f"band-{percent:g}")
        for percent, low, high in points.bands
        if percent in _BANDS
    ]
    if points.beside is not None:
        paths.append(scale.line(*points.beside, "beside"))
    paths.append(scale.line(points.t_h, points.middle, "middle"))
    return tuple(paths)


def level_of(level: ConcentrationRange | None, scale: Scale) -> Level | None:
    """Return the range as it is marked, or None where it lies above the picture."""
    if level is None or float(level.range.low) >= scale.top:
        return None
    ends = (float(level.range.high), float(level.range.low))
    high, low = (scale.y(end) for end in ends)
    edges = tuple(f"{scale.y(end):.1f}" for end in ends if end < scale.top)
    return Level(f"{high:.1f}", f"{low - high:.1f}", "linked with dissociation", edges)


def value_ticks(scale: Scale) -> tuple[Mark, ...]:
    """Return the numbers at the left edge."""
    return tuple(Mark("0", f"{scale.y(v):.1f}", exactly(v)) for v in level_ticks(scale.top, _MOST_UP))


def hour_ticks(scale: Scale, *, most: int = _MOST_ACROSS) -> tuple[str, tuple[Mark, ...]]:
    """Return the unit of the axis of time, and its numbers."""
    word, ticks = time_ticks(scale.begin_h, scale.end_h, most)
    marks = []
    for hour, label in ticks:
        share = (hour - scale.begin_h) / (scale.end_h - scale.begin_h)
        anchor = "start" if share < 0.02 else "end" if share > 0.97 else "middle"
        marks.append(Mark(scale.x(hour), "0", label, anchor))
    return word, tuple(marks)


def dose_marks(regimen: Regimen, scale: Scale) -> tuple[Mark, ...]:
    """Return when something is given: a bar for an infusion, a mark without a width for a dose at once."""
    marks = []
    for dose in regimen.doses:
        if scale.begin_h <= dose.start_h < scale.end_h:
            end = min(dose.end_h, scale.end_h)
            share = 100 * (end - dose.start_h) / (scale.end_h - scale.begin_h)
            width = f"{share:.2f}%" if dose.route is Route.INTRAVENOUS else ""
            marks.append(Mark(scale.x(dose.start_h), "0", width=width))
    return tuple(marks)


def picture_of(
    curve: Curve,
    *,
    id: str,
    told: str,
    name: str,
    top: float | None = None,
    height: int = 150,
    key: Sequence[Entry] = (),
    table: Table | None = None,
) -> Picture:
    """Draw one curve; ``top`` is what the upper edge stands for where several share a scale, ng/mL."""
    t_h = curve.simulation.t_h
    scale = Scale(float(t_h[0]), float(t_h[-1]), top or top_of((curve,)), height)
    word, across = hour_ticks(scale)
    return Picture(
        id=id,
        told=told,
        unit=f"ng/mL {name}, {curve.simulation.site} blood",
        axis=f"{word} since the start",
        height=height,
        paths=curve_paths(curve, scale),
        up=value_ticks(scale),
        across=across,
        doses=dose_marks(curve.simulation.regimen, scale),
        level=level_of(curve.level, scale),
        key=tuple(key),
        table=table,
    )
