"""The curves beside the options of a recommendation: tables for people, numbers for programs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from posology.cli.console import heading
from posology.cli.words import ago, day, safe
from posology.pharmacology.lettering import exactly, shown
from posology.pharmacology.passport import CLOSING, analyte_name, passport, short_name, told_range
from posology.recommendation.curves import OptionCurve
from posology.recommendation.dose_curves import Curve, CurveRow, rows_of

_TYPICAL = "The band is of a population, not of this patient."


def print_curves(out: Console, curves: Iterable[OptionCurve], *, as_of: datetime) -> None:
    """Print the curve of each option, or why it has none."""
    heading(out, "Planned curves")
    out.print(Text(f"{_TYPICAL} {CLOSING}", style="bold"))
    for number, one in enumerate(curves, start=1):
        out.print()
        out.print(Text(f"{number}  {safe(one.title)}   {one.option_id}", style="bold"))
        if one.curve is None:
            out.print(Padding(Text(f"No curve. {safe(one.refused)}"), (0, 0, 0, 3)))
            continue
        out.print(Padding(_table(one.curve), (0, 0, 0, 3)))
        out.print(Padding(Text("\n".join(_lines(one.curve, as_of))), (0, 0, 0, 3)))


def _table(curve: Curve) -> Table:
    simulation = curve.simulation
    table = Table.grid(padding=(0, 2))
    for _ in range(4 if simulation.has_band else 2):
        table.add_column(justify="right", no_wrap=True)
    heads = ["min", "typical"] + (["middle 80 %", "middle 95 %"] if simulation.has_band else [])
    table.add_row(*(Text(head, style="dim") for head in heads))
    for row in rows_of(curve):
        cells = [exactly(row.t_min), shown(row.typical_ng_per_mL)]
        bands = (row.middle_80_ng_per_mL, row.middle_95_ng_per_mL)
        cells += [f"{shown(band[0])} to {shown(band[1])}" for band in bands if band is not None]
        table.add_row(*cells)
    return table


def _lines(curve: Curve, as_of: datetime) -> Iterator[str]:
    told = passport(curve.simulation)
    name = analyte_name(curve.simulation.analytes[0], curve.simulation.regimen.substance)
    yield f"ng/mL {name} in {curve.simulation.site} blood, for {told.person}"
    if curve.weighed_at is not None:
        yield f"Weighed {day(curve.weighed_at.date())}, {ago(curve.weighed_at, as_of)}"
    peak = curve.peak
    yield (
        f"Typical peak {shown(peak.Cmax_ng_per_mL)} ng/mL at {exactly(round(peak.tmax_h * 60))} min after "
        "the start"
    )
    yield f"Model {told.model}"
    if curve.beside is not None:
        beside = curve.beside.typical_ng_per_mL[curve.beside.analytes[0]]
        name = short_name(curve.beside.model)
        yield f"Second opinion {name}: highest at {shown(float(beside.max()))} ng/mL"
    if curve.level is not None:
        yield told_range(curve.level)
    yield from (f"Note: {remark}" for remark in told.remarks)


def curves_as_data(curves: Iterable[OptionCurve]) -> list[dict[str, Any]]:
    """Return every curve for JSON: plain numbers whose names carry their units."""
    return [_as_data(one) for one in curves]


def _as_data(one: OptionCurve) -> dict[str, Any]:
    told: dict[str, Any] = {"option": one.option_id, "title": one.title, "refused": one.refused or None}
    if one.curve is None:
        return told
    curve, simulation = one.curve, one.curve.simulation
    words = passport(simulation)
    level = curve.level
    return told | {
        "analyte": analyte_name(simulation.analytes[0], simulation.regimen.substance),
        "site": simulation.site,
        "model": {"id": simulation.model.id, "version": simulation.model.version},
        "for": words.person,
        "weighed_at": curve.weighed_at,
        "Cmax_ng_per_mL": _rounded(curve.peak.Cmax_ng_per_mL),
        "tmax_h": _rounded(curve.peak.tmax_h),
        "looks": [_row(row) for row in rows_of(curve)],
        "second_opinion": None if curve.beside is None else curve.beside.model.id,
        "range_ng_per_mL": None if level is None else [float(level.range.low), float(level.range.high)],
        "remarks": list(words.remarks),
        "is_not": f"{_TYPICAL} {CLOSING}",
    }


def _row(row: CurveRow) -> dict[str, Any]:
    def both(band: tuple[float, float] | None) -> list[float] | None:
        return None if band is None else [_rounded(edge) for edge in band]

    return {
        "t_min": row.t_min,
        "typical_ng_per_mL": _rounded(row.typical_ng_per_mL),
        "middle_80_ng_per_mL": both(row.middle_80_ng_per_mL),
        "middle_95_ng_per_mL": both(row.middle_95_ng_per_mL),
    }


def _rounded(value: float) -> float:
    """Six significant digits: more say nothing of a concentration."""
    return float(f"{value:.6g}")
