"""The judge of the grid: what every rounding between a weight and a pump must give, in whole numbers.

It reads the YAML files alone and shares no code with the product. Levels are thousandths of mg/kg, weights
hundred-millionths of a kilogram, doses hundredths of a milligram, volumes hundredths of a millilitre, pump
rates hundredths of mL/h: no remainder is ever lost.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from tools.fuzz.oracle import bounds, files, protocols

KG = 10**8  # units of weight in a kilogram


class Limits(NamedTuple):
    """What one protocol allows on one day."""

    levels: tuple[int, ...]
    ceiling: int
    rate: int | None  # millionths of mg/kg/min


class Vial(NamedTuple):
    """One product that is drawn from, and what the bench says of every one."""

    strength: int  # mg/mL
    holds: int  # hundredths of a millilitre
    dilute_first: tuple[str, ...]
    ratio: int  # final over vial volume, where it must be diluted
    percent: Fraction  # how far rate × time may fall short


class Draw(NamedTuple):
    """What is drawn and set."""

    volume: int
    final: int
    rate: int | None


class Prepared(NamedTuple):
    """One distinct dose of a protocol: by whom it is reached at the highest level, and how often at all."""

    dose: int
    level: int
    tenths: int  # of a kilogram
    step: int
    times: int


def whole(number: Fraction) -> int:
    assert number.denominator == 1, number
    return number.numerator


def by_weight() -> tuple[str, ...]:
    """Return the active protocols whose doses are worked out from a weight."""
    return tuple(
        id_ for id_, f in protocols().items() if (f["status"], f["dose_basis"]) == ("active", "mg/kg")
    )


def by_total() -> tuple[str, ...]:
    """Return the active protocols of fixed totals."""
    return tuple(id_ for id_, f in protocols().items() if (f["status"], f["dose_basis"]) == ("active", "mg"))


@cache
def limits(protocol: str, on: date) -> Limits:
    found = bounds(protocol, on)
    assert found is not None
    return Limits(
        tuple(sorted(whole(level * 1000) for level in found.levels)),
        whole(found.ceiling * 1000),
        None if found.rate is None else whole(found.rate * 10**6),
    )


def days(protocol: str, until: date) -> tuple[date, ...]:
    """Return one day of each time whose levels and limits differ from those before."""
    said = protocols()[protocol]["values"]
    named = ("dose_levels", "dose_ceiling", "dose_step", "rate_ceiling")
    changes = sorted({day for name in named for day in said.get(name, {}) if day <= until})
    kept: dict[Limits, date] = {}
    for day in changes:
        if bounds(protocol, day) is not None:
            kept[limits(protocol, day)] = day
    return tuple(kept.values())


@cache
def vials(protocol: str) -> dict[str, Vial]:
    """Return the products of a protocol that are drawn from."""
    shelf = files()["products"]
    bench = {name: next(iter(dated.values()))["value"] for name, dated in shelf["values"].items()}
    return {
        id_: Vial(
            whole(Fraction(shelf["products"][id_]["strength_mg_per_mL"])),
            whole(Fraction(shelf["products"][id_]["volume_mL"]) * 100),
            tuple(shelf["products"][id_].get("dilute_first", ())),
            whole(Fraction(bench["dilute_first_ratio"])),
            Fraction(bench["rate_balance_percent"]),
        )
        for id_ in protocols()[protocol]["products"]
    }


def dose_of(level: int, weight: int, step: int) -> int:
    """Return the largest multiple of a step that is not above level × weight."""
    return level * weight // (step * KG * 10) * step


def is_over(dose: int, ceiling: int, weight: int) -> bool:
    return dose * KG * 10 > ceiling * weight


def too_fast(dose: int, minutes: int, rate: int, weight: int) -> bool:
    return dose * KG * 10**4 > rate * weight * minutes


def boundaries(level: int, step: int, low: int, high: int) -> Iterator[int]:
    """Yield the smallest weight at which each further step of dose is reached."""
    first = level * low // (step * KG * 10) + 1
    last = level * high // (step * KG * 10)
    for multiple in range(first, last + 1):
        yield -(-multiple * step * KG * 10 // level)


def draw(
    vial: Vial,
    dose: int,
    route: str,
    volume_step: int,
    final: int | None,
    minutes: int | None,
    pump_step: int,
) -> Draw | None:
    """Return what is drawn and set, or ``None`` where no sheet may be made."""
    volume = dose // (vial.strength * volume_step) * volume_step
    if volume == 0 or volume > vial.holds:
        return None
    if route in vial.dilute_first and (final is None or final < volume * vial.ratio):
        return None
    if minutes is None:
        return Draw(volume, volume, None) if final is None else None
    if final is not None and final < volume:
        return None
    filled = volume if final is None else final
    rate = filled * 60 // (minutes * pump_step) * pump_step
    short = filled * 60 - rate * minutes  # in hundredths of mL/h × min
    if rate == 0 or short * 100 > vial.percent * filled * 60:
        return None
    return Draw(volume, filled, rate)


def pumped_too_fast(rate: Fraction, vial: Vial, drawn: Draw, ceiling: int, weight: int) -> bool:
    """Say whether a pump at so many mL/h gives more than the highest rate (millionths of mg/kg/min)."""
    mg_per_min = rate * (drawn.volume * vial.strength) / drawn.final / 60
    return mg_per_min > Fraction(ceiling * weight, 10**6 * KG)


@cache
def distinct(protocol: str, on: date, weights: range, steps: range) -> tuple[Prepared, ...]:
    """Return every distinct dose of a protocol over weights (tenths of a kilogram) and steps."""
    found: dict[int, list[int]] = {}
    for step in steps:
        for level in limits(protocol, on).levels:
            for tenths in weights:
                dose = level * tenths // (step * 100) * step
                one = found.setdefault(dose, [level, tenths, step, 0])
                one[3] += 1
                if tenths < one[1]:
                    one[:3] = level, tenths, step
    return tuple(Prepared(dose, *one) for dose, one in sorted(found.items()) if dose)
