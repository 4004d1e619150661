"""Orders as people, hands and machines get them wrong: seeded, half of them right.

Each is built from a right one, then one thing is spoiled: a point slips, a digit is doubled, pounds are read
as kilograms, mL as mg, a NaN comes in, the minutes go to another route, the day lies before the protocol.
"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from tools.fuzz.oracle import bounds, protocols


class Tried(NamedTuple):
    """One order, as it is given to a door."""

    protocol: str
    on: date
    level: Any
    dose_mg: Any
    weight_kg: Any
    minutes: Any
    devices: Any
    spoiled: str


PROTOCOLS = sorted(protocols())
TODAY = date(2026, 11, 24)
DAYS = (
    TODAY,
    TODAY,
    TODAY,
    date(2016, 6, 1),
    date(2018, 1, 1),
    date(2019, 3, 5),
    date(2020, 2, 1),
    date(2024, 7, 1),
)
FREAKS = (
    Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("-0"), Decimal(0),
    Decimal("1E+30"), Decimal("1E-30"), Decimal(-36), 36.0, float("nan"), True, None, "36", "３６", "0,5",
)  # fmt: skip
LB = Decimal("0.45359237")


def right(chance: Random) -> Tried:
    """Return an order of a listed dose, worked out as the protocol says."""
    protocol = chance.choice(PROTOCOLS)
    on = chance.choice(DAYS)
    limits = bounds(protocol, on)
    if limits is None:
        on, limits = TODAY, bounds(protocol, TODAY)
    assert limits is not None
    level = Decimal(str(float(chance.choice(sorted(limits.levels)))))
    weight = Decimal(chance.randrange(250, 3200)) / 10
    step = Decimal(limits.step.numerator) / limits.step.denominator
    dose = (level * weight) // step * step if limits.by_weight else level
    return Tried(
        protocol,
        on,
        level,
        dose,
        weight if limits.by_weight else None,
        chance.choice((40, 40, 60)) if limits.route == "intravenous" else None,
        int(dose / step) if limits.route == "nasal" else None,
        "right",
    )


def spoiled(chance: Random) -> Tried:
    """Return an order with one thing wrong, or one right order in three."""
    one = right(chance)
    kind = chance.randrange(len(SPOILS) * 3 // 2)
    return one if kind >= len(SPOILS) else SPOILS[kind](one, chance)


def _dose(one: Tried, dose: Any, how: str) -> Tried:
    return one._replace(dose_mg=dose, spoiled=how)


def _tenfold(one: Tried, chance: Random) -> Tried:
    """Slip the point of the dose, of its level, or of both together."""
    by = chance.choice((Decimal(10), Decimal("0.1"), Decimal(100), Decimal("0.01")))
    what = chance.randrange(3)
    return one._replace(
        dose_mg=one.dose_mg * by if what != 1 else one.dose_mg,
        level=one.level * by if what else one.level,
        spoiled="point slipped",
    )


def _a_step_more(one: Tried, chance: Random) -> Tried:
    steps = chance.choice((1, 2, -1, -2, Decimal("0.1"), Decimal("1E-20")))
    return _dose(one, one.dose_mg + steps * Decimal("0.5"), "a step beside")


def _above(one: Tried, chance: Random) -> Tried:
    limits = bounds(one.protocol, one.on) or bounds(one.protocol, TODAY)
    level = Decimal(float(limits.ceiling)).quantize(Decimal("0.0001")) + chance.choice(
        (Decimal("1E-9"), Decimal("0.01"), Decimal("0.5"), Decimal(1))
    )
    dose = level * one.weight_kg if one.weight_kg else level
    return one._replace(
        level=level, dose_mg=dose // Decimal("0.5") * Decimal("0.5"), spoiled="above the ceiling"
    )


def _pounds(one: Tried, chance: Random) -> Tried:
    """Read the weight in the other unit, before or after the dose was worked out."""
    if one.weight_kg is None:
        return one._replace(weight_kg=Decimal(70), spoiled="weight not needed")
    other = (one.weight_kg / LB if chance.random() < 0.5 else one.weight_kg * LB).quantize(Decimal("0.1"))
    dose = one.level * other // Decimal("0.5") * Decimal("0.5")
    return one._replace(
        **({"weight_kg": other} if chance.random() < 0.5 else {"dose_mg": dose}), spoiled="pounds"
    )


def _freak(one: Tried, chance: Random) -> Tried:
    field = chance.choice(("level", "dose_mg", "weight_kg", "minutes", "devices"))
    return one._replace(**{field: chance.choice(FREAKS)}, spoiled="no number")


def _hurried(one: Tried, chance: Random) -> Tried:
    minutes = chance.choice((1, 3, 19, 20, 30, 39, 40, 41, 0, -40, 10**9, 40.0, None))
    return one._replace(minutes=minutes, spoiled="other minutes")


def _devices(one: Tried, chance: Random) -> Tried:
    return one._replace(devices=chance.choice((0, 1, 2, 3, 4, 6, -2, None, 2.0)), spoiled="other devices")


def _other_protocol(one: Tried, chance: Random) -> Tried:
    return one._replace(protocol=chance.choice(PROTOCOLS), spoiled="other protocol")


def _mass_for_volume(one: Tried, chance: Random) -> Tried:
    strength = chance.choice((10, 50, 100))
    return _dose(
        one, one.dose_mg * strength if chance.random() < 0.5 else one.dose_mg / strength, "mL for mg"
    )


def _other_day(one: Tried, chance: Random) -> Tried:
    return one._replace(on=TODAY - timedelta(days=chance.randrange(-4000, 12_000)), spoiled="other day")


def _random(one: Tried, chance: Random) -> Tried:
    scale = Decimal(10) ** chance.randrange(-4, 6)
    return _dose(one, Decimal(chance.randrange(1, 1000)) * scale, "random dose")


SPOILS = (
    _tenfold, _a_step_more, _above, _pounds, _freak, _hurried, _devices, _other_protocol, _mass_for_volume,
    _other_day, _random,
)  # fmt: skip
