"""A random year of a clinic that tries too soon, too often, too much: what started, judged by another hand.

The judge reads its numbers from the files' own lines and counts pairs of sessions in whole days; it shares no
code with the limits.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest

from posology.knowledge import load_library, read_yaml
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Given, History, TooSoon
from posology.protocols.limits import (
    Intended,
    LimitExceeded,
    allowed_levels,
    check_limits,
    dose_for_level,
)
from tests.histories import given
from tools.knowledge_manifest import DATA

DAY0 = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
YEARS = 12
HOURS_OF_YEAR = 365 * 24


@dataclass(frozen=True)
class Started:
    """One session that was begun, and the limits that somebody passed for it."""

    given: Given
    protocol: str
    passed: frozenset[str]


def numbers_of(name: str) -> dict[str, Fraction]:
    """Return the last number of each limit, from the file itself."""
    raw = read_yaml((DATA / f"{name}.yaml").read_text(encoding="utf-8"), name=name).data["values"]
    return {
        limit: Fraction(str(dated[max(dated)]["value"]))
        for limit, dated in raw.items()
        if "_in_" in limit and "_days_" in limit
    } | {"hours": Fraction(str(raw["session_interval_min"][max(raw["session_interval_min"])]["value"]))}


def a_year(name: str, seed: int) -> list[Started]:
    """Let a clinic try to treat one patient for a year, by one protocol, after a random course of another."""
    rng, library = random.Random(seed), load_library()
    protocol = library.protocol(name)
    levels = allowed_levels(protocol, DAY0.date())
    begun = [Started(g, g.protocol_id, frozenset()) for g in _before(rng)]
    hour, number = 0.0, 1
    while (
        hour := hour + rng.choice((1, 20, 24, 47, 48, 49, 72, 72, 96, 168)) * rng.uniform(0.8, 1.1)
    ) < HOURS_OF_YEAR:
        at = DAY0 + timedelta(seconds=round(hour * 3600))
        level = rng.choice(levels)
        history = History(tuple(s.given for s in begun))
        try:
            holds = check_limits(
                protocol, _intended(protocol, level, number), history=history, at=at, library=library
            )
        except (LimitExceeded, TooSoon):
            continue
        if holds and rng.random() < 0.6:
            continue  # the prescriber decides against it
        told = given(at, name, str(level))
        if rng.random() < 0.03:
            told = replace(told, dose_mg=None)  # nobody wrote down how much
        begun.append(Started(told, name, frozenset(f.rule.rsplit("/", 1)[1] for f in holds)))
        number += 1
    return begun


def _before(rng: random.Random) -> list[Given]:
    other = rng.choice(("ketamine-iv", "ketamine-im", "esketamine-nasal-us"))
    level = "56" if other == "esketamine-nasal-us" else "0.5"
    days = sorted(rng.sample(range(2, 60, 3), rng.randrange(0, 10)), reverse=True)
    return [given(DAY0 - timedelta(days=d), other, level) for d in days]


def _intended(protocol: ProtocolFile, level: Decimal, number: int) -> Intended:
    weight = Decimal(72) if protocol.dose_basis == "mg/kg" else None
    dose_mg = dose_for_level(protocol, level, weight, DAY0.date())
    return Intended(
        level,
        dose_mg,
        weight,
        60 if protocol.route == "intravenous" else None,
        int(dose_mg / 28) if protocol.route == "nasal" else None,
        number,
    )


def faults(begun: list[Started], name: str) -> list[str]:
    """Return every pair too close, and every window over its number that nobody passed."""
    numbers, found = numbers_of(name), []
    for one, other in combinations(begun, 2):
        apart = abs((other.given.at - one.given.at).total_seconds())
        if other.protocol == name and apart < numbers["hours"] * 3600:
            found.append(f"{one.given.at} and {other.given.at} lie {apart / 3600:.2f} h apart")
    for limit, number in numbers.items():
        if limit != "hours":
            found += _over(begun, name, limit, number)
    return found


def _over(begun: list[Started], name: str, limit: str, number: Fraction) -> list[str]:
    what, days = limit.split("_in_")[0], int(limit.split("_in_")[1].split("_")[0])
    hard, substance = limit.endswith("_most"), load_library().protocol(name).substance
    basis = load_library().protocol(name).dose_basis
    found = []
    for position, session in enumerate(begun):
        if session.protocol != name:
            continue
        total, unknown = Fraction(0), False
        for other in begun[: position + 1]:
            away = session.given.at.toordinal() - other.given.at.toordinal()
            if away >= days or ((what == "amount" or hard) and other.given.substance != substance):
                continue
            if what == "sessions":
                total += 1
            elif other is session:
                total += Fraction(session.given.level)  # as intended; what went in is not known yet
            elif other.given.dose_mg is None:
                unknown = True
            else:
                mg = Fraction(other.given.dose_mg)
                total += mg / 72 if basis == "mg/kg" else mg
        rule = limit.replace("_", "-")
        accepted = {rule} if total > number else {rule, f"{rule}-not-known"}
        if (total > number or unknown) and not accepted & session.passed:
            found.append(f"{session.given.at}: {limit} is {float(total)}{' or more' if unknown else ''}")
    return found


@pytest.mark.property
@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("name", sorted(load_library().protocols))
def test_no_session_of_a_random_year_is_too_soon_or_too_much_unless_somebody_passed_it(name, record_property):
    """Twelve seeded years a protocol, each after a random course of another: all pairs, and all windows."""
    pairs = passed = 0
    for seed in range(YEARS):
        begun = a_year(name, seed)
        assert faults(begun, name) == []
        pairs += len(begun) * (len(begun) - 1) // 2
        passed += sum(bool(s.passed) for s in begun)
        assert len(begun) > 20
    assert passed, "the years never met a soft limit"
    record_property("n", pairs)


@pytest.mark.property
@pytest.mark.hazard("H-23")
def test_the_judge_sees_what_it_is_for():
    """N = 4 planted faults: too close, too many, too much, and an override taken away."""
    begun = a_year("ketamine-iv", 1)
    close = replace(begun[-1], given=replace(begun[-1].given, at=begun[-2].given.at + timedelta(hours=47)))
    assert faults([*begun[:-1], close], "ketamine-iv")
    at = begun[-1].given.at
    last = replace(begun[-1], passed=frozenset())
    many = [replace(last, given=replace(last.given, at=at + timedelta(days=2 * n))) for n in range(1, 5)]
    assert any("sessions_in_7" in f for f in faults([*begun, *many], "ketamine-iv"))
    much = [replace(s, given=replace(s.given, level=Decimal(1), dose_mg=Decimal(72))) for s in many[:3]]
    assert any("amount_in_7" in f for f in faults([*begun, *much], "ketamine-iv"))
    unpassed = [replace(s, passed=frozenset()) for s in begun]
    assert faults(unpassed, "ketamine-iv")
