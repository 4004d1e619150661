"""A dose elsewhere never makes anything easier, and what is not known of it is never nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from posology.case import EarlierDose, Origin, OriginKind, UndatedDose
from posology.knowledge import Route, Substance, load_library
from posology.protocols import Given, History, TooSoon
from posology.protocols.limits import Intended, LimitExceeded, check_limits
from posology.protocols.limits.values import allowed_levels
from tests.histories import given

LIBRARY = load_library()
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
PROTOCOLS = ("ketamine-iv", "ketamine-im", "ketamine-oral", "esketamine-nasal-us", "esketamine-nasal-eu")
REFUSED = frozenset({"refused"})
CASES = 4000


def answer(protocol, level: Decimal, history: History, number: int) -> frozenset[str]:
    """Return the limits that hold a dose up, known or not, or that it is refused."""
    mg = level * 72 if protocol.dose_basis == "mg/kg" else level
    intended = Intended(
        level=level,
        dose_mg=mg,
        weight_kg=Decimal(72) if protocol.dose_basis == "mg/kg" else None,
        minutes=40 if protocol.route is Route.INTRAVENOUS else None,
        devices=int(mg / 28) if protocol.route is Route.NASAL else None,
        number=number,
    )
    try:
        holds = check_limits(protocol, intended, history=history, at=AT, library=LIBRARY)
    except (LimitExceeded, TooSoon):
        return REFUSED
    return frozenset(hold.rule.removesuffix("-not-known") for hold in holds)


def drawn(random: Random) -> tuple:
    """Draw a protocol, a level, what was given here, and one dose elsewhere."""
    protocol = LIBRARY.protocol(random.choice(PROTOCOLS))
    level = random.choice(allowed_levels(protocol, AT.date()))
    days = sorted(random.sample(range(3, 30), random.randint(0, 8)), reverse=True)
    own = tuple(
        given(AT - timedelta(days=n), protocol.id, str(random.choice(allowed_levels(protocol, AT.date()))))
        for n in days
    )
    substance = random.choice([protocol.substance, *Substance])
    elsewhere = EarlierDose(
        at=AT - timedelta(minutes=random.randint(0, 40 * 24 * 60)),
        protocol_id="",
        substance=substance,
        dose_mg=Decimal(random.choice([1, 28, 36, 56, 84, 200, 600])),
        weight_kg=random.choice([None, Decimal(72)]),
        route=random.choice([protocol.route, *Route]),
        origin=Origin(OriginKind.STAFF, "Synthetic clinic"),
    )
    return protocol, level, own, elsewhere


def after(own: tuple[Given, ...], *doses: EarlierDose, undated: tuple[UndatedDose, ...] = ()) -> History:
    told = History.told_by(doses, undated)
    return History(tuple(sorted((*own, *told.given), key=lambda g: g.at)), told.undated)


@pytest.mark.hazard("H-23")
def test_a_dose_elsewhere_never_makes_anything_easier(record_property):
    """N = 4,000 drawn histories: what was refused stays refused, what was held stays held."""
    random = Random(20261124)
    for _ in range(CASES):
        protocol, level, own, elsewhere = drawn(random)
        number = len(own) + 1
        before = answer(protocol, level, after(own), number)
        then = answer(protocol, level, after(own, elsewhere), number)
        assert then == REFUSED or before <= then, (protocol.id, level, own, elsewhere)
    record_property("n", CASES)


@pytest.mark.hazard("H-14")
def test_what_is_not_known_of_a_dose_is_never_nothing(record_property):
    """N = drawn doses that a limit minded × 4 parts taken away: it is still refused or held."""
    random, minded = Random(20261125), 0
    for _ in range(CASES):
        protocol, level, own, elsewhere = drawn(random)
        number = len(own) + 1
        before = answer(protocol, level, after(own), number)
        known = answer(protocol, level, after(own, elsewhere), number)
        if before == REFUSED or not (known == REFUSED or known - before):
            continue
        undated = UndatedDose(
            elsewhere.substance, elsewhere.dose_mg, elsewhere.weight_kg, elsewhere.route, elsewhere.origin
        )
        spoiled = {
            "amount": after(own, replace(elsewhere, dose_mg=None)),
            "weight": after(own, replace(elsewhere, weight_kg=None)),
            "substance": after(own, replace(elsewhere, substance=None)),
            "moment": after(own, undated=(undated,)),
        }
        for part, history in spoiled.items():
            then = answer(protocol, level, history, number)
            assert then == REFUSED or then - before, (part, protocol.id, level, own, elsewhere)
            minded += 1
    assert minded > 400, "the draw should find limits that mind"
    record_property("n", minded)
