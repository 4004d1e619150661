"""A missed session and a long break: who decides what follows, and that nothing follows by itself."""

from datetime import timedelta
from itertools import product

import pytest

from posology.knowledge import Role, load_library
from posology.protocols import Verdict
from posology.recommendation import DoseChange, IntervalChange, recommend
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, session

LIBRARY = load_library()
KETAMINE = sorted(p.id for p in LIBRARY.protocols.values() if p.substance == "ketamine" and not p.based_on)
YESTERDAY = NOW - timedelta(days=1)


def found(advice, rule):
    return next((f for f in advice.protocols[0].report.findings if f.rule == f"adjustments/{rule}"), None)


def maintained(protocol: str, away: int, *, total: int, every: int = 14, best: int = 5, phase="maintenance"):
    """Four sessions of one phase, the last so many days ago; 20 before, then the best, then the total."""
    sessions = on_days(protocol, [away + every * n for n in range(4)], phase=phase)
    return course_case(sessions, 20, [(sessions[0].at + timedelta(days=1), best), (YESTERDAY, total)])


# ---------------------------------------------------------------- a missed session
@pytest.mark.parametrize(("away", "missed"), [(4, False), (7, False), (8, True), (20, True)])
def test_more_than_three_days_late_is_missed(away, missed):
    """Session 3 falls 4 days after session 2 (visit days 4 and 8); with 3 days of grace day 7 is in time."""
    case = course_case(on_days("ketamine-iv", [away + 3, away]), 20, [(YESTERDAY, 18)])
    assert (found(recommend(case, as_of=NOW), "missed-session") is not None) is missed


@pytest.mark.parametrize("protocol", KETAMINE)
def test_for_ketamine_no_rule_is_copied_and_a_prescriber_decides(protocol):
    """No source gives a rule (sheet of protocols, section 3): a dose is held until a reason is written."""
    case = course_case(on_days(protocol, [28, 20]), 20, [(YESTERDAY, 18)])
    advice = recommend(case, as_of=NOW)
    finding = found(advice, "missed-session")
    assert finding is not None and finding.verdict is Verdict.HOLD and finding.cleared_by is Role.PRESCRIBER
    assert "No source gives a rule" in finding.do and "JNJ-MI" not in {c.source for c in finding.citations}
    doses = [o for o in advice.options if o.dose is not None]
    assert doses and all(finding in o.blocked_by for o in doses)
    assert all(o.blocked_by == () for o in advice.options if o.dose is None)
    assert advice.verdict is Verdict.HOLD


@pytest.mark.parametrize("protocol", ["esketamine-nasal-us", "esketamine-mdsi-us"])
def test_in_the_first_weeks_of_esketamine_the_schedule_is_carried_on(protocol):
    """PR-ESK-16: a caution with the maker's advice, no hold; nothing is made up for."""
    case = course_case(on_days(protocol, [24, 20]), 20, [(YESTERDAY, 18)])
    advice = recommend(case, as_of=NOW)
    finding = found(advice, "missed-session")
    assert finding is not None and finding.verdict is Verdict.CAUTION
    assert {f for c in finding.citations for f in c.facts} == {"PR-ESK-16"}
    assert finding.do.startswith("Carry on")
    same = next(o for o in advice.options if o.dose_change is DoseChange.SAME)
    assert same.visits[0].on == NOW.date() and same.visits[0].phase == "induction"
    assert not any(f.rule.startswith("adjustments/") for o in advice.options for f in o.blocked_by)


@pytest.mark.parametrize("protocol", ["esketamine-nasal-eu", "esketamine-mdsi-eu"])
def test_in_europe_the_american_maker_s_advice_is_not_copied(protocol):
    case = course_case(on_days(protocol, [24, 20]), 20, [(YESTERDAY, 18)])
    finding = found(recommend(case, as_of=NOW), "missed-session")
    assert finding is not None and finding.verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("every", "phase", "denser"), [(14, "maintenance", 7), (7, "continuation", 3), (7, "maintenance", 3)]
)
def test_in_maintenance_with_worsening_the_denser_schedule_stands_first(every, phase, denser):
    """PR-ESK-17: every 2 weeks to weekly, weekly to twice weekly. First among equals, not chosen."""
    case = maintained("esketamine-nasal-us", every + 6, total=16, every=every, phase=phase)
    advice = recommend(case, as_of=NOW)
    finding = found(advice, "missed-session")
    assert finding is not None and "denser" in finding.do and finding.verdict is Verdict.CAUTION
    first = advice.options[0]
    assert first.interval_change is IntervalChange.SHORTEN and first.dose_change is DoseChange.SAME
    assert (first.visits[1].on - first.visits[0].on).days == denser
    on_time = recommend(
        maintained("esketamine-nasal-us", every, total=16, every=every, phase=phase), as_of=NOW
    )
    assert on_time.options[0].interval_change is not IntervalChange.SHORTEN


def test_in_maintenance_without_worsening_the_schedule_goes_on():
    advice = recommend(maintained("esketamine-nasal-us", 20, total=5), as_of=NOW)
    finding = found(advice, "missed-session")
    assert finding is not None and finding.do.startswith("The score is no worse: continue")
    assert advice.options[0].interval_change is IntervalChange.KEEP


# ---------------------------------------------------------------- a long break
@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("protocol", sorted(LIBRARY.protocols))
def test_after_a_long_break_no_course_goes_on_in_silence(protocol, record_property):
    """Every protocol x phase x response x pause of 29 to 400 days: N advices, each held, and no induction
    goes on.
    """
    n = 0
    phases = [p.id for p in LIBRARY.protocol(protocol).phases]
    for phase, total, away in product(phases, (24, 18, 12, 8, 3), (32, 60, 200, 400)):
        sessions = on_days(protocol, [away + 7, away], phase=phase)
        advice = recommend(course_case(sessions, 18, [(YESTERDAY, total)]), as_of=NOW)
        finding = found(advice, "long-break")
        assert finding is not None and finding.verdict is Verdict.HOLD, (phase, total, away)
        assert found(advice, "missed-session") is None
        assert {DoseChange.HOLD, DoseChange.END} <= {o.dose_change for o in advice.options}
        for option in advice.options:
            if option.dose is None:
                continue
            n += 1
            assert finding in option.blocked_by, option.id
            assert option.dose_change is not DoseChange.RAISE
            assert option.interval_change is IntervalChange.RESTART or phase != "induction", option.id
    record_property("n", n)


def test_the_break_is_long_only_beyond_the_widest_interval_of_the_protocol():
    """Ketamine may go every 28 days: with 3 days of grace 31 are in time, 32 are a break. Esketamine: 28."""
    for protocol, every, longest in (("ketamine-iv", 28, 31), ("esketamine-nasal-us", 14, 28)):
        for away, long in ((longest, False), (longest + 1, True)):
            advice = recommend(maintained(protocol, away, total=5, every=every), as_of=NOW)
            assert (found(advice, "long-break") is not None) is long, (protocol, away)


def test_a_new_induction_begins_at_its_first_visit_and_today():
    sessions = on_days("ketamine-iv", [207, 203, 200])
    advice = recommend(course_case(sessions, 20, [(YESTERDAY, 18)]), as_of=NOW)
    anew = next(o for o in advice.options if o.interval_change is IntervalChange.RESTART)
    days = [(v.on - NOW.date()).days for v in anew.visits[:7]]
    assert days == [0, 3, 7, 10, 14, 17, 24]
    assert [v.phase for v in anew.visits[:7]] == ["induction"] * 6 + ["continuation"]
    assert anew.session_number == 4


def test_after_a_new_induction_began_its_sessions_are_counted_anew():
    """Three sessions, 200 days of nothing, then one: the next is the second of its induction, 3 days on."""
    before = on_days("ketamine-iv", [207, 203, 200])
    anew = session("ketamine-iv", 4, NOW - timedelta(days=2))
    advice = recommend(course_case([*before, anew], 20, [(YESTERDAY, 18)]), as_of=NOW)
    same = next(o for o in advice.options if o.interval_change is IntervalChange.KEEP)
    assert [v.phase for v in same.visits[:6]] == ["induction"] * 5 + ["continuation"]
    assert (same.visits[0].on - NOW.date()).days == 1


def test_the_first_dose_of_a_course_is_offered_where_it_is_lower():
    """84 mg was the last; a course begins with 56 mg (PR-ESK-02), so both stand there."""
    sessions = on_days("esketamine-nasal-us", [64, 60], level="84")
    advice = recommend(course_case(sessions, 20, [(YESTERDAY, 18)]), as_of=NOW)
    offered = {(o.dose_change.value, int(o.dose.dose_mg)) for o in advice.options if o.dose}
    assert offered == {("same", 84), ("lower", 56)}


def test_a_course_that_ends_is_not_begun_again_by_itself():
    advice = recommend(course_case(on_days("esketamine-mdsi-us", [64, 60]), 20, [(YESTERDAY, 18)]), as_of=NOW)
    assert [o.dose_change for o in advice.options] == [DoseChange.HOLD, DoseChange.END]
    assert "a decision of its own" in advice.response_reason


# ---------------------------------------------------------------- a death
def test_a_recorded_death_is_a_stop_that_nobody_lifts():
    sessions = on_days("ketamine-iv", [7, 3])
    sessions[0] = session("ketamine-iv", 1, sessions[0].at, worst_adverse_event_grade=5)
    for later in ([], [(YESTERDAY, 18)]):
        advice = recommend(course_case(sessions, 20, later), as_of=NOW)
        assert advice.verdict is Verdict.STOP and advice.options == ()
        finding = found(advice, "death")
        assert finding is not None and finding.cleared_by is Role.NOBODY
        assert "death" in advice.protocols[0].why_no_options


def test_no_verdict_passes_above_no_options():
    """Whatever stands in the way, an answer without options says so in its verdict: N = 4 ways to none."""
    sessions = on_days("ketamine-iv", [7, 3])
    dead = [session("ketamine-iv", 1, sessions[0].at, worst_adverse_event_grade=5), sessions[1]]
    ways = (
        course_case(dead, 20, [(YESTERDAY, 18)]),
        course_case(sessions, 20, []),
        course_case(sessions, 20, [(YESTERDAY, 18)], changes={"weight": None}),
        course_case(sessions, 20, [(YESTERDAY, 18)], changes={"aneurysm_or_avm": None}),
    )
    for case in ways:
        advice = recommend(case, as_of=NOW)
        assert advice.options == () and not advice.verdict.lets_through
        assert advice.protocols[0].why_no_options
