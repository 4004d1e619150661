"""What a reading is: impossible and refused, extreme and asked about, or usual; stored as it was sent."""

from decimal import Decimal
from itertools import combinations, product

import pytest

from posology.knowledge import load_library
from posology.treatment import EventError, NeedsConfirmation, read_payload

SIGNS = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate")


def bounds(name: str) -> tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]]:
    found = load_library().questions.questions[name].bounds
    return found.absolute, found.usual


def expected(reading: dict[str, int]) -> str:
    """Say what a reading is, from the bounds in the knowledge and nothing else."""
    if reading.get("spo2", 0) > 100 or reading.get("systolic", 999) <= reading.get("diastolic", -1):
        return "impossible"
    classes = set()
    for name, value in reading.items():
        absolute, usual = bounds(name)
        if not absolute[0] <= value <= absolute[1]:
            classes.add("impossible")
        elif not usual[0] <= value <= usual[1]:
            classes.add("extreme")
    return "impossible" if "impossible" in classes else "extreme" if classes else "usual"


def found(reading: dict[str, int]) -> str:
    try:
        payload = read_payload("reading_taken", reading)
    except EventError:
        return "impossible"
    except NeedsConfirmation as asked:
        assert set(asked.faults[0].__slots__) == {"field", "message"}
        confirmed = read_payload("reading_taken", reading | {"confirmed_extreme": True})
        assert confirmed.values() == reading
        return "extreme"
    assert payload.values() == reading
    return "usual"


@pytest.mark.hazard("H-42")
def test_every_pair_of_pressures_is_of_its_class_and_stored_as_sent(record_property):
    """Systolic 0 to 320 × diastolic 0 to 220 mmHg by 2: refused, asked and kept, or taken."""
    seen = {"impossible": 0, "extreme": 0, "usual": 0}
    for systolic, diastolic in product(range(0, 321, 2), range(0, 221, 2)):
        reading = {"systolic": systolic, "diastolic": diastolic}
        kind = found(reading)
        assert kind == expected(reading), reading
        seen[kind] += 1
    assert all(seen.values())
    record_property("n", sum(seen.values()))


@pytest.mark.hazard("H-42")
@pytest.mark.parametrize("name", SIGNS)
def test_every_single_value_is_of_its_class_and_stored_as_sent(name, record_property):
    """Each whole number from 0 to 320."""
    for value in range(321):
        assert found({name: value}) == expected({name: value}), value
    record_property("n", 321)


@pytest.mark.hazard("H-42")
@pytest.mark.parametrize(("one", "other"), list(combinations(SIGNS, 2)))
def test_every_pair_of_signs_is_of_its_class_and_stored_as_sent(one, other, record_property):
    """Each two of the five signs, at each edge of their bounds, just within and just beyond it."""
    tried = 0
    for first, second in product(edges(one), edges(other)):
        reading = {one: first, other: second}
        assert found(reading) == expected(reading), reading
        tried += 1
    record_property("n", tried)


def edges(name: str) -> list[int]:
    """Return the values around each bound of a sign, and one amid them."""
    absolute, usual = bounds(name)
    marks = {int(mark) for mark in (*absolute, *usual)}
    return sorted({max(0, mark + d) for mark in marks for d in (-1, 0, 1)} | {sum(map(int, usual)) // 2})
