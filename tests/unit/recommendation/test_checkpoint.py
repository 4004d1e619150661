"""Checkpoints: when each is due, what it shows, and that it only ever asks."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.recommendation import recommend
from posology.recommendation.checkpoint import months_later
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, score, session

LIBRARY = load_library()
DAYS = [18, 15, 11, 8, 4, 2]  # before today: the visit days 1, 4, 8, 11, 15 and one more


def prompt(advice, name):
    return next((p for p in advice.prompts if p.id.endswith(name)), None)


def infusions(*totals: int | None, baseline: int = 20, protocol: str = "ketamine-iv"):
    """So many infusions, each with this PHQ-9 on the day after it (or none)."""
    sessions = on_days(protocol, DAYS[: len(totals)])
    last = sessions[-1].at
    now = max(last + timedelta(hours=25), NOW - timedelta(days=DAYS[len(totals) - 1] - 1))
    scores = [(s.at + timedelta(hours=24), t) for s, t in zip(sessions, totals, strict=True) if t is not None]
    return course_case(sessions, baseline, scores, at=now), now


# ---------------------------------------------------------------- early futility (PR-IV-15)
@pytest.mark.parametrize(
    ("totals", "fires"),
    [
        # By hand from 20: a fall below 20 % is a total above 16.
        ((17,), False),
        ((17, 17), False),  # two misses in a row are not enough
        ((17, 17, 17), True),
        ((20, 24, 18), True),
        ((16, 17, 17), False),  # 20 % is not below 20 %
        ((17, 16, 17), False),
        ((17, 17, 16), False),
        ((17, None, 17), False),  # not measured is no miss
        ((12, 12, 12, 17), True),  # infusion 4 alone
        ((None, None, None, 17), True),
        ((12, 12, 12, 16), False),
        ((17, 17, 17, 16), False),  # it has fallen by 20 % since: the question is answered
        ((17, 17, 17, 17, 17), True),
        ((17, 17, 17, 17, 16), False),
        ((12, 12, 12, 12, 17), False),  # a miss after infusion 5 was not studied
    ],
)
def test_little_change_after_one_to_three_or_after_four_raises_the_prompt(totals, fires):
    case, now = infusions(*totals)
    found = prompt(recommend(case, as_of=now), "early-futility")
    assert (found is not None) is fires
    if found is not None:
        assert found.is_due and "MADRS" in found.limit and "stops nothing" in found.do
        assert {(c.source, *c.facts) for c in found.citations} == {("FUTIL24", "PR-IV-15")}


def test_the_prompt_shows_the_scores_and_dates_that_fired_it():
    case, now = infusions(17, 18, 20)
    found = prompt(recommend(case, as_of=now), "early-futility")
    assert [(o.what, o.shown) for o in found.because] == [("PHQ-9", t) for t in ("20", "17", "18", "20")]
    assert all(o.at is not None for o in found.because)
    for word in (
        "17 on 2026-11-07",
        "24 h after session 1 (15 % lower)",
        "18 on",
        "20 on",
        "(unchanged)",
        "20 %",
    ):
        assert word in found.say, found.say
    assert found.due_on == date(2026, 11, 14)


def test_the_form_nearest_to_24_hours_counts():
    """After infusion 4 a form at 26 h says 15 (25 % lower), one at 60 h says 19: no prompt from the first."""
    case, now = infusions(12, 12, 12, 15)
    fourth = case.sessions_in_order()[3].at
    later = now + timedelta(days=1)
    case = replace(case, scores=(*case.scores, score(19, fourth + timedelta(hours=47))))
    assert prompt(recommend(case, as_of=later), "early-futility") is None
    swapped = tuple(
        replace(s, total={15: 19, 19: 17}.get(s.total, s.total)) if s.at > fourth else s for s in case.scores
    )
    assert prompt(recommend(replace(case, scores=swapped), as_of=later), "early-futility") is not None


@pytest.mark.parametrize("protocol", sorted(set(LIBRARY.protocols) - {"ketamine-iv"}))
def test_it_is_asked_of_infusions_alone(protocol):
    """135 patients, all by infusion: other routes and esketamine were not in the study."""
    case, now = infusions(20, 20, 20, 20, protocol=protocol)
    assert prompt(recommend(case, as_of=now), "futility") is None


def test_a_prompt_changes_no_option_and_no_verdict(record_property):
    """Every row of totals from a small set, with the file's prompts and without: N pairs, equal options."""
    bare = without_checkpoints()
    n = 0
    for totals in product((24, 17, 16, 8), repeat=3):
        case, now = infusions(*totals)
        asked, silent = recommend(case, as_of=now), recommend(case, as_of=now, library=bare)
        assert silent.prompts == ()
        assert (asked.options, asked.verdict, asked.response) == (
            silent.options,
            silent.verdict,
            silent.response,
        )
        n += 1
    record_property("n", n)


def without_checkpoints():
    protocols = {
        key: p.model_copy(
            update={"phases": tuple(f.model_copy(update={"checkpoints": ()}) for f in p.phases)}
        )
        for key, p in LIBRARY.protocols.items()
    }
    return replace(LIBRARY, protocols=protocols)


# ---------------------------------------------------------------- day 28 (PR-ESK-06, PR-ESK-08)
@pytest.mark.parametrize(
    ("protocol", "fact"),
    [
        ("esketamine-nasal-us", "PR-ESK-06"),
        ("esketamine-nasal-eu", "PR-ESK-06"),
        ("esketamine-mdsi-us", "PR-ESK-08"),
        ("esketamine-mdsi-eu", "PR-ESK-32"),
    ],
)
def test_benefit_is_judged_on_day_28(protocol, fact):
    """Begun on 1 November, day 28 is 28 November: ahead after session 7, due with the decision after 8."""
    first = NOW.replace(day=1)
    days = [1, 4, 8, 11, 15, 18, 22, 25]
    for given, due in ((7, False), (8, True)):
        sessions = [
            session(protocol, n, first + timedelta(days=d - 1)) for n, d in enumerate(days[:given], 1)
        ]
        now = sessions[-1].at + timedelta(days=1)
        found = prompt(recommend(course_case(sessions, 20, [(now, 9)], at=now), as_of=now), "benefit-day-28")
        assert found.due_on == date(2026, 11, 28) and found.is_due is due
        assert {f for c in found.citations for f in c.facts} == {fact}


def test_an_induction_that_was_late_is_judged_on_day_28_all_the_same():
    first = NOW.replace(day=1)
    sessions = [
        session("esketamine-nasal-us", n, first + timedelta(days=d)) for n, d in enumerate((0, 4, 22), 1)
    ]
    for day, due in ((27, False), (28, True)):
        now = first.replace(day=day, hour=9)
        found = prompt(recommend(course_case(sessions, 20, [(now, 15)], at=now), as_of=now), "benefit-day-28")
        assert found.is_due is due


def test_once_the_course_went_on_it_is_not_asked_again():
    sessions = on_days("esketamine-nasal-us", [32, 29, 25, 22, 18, 15, 11, 8])
    sessions.append(session("esketamine-nasal-us", 9, NOW - timedelta(days=1), phase="continuation"))
    case = course_case(sessions, 20, [(NOW - timedelta(hours=2), 9)])
    assert prompt(recommend(case, as_of=NOW), "benefit-day-28") is None


# ---------------------------------------------------------------- six months after improvement (PR-ESK-35)
@pytest.mark.parametrize(("today", "due"), [(date(2026, 7, 30), False), (date(2026, 7, 31), True)])
def test_in_europe_treatment_is_reviewed_six_months_after_improvement(today, due):
    """First response on 31 January 2026; six months later is 31 July."""
    now = NOW.replace(month=today.month, day=today.day)
    sessions = [
        session("esketamine-nasal-eu", n, NOW.replace(month=1, day=d)) for n, d in enumerate((26, 29), 1)
    ]
    sessions.append(session("esketamine-nasal-eu", 3, now - timedelta(days=7), phase="maintenance"))
    scores = [(NOW.replace(month=1, day=28), 12), (NOW.replace(month=1, day=31), 10), (now, 8)]
    found = prompt(recommend(course_case(sessions, 20, scores, at=now), as_of=now), "duration-review")
    assert found.due_on == date(2026, 7, 31) and found.is_due is due
    assert "2026-01-31" in found.say and {f for c in found.citations for f in c.facts} == {"PR-ESK-35"}


def test_without_a_response_there_is_no_such_date():
    case = course_case(on_days("esketamine-nasal-eu", [7, 3]), 20, [(NOW - timedelta(days=1), 11)])
    assert prompt(recommend(case, as_of=NOW), "duration-review") is None


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 1, 31), date(2026, 7, 31)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 29), date(2028, 2, 29)),
        (date(2026, 6, 30), date(2026, 12, 30)),
        (date(2026, 5, 31), date(2026, 11, 30)),
    ],
)
def test_six_months_later_is_the_same_day_or_the_last_of_its_month(day, later):
    assert months_later(day, 6) == later
