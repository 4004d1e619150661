"""The drawing of a chart, from its title down to its caption; see :mod:`posology.pharmacology.chart`."""

from collections.abc import Iterator

import numpy as np

from posology.knowledge.schema.common import Route
from posology.knowledge.schema.pk_effects import ConcentrationRange
from posology.pharmacology.chart_curves import curves_of
from posology.pharmacology.chart_frame import (
    Box,
    Frame,
    is_free,
    level_ticks,
    pushed_apart,
    time_ticks,
)
from posology.pharmacology.lettering import exactly, shown, text_width, wrapped, written
from posology.pharmacology.passport import Passport, analyte_name, passport, short_name, told_range
from posology.pharmacology.simulation import Simulation
from posology.pharmacology.stages import FloatArray

_EDGE = 16.0
_TITLE, _TEXT, _SMALL = 16.0, 13.0, 12.0
_TINTS = {95.0: 0.10, 80.0: 0.14, 50.0: 0.22}  # laid on each other, so the middle is the darkest
_FONT = "Segoe UI, Roboto, Noto Sans, Liberation Sans, Helvetica Neue, Arial, sans-serif"
_INK, _PAPER, _CURVE = "#14191e", "#ffffff", "#12549b"
_NARROW = 520.0
_MIDDLE = 'stroke-width="2.4" stroke-linejoin="round"'
_BESIDE = 'stroke-width="1.3" stroke-dasharray="6 4" stroke-linejoin="round"'
_DOSE = 'fill="currentColor" fill-opacity="0.55"'
_RANGE = "linked with dissociation"


def _points(x: FloatArray, y: FloatArray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


class Drawing:
    """One picture being laid out from its top to its bottom; ``y`` is how far it has come."""

    def __init__(
        self,
        simulation: Simulation,
        analyte: str,
        beside: Simulation | None,
        level: ConcentrationRange | None,
        width: float,
        key: str,
        paper: bool,
    ) -> None:
        self.simulation, self.beside, self.level = simulation, beside, level
        self.width, self.key, self.paper = width, key, paper
        self.passport: Passport = passport(simulation)
        self.analyte = analyte_name(analyte, simulation.regimen.substance)
        self.curves = curves_of(simulation, analyte, beside)
        self.curve = _CURVE if paper else "currentColor"
        self.parts: list[str] = []
        self.y = _EDGE

    # ------------------------------------------------------------ from the top
    def draw(self) -> str:
        """Lay out title, key, curves and caption, and return the whole element."""
        self._lines(self.passport.given, _TITLE, 21.0, bold=True)
        self._lines(self._subtitle(), _TEXT, 18.0)
        self.y += 4
        self._legend()
        frame = self._frame()
        self._ground(frame)
        self._level(frame)
        self._bands(frame)
        self._doses(frame)
        self._line_ends(frame)
        self._caption()
        return self._whole()

    def _subtitle(self) -> str:
        return (
            f"Planned concentration of {self.analyte} in {self.simulation.site} blood, simulated for "
            f"{self.passport.person}"
        )

    def _whole(self) -> str:
        height = round(self.y + _EDGE - 6)
        w, key = f"{self.width:.1f}".removesuffix(".0"), self.key
        ink = f' color="{_INK}"' if self.paper else ""
        ground = f'<rect width="{w}" height="{height}" fill="{_PAPER}"/>' if self.paper else ""
        hatch = (
            f'<defs><pattern id="{key}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><path d="M0 0V6" stroke="currentColor" stroke-opacity="0.28" '
            'stroke-width="1.5"/></pattern></defs>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="band-chart" viewBox="0 0 {w} {height}" '
            f'width="{w}" height="{height}" role="img" aria-labelledby="{key}-title {key}-desc"{ink} '
            f'font-family="{_FONT}">'
            f'<title id="{key}-title">{written(self.passport.given)}</title>'
            f'<desc id="{key}-desc">{written(self._described())}</desc>'
            f"{hatch}{ground}{''.join(self.parts)}</svg>\n"
        )

    def _described(self) -> str:
        """Say in words what the picture shows."""
        t_h, middle = self.curves.t_h, self.curves.middle
        top = int(np.argmax(middle))
        who = "median" if self.curves.bands else "typical person"
        told = (
            f"{self._subtitle()}. The {who} is highest at about {exactly(round(t_h[top] * 60))} min with "
            f"{shown(float(middle[top]))} ng/mL"
        )
        if self.curves.bands:
            low, high = self.curves.outline
            told += (
                f"; 95 of 100 simulated persons lie between {shown(float(low[top]))} and "
                f"{shown(float(high[top]))} ng/mL then"
            )
        told += f". At the end, {exactly(round(t_h[-1], 2))} h, it is {shown(float(middle[-1]))} ng/mL."
        if self.level is not None:
            told += f" {self.level.say}"
        return told

    # ------------------------------------------------------------ lettering
    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = _SMALL,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
            f'fill="currentColor"{weight}>{written(text)}</text>'
        )

    def _lines(self, text: str, size: float, step: float, *, bold: bool = False) -> None:
        for line in wrapped(text, size, self.width - 2 * _EDGE, bold=bold):
            self.y += step
            self._text(_EDGE, self.y - 5, line, size=size, bold=bold)

    def _legend(self) -> None:
        """Place the key in rows, as many entries in each as fit."""
        x = _EDGE
        self.y += 20
        for kind, text in self._entries():
            sample = 50.0 if kind == "bands" else 32.0
            lines = wrapped(text, _SMALL, self.width - 2 * _EDGE - sample)
            for i, line in enumerate(lines):
                room = sample + text_width(line, _SMALL)
                if i or (x > _EDGE and x + room > self.width - _EDGE):
                    x = _EDGE
                    self.y += 18
                if not i:
                    self.parts.append(self._sample(kind, x, self.y - 4))
                self._text(x + sample, self.y, line)
                x += room + 16 if len(lines) == 1 else self.width
        self.y += 8

    def _entries(self) -> Iterator[tuple[str, str]]:
        if self.curves.bands:
            members = next(iter(self.simulation.members_ng_per_mL.values())).shape[1]
            yield "middle", "median"
            yield "bands", f"middle 50, 80 and 95 % of {members:,} simulated persons"
        else:
            yield "middle", "typical person; published without a spread"
        if self.curves.beside is not None:
            assert self.beside is not None
            yield "beside", f"second opinion: {short_name(self.beside.model)}, typical person"
        yield "dose", "dose"
        if self.level is not None:
            low, high = exactly(float(self.level.range.low)), exactly(float(self.level.range.high))
            site = "in which blood is not stated" if self.level.site_say else f"{self.level.site} blood"
            yield (
                "level",
                f"{low} to {high} {self.level.unit}: linked with dissociation "
                f"({', '.join(self.level.sources)}, {self.level.flag.value}, {site})",
            )

    def _sample(self, kind: str, x: float, y: float) -> str:
        """Draw a small piece of what an entry of the key stands for; ``y`` is its middle."""
        box = f'x="{x:.1f}" y="{y - 6:.1f}" width="26" height="12"'
        if kind == "level":
            return f'<g class="chart-level"><rect {box} fill="url(#{self.key}-hatch)"/></g>'
        if kind == "dose":
            return f'<rect class="chart-dose" x="{x:.1f}" y="{y - 3:.1f}" width="26" height="6" {_DOSE}/>'
        if kind in ("middle", "beside"):
            look = _MIDDLE if kind == "middle" else _BESIDE
            return self._path(f"M{x:.1f} {y:.1f}h26", f"chart-{kind}", look)
        squares = []
        for i, percent in enumerate(sorted(_TINTS)):
            box = f'x="{x + 15 * i:.1f}" y="{y - 6:.1f}" width="13" height="12"'
            squares += [
                f'<rect class="chart-band" {box} fill="{self.curve}" fill-opacity="{tint}"/>'
                for wider, tint in _TINTS.items()
                if wider >= percent
            ]
        return "".join(squares)

    def _path(self, d: str, name: str, look: str) -> str:
        colour = self.curve if name in ("chart-middle", "chart-band") else "currentColor"
        paint = f'fill="{colour}"' if name == "chart-band" else f'fill="none" stroke="{colour}"'
        return f'<path class="{name}" d="{d}" {paint} {look}/>'

    # ------------------------------------------------------------ the curves
    def _frame(self) -> Frame:
        """Leave room for the ticks on the left and for the names at the ends of the lines."""
        top = self._top()
        ticks = level_ticks(top, 5)
        left = _EDGE + max(text_width(exactly(one), _SMALL) for one in ticks) + 8
        names = [line for name, _ in self._ends() for line in name]
        right = self.width - _EDGE - max(text_width(one, _SMALL) for one in names) - 6
        self.y += 22
        self._text(_EDGE, self.y, f"ng/mL {self.analyte}, {self.simulation.site} blood", size=_SMALL)
        self.y += 12
        height = 230.0 if self.width < _NARROW else 300.0
        box = Box(left, self.y, right, self.y + height)
        self.y = box.bottom
        return Frame(box, (float(self.simulation.t_h[0]), float(self.simulation.t_h[-1])), top)

    def _top(self) -> float:
        """Return what the upper edge stands for: above all curves, and the range too where it is not far."""
        highest = max(self.curves.highest, 1e-6)
        top = highest * 1.06
        if self.level is not None:
            wanted = min(
                float(self.level.range.high) * 1.04, max(1.5 * highest, 1.3 * float(self.level.range.low))
            )
            if wanted <= 3 * highest:
                top = max(top, wanted)
        return top

    def _ground(self, frame: Frame) -> None:
        box = frame.box
        for value in level_ticks(frame.top, 5):
            _, y = frame.at(0.0, value)
            self.parts.append(
                f'<path class="chart-grid" d="M{box.left:.1f} {y:.1f}H{box.right:.1f}" fill="none" '
                f'stroke="currentColor" stroke-opacity="{0.15 if value else 0.8}"/>'
            )
            self._text(box.left - 8, y + 4, exactly(value), anchor="end")
        most = max(2, int((box.right - box.left) / 46))
        word, ticks = time_ticks(*frame.t_h, most)
        for t_h, label in ticks:
            x, _ = frame.at(t_h, 0.0)
            self.parts.append(f'<path d="M{x:.1f} {box.bottom:.1f}v5" fill="none" stroke="currentColor"/>')
            self._text(x, box.bottom + 30, label, anchor="middle")
        self.y += 48
        self._text((box.left + box.right) / 2, self.y, f"{word} since the start", anchor="middle")
        self.y += 10

    def _level(self, frame: Frame) -> None:
        """Mark the range, and name it where no curve lies under the name."""
        if self.level is None or float(self.level.range.low) >= frame.top:
            return
        box = frame.box
        _, low = frame.at(0.0, float(self.level.range.low))
        _, high = frame.at(0.0, min(float(self.level.range.high), frame.top))
        edges = f"M{box.left:.1f} {low:.1f}H{box.right:.1f}"
        if float(self.level.range.high) <= frame.top:
            edges += f"M{box.left:.1f} {high:.1f}H{box.right:.1f}"
        self.parts.append(
            f'<g class="chart-level"><rect x="{box.left:.1f}" y="{high:.1f}" '
            f'width="{box.right - box.left:.1f}" height="{low - high:.1f}" fill="url(#{self.key}-hatch)" '
            f'fill-opacity="0.55"/><path d="{edges}" fill="none" stroke="currentColor" stroke-opacity="0.45" '
            'stroke-dasharray="1 3"/></g>'
        )
        self._level_name(frame, low, high)

    def _bands(self, frame: Frame) -> None:
        x = frame.x(self.curves.t_h)
        for percent, low, high in self.curves.bands:
            there, back = _points(x, frame.y(high)), _points(x[::-1], frame.y(low)[::-1])
            look = f'fill-opacity="{_TINTS[percent]}"'
            self.parts.append(self._path(f"M{there}L{back}Z", "chart-band", look))
        if self.curves.beside is not None:
            t_h, line = self.curves.beside
            self.parts.append(self._path(f"M{_points(frame.x(t_h), frame.y(line))}", "chart-beside", _BESIDE))
        self.parts.append(self._path(f"M{_points(x, frame.y(self.curves.middle))}", "chart-middle", _MIDDLE))

    # ------------------------------------------------------------ beside and beneath them
    def _level_name(self, frame: Frame, low_y: float, high_y: float) -> None:
        """Write into the range what it is, where there is room and no curve; the key says it in any case."""
        room = text_width(_RANGE, _SMALL)
        lower, upper = self.curves.outline
        x, top, bottom = frame.x(self.curves.t_h), frame.y(upper), frame.y(lower)
        for left in (frame.box.right - room - 8, (frame.box.left + frame.box.right - room) / 2):
            for baseline in (high_y + 15, low_y - 6):
                box = Box(left, baseline - 12, left + room, baseline + 4)
                inside = box.top >= high_y and box.bottom <= low_y and left > frame.box.left + 4
                if inside and is_free(box, x, top, bottom) and self._beside_is_clear(frame, box):
                    self._text(box.right, baseline, _RANGE, anchor="end")
                    return

    def _beside_is_clear(self, frame: Frame, box: Box) -> bool:
        if self.curves.beside is None:
            return True
        t_h, line = self.curves.beside
        return is_free(box, frame.x(t_h), frame.y(line), frame.y(line))

    def _doses(self, frame: Frame) -> None:
        """Draw beneath the axis when something is given: a bar for an infusion, a mark for a dose at once."""
        y = frame.box.bottom + 8
        for dose in self.simulation.regimen.doses:
            if not frame.t_h[0] <= dose.start_h <= frame.t_h[1]:
                continue
            x, _ = frame.at(dose.start_h, 0.0)
            if dose.route is Route.INTRAVENOUS:
                end, _ = frame.at(min(dose.end_h, frame.t_h[1]), 0.0)
                self.parts.append(
                    f'<rect class="chart-dose" x="{x:.1f}" y="{y:.1f}" width="{max(end - x, 2.0):.1f}" '
                    f'height="6" {_DOSE}/>'
                )
            else:
                self.parts.append(f'<path class="chart-dose" d="M{x:.1f} {y:.1f}l4 7h-8z" {_DOSE}/>')

    def _ends(self) -> list[tuple[list[str], float]]:
        """The name of each line, broken where the picture is narrow, and the value at the line's end."""
        room = 66.0 if self.width < _NARROW else 120.0
        name = "median" if self.curves.bands else "typical"
        ends = [(wrapped(name, _SMALL, room), float(self.curves.middle[-1]))]
        if self.curves.beside is not None:
            assert self.beside is not None
            told = short_name(self.beside.model)
            ends.append((wrapped(told, _SMALL, room), float(self.curves.beside[1][-1])))
        return ends

    def _line_ends(self, frame: Frame) -> None:
        ends = self._ends()
        heights = [14.0 * len(lines) + 1 for lines, _ in ends]
        wanted = [frame.at(frame.t_h[1], value)[1] - 9.0 for _, value in ends]
        tops = pushed_apart(wanted, heights, frame.box.top, frame.box.bottom + 6)
        for (lines, _), top in zip(ends, tops, strict=True):
            for i, line in enumerate(lines):
                self._text(frame.box.right + 6, top + 13 + 14 * i, line, bold=lines is ends[0][0])

    def _caption(self) -> None:
        """Say beneath the picture whose model it is, who was studied, how sure it is, and what it is not."""
        told = self.passport
        self.y += 8
        lines = [
            f"Model: {told.model} {told.site}",
            f"Studied: {told.studied}",
            f"Rests on: {told.evidence}",
            *told.basis,
            told.band,
        ]
        if self.beside is not None:
            lines.append(f"Second opinion: {self.beside.model.title}. {self.beside.model.level_of_evidence}")
        if self.level is not None:
            lines.append(told_range(self.level))
        lines.extend(f"Note: {remark}" for remark in told.remarks)
        for line in lines:
            self._lines(line, _SMALL, 16.0)
            self.y += 2
        self.y += 3
        self._lines(told.closing, _SMALL, 16.0, bold=True)
