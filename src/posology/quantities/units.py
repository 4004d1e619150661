"""The closed table of units this product reads, by UCUM code, with exact factors.

A factor turns a magnitude into its dimension's base unit: mg, kg, L, cm, s, mm[Hg] … Compound
units (mg/kg, mL/h) have a dimension of their own. The table is small on purpose: a unit that is
not here is refused with a sentence, and a test holds each factor against pint and ucumvert.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from posology.quantities.errors import QuantityError


@dataclass(frozen=True, slots=True)
class Unit:
    """One UCUM unit: what it measures, and how many base units it is."""

    code: str
    dimension: str
    factor: Fraction
    shown: str


def _unit(code: str, dimension: str, factor: str | Fraction, shown: str | None = None) -> Unit:
    return Unit(code, dimension, Fraction(factor), code if shown is None else shown)


_MIN = Fraction(60)
_H = Fraction(3600)
_LB = Fraction("0.45359237")

_TABLE = (
    # amounts of a drug; base unit mg (the drug's own mass, apart from body mass on purpose)
    _unit("mg", "drug mass", "1"),
    _unit("ug", "drug mass", "0.001", "microgram"),
    _unit("g", "drug mass", "1000"),
    # body mass; base kg
    _unit("kg", "body mass", "1"),
    _unit("[lb_av]", "body mass", _LB, "lb"),
    # lengths; base cm
    _unit("cm", "length", "1"),
    _unit("m", "length", "100"),
    _unit("[in_i]", "length", "2.54", "in"),
    # volume; base mL
    _unit("mL", "volume", "1"),
    _unit("L", "volume", "1000"),
    # time; base s
    _unit("s", "time", "1"),
    _unit("min", "time", _MIN),
    _unit("h", "time", _H),
    _unit("d", "time", 24 * _H),
    _unit("wk", "time", 7 * 24 * _H),
    # dose for body mass, rates, concentrations
    _unit("mg/kg", "dose per body mass", "1"),
    _unit("ug/kg", "dose per body mass", "0.001", "microgram/kg"),
    _unit("mg/h", "drug mass rate", Fraction(1) / _H),
    _unit("mg/min", "drug mass rate", Fraction(1) / _MIN),
    _unit("mg/kg/h", "dose rate per body mass", Fraction(1) / _H),
    _unit("mg/kg/min", "dose rate per body mass", Fraction(1) / _MIN),
    _unit("ug/kg/min", "dose rate per body mass", Fraction(1, 1000) / _MIN, "microgram/kg/min"),
    _unit("mL/h", "volume rate", Fraction(1) / _H),
    _unit("mg/mL", "concentration", "1"),
    # vital signs, laboratory, scores
    _unit("mm[Hg]", "pressure", "1", "mmHg"),
    _unit("/min", "frequency", Fraction(1) / _MIN, "/min"),
    _unit("%", "fraction", Fraction(1, 100)),
    _unit("kg/m2", "body mass index", "1", "kg/m²"),
    _unit("{score}", "score", "1", "points"),
    _unit("1", "count", "1", ""),
    _unit("Cel", "temperature", "1", "°C"),
    _unit("U/L", "enzyme activity", "1"),
    _unit("mg/dL", "mass concentration in blood", "1"),
    _unit("mL/min/{1.73_m2}", "filtration rate", "1", "mL/min/1.73 m²"),
    # pharmacokinetics, each in a dimension of its own: a clearance is no infusion rate, a concentration in
    # blood no strength of a product, a rate constant no heart rate, a year no time to wait
    _unit("L/h", "clearance", "1"),
    _unit("L/min", "clearance", "60"),
    _unit("mL/min", "clearance", "0.06"),
    _unit("mL/min/kg", "clearance per body mass", "1"),
    _unit("L/kg", "volume per body mass", "1"),
    _unit("1/h", "rate constant", "1"),
    _unit("1/min", "rate constant", "60"),
    _unit("ng/mL", "drug concentration in blood", "0.001"),
    _unit("ug/mL", "drug concentration in blood", "1", "microgram/mL"),
    _unit("mg/L", "drug concentration in blood", "1"),
    _unit("nmol/mL", "amount concentration in blood", "1"),
    _unit("ng.h/mL", "exposure", "1", "ng·h/mL"),
    _unit("ng.min/mL", "exposure", Fraction(1, 60), "ng·min/mL"),
    _unit("g/mol", "molar mass", "1"),
    _unit("a", "age", "1", "years"),
    _unit("L/h/a", "clearance per year of age", "1", "L/h per year"),
)

UNITS = MappingProxyType({unit.code: unit for unit in _TABLE})

# What people write instead, and what UCUM calls it. A message suggests; nothing is converted by guess.
_MISSPELT = MappingProxyType(
    {
        "mcg": "ug",
        "µg": "ug",
        "μg": "ug",
        "lb": "[lb_av]",
        "lbs": "[lb_av]",
        "pound": "[lb_av]",
        "pounds": "[lb_av]",
        "in": "[in_i]",
        "inch": "[in_i]",
        "inches": "[in_i]",
        "kgs": "kg",
        "kilogram": "kg",
        "kilograms": "kg",
        "Kg": "kg",
        "KG": "kg",
        "mmHg": "mm[Hg]",
        "bpm": "/min",
        "cc": "mL",
        "ml": "mL",
        "hr": "h",
        "hours": "h",
        "mins": "min",
        "days": "d",
        "ml/h": "mL/h",
    }
)


def meant_unit(text: str) -> str | None:
    """Return the UCUM code that a unit written in words probably means; for comparing, never for reading."""
    return text if text in UNITS else _MISSPELT.get(text)


def unit_of(code: str) -> Unit:
    """Return the unit of this UCUM code.

    Raises
    ------
    QuantityError
        If the code is not in the table; the message names the code that was probably meant.
    """
    unit = UNITS.get(code)
    if unit is not None:
        return unit
    if not code:
        raise QuantityError("The number has no unit, so it cannot be read. Write the unit, for example kg.")
    meant = _MISSPELT.get(code)
    advice = f"Write '{meant}'." if meant else f"Units read here are: {', '.join(UNITS)}."
    raise QuantityError(
        f"'{code[:24]}' is not a UCUM code that is read here, so the value cannot be used. {advice}"
    )


def convert(magnitude: Decimal, from_code: str, to_code: str) -> Decimal:
    """Convert a magnitude between two units of one dimension, exactly where a decimal can hold it.

    Raises
    ------
    QuantityError
        If the two units measure different things.
    """
    source, target = unit_of(from_code), unit_of(to_code)
    if source.dimension != target.dimension:
        raise QuantityError(
            f"'{from_code}' is a {source.dimension} and '{to_code}' is a {target.dimension}; one cannot "
            "become the other. Check which of the two was meant."
        )
    if source is target:
        return magnitude
    over, under = _ratio(from_code, to_code)
    return magnitude * over / under


@cache  # one entry a pair of the closed table
def _ratio(from_code: str, to_code: str) -> tuple[Decimal, Decimal]:
    ratio = UNITS[from_code].factor / UNITS[to_code].factor
    return Decimal(ratio.numerator), Decimal(ratio.denominator)
