"""Where a running course stands, by hand: its stretch, its interval, its next place and its planned days."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from posology.case import Answer, PastSession
from posology.knowledge import KnowledgeError, load_library
from posology.protocols import Verdict
from posology.protocols.schedule import Rung
from posology.quantities import DomainError
from posology.recommendation import recommend
from posology.recommendation.course import Course, course_of
from posology.recommendation.reasons import reasons
from tests.cases import NOW, complete_case
from tests.refusals import plain
from tests.unit.recommendation.courses import course_case, on_days, session
from tests.unit.recommendation.test_prior import begun_with, earlier

LIBRARY = load_library()
DAY = timedelta(days=1)


def standing(sessions: list[PastSession]) -> Course:
    return course_of(course_case(sessions, 20, []), LIBRARY, as_of=NOW)


def place(course: Course) -> tuple[str, int] | None:
    """Return the phase of the next session and which of the phase it is, from 1."""
    after = course.next_place
    return None if after is None else (after.phase.id, after.index + 1)


INDUCTION = on_days("ketamine-iv", [25, 22, 18, 15, 11, 8])  # visit days 1, 4, 8, 11, 15, 18
ENDED = [26, 23, 19, 16, 12, 9, 5, 2]


@pytest.mark.parametrize(
    ("sessions", "stretch", "next_one", "gap"),
    [
        ([session("ketamine-iv", 1, NOW - 3 * DAY)], 1, ("induction", 2), 3),
        (on_days("ketamine-iv", [7, 3]), 2, ("induction", 3), 4),
        (on_days("ketamine-iv", [10, 7, 3]), 3, ("induction", 4), 3),
        (INDUCTION, 6, ("continuation", 1), 7),
        ([*INDUCTION, session("ketamine-iv", 7, NOW - DAY, phase="continuation")], 1, ("continuation", 2), 7),
        (on_days("ketamine-iv", [22, 15, 8, 1], phase="continuation"), 4, ("maintenance", 1), 14),
        (on_days("ketamine-iv", [22, 1], phase="maintenance"), 2, ("maintenance", 3), 21),
        ([session("ketamine-iv", 1, NOW - DAY, phase="maintenance")], 1, ("maintenance", 2), 14),
        (on_days("esketamine-mdsi-us", ENDED), 8, None, None),
        # 31 days without a session are no long break of an infusion's course, and 32 are.
        (
            [session("ketamine-iv", n, NOW - d * DAY) for n, d in ((1, 40), (2, 9), (3, 2))],
            3,
            ("induction", 4),
            3,
        ),
        (
            [session("ketamine-iv", n, NOW - d * DAY) for n, d in ((1, 41), (2, 9), (3, 2))],
            2,
            ("induction", 3),
            4,
        ),
    ],
)
def test_a_course_stands_where_its_last_sessions_left_it(sessions, stretch, next_one, gap):
    course = standing(sessions)
    assert (course.stretch, place(course), course.planned_gap) == (stretch, next_one, gap)
    assert course.next_number == sessions[-1].number + 1
    assert course.last is course.sessions[-1] == sessions[-1]
    assert course.stretch_began_on == sessions[-stretch].at.date()
    assert course.last_on == sessions[-1].at.date()


def test_in_maintenance_the_interval_that_ran_is_kept_and_before_it_none_is():
    assert standing(on_days("ketamine-iv", [22, 1], phase="maintenance")).kept_rung == Rung("maintenance", 21)
    assert standing(on_days("ketamine-iv", [15, 1], phase="maintenance")).kept_rung == Rung("maintenance", 14)
    induction = standing(on_days("ketamine-iv", [7, 3]))
    assert induction.rung == Rung("induction", 3) and induction.kept_rung is None


def test_the_interval_that_ran_is_that_of_the_last_two_sessions():
    """Two weeks apart, then three: three run."""
    assert standing(on_days("ketamine-iv", [36, 22, 1], phase="maintenance")).rung.days == 21
    assert standing(on_days("ketamine-iv", [36, 15, 1], phase="maintenance")).rung.days == 14


def test_the_days_are_those_of_the_site():
    sessions = on_days("ketamine-iv", [7, 3])
    early = [session("ketamine-iv", s.number, s.at.replace(hour=3)) for s in sessions]
    there = NOW.astimezone(ZoneInfo("Pacific/Honolulu"))
    course = course_of(course_case(early, 20, []), LIBRARY, as_of=there)
    assert course.days == (date(2026, 11, 16), date(2026, 11, 20))


# ---------------------------------------------------------------- the whole answer
KNOWLEDGE = [
    "adjustments",
    "assessment-questions",
    "dosing-weights",
    "drugs",
    "ketamine-iv",
    "products",
    "rules-cautions",
    "rules-contraindications",
    "rules-indication",
    "rules-interactions",
    "rules-session",
]


def test_an_answer_names_the_knowledge_that_it_was_made_from():
    begun = recommend(complete_case(), as_of=NOW, protocols=("ketamine-iv",))
    running = recommend(course_case(on_days("ketamine-iv", [7, 3]), 20, [(NOW - DAY, 18)]), as_of=NOW)
    for advice in (begun, running):
        assert [stamp.id for stamp in advice.knowledge] == KNOWLEDGE
        assert all(stamp == LIBRARY.stamps[stamp.id] for stamp in advice.knowledge)
    both = recommend(complete_case(), as_of=NOW, protocols=("ketamine-iv", "ketamine-im"))
    assert [stamp.id for stamp in both.knowledge] == sorted([*KNOWLEDGE, "ketamine-im"])


def test_what_is_needed_is_asked_once_the_dose_s_own_first():
    advice = recommend(complete_case({"medication_list_complete": None, "weight": None}), as_of=NOW)
    assert [(m.key, m.why) for m in advice.needed] == [
        ("weight", "not asked yet"),
        ("medication_list_complete", "not asked yet"),
    ]


def test_an_answer_says_when_and_that_no_session_was_given():
    advice = recommend(complete_case(), as_of=NOW)
    assert (advice.as_of, advice.response, advice.response_reason) == (NOW, "start", "No session yet.")
    assert advice.verdict is Verdict.PASS and advice.overdue == ()


def test_files_past_their_review_are_named_on_the_day():
    day = LIBRARY.adjustments.review_due
    later = NOW.replace(year=day.year, month=day.month, day=day.day)
    advice = recommend(complete_case(at=later - timedelta(hours=1)), as_of=later)
    assert advice.overdue == LIBRARY.overdue(day) != ()


def test_the_verdict_is_the_mildest_that_any_protocol_reached():
    """An aneurysm stops the spray and holds the infusion."""
    case = complete_case({"aneurysm_or_avm": Answer.YES})
    advice = recommend(case, as_of=NOW, protocols=("esketamine-nasal-us", "ketamine-iv"))
    assert [p.verdict for p in advice.protocols] == [Verdict.STOP, Verdict.HOLD]
    assert advice.verdict is Verdict.HOLD


def test_a_protocol_for_one_group_is_offered_to_it_alone():
    for acute, offered in ((Answer.NO, False), (Answer.YES, True), (None, False)):
        advice = recommend(complete_case({"acute_suicidality": acute}), as_of=NOW)
        assert ("esketamine-mdsi-us" in {p.report.protocol_id for p in advice.protocols}) is offered


def test_a_draft_begins_no_course():
    with pytest.raises(KnowledgeError) as refused:
        recommend(complete_case(), as_of=NOW, protocols=("ketamine-sl",))
    assert str(refused.value) == (
        "Sublingual racemic ketamine, very low dose (draft, not offered) is a draft, so no course begins by "
        "it. Choose a protocol that is in force."
    )


def test_a_moment_without_a_zone_is_refused_by_its_name():
    with pytest.raises(DomainError) as refused:
        recommend(complete_case(), as_of=NOW.replace(tzinfo=None))
    assert str(refused.value) == (
        "The as_of 2026-11-24 15:00:00 has no time zone, so it could be any of 26 hours. Add the offset."
    )


def test_before_any_protocol_was_in_force_nothing_can_be_said():
    """In 1999 none of them was: no way to begin, and no verdict that lets one through."""
    then = NOW.replace(year=1999)
    advice = recommend(complete_case(at=then - timedelta(hours=1)), as_of=then)
    assert (advice.protocols, advice.options, advice.verdict) == ((), (), Verdict.CANNOT_SAY)


def test_a_reason_shows_the_label_of_the_own_jurisdiction():
    """Where a sentence cites both labels of one drug, the own one stands for both."""
    said = LIBRARY.protocol("esketamine-nasal-us").statements[0]
    both = said.model_copy(update={"sources": ("SPR-US", "SPR-EU"), "jurisdictions": ()})
    for here, label in (("US", "SPR-US"), ("EU", "SPR-EU")):
        (reason,) = reasons((both,), LIBRARY, here)
        assert (reason.say, [c.source for c in reason.citations]) == (said.say, [label])


def test_where_two_doses_of_earlier_courses_helped_each_stays_beside_its_usual_one():
    """0.75 mg/kg by infusion and 1 mg/kg into the muscle: both pairs are shown, and one more protocol."""
    advice = begun_with(
        earlier("ketamine-iv", "0.75", Answer.YES), earlier("ketamine-im", "1.0", Answer.YES), protocol=None
    )
    shown = [(o.protocol_id, o.dose.level) for o in advice.options if o.dose]
    assert len(shown) == 5
    for one in (
        ("ketamine-iv", "0.5"),
        ("ketamine-iv", "0.75"),
        ("ketamine-im", "0.5"),
        ("ketamine-im", "1.0"),
    ):
        assert (one[0], Decimal(one[1])) in shown
    assert plain(advice.options[0].title) == "Start 56 mg"
