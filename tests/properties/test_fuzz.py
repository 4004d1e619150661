"""A hundred thousand orders, right and wrong, through every door: none that is beyond a limit gets through.

The same tool runs ten million of them at night (``make fuzz``). Its judge reads the YAML files alone.
"""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from posology.protocols import limits
from posology.protocols.limits import dose as dose_room
from tools.fuzz import doors
from tools.fuzz import running as fuzz
from tools.fuzz.oracle import beyond, bounds
from tools.fuzz.orders import PROTOCOLS, TODAY

SEED = 20261124
DEAR = {name for name, (_, share) in doors.DOORS.items() if share < 100}


def escaped(found) -> int:
    return sum(said["ESCAPED"] for said in found["tally"].values())


@pytest.mark.property
@pytest.mark.hazard("H-06")
@pytest.mark.hazard("H-12")
def test_of_a_hundred_thousand_orders_none_beyond_a_limit_gets_through(record_property):
    """Seeded, spread over the doors of the library; 0 escaped, 0 crashed."""
    found = fuzz.run(n=100_000, seed=SEED, workers=1, clinic=False, say=False)
    assert found["found"] == []
    tried = {name: sum(said.values()) for name, said in found["tally"].items()}
    assert set(tried) == set(doors.DOORS) and all(n >= 200 for n in tried.values())
    # Each cheap door both refuses and lets through, so that neither is done blindly.
    for name in set(doors.DOORS) - DEAR:
        said = found["tally"][name]
        assert said["passed"] > 0 and sum(n for k, n in said.items() if k.startswith("refused")) > 0
    record_property("n", sum(tried.values()))


@pytest.mark.property
@pytest.mark.integration
@pytest.mark.hazard("H-06")
@pytest.mark.hazard("H-11")
@pytest.mark.django_db
def test_no_door_of_the_clinic_lets_one_through(record_property):
    """Signing, start, another rate and the page's forms, 60 seeded tries each; 0 escaped, 0 crashed."""
    from random import Random

    from posology.quantities import DomainError
    from tools.fuzz import clinic

    clinic._world.clear()
    clinic.made()
    tried: Counter[str] = Counter()
    for name, (door, _) in clinic.DOORS.items():
        for n in range(60):
            try:
                tried[f"{name} {door(Random(f'{SEED}/{n}'))}"] += 1
            except DomainError:
                tried[f"{name} refused"] += 1
    clinic._world.clear()
    assert all(tried[f"{name} passed"] > 0 for name in clinic.DOORS)
    record_property("n", sum(tried.values()))


# ---------------------------------------------------------------- the fuzz sees what is planted
def nothing(*_: object, **__: object) -> None:
    return None


PLANTS = (
    (dose_room, "_check_ceiling"),
    (dose_room, "_check_floor"),
    (dose_room, "_check_sum"),
    (dose_room, "_check_total"),
    (dose_room, "check_infusion"),
    (dose_room, "check_devices"),
    (dose_room, "check_number"),
)


@pytest.mark.property
@pytest.mark.hazard("H-06")
@pytest.mark.parametrize(("room", "name"), PLANTS, ids=[name for _, name in PLANTS])
def test_a_limit_taken_away_is_seen_within_one_block(room, name, monkeypatch):
    """Each check of a dose taken away in turn, N = 7: doses escape, or the door breaks, and both are told."""
    monkeypatch.setattr(room, name, nothing)
    tally, found = {}, []
    for seed in range(3):
        _, tally, found = fuzz.run_block((seed, 0, False, 4000))
        if found:
            break
    assert found, tally


@pytest.mark.property
@pytest.mark.hazard("H-06")
def test_a_limit_that_is_not_asked_at_a_door_is_seen(monkeypatch):
    """The worksheet without its check, N = 1: what it prepares escapes."""
    import sys

    from posology.treatment import worksheet as room

    monkeypatch.setattr(sys.modules[room.__module__], "check_dose", nothing)
    _, tally, _ = fuzz.run_block((SEED, 0, False, 10_000))
    assert tally["preparation (worksheet)"]["ESCAPED"] > 0


# ---------------------------------------------------------------- the judge itself
@pytest.mark.parametrize(
    ("dose", "kg", "minutes", "why"),
    [
        ("36", "72", 40, None),
        ("72", "72", 40, None),
        ("72.5", "72", 60, "above the ceiling"),
        ("36.2", "72", 40, "no multiple of the step"),
        ("3.5", "72", 40, "below the floor"),
        ("72", "72", 39, "too fast"),
        ("36", "72", None, "no minutes"),
        ("NaN", "72", 40, "no dose"),
        ("36", "NaN", 40, "no weight"),
    ],
)
def test_the_judge_knows_the_file(dose, kg, minutes, why):
    """Worked out by hand from ketamine-iv.yaml: 1.0 mg/kg, 0.5 mg steps, 0.025 mg/kg/min."""
    said = beyond("ketamine-iv", TODAY, dose_mg=Decimal(dose), weight_kg=Decimal(kg), minutes=minutes)
    assert said == why


def test_the_judge_knows_every_protocol_and_its_first_day():
    assert set(PROTOCOLS) == set(doors.LIBRARY.protocols)
    for name in PROTOCOLS:
        assert bounds(name, TODAY) is not None and bounds(name, date(1990, 1, 1)) is None
    assert limits.check_dose is dose_room.check_dose


@pytest.mark.hazard("H-08")
@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("field", ["weight_kg", "dose_mg", "level"])
def test_an_order_that_holds_no_number_is_refused_and_not_hashed(field, number):
    """Found by the fuzz: a weight that is NaN, in an order of devices whose dose does not rest on it.

    N = 12: each number of an order as NaN or infinity.
    """
    from dataclasses import replace

    from posology.treatment.orders import NoNumber
    from tests.sessions import make_order

    order = make_order("esketamine-nasal-us", "56", None)
    with pytest.raises(NoNumber, match="is not a number"):
        replace(order, **{field: Decimal(number)}).sha256()
