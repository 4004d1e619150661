"""What is said of the time since the last session, word for word, and whose decision it is."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from posology.case import Case
from posology.knowledge import Certainty, Level, Library, Role, load_library
from posology.protocols import Finding, Verdict
from posology.protocols.findings import Observed
from posology.recommendation import recommend
from posology.recommendation.course import course_of, days_of_a_long_break
from posology.recommendation.missed import Pause, SinceLast, death_in, since_last
from posology.recommendation.response import Response
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, session

LIBRARY = load_library()
DAY = timedelta(days=1)
YESTERDAY = NOW - DAY
NO_WORSE = "The score is no worse: continue the schedule, as the maker advises."
WORSENED = (
    "Scores have worsened: consider going back to the denser schedule before, as the maker advises (every 2 "
    "weeks to weekly, weekly to twice a week)."
)


def course(protocol: str, days, *totals: int, phase: str = "induction", **told) -> Case:
    """Return a course of 20 before, with these totals, a day apart, the last yesterday."""
    when = [YESTERDAY - n * DAY for n in range(len(totals))]
    later = list(zip(reversed(when), totals, strict=True))
    return course_case(on_days(protocol, days, phase=phase, **told), 20, later)


def raised(case: Case, library: Library = LIBRARY) -> list[Finding]:
    found = recommend(case, as_of=NOW, library=library).protocols[0].report.findings
    return [f for f in found if f.rule.startswith("adjustments/")]


def last_session(case: Case) -> Observed:
    last = case.sessions[-1]
    return Observed("Last session", f"session {last.number}", last.at, None, "session")


# ---------------------------------------------------------------- a missed session
def test_a_missed_session_is_told_with_the_day_it_was_due():
    """Sessions 28 and 20 days ago; session 3 was due 4 days after session 2, that is 16 days ago."""
    case = course("ketamine-iv", [28, 20], 18)
    (found,) = raised(case)
    assert (found.rule, found.title) == ("adjustments/missed-session", "A session was missed")
    assert found.message == "By the interval that ran, session 3 was due on 2026-11-08, 16 days ago."
    assert found.do == (
        "No source gives a rule for a missed session of this protocol, and that of another drug or label is "
        "not copied. Decide whether to go on, to go back to the denser schedule or to wait, and write down "
        "why."
    )
    assert found.because == (last_session(case),) and found.missing == ()
    assert (found.verdict, found.level, found.cleared_by) == (Verdict.HOLD, Level.HOLD, Role.PRESCRIBER)
    assert found.certainty is Certainty.SITE_DEFAULT and not found.each_session


def test_the_maker_s_rule_is_told_in_its_words_and_with_its_facts():
    case = course("esketamine-nasal-us", [24, 20], 18)
    (found,) = raised(case)
    assert found.title == "A session was missed"
    assert found.message == "By the interval that ran, session 3 was due on 2026-11-08, 16 days ago."
    assert found.do == "Carry on with the current schedule: so the maker advises for the first 4 weeks."
    assert (found.verdict, found.level, found.cleared_by) == (Verdict.CAUTION, Level.CAUTION, Role.NOBODY)
    assert found.certainty is Certainty.VERIFIED
    assert [(c.source, c.facts, c.certainty) for c in found.citations] == [
        ("JNJ-MI", ("PR-ESK-16",), Certainty.VERIFIED)
    ]


@pytest.mark.parametrize(
    ("totals", "do", "first"),
    [
        ((5, 16), WORSENED, "same-shorten"),
        ((16, 26), WORSENED, "same-shorten"),
        ((18,), NO_WORSE, "same-keep-later"),
        ((8,), NO_WORSE, "same-keep-well"),
    ],
)
def test_in_maintenance_the_maker_s_advice_follows_the_score(totals, do, first):
    case = course("esketamine-nasal-us", [48, 34, 20], *totals, phase="maintenance")
    (found,) = raised(case)
    assert found.do == do
    assert found.message == "By the interval that ran, session 4 was due on 2026-11-18, 6 days ago."
    assert recommend(case, as_of=NOW).options[0].id.split("/")[2] == first


def test_where_the_denser_schedule_stands_first_the_others_keep_their_order():
    case = course("esketamine-nasal-us", [48, 34, 20], 5, 16, phase="maintenance")
    assert [o.id.split("/")[2] for o in recommend(case, as_of=NOW).options] == [
        "same-shorten",
        "effective-restart-worse",
        "same-keep-after-response",
        "hold-not-well",
        "end-after-response",
    ]


def test_after_the_last_session_of_a_course_none_is_missed():
    case = course("esketamine-mdsi-us", [44, 41, 37, 34, 30, 27, 23, 20], 18)
    assert raised(case) == []


# ---------------------------------------------------------------- a long break
def test_a_long_break_is_told_with_its_days():
    case = course("ketamine-iv", [64, 60], 18)
    (found,) = raised(case)
    assert (found.rule, found.title) == ("adjustments/long-break", "A long break")
    assert found.message == "The last session, number 2, was 60 days ago, on 2026-09-25."
    assert found.do == (
        "Decide whether to begin the induction anew, to go on or to end, and write down why. No source read "
        "says how long a break may be."
    )
    assert found.because == (last_session(case),) and found.missing == ()
    assert (found.verdict, found.level, found.cleared_by) == (Verdict.HOLD, Level.HOLD, Role.PRESCRIBER)
    assert [c.source for c in found.citations] == ["SEED", "SUST3-REIND", "SITE-DEFAULT"]


@pytest.mark.parametrize(
    ("protocol", "days"),
    [
        ("ketamine-iv", 31),  # every 28 days at the widest, and 3 days of grace
        ("ketamine-oral", 31),
        ("esketamine-nasal-us", 28),  # 14 and 3 are less than the 28 days of the file
        ("esketamine-mdsi-us", 28),
    ],
)
def test_a_break_is_long_beyond_so_many_days(protocol, days):
    assert days_of_a_long_break(LIBRARY.protocol(protocol), LIBRARY, as_of=NOW) == days


def in_hours(name: str, hours: int) -> Library:
    """Return the library in which a site wrote a number of days in hours."""
    dated = LIBRARY.adjustments.values[name]
    told = {day: v.model_copy(update={"value": Decimal(hours), "unit": "h"}) for day, v in dated.items()}
    values = {**LIBRARY.adjustments.values, name: told}
    return replace(LIBRARY, adjustments=LIBRARY.adjustments.model_copy(update={"values": values}))


def test_days_that_a_site_wrote_in_hours_are_days():
    """960 h without a session are 40 days; 96 h of grace are 4 days beside the widest interval, 28."""
    infusion = LIBRARY.protocol("ketamine-iv")
    assert days_of_a_long_break(infusion, in_hours("long_break_days", 960), as_of=NOW) == 40
    assert days_of_a_long_break(infusion, in_hours("missed_after_days", 96), as_of=NOW) == 32


@pytest.mark.parametrize(("away", "missed"), [(8, False), (9, True)])
def test_grace_that_a_site_wrote_in_hours_is_in_days(away, missed):
    """Due after 4 days; with 96 h of grace day 8 is in time."""
    case = course("ketamine-iv", [away + 3, away], 18)
    assert bool(raised(case, in_hours("missed_after_days", 96))) is missed


def test_a_site_is_shown_the_label_of_its_own_jurisdiction():
    """Where the file cites both labels of one drug, the own one stands for both."""
    asked = LIBRARY.adjustments.long_break.model_copy(update={"sources": ("SPR-US", "SPR-EU")})
    library = replace(LIBRARY, adjustments=LIBRARY.adjustments.model_copy(update={"long_break": asked}))
    (found,) = raised(course("ketamine-iv", [64, 60], 18), library)
    assert [c.source for c in found.citations] == ["SPR-US"]


def test_on_plan_nothing_is_found():
    """Three days late is in time, four are not."""
    for away, pause in (
        (4, Pause.NONE),
        (7, Pause.NONE),
        (8, Pause.MISSED),
        (31, Pause.MISSED),
        (32, Pause.LONG),
    ):
        case = course("ketamine-iv", [away + 3, away], 18)
        since = since_last(
            course_of(case, LIBRARY, as_of=NOW), Response("none", ""), LIBRARY, jurisdiction="US", as_of=NOW
        )
        assert since.pause is pause, away
        assert (since == SinceLast(Pause.NONE)) is (pause is Pause.NONE)
        assert not since.denser_first


# ---------------------------------------------------------------- a death
@pytest.mark.parametrize(("grade", "stops"), [(4, False), (5, True)])
def test_a_death_is_told_with_its_session(grade, stops):
    sessions = [
        session("ketamine-iv", 1, NOW - 7 * DAY),
        session("ketamine-iv", 2, NOW - 3 * DAY, worst_adverse_event_grade=grade),
    ]
    case = course_case(sessions, 20, [(YESTERDAY, 18)])
    found = death_in(course_of(case, LIBRARY, as_of=NOW), LIBRARY, jurisdiction="US")
    if not stops:
        assert found is None
        return
    assert found is not None
    assert (found.rule, found.title) == ("adjustments/death", "A death is recorded")
    assert found.message == "An adverse event of grade 5, a death, is recorded for session 2."
    assert found.do == "Do not order a dose. Check the record: an adverse event of grade 5 is a death."
    assert (found.verdict, found.level, found.cleared_by) == (Verdict.STOP, Level.STOP, Role.NOBODY)
    assert found.because == (last_session(case),) and found.certainty is Certainty.SECONDARY
