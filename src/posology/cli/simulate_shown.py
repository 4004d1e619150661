"""A simulated curve as it is shown: a table for people, JSON and CSV for programs, a picture for a letter."""

import csv
import json
import os
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from posology.cli.simulate import Answer, NotSimulated
from posology.pharmacology.domain import sessions_of
from posology.pharmacology.lettering import bound, exactly, shown
from posology.pharmacology.passport import (
    FLAG_WORDS,
    analyte_name,
    passport,
    short_name,
    told_range,
)
from posology.pharmacology.population import rank
from posology.pharmacology.simulation import Simulation
from posology.pharmacology.stages import FloatArray

_MIDDLE = (0.1, 0.9)  # the middle 80 % of the cohort
_WIDEST = 110
_NO_RANGE = "No range of concentrations linked with dissociation is known here for this substance and site."
_NO_OTHER = "No other model here is of this substance, route and site, so there is no second opinion."


# ------------------------------------------------------------------------------------------------- the table
def print_table(answer: Answer) -> None:
    """Print the table, what the curve amounts to, and what belongs beside it."""
    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, _WIDEST) if terminal else 100
    for line in page(answer):
        indent = " " * (len(line) - len(line.lstrip()))
        table = line.startswith("\t")
        print(line[1:] if table else textwrap.fill(bound(line), width, subsequent_indent=indent + "  "))


def page(answer: Answer) -> Iterator[str]:
    """Yield the lines of the page; those of a table begin with a tab and are not to be broken."""
    simulation = answer.simulation
    told = passport(simulation)
    yield told.given
    yield f"For {told.person}"
    if answer.told:
        yield answer.told
    yield f"Planned curve in {simulation.site} blood, ng/mL"
    yield ""
    for line in _rows(answer):
        yield f"\t{line}"
    yield ""
    for line in _exposure_lines(answer):
        yield f"\t{line}"
    yield ""
    yield f"Model: {told.model}"
    yield f"Site: {told.site}"
    yield f"Studied: {told.studied}"
    yield f"Rests on: {told.evidence}"
    yield from told.basis
    yield told.band
    yield told_range(answer.level) if answer.level else _NO_RANGE
    if answer.beside:
        yield f"Second opinion: {answer.beside.model.title}. {answer.beside.model.level_of_evidence}"
    else:
        yield _NO_OTHER if answer.beside_wanted else "No second opinion was asked for."
    yield from (f"Note: {remark}" for remark in told.remarks)
    yield from (f"Limit: {limit}" for limit in told.limits)
    yield f"Sources: {', '.join(told.sources)}"
    yield told.closing


def _rows(answer: Answer) -> Iterator[str]:
    simulation = answer.simulation
    substance = simulation.regimen.substance
    at = np.searchsorted(simulation.t_h, np.array(answer.rows_h) - 1e-9)
    for pair in _pairs(simulation.analytes):
        heads = [("", ["after"])]
        columns = [[_told_time(simulation, hour) for hour in answer.rows_h]]
        for name in pair:
            titles, values = _columns(simulation, name, at)
            heads.append((analyte_name(name, substance), titles))
            columns.extend(values)
        if answer.beside is not None and pair[0] == simulation.analytes[0]:
            heads.append(("second opinion", [short_name(answer.beside.model)]))
            columns.append([shown(v) for v in answer.beside.typical_ng_per_mL[pair[0]][at]])
        yield from _aligned(heads, columns)


def _pairs(analytes: Sequence[str]) -> Iterator[Sequence[str]]:
    for i in range(0, len(analytes), 2):
        yield analytes[i : i + 2]


def _columns(simulation: Simulation, name: str, at: Any) -> tuple[list[str], list[list[str]]]:
    titles, values = ["typical"], [[shown(v) for v in simulation.typical_ng_per_mL[name][at]]]
    if simulation.has_band:
        titles.append("median")
        values.append([shown(v) for v in simulation.median_ng_per_mL(name)[at]])
        for band in simulation.bands(name):
            if band.percent in (50.0, 95.0):
                titles.append(f"middle {band.percent:g} %")
                pairs = zip(band.low[at], band.high[at], strict=True)
                values.append([f"{shown(low)} to {shown(high)}" for low, high in pairs])
    return titles, values


def _aligned(heads: list[tuple[str, list[str]]], columns: list[list[str]]) -> Iterator[str]:
    """Set columns under their titles, each group of columns under its name."""
    titles = [title for _, group in heads for title in group]
    widths = [max(len(title), *map(len, column)) for title, column in zip(titles, columns, strict=True)]
    done, names = 0, []
    for name, group in heads:
        room = sum(widths[done : done + len(group)]) + 2 * (len(group) - 1)
        if len(name) > room:
            widths[done] += len(name) - room
            room = len(name)
        names.append(name.ljust(room))
        done += len(group)
    yield "  ".join(names).rstrip()
    yield "  ".join(title.rjust(width) for title, width in zip(titles, widths, strict=True))
    for row in zip(*columns, strict=True):
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _told_time(simulation: Simulation, hour: float) -> str:
    """Say when a look is: minutes or hours after the start of its session."""
    starts = [session[0].start_h for session in sessions_of(simulation.regimen)]
    number = int(np.searchsorted(starts, hour + 1e-9))
    since = hour - starts[number - 1]
    when = f"{exactly(round(since * 60, 1))} min" if since <= 4 else f"{exactly(round(since, 2))} h"
    return when if len(starts) == 1 else f"session {number}, {when}"


# -------------------------------------------------------------------------------------- what it amounts to
def _exposure_lines(answer: Answer) -> Iterator[str]:
    simulation = answer.simulation
    members = simulation.has_band
    begin, end = (exactly(round(float(hour), 2)) for hour in simulation.t_h[[0, -1]])
    cohort = f"middle 80 % of {_members(simulation):,}" if members else ""
    rows = [("", f"{begin} to {end} h", "typical", cohort)]
    for name, told in exposure(answer).items():
        label = analyte_name(name, simulation.regimen.substance)
        for what, unit, times in (
            ("Cmax", "ng/mL", "Cmax_ng_per_mL"),
            ("tmax", "h", "tmax_h"),
            ("AUC", "ng·h/mL", "AUC_ng_h_per_mL"),
            ("above", "h", "time_above_h"),
        ):
            if times in told:
                one = told[times]
                title = f"time above {exactly(answer.level_low or 0)} ng/mL" if what == "above" else what
                scale, unit = (60.0, "min") if unit == "h" else (1.0, unit)
                spread = f"{shown(one['p10'] * scale)} to {shown(one['p90'] * scale)}" if members else ""
                rows.append((label, title, f"{shown(one['typical'] * scale)} {unit}", spread))
                label = ""
    if answer.beside is not None:
        found = answer.beside.exposures[simulation.analytes[0]]
        rows.append(("second opinion", "Cmax", f"{shown(float(found.Cmax[-1]))} ng/mL", ""))
        rows.append(("", "AUC", f"{shown(float(found.AUC[-1]))} ng·h/mL", ""))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def exposure(answer: Answer) -> dict[str, dict[str, dict[str, float]]]:
    """Return by analyte what the curve amounts to, typical and for the middle 80 % of the cohort.

    Each name carries its unit; the time above the lower end of the range stands where a range is known.
    """
    simulation = answer.simulation
    told: dict[str, dict[str, dict[str, float]]] = {}
    for name, one in simulation.exposures.items():
        told[name] = {
            "Cmax_ng_per_mL": _spread(simulation, one.Cmax),
            "tmax_h": _spread(simulation, one.tmax_h - simulation.t_h[0]),
            "AUC_ng_h_per_mL": _spread(simulation, one.AUC),
        }
    if answer.level_low is not None:
        first = simulation.analytes[0]
        hours = simulation.hours_above(first, answer.level_low)
        told[first]["time_above_h"] = _spread(simulation, hours)
    return told


def _spread(simulation: Simulation, values: FloatArray) -> dict[str, float]:
    found = {"typical": _rounded(values[-1])}
    if simulation.has_band:
        ranked = np.sort(values[:-1])[np.newaxis]
        found["p10"], found["p90"] = (_rounded(rank(ranked, share)[0]) for share in _MIDDLE)
    return found


def _members(simulation: Simulation) -> int:
    return next(iter(simulation.members_ng_per_mL.values())).shape[1]


def _rounded(value: float) -> float:
    """Six significant digits: more say nothing of a concentration."""
    return float(f"{float(value):.6g}")


# --------------------------------------------------------------------------------------- for other programs
def curves(answer: Answer) -> dict[str, list[float]]:
    """Return every column of the curve by its name, which holds its unit."""
    simulation = answer.simulation
    made: dict[str, FloatArray] = {"t_h": simulation.t_h}
    for name in simulation.analytes:
        label = analyte_name(name, simulation.regimen.substance).replace("-", "_")
        made[f"{label}_typical_ng_per_mL"] = simulation.typical_ng_per_mL[name]
        if simulation.has_band:
            made[f"{label}_median_ng_per_mL"] = simulation.median_ng_per_mL(name)
            for band in simulation.bands(name):
                made[f"{label}_middle_{band.percent:g}_low_ng_per_mL"] = band.low
                made[f"{label}_middle_{band.percent:g}_high_ng_per_mL"] = band.high
    if answer.beside is not None:
        first = simulation.analytes[0]
        label = analyte_name(first, simulation.regimen.substance).replace("-", "_")
        made[f"{label}_second_opinion_ng_per_mL"] = answer.beside.typical_ng_per_mL[first]
    return {name: [_rounded(value) for value in column.tolist()] for name, column in made.items()}


def as_data(answer: Answer) -> dict[str, Any]:
    """Return everything that is shown, for JSON."""
    simulation = answer.simulation
    told = asdict(passport(simulation))
    level = answer.level
    return {
        "substance": simulation.regimen.substance.value,
        "doses": [asdict(dose) for dose in simulation.regimen.doses],
        "person": asdict(simulation.person),
        "case": answer.told or None,
        "model": {"id": simulation.model.id, "version": simulation.model.version, "site": simulation.site},
        "members": _members(simulation) if simulation.has_band else 0,
        "curves": curves(answer),
        "exposure": exposure(answer),
        "second_opinion": None if answer.beside is None else answer.beside.model.id,
        "range": None
        if level is None
        else {
            "low_ng_per_mL": float(level.range.low),
            "high_ng_per_mL": float(level.range.high),
            "site": level.site,
            "site_says": level.site_say,
            "flag": level.flag.value,
            "sources": list(level.sources),
            "says": level.say,
        },
        "flags": {flag.value: FLAG_WORDS[flag] for flag in simulation.flags},
        **{
            key: told[key]
            for key in ("given", "studied", "evidence", "basis", "band", "remarks", "limits", "sources")
        },
        "supports": told["closing"],
    }


def print_as_json(answer: Answer) -> None:
    """Print one JSON object; ASCII alone, so that it passes every pipe."""
    sys.stdout.write(json.dumps({"simulation": as_data(answer)}, indent=1, allow_nan=False) + "\n")


def print_as_csv(answer: Answer) -> None:
    """Print the curve as a table of commas, a row a time, the names in the first row."""
    columns = curves(answer)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    out.writerows(zip(*columns.values(), strict=True))


def write_picture(answer: Answer, path: Path) -> None:
    """Write the chart as a file of its own, whole or not at all."""
    from posology.pharmacology.chart import chart

    text = chart(answer.simulation, beside=answer.beside, level=answer.level, paper=True)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.absolute().parent, delete=False
        ) as file:
            file.write(text)
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise NotSimulated(f"{path}: it cannot be written ({error.strerror}). Check the folder.") from None
