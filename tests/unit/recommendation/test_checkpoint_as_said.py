"""What a checkpoint says, word for word, with the days and scores that it was read from."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from posology.case import Case
from posology.knowledge import Library, load_library
from posology.measures import ScoreError
from posology.protocols.findings import Observed
from posology.quantities import DomainError
from posology.recommendation import Prompt, recommend
from posology.recommendation.checkpoint import prompts_of
from posology.recommendation.course import course_of
from posology.recommendation.response import response_of
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, score, session

LIBRARY = load_library()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INDUCTION = [26, 23, 19, 16, 12, 9, 5, 2]  # visit days 1, 4, 8, 11, 15, 18, 22, 25: the last two days ago


def prompts(case: Case, library: Library = LIBRARY, as_of=NOW) -> tuple[Prompt, ...]:
    return recommend(case, as_of=as_of, library=library).prompts


def seen(total: int, at) -> Observed:
    return Observed("PHQ-9", str(total), at, None, "phq-9")


# ---------------------------------------------------------------- day 28
def test_day_28_that_lies_ahead_is_told_with_the_session_it_is_counted_from():
    sessions = on_days("esketamine-nasal-us", [7, 3])
    (found,) = prompts(course_case(sessions, 20, [(NOW - DAY, 18)]))
    assert found.id == "esketamine-nasal-us/benefit-day-28"
    assert found.say == "Day 28, from session 1 on 2026-11-17, is 2026-12-14."
    assert (found.due_on, found.is_due) == (date(2026, 12, 14), False)
    assert found.because == (
        Observed("First session of the phase", "session 1", sessions[0].at, None, "session"),
    )


def test_after_the_last_session_of_the_phase_it_is_due_with_the_next_decision():
    (found,) = prompts(course_case(on_days("esketamine-nasal-us", INDUCTION), 20, [(NOW - DAY, 9)]))
    assert found.say == (
        "Day 28, from session 1 on 2026-10-29, is 2026-11-25. "
        "It is due with the next decision: this phase has no further session."
    )
    assert (found.due_on, found.is_due) == (date(2026, 11, 25), True)


def test_a_course_at_its_end_is_asked_the_same():
    (found,) = prompts(course_case(on_days("esketamine-mdsi-us", INDUCTION), 20, [(NOW - DAY, 18)]))
    assert found.say.endswith("It is due with the next decision: this phase has no further session.")
    assert found.is_due


def test_a_clinic_is_shown_the_label_of_its_own_jurisdiction():
    """Where a checkpoint cites both labels of one drug, the own one stands for both."""
    protocol = LIBRARY.protocol("esketamine-nasal-us")
    induction, *later = protocol.phases
    both = tuple(c.model_copy(update={"sources": ("SPR-US", "SPR-EU")}) for c in induction.checkpoints)
    induction = induction.model_copy(update={"checkpoints": both})
    changed = protocol.model_copy(update={"phases": (induction, *later)})
    library = replace(LIBRARY, protocols={**LIBRARY.protocols, protocol.id: changed})
    case = course_case(on_days(protocol.id, [7, 3]), 20, [(NOW - DAY, 18)])
    assert [c.source for c in prompts(case, library)[0].citations] == ["SPR-US"]


# ---------------------------------------------------------------- six months after improvement
def test_the_review_is_told_with_the_day_of_the_first_response():
    """From 20, 8 is a response; six months after 23 November is 23 May."""
    case = course_case(on_days("esketamine-nasal-eu", [7, 3]), 20, [(NOW - DAY, 8)])
    found = prompts(case)[-1]
    assert found.id == "esketamine-nasal-eu/duration-review"
    assert found.say == "The first PHQ-9 with a response was on 2026-11-23; 6 months later is 2027-05-23."
    assert (found.due_on, found.is_due) == (date(2027, 5, 23), False)
    assert found.because == (seen(20, case.sessions[0].at - 2 * HOUR), seen(8, NOW - DAY))


def test_a_response_between_the_first_two_sessions_is_the_first():
    sessions = on_days("esketamine-nasal-eu", [7, 3])
    case = course_case(sessions, 20, [(sessions[0].at + DAY, 9), (NOW - DAY, 8)])
    assert prompts(case)[-1].say.startswith("The first PHQ-9 with a response was on 2026-11-18;")


def test_a_form_of_before_or_at_the_first_session_is_no_response_to_it():
    """9 a month before and 8 at the very start, then 20 as the baseline: the response is that of later."""
    sessions = on_days("esketamine-nasal-eu", [7, 3])
    case = course_case(sessions, 20, [(NOW - DAY, 8)])
    early = (score(9, sessions[0].at - 30 * DAY), score(8, sessions[0].at))
    course, response = course_of(case, LIBRARY, as_of=NOW), response_of(case, LIBRARY, as_of=NOW)
    told = prompts_of(course, replace(case, scores=(*early, *case.scores)), response, LIBRARY, as_of=NOW)
    assert told[-1].say.startswith("The first PHQ-9 with a response was on 2026-11-23;")


def test_of_a_baseline_of_nothing_no_response_is_formed():
    case = course_case(on_days("esketamine-nasal-eu", [7, 3]), 0, [(NOW - DAY, 0)])
    assert [p.id for p in prompts(case)] == ["esketamine-nasal-eu/benefit-day-28"]


def test_what_is_due_stands_before_what_lies_ahead():
    case = course_case(on_days("esketamine-nasal-eu", INDUCTION), 20, [(NOW - DAY, 8)])
    assert [(p.id.split("/")[1], p.is_due) for p in prompts(case)] == [
        ("benefit-day-28", True),
        ("duration-review", False),
    ]
    months_ago = session("esketamine-nasal-eu", 1, NOW - 300 * DAY)
    newest = session("esketamine-nasal-eu", 2, NOW - 3 * DAY)
    case = course_case([months_ago, newest], 20, [(NOW - 299 * DAY, 8), (NOW - DAY, 8)])
    assert [(p.id.split("/")[1], p.is_due) for p in prompts(case)] == [
        ("duration-review", True),
        ("benefit-day-28", False),
    ]


# ---------------------------------------------------------------- early futility
def after_infusions(*totals: int | None, baseline: int = 20, hours: int = 24) -> Case:
    """Infusions 3 to 4 days apart, the last two days ago, with a form so many hours after each."""
    sessions = on_days("ketamine-iv", [13, 9, 6, 2][4 - len(totals) :])
    forms = [
        (s.at + hours * HOUR, total) for s, total in zip(sessions, totals, strict=True) if total is not None
    ]
    return course_case(sessions, baseline, forms)


def test_each_of_the_first_three_is_told_with_its_hours_and_its_fall():
    """From 20: 17 is 15 % lower, 21 is 5 % higher, 20 is unchanged."""
    case = after_infusions(17, 21, 20)
    (found,) = prompts(case)
    assert found.id == "ketamine-iv/early-futility"
    assert found.say == (
        "PHQ-9 was 20 before the course; 17 on 2026-11-16, 24 h after session 1 (15 % lower); "
        "21 on 2026-11-19, 24 h after session 2 (5 % higher); "
        "20 on 2026-11-23, 24 h after session 3 (unchanged). Each fall is held against 20 %."
    )
    assert (found.due_on, found.is_due) == (date(2026, 11, 23), True)
    first, second, third = (s.at + DAY for s in case.sessions)
    assert found.because == (
        seen(20, case.sessions[0].at - 2 * HOUR),
        seen(17, first),
        seen(21, second),
        seen(20, third),
    )


def test_the_smallest_move_is_told_to_a_tenth():
    """One point of 27 is 3.7 %."""
    say = prompts(after_infusions(26, 27, 26, baseline=27))[0].say
    assert say.count("(3.7 % lower)") == 2 and "27 on 2026-11-19, 24 h after session 2 (unchanged)" in say


def test_a_part_of_an_hour_is_not_told():
    case = after_infusions(17, 17, 17)
    moved = tuple(replace(s, at=s.at + timedelta(minutes=59)) for s in case.scores[1:])
    assert prompts(replace(case, scores=(case.scores[0], *moved)))[0].say.count("24 h after") == 3


def test_after_infusion_4_the_prompt_is_of_that_day():
    """12, 12, 12 and then 17: only the last fall is below 20 %, and the first three are shown beside it."""
    (found,) = prompts(after_infusions(12, 12, 12, 17))
    assert found.due_on == date(2026, 11, 23)
    assert found.say == (
        "PHQ-9 was 20 before the course; 12 on 2026-11-12, 24 h after session 1 (40 % lower); "
        "12 on 2026-11-16, 24 h after session 2 (40 % lower); "
        "12 on 2026-11-19, 24 h after session 3 (40 % lower); "
        "17 on 2026-11-23, 24 h after session 4 (15 % lower). Each fall is held against 20 %."
    )


def test_three_misses_and_a_fourth_in_time_are_of_the_third_s_day():
    """After infusion 4 it fell by 25 % at first, and the newest form is back at 17."""
    case = after_infusions(17, 17, 17, 15)
    case = replace(case, scores=(*case.scores, score(17, NOW - HOUR)))
    (found,) = prompts(case)
    assert found.due_on == date(2026, 11, 19)


def test_it_is_asked_from_the_first_day_of_its_source_on():
    """The study is of 2024; on the last day of 2023 nobody could have known it."""
    known_from = min(LIBRARY.adjustments.values["futility_fall_percent"])
    assert known_from == date(2024, 1, 1)
    for day, asked in ((known_from - DAY, False), (known_from, True)):
        now = NOW.replace(year=day.year, month=day.month, day=day.day)
        sessions = [session("ketamine-iv", n, now - d * DAY) for n, d in ((1, 9), (2, 6), (3, 2))]
        case = course_case(sessions, 20, [(s.at + DAY, 17) for s in sessions], at=now)
        assert bool(prompts(case, as_of=now)) is asked


def test_of_a_second_induction_it_is_not_asked():
    """Three infusions 200 days ago, then three that did little: how that goes on was not studied."""
    before = on_days("ketamine-iv", [213, 209, 206])
    again = [session("ketamine-iv", n, NOW - d * DAY) for n, d in ((4, 9), (5, 6), (6, 2))]
    forms = [(s.at + DAY, 17) for s in (*before, *again)]
    assert prompts(course_case([*before, *again], 20, forms)) == ()


def test_outside_the_induction_it_is_not_asked():
    """A course that began weekly, with three misses: its checkpoint stands in a phase it is not in."""
    sessions = on_days("ketamine-iv", [16, 9, 2], phase="continuation")
    assert prompts(course_case(sessions, 20, [(s.at + DAY, 17) for s in sessions])) == ()


def test_without_a_newest_score_it_is_not_asked():
    case = after_infusions(17, 17, 17)
    assert prompts(replace(case, scores=case.scores[:-1])) == ()


def test_a_fall_is_worked_out_by_the_library_given():
    case = after_infusions(17, 17, 17)
    course, response = course_of(case, LIBRARY, as_of=NOW), response_of(case, LIBRARY, as_of=NOW)
    without = replace(LIBRARY, measures={})
    with pytest.raises(ScoreError, match="no instrument 'phq-9'"):
        prompts_of(course, case, response, without, as_of=NOW)


@pytest.mark.parametrize(("fourth", "asked"), [(17, True), (16, False)])
def test_a_fall_of_just_the_threshold_after_infusion_4_is_none_too_little(fourth, asked):
    """From 20, 16 is 20 % lower; that it is 17 again on the next day does not bring the question back."""
    case = after_infusions(12, 12, 12, fourth)
    case = replace(case, scores=(*case.scores, score(17, NOW - HOUR)))
    assert bool(prompts(case)) is asked


@pytest.mark.parametrize("unmeasured", [0, 1])
def test_a_form_at_the_very_moment_of_a_session_is_neither_after_it_nor_after_the_one_before(unmeasured):
    """At session 2 itself: it says nothing of session 1, and nothing yet of session 2."""
    case = after_infusions(17, 17, 17)
    at_second = score(17, case.sessions[1].at)
    kept = [s for i, s in enumerate(case.scores[1:]) if i != unmeasured]
    assert prompts(case) != ()
    assert prompts(replace(case, scores=(case.scores[0], at_second, *kept))) == ()


def test_of_two_forms_the_later_one_counts_where_it_is_nearer_to_24_hours():
    """2 h after each session 12, on the next day 17."""
    case = after_infusions(17, 17, 17)
    early = tuple(score(12, s.at + 2 * HOUR) for s in case.sessions)
    assert (
        "17 on 2026-11-23, 24 h after session 3"
        in prompts(replace(case, scores=(*case.scores, *early)))[0].say
    )


def test_a_threshold_in_another_unit_is_refused():
    dated = LIBRARY.adjustments.values["futility_fall_percent"]
    other = {day: value.model_copy(update={"unit": "1"}) for day, value in dated.items()}
    values = {**LIBRARY.adjustments.values, "futility_fall_percent": other}
    library = replace(LIBRARY, adjustments=LIBRARY.adjustments.model_copy(update={"values": values}))
    with pytest.raises(DomainError, match="%"):
        prompts(after_infusions(17, 17, 17), library)
