"""Whole courses, option after option, held against schedule and dose worked out anew from the files.

Each walk begins a course, takes one of the proposed ways at random, gives the session on its day or late,
and looks at every way that is proposed next. The reckoning here shares nothing with the library but the
numbers of the knowledge files.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from posology.case import Case, Fact, MeasuredScore, PastSession
from posology.knowledge import load_library
from posology.quantities import Quantity
from posology.recommendation import DoseChange, IntervalChange, recommend
from tests.cases import STAFF, complete_case

pytestmark = pytest.mark.property

LIBRARY = load_library()
OPEN_END = [
    p for p in LIBRARY.protocols.values() if p.status == "active" and p.phases[-1].interval_days is not None
]
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Europe/Berlin")
WALKS, LENGTH = 6, 14


@dataclass
class Standing:
    """Where a course stands by the reckoning of this file."""

    phase: int
    index: int  # of the last session in its phase
    gap: int  # the interval that runs


def value(protocol, name: str, on: date):
    days = [d for d in protocol.values[name] if d <= on]
    return protocol.values[name][max(days)].value


def usual(phase) -> int:
    if phase.visit_days:
        return min(b - a for a, b in zip(phase.visit_days, phase.visit_days[1:], strict=False))
    return phase.every_days or phase.interval_days[0]


def size(phase) -> int:
    return len(phase.visit_days) if phase.visit_days else (phase.sessions or 10**6)


def gap_if_kept(protocol, at: Standing) -> int:
    phase = protocol.phases[at.phase]
    if phase.interval_days:
        return at.gap
    if at.index + 1 < size(phase):
        if phase.visit_days:
            return phase.visit_days[at.index + 1] - phase.visit_days[at.index]
        return phase.every_days
    return usual(protocol.phases[at.phase + 1])


def gaps(protocol) -> dict[int, int]:
    """Every interval of a protocol with the first phase that has it."""
    found: dict[int, int] = {}
    for n, phase in enumerate(protocol.phases):
        for days in phase.interval_days or (usual(phase),):
            found.setdefault(days, n)
    return found


def gap_if_stepped(protocol, at: Standing, step: int) -> int | None:
    phase = protocol.phases[at.phase]
    runs = at.gap if phase.interval_days else usual(phase)
    beyond = sorted(d for d in gaps(protocol) if (d > runs if step > 0 else d < runs))
    return None if not beyond else beyond[0] if step > 0 else beyond[-1]


def moved(protocol, at: Standing, change: IntervalChange, days: int) -> Standing:
    """Where the course stands after one more session."""
    if change is IntervalChange.RESTART:
        return Standing(0, 0, usual(protocol.phases[0]))
    if change is IntervalChange.KEEP:
        if at.index + 1 < size(protocol.phases[at.phase]):
            return Standing(at.phase, at.index + 1, at.gap)
        return Standing(at.phase + 1, 0, days)
    return Standing(gaps(protocol)[days], 0, days)


def kept_interval(phase, days: int) -> int:
    """The interval that sessions so many days apart tell of; up to two days early count as on their day."""
    return max((d for d in phase.interval_days if d <= days + 2), default=min(phase.interval_days))


def walk(protocol, chance: Random) -> int:
    """One course; returns how many proposals were looked at."""
    zone = ZoneInfo(chance.choice(ZONES))
    now = datetime(2026, 9, chance.randint(1, 28), chance.randint(8, 17), 30, tzinfo=zone)
    where = protocol.jurisdictions[0] if protocol.jurisdictions else "US"
    weight = Decimal(chance.randint(400, 1600)) / 10
    levels = value(protocol, "dose_levels", now.date())
    level, baseline = value(protocol, "dose_start", now.date()), chance.randint(15, 27)
    minutes = 40 if protocol.route == "intravenous" else None
    scores = [MeasuredScore("phq-9", baseline, (), now - timedelta(hours=1))]
    sessions: list[PastSession] = []
    standing, looked = Standing(0, 0, usual(protocol.phases[0])), 0
    for number in range(1, LENGTH):
        last = PastSession(
            at=now,
            protocol_id=protocol.id,
            substance=protocol.substance,
            dose_mg=Decimal(1),
            level=level,
            phase=protocol.phases[standing.phase].id,
            number=number,
            completed=chance.random() < 0.9,
            minutes=minutes,
            worst_adverse_event_grade=chance.choice((0, 0, 0, 1, 2, 3)),
            peak_systolic=chance.choice((140, 170, 185)),
            lowest_sedation_score=chance.choice((5, 5, 4, 2, 1)),
        )
        sessions.append(last)
        asked = (now + timedelta(days=1)).replace(hour=9)
        scores.append(MeasuredScore("phq-9", chance.randint(0, 27), (), asked - timedelta(minutes=5)))
        case = weighed(complete_case(at=asked - timedelta(hours=1), jurisdiction=where), weight, asked)
        case = replace(case, sessions=tuple(chance.sample(sessions, number)), scores=tuple(scores))
        advice = recommend(case, as_of=asked)
        assert {o.dose_change for o in advice.options} >= {DoseChange.END}
        ways = [o for o in advice.options if o.dose is not None]
        for option in ways:
            looked += 1
            step = {IntervalChange.SHORTEN: -1, IntervalChange.LENGTHEN: 1}.get(option.interval_change, 0)
            days = gap_if_stepped(protocol, standing, step) if step else gap_if_kept(protocol, standing)
            if option.interval_change is IntervalChange.RESTART:
                days = min(d for d, n in gaps(protocol).items() if n == 0)
            due = now.date() + timedelta(days=days)
            assert option.next_on == max(due, asked.date()), (option.id, standing)
            after = moved(protocol, standing, option.interval_change, days)
            assert option.phase == protocol.phases[after.phase].id, (option.id, standing)
            check_dose(option, protocol, levels, level, weight, sessions)
        if not ways:
            return looked
        chosen = chance.choice(ways)
        days = (chosen.next_on - now.date()).days
        standing = moved(protocol, standing, chosen.interval_change, days)
        late = chance.choice((0, 0, 0, 1, 3, 4))
        now = datetime.combine(chosen.next_on + timedelta(days=late), now.timetz())
        phase = protocol.phases[standing.phase]
        if phase.interval_days:
            standing.gap = kept_interval(phase, days + late)
        level, minutes = chosen.dose.level, chosen.dose.minutes
    return looked


def weighed(case: Case, kg: Decimal, at: datetime) -> Case:
    facts = (f for f in case.facts if f.key not in {"weight", "height"})
    new = {"weight": Quantity(kg, "kg"), "height": Quantity(Decimal(205), "cm")}
    told = (Fact(key, worth, at - timedelta(hours=1), STAFF) for key, worth in new.items())
    return replace(case, facts=(*facts, *told))


def badly_borne(session: PastSession) -> bool:
    return (
        not session.completed or session.worst_adverse_event_grade >= 3 or session.lowest_sedation_score <= 1
    )


def check_dose(option, protocol, levels, level, weight, sessions) -> None:
    dose = option.dose
    beside = {DoseChange.SAME: level}
    higher, lower = [x for x in levels if x > level], [x for x in levels if x < level]
    beside |= {DoseChange.RAISE: min(higher, default=None), DoseChange.LOWER: max(lower, default=None)}
    if option.interval_change is IntervalChange.RESTART:
        beside |= {option.dose_change: dose.level}
        assert dose.level in {s.level for s in sessions}, "the last dose that a response followed"
    assert dose.level == beside[option.dose_change] and dose.level in levels
    if option.dose_change is DoseChange.RAISE:
        last = sessions[-1]
        assert last.worst_adverse_event_grade < 2 and last.peak_systolic < 180
        assert last.lowest_sedation_score > 3
        assert not any(badly_borne(s) and s.level <= dose.level for s in sessions)
    if protocol.dose_basis == "mg/kg":
        assert dose.dose_mg == (dose.level * weight * 2).to_integral_value(ROUND_FLOOR) / 2
    else:
        assert dose.dose_mg == dose.level == 28 * dose.devices
    if dose.minutes:
        assert dose.dose_mg <= Decimal("0.025") * weight * dose.minutes


@pytest.mark.hazard("H-12")
@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("protocol", OPEN_END, ids=lambda p: p.id)
def test_every_way_of_a_course_is_the_files_schedule_and_dose(protocol, record_property):
    """Random walks through whole courses, seeded, in four zones, over the change of summer time."""
    chance = Random(protocol.id)
    record_property("n", sum(walk(protocol, chance) for _ in range(WALKS)))
