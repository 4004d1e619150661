"""A second look before an entry is recorded: pounds typed as kilograms, jumps, and unusual values."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from posology.case import Case, Fact, Sex
from posology.knowledge import load_library
from posology.protocols.plausible import entry_doubts
from posology.quantities import Quantity
from tests.cases import NOW, STAFF, complete_case

PEOPLE = 2_000


def weighed(magnitude: Decimal | str, unit: str = "kg", *, days_ago: int = 0) -> Fact:
    return Fact("weight", Quantity(Decimal(magnitude), unit), NOW - timedelta(days=days_ago), STAFF)


def known(*facts: Fact) -> Case:
    return Case(None, Sex.UNKNOWN, "US", facts)


def cohort() -> list[tuple[Decimal, Decimal]]:
    """Return seeded synthetic people: the true weight a month ago and now, kg, to 0.1."""
    source = random.Random(20_261_124)
    people = []
    for _ in range(PEOPLE):
        before = min(200.0, max(38.0, source.gauss(79, 19)))
        now = before * (1 + source.gauss(0, 0.02))
        people.append((Decimal(f"{before:.1f}"), Decimal(f"{now:.1f}")))
    return people


def caught(case: Case, entered: Fact) -> bool:
    return bool(entry_doubts(case, [entered], as_of=NOW))


@pytest.mark.hazard("H-02")
def test_a_weight_in_the_wrong_unit_is_questioned(record_property, capsys):
    """Pounds typed as kilograms and the reverse, N = 2,000 people x 2 swaps x (weighed before, new)."""
    shares = {}
    for name, swapped in (
        ("lb as kg", lambda kg: weighed(Quantity(kg, "kg").in_unit("[lb_av]").quantize(Decimal("0.1")))),
        ("kg as lb", lambda kg: weighed(kg, "[lb_av]")),
    ):
        seen = sum(caught(known(weighed(before, days_ago=28)), swapped(now)) for before, now in cohort())
        new = sum(caught(known(), swapped(now)) for _, now in cohort())
        shares[name] = (100 * seen / PEOPLE, 100 * new / PEOPLE)
    right = sum(caught(known(weighed(before, days_ago=28)), weighed(now)) for before, now in cohort())
    with capsys.disabled():
        for name, (seen, new) in shares.items():
            told = f"{seen:.1f} % caught with a weight on record, {new:.1f} % without"
            print(f"\n  {name}: {told} (N = {PEOPLE})", end="")
        print(f"\n  right unit questioned: {100 * right / PEOPLE:.1f} %", end=" ")
    record_property("n", 4 * PEOPLE)
    assert all(seen == 100 for seen, _ in shares.values())
    assert right < PEOPLE * 0.05


def test_the_ten_percent_come_from_the_knowledge():
    """Exactly 10 % is not questioned; a tenth of a kilogram more is, and the value before is told."""
    case = known(weighed("70", days_ago=10))
    assert entry_doubts(case, [weighed("77.0")], as_of=NOW) == ()
    (doubt,) = entry_doubts(case, [weighed("77.1")], as_of=NOW)
    assert doubt.key == "weight" and doubt.before is not None and doubt.before.shown == "70\u00a0kg"


def test_the_same_weight_in_pounds_is_no_jump():
    case = known(weighed("70", days_ago=10))
    assert entry_doubts(case, [weighed("154.3", "[lb_av]")], as_of=NOW) == ()


def test_every_measurement_is_questioned_just_outside_its_usual_bounds():
    """N = 2 edges of every question that has bounds."""
    questions = load_library().questions.questions
    for key, question in questions.items():
        if question.bounds is None or question.unit is None:
            continue
        low, high = question.bounds.usual
        for inside in (low, high):
            fact = Fact(key, Quantity(inside, question.unit), NOW, STAFF)
            assert entry_doubts(known(), [fact], as_of=NOW) == (), key
        for outside in (low - Decimal("0.1"), high + Decimal("0.1")):
            fact = Fact(key, Quantity(outside, question.unit), NOW, STAFF)
            assert [d.key for d in entry_doubts(known(), [fact], as_of=NOW)] == [key], key


def test_a_complete_ordinary_case_is_not_questioned():
    case = complete_case()
    again = [f for f in complete_case(at=NOW).facts if isinstance(f.value, Quantity)]
    assert entry_doubts(case, again, as_of=NOW) == ()
