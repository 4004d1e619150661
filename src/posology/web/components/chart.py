"""Charts drawn on the server as SVG without styles or scripts, and the scales they are drawn with.

Across, positions are percentages, so that a chart fits any width and its text keeps its size. Down, they
are pixels. A lane is one quantity; lanes share the axis of time. Each series has a colour *and* a shape,
each chart a sentence that says what it shows and a table with the same values.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from posology.quantities import elapsed
from posology.web.components.tables import Table

# The shape of a mark, drawn around its point. The names stand in the key and in the tests.
SHAPES = {
    "dot": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
    "square": "M-4 -4H4V4H-4Z",
    "diamond": "M0 -5L5 0L0 5L-5 0Z",
    "caret-down": "M-5 -7L0 0L5 -7",
    "caret-up": "M-5 7L0 0L5 7",
    "cross": "M-4 -4L4 4M4 -4L-4 4",
    "line": "M-8 0H8",
}


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Moments across: from ``start`` to ``end``, as percentages of the width."""

    start: datetime
    end: datetime

    def percent(self, moment: datetime) -> float:
        """Return where a moment lies, 0 to 100; outside the scale it may be less or more."""
        whole = elapsed(self.start, self.end).total_seconds()
        return 100 * elapsed(self.start, moment).total_seconds() / whole if whole else 0.0

    def x(self, moment: datetime) -> str:
        """Return the position as an SVG length."""
        return f"{self.percent(moment):.2f}%"

    def width(self, start: datetime, end: datetime) -> str:
        """Return the distance between two moments as an SVG length, never negative."""
        return f"{max(0.0, self.percent(end) - self.percent(start)):.2f}%"

    def holds(self, moment: datetime) -> bool:
        """Return whether a moment lies on the scale."""
        return 0 <= self.percent(moment) <= 100


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values down: ``low`` at the bottom of the lane, ``high`` at its top, with room for the marks."""

    low: float
    high: float
    height: int
    pad: int = 8

    def y(self, value: float | Decimal) -> str:
        """Return the position in pixels from the top; a value off the scale is drawn at its edge."""
        share = (float(value) - self.low) / (self.high - self.low)
        return f"{self.height - self.pad - min(1.0, max(0.0, share)) * (self.height - 2 * self.pad):.1f}"


@dataclass(frozen=True, slots=True)
class Line:
    """A straight piece of a series or of a limit."""

    x1: str
    y1: str
    x2: str
    y2: str
    series: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One value at one moment."""

    x: str
    y: str
    shape: str
    series: str
    label: str = ""

    @property
    def path(self) -> str:
        """Return the outline of the shape."""
        return SHAPES[self.shape]


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled step, or a bar of fixed width around its moment when ``width`` is in pixels."""

    x: str
    y: str
    width: str
    height: str
    series: str
    centred: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A faint band or limit across the lane, with its words at the right edge."""

    y: str
    height: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """One label of an axis. Minor ones are left out where the page is narrow."""

    at: str
    label: str
    minor: bool = False
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What a shape and colour stand for."""

    series: str
    shape: str
    label: str

    @property
    def path(self) -> str:
        """Return the outline of the shape."""
        return SHAPES.get(self.shape, "")


@dataclass(frozen=True, slots=True)
class Lane:
    """One quantity over time."""

    title: str
    height: int
    ticks: tuple[Tick, ...] = ()
    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    flags: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An event marked on the chart by its letter, and told in words below it."""

    letter: str
    when: str
    what: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure: heading, one sentence that says what it shows, lanes over one axis, the same as a table."""

    template: ClassVar[str] = "web/components/chart.html"
    id: str
    title: str
    summary: str
    lanes: tuple[Lane, ...]
    axis: tuple[Tick, ...]
    table: Table | None = None
    key: tuple[KeyEntry, ...] = ()
    events: tuple[NamedEvent, ...] = ()
    now_x: str = ""
    axis_label: str = ""
    show_title: bool = True
