"""What was given before, in whatever course: amounts in each basis, order of time, the unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from posology.case import Answer, EarlierDose, PastSession
from posology.knowledge import Substance, load_library
from posology.protocols import Given, History
from tests.cases import complete_case
from tests.histories import given, history

LIBRARY = load_library()
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SESSION = PastSession(
    at=AT - 3 * DAY,
    protocol_id="ketamine-iv",
    substance=Substance.KETAMINE,
    dose_mg=Decimal(18),
    level=Decimal("0.5"),
    phase="induction",
    number=1,
    completed=False,
    weight_kg=Decimal(72),
)
EARLIER = EarlierDose(
    at=AT - 30 * DAY,
    protocol_id="esketamine-nasal-us",
    substance=Substance.ESKETAMINE,
    dose_mg=Decimal(84),
    level=Decimal(84),
    weight_kg=None,
    helped=Answer.YES,
)


@pytest.mark.parametrize(
    ("changes", "basis", "amount"),
    [
        ({}, "mg", Fraction(36)),
        ({}, "mg/kg", Fraction(1, 2)),
        ({"dose_mg": Decimal(18)}, "mg/kg", Fraction(1, 4)),  # broken off half way
        ({"dose_mg": Decimal(18), "weight_kg": None}, "mg", Fraction(18)),
        ({"dose_mg": Decimal(18), "weight_kg": None}, "mg/kg", Fraction(1, 2)),  # as ordered, never less
        ({"weight_kg": None, "level": None}, "mg/kg", None),
        ({"weight_kg": None, "protocol_id": "not-known-here"}, "mg/kg", None),
        ({"weight_kg": None, "protocol_id": "esketamine-nasal-us"}, "mg/kg", None),  # its level is in mg
        ({"dose_mg": None}, "mg", None),
        ({"dose_mg": None}, "mg/kg", None),
    ],
)
def test_an_amount_is_known_or_said_not_to_be(changes, basis, amount):
    """36 mg for 72 kg, ordered as 0.5 mg/kg."""
    assert replace(given(AT), **changes).amount(basis, LIBRARY) == amount


def test_a_history_is_told_in_the_order_of_time_and_whole():
    told = History.told_by((SESSION, EARLIER))
    assert told.given == (
        Given(
            AT - 30 * DAY,
            "esketamine-nasal-us",
            Substance.ESKETAMINE,
            Decimal(84),
            Decimal(84),
            None,
            Answer.YES,
        ),
        Given(
            AT - 3 * DAY,
            "ketamine-iv",
            Substance.KETAMINE,
            Decimal(18),
            Decimal("0.5"),
            Decimal(72),
            Answer.UNKNOWN,
        ),
    )
    assert History.of(replace(complete_case(), sessions=(SESSION,), earlier=(EARLIER,))) == told


def test_the_last_is_that_of_any_course():
    told = (*history(AT - 9 * DAY, AT - 6 * DAY).given, given(AT - 3 * DAY, "ketamine-im"))
    assert History(told).last_at == AT - 3 * DAY
    assert History(()).last_at is None


def test_the_last_by_a_protocol_is_that_of_its_family():
    """A site's own protocol and the product's that it stands on are one course to a patient."""
    base, other = LIBRARY.protocol("ketamine-iv"), LIBRARY.protocol("ketamine-im")
    own = base.model_copy(update={"id": "site-iv", "based_on": base.id})
    library = replace(LIBRARY, protocols={**LIBRARY.protocols, "site-iv": own})
    by_base, by_other = given(AT - 9 * DAY), given(AT - 3 * DAY, "ketamine-im")
    by_own = replace(given(AT - 6 * DAY), protocol_id="site-iv")
    told = History((by_base, by_own, by_other))
    assert told.last_by(base, library) is by_own
    assert told.last_by(own, library) is by_own
    assert History((by_base, by_other)).last_by(own, library) is by_base
    assert told.last_by(other, library) is by_other
    assert History((by_own,)).last_by(other, library) is None


def test_the_last_by_a_protocol_that_is_no_longer_known_is_told_by_its_id():
    base = LIBRARY.protocol("ketamine-iv")
    without = replace(LIBRARY, protocols={})
    assert history(AT - 9 * DAY).last_by(base, without).at == AT - 9 * DAY
    assert history(AT - 9 * DAY, protocol_id="ketamine-im").last_by(base, without) is None
