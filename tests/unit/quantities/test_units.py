"""The closed table of units, each factor held against pint with UCUM codes read by ucumvert."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product

import pytest
from ucumvert import PintUcumRegistry

from posology.quantities import UNITS, Quantity, QuantityError, convert, read_quantity, unit_of

# Counts and annotations are 1 for every reader of UCUM; body mass and drug mass are one dimension to it and
# two to us, so each is compared inside our own dimension.
PLAIN = {"{score}", "1", "mL/min/{1.73_m2}", "Cel"}


@pytest.fixture(scope="module")
def ucum():
    return PintUcumRegistry()


def pairs() -> list[tuple[str, str]]:
    return [(a, b) for a, b in product(UNITS, UNITS) if UNITS[a].dimension == UNITS[b].dimension]


@pytest.mark.hazard("H-02")
def test_every_factor_is_that_of_an_independent_library(ucum, record_property):
    """Every pair of units of one dimension, 1 and 72.6 of each: ours against pint + ucumvert."""
    tried = 0
    for (source, target), amount in product(pairs(), ("1", "72.6")):
        if source in PLAIN or target in PLAIN:
            continue
        ours = float(convert(Decimal(amount), source, target))
        theirs = (float(amount) * ucum.from_ucum(source)).to(ucum.from_ucum(target)).magnitude
        assert ours == pytest.approx(theirs, rel=1e-12), (source, target)
        tried += 1
    assert tried > len(UNITS)
    record_property("n", tried)


def test_units_that_no_other_library_reads_are_few_and_alone():
    assert set(UNITS) >= PLAIN
    for code in PLAIN:
        assert [b for a, b in pairs() if a == code] == [code]


@pytest.mark.hazard("H-02")
def test_two_dimensions_are_never_converted(record_property):
    """Every pair of units of two dimensions, dose and body mass and volume among them: refused."""
    others = [(a, b) for a, b in product(UNITS, UNITS) if UNITS[a].dimension != UNITS[b].dimension]
    for source, target in others:
        with pytest.raises(QuantityError, match="cannot become"):
            convert(Decimal(1), source, target)
    record_property("n", len(others))


@pytest.mark.hazard("H-04")
def test_mass_and_volume_are_two_things():
    """mg and mL, and their rates, in both directions. N = 4."""
    for source, target in (("mg", "mL"), ("mL", "mg"), ("mg/min", "mL/h"), ("mL/h", "mg/min")):
        with pytest.raises(QuantityError):
            Quantity(Decimal(36), source).to(target)


@pytest.mark.hazard("H-02")
def test_a_pound_is_a_pound_for_every_weight(record_property):
    """30.0 to 250.0 kg by 0.1: to pounds and back within a microgram; 1 lb = 0.45359237 kg exactly."""
    assert UNITS["[lb_av]"].factor == Fraction(45359237, 100000000)
    for tenths in range(300, 2501):
        kg = Decimal(tenths) / 10
        there = convert(kg, "kg", "[lb_av]")
        assert abs(convert(there, "[lb_av]", "kg") - kg) < Decimal("1e-9")
        assert Decimal("2.2046") < there / kg < Decimal("2.2047")
    record_property("n", 2201)


def test_every_way_round_comes_back():
    for source, target in pairs():
        back = convert(convert(Decimal("36.5"), source, target), target, source)
        assert back == pytest.approx(Decimal("36.5"), rel=Decimal("1e-20"))


def test_factors_are_exact():
    assert all(isinstance(unit.factor, Fraction) for unit in UNITS.values())
    assert convert(Decimal("0.025"), "mg/kg/min", "mg/kg/h") == Decimal("1.5")
    assert convert(Decimal(1500), "ug", "mg") == Decimal("1.5")


@pytest.mark.parametrize(
    "code", ["", "mcg", "µg", "lb", "Kg", "KG", "ml", "cc", "mmHg", "mg/m", "MG", "g/kg", "mg ", "bpm"]
)
def test_an_unknown_unit_is_refused_and_the_meant_one_named(code):
    with pytest.raises(QuantityError) as caught:
        unit_of(code)
    assert "Write" in str(caught.value) or "Units read here are" in str(caught.value)


@pytest.mark.hazard("H-02")
@pytest.mark.parametrize(
    "text", ["72.5", "72.5 ", "kg", "72.5kg", "72.5 KG", "72.5 kilos", "72,5 kg", "72.5 kg kg"]
)
def test_a_quantity_without_a_unit_that_is_known_is_refused(text):
    """N is the number of cases."""
    with pytest.raises(QuantityError):
        read_quantity(text, what="weight")


def test_a_quantity_is_read_with_its_unit():
    assert read_quantity("72.5\u00a0kg", what="weight") == Quantity(Decimal("72.5"), "kg")


def test_no_two_units_are_shown_alike():
    shown = [unit.shown for unit in UNITS.values() if unit.shown]
    assert len(shown) == len(set(shown))
    assert not [pair for pair in combinations(UNITS, 2) if pair[0].casefold() == pair[1].casefold()]
