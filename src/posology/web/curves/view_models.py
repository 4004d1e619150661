"""Curves with their words: what stands above, beside and beneath each of them on a page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

import numpy as np

from posology.knowledge import Route
from posology.pharmacology.lettering import exactly, shown
from posology.pharmacology.passport import CLOSING, analyte_name, passport, short_name, told_person
from posology.quantities import Quantity
from posology.recommendation import Option
from posology.recommendation.curves import OptionCurve
from posology.recommendation.dose_curves import Curve, CurveRow, rows_of
from posology.web.components import Cell, Column, Row, Table
from posology.web.components.text import day_text
from posology.web.curves.picture import Entry, Picture, picture_of, top_of

OF_WHOM = (
    "The band is of a population, not of this patient; it is of persons, and a measured level scatters more."
)
CHANGES_NOTHING = "This changes no order."
CLOSING_WORDS = f"{OF_WHOM} {CLOSING}"


@dataclass(frozen=True)
class Figure:
    """One curve with its words, or the sentence that says why there is none."""

    title: str
    picture: Picture | None
    says: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    model_id: str = ""
    model_name: str = ""
    site: str = ""
    sub: str = ""


@dataclass(frozen=True)
class Figures:
    """The curves of several options, with the one key that explains them."""

    drawn: tuple[Figure, ...]
    without: tuple[Figure, ...]
    key: tuple[Entry, ...]
    sites_differ: bool


def figures_of(options: Sequence[Option], curves: Sequence[OptionCurve], *, zone: tzinfo) -> Figures:
    """Return the figures of options, on one scale for all curves of one kind of blood.

    Arterial and venous blood differ about twofold, so that they never share a scale.
    """
    found = [one.curve for one in curves if one.curve is not None]
    tops = {
        site: top_of(curve for curve in found if curve.simulation.site == site)
        for site in {curve.simulation.site for curve in found}
    }
    drawn, without = [], []
    for number, (option, one) in enumerate(zip(options, curves, strict=True), start=1):
        if one.curve is None:
            without.append(Figure(option.title, None, refused=one.refused, sub=option.protocol_title))
        else:
            top = tops[one.curve.simulation.site]
            figure = figure_of(one.curve, title=dose_words(option), id=f"curve-{number}", top=top, zone=zone)
            drawn.append(replace(figure, sub=option.title))
    return Figures(tuple(drawn), tuple(without), key_of(found), len(tops) > 1)


def dose_words(option: Option) -> str:
    """Name an option by its dose: ``ketamine 36 mg, intravenous over 40 min``."""
    dose = option.dose
    if dose is None:
        return option.title
    over = f" over {dose.minutes}\u00a0min" if dose.minutes else ""
    return f"{option.substance.value} {Quantity(dose.dose_mg, 'mg')}, {option.route.value}{over}"


def figure_of(
    curve: Curve, *, title: str, id: str, zone: tzinfo, top: float | None = None, height: int = 150
) -> Figure:
    """Return one curve with its words."""
    told, simulation = passport(curve.simulation), curve.simulation
    name = analyte_name(simulation.analytes[0], simulation.regimen.substance)
    peak = peak_words(curve)
    return Figure(
        title=title,
        picture=picture_of(
            curve,
            id=id,
            told=f"{told.given}: concentration of {name} in {simulation.site} blood. {peak}",
            name=name,
            top=top,
            height=height,
            table=table_of(curve, f"{title}, ng/mL {name}"),
        ),
        says=(peak, for_whom(curve, zone)),
        notes=told.remarks,
        model_id=simulation.model.id,
        model_name=short_name(simulation.model),
        site=simulation.site,
    )


def peak_words(curve: Curve) -> str:
    """Say how high and when the typical person's peak is, and between what the band lies then."""
    simulation = curve.simulation
    peak = curve.peak
    told = (
        f"Typical peak {shown(peak.Cmax_ng_per_mL)}\u00a0ng/mL at {exactly(round(peak.tmax_h * 60))}\u00a0min"
    )
    widest = {band.percent: band for band in simulation.bands(simulation.analytes[0])}.get(95.0)
    if widest is None:
        return f"{told}; published without a spread, so there is no band."
    at = int(np.argmin(np.abs(simulation.t_h - peak.tmax_h)))
    low, high = shown(float(widest.low[at])), shown(float(widest.high[at]))
    return f"{told}; 95 of 100 simulated persons lie between {low} and {high}\u00a0ng/mL then."


def for_whom(curve: Curve, zone: tzinfo) -> str:
    """Say for whom the curve is, with the day of the weight."""
    weighed = ""
    if curve.weighed_at is not None:
        weighed = f"; weighed on {day_text(curve.weighed_at.astimezone(zone).date())}"
    return f"Simulated for {told_person(curve.simulation.person)}{weighed}."


def table_of(curve: Curve, caption: str) -> Table:
    """Return the same curve in numbers."""
    columns = [Column("Minutes"), Column("Typical", numeric=True)]
    if curve.simulation.has_band:
        columns += [Column("Middle 80 %", numeric=True), Column("Middle 95 %", numeric=True)]
    rows = tuple(Row(tuple(Cell(text) for text in _cells(row))) for row in rows_of(curve))
    return Table(caption, tuple(columns), rows)


def _cells(row: CurveRow) -> Iterator[str]:
    yield exactly(row.t_min)
    yield shown(row.typical_ng_per_mL)
    for band in (row.middle_80_ng_per_mL, row.middle_95_ng_per_mL):
        if band is not None:
            yield f"{shown(band[0])} to {shown(band[1])}"


def key_of(curves: Iterable[Curve]) -> tuple[Entry, ...]:
    """Return the key to these curves: what each kind of line and area stands for."""
    curves = tuple(curves)
    entries: dict[str, str] = {}
    for curve in curves:
        simulation = curve.simulation
        if simulation.has_band:
            members = next(iter(simulation.members_ng_per_mL.values())).shape[1]
            entries["middle"] = f"median of {members:,} simulated persons"
            entries["band-80"] = "middle 80 %"
            entries["band-95"] = "middle 95 %"
        else:
            entries.setdefault("middle", "typical person; published without a spread")
    names = dict.fromkeys(short_name(one.beside.model) for one in curves if one.beside is not None)
    if names:
        entries["beside"] = f"second opinion: {', '.join(names)}, typical person"
    infused = [one.simulation.regimen.routes[0] is Route.INTRAVENOUS for one in curves]
    if any(infused):
        entries["dose"] = "infusion"
    if not all(infused):
        entries["dose-once"] = "dose given at once"
    for level in (one.level for one in curves):
        if level is not None:
            low, high = exactly(float(level.range.low)), exactly(float(level.range.high))
            site = level.site_say or f"It was measured in {level.site} blood."
            entries["level"] = (
                f"{low} to {high} {level.unit} {level.substance.value}: linked with dissociation "
                f"({', '.join(level.sources)}; {level.flag.value}). {site}"
            )
    order = ("middle", "band-80", "band-95", "beside", "dose", "dose-once", "level")
    return tuple(Entry(kind, entries[kind]) for kind in order if kind in entries)
