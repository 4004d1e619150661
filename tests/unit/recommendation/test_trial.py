"""A protocol is followed once on paper before it is approved."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from posology.knowledge import Library, load_library
from posology.knowledge.schema import ProtocolFile
from posology.recommendation.trial import unfollowable
from tests.cases import NOW

LIBRARY: Library = load_library()
TODAY = NOW.date()


def changed(name: str, value, *, on: date = TODAY) -> ProtocolFile:
    """Return the infusion protocol with a value that no check of a file looked at."""
    base = LIBRARY.protocol("ketamine-iv")
    dated = base.values[name]
    new = dated[max(dated)].model_copy(update={"value": value})
    return base.model_copy(update={"values": {**base.values, name: {**dated, on: new}}})


def planned(phase: str, **days) -> ProtocolFile:
    base = LIBRARY.protocol("ketamine-iv")
    phases = tuple(p.model_copy(update=days) if p.id == phase else p for p in base.phases)
    return base.model_copy(update={"phases": phases})


@pytest.mark.parametrize("protocol", sorted(LIBRARY.protocols))
def test_a_course_can_be_begun_by_each_of_the_product_s(protocol):
    assert unfollowable(LIBRARY.protocol(protocol), LIBRARY, on=TODAY) == ()


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (changed("rate_ceiling", Decimal("0.001")), "no course can be begun"),
        (changed("rate_ceiling", Decimal(0)), "no course can be begun"),
        (changed("dose_step", Decimal(0)), "no course can be"),
        (changed("infusion_minutes", ()), "no course can be planned"),
        (changed("dose_start", ()), "no course can be planned"),
        (planned("induction", visit_days=(1, 10**8)), "no course can be planned"),
        (planned("continuation", every_days=10**8), "no course can be planned"),
    ],
)
def test_what_no_course_can_be_begun_by_is_told_in_a_sentence(file, says):
    (fault, *_) = unfollowable(file, LIBRARY, on=TODAY)
    assert says in fault and fault.startswith(f"On {TODAY}") and fault.endswith(".")


def test_a_value_of_a_later_day_is_tried_on_its_day():
    later = TODAY + timedelta(days=40)
    (fault,) = unfollowable(changed("rate_ceiling", Decimal("0.001"), on=later), LIBRARY, on=TODAY)
    assert fault.startswith(f"On {later}")
