"""What is said of each way to go on: its name, its days and its difference, and why a way is left out."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from posology.case import Case, Missing
from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.protocols.findings import Observed
from posology.quantities import Quantity
from posology.recommendation import Advice, recommend
from posology.recommendation.response import last_effective
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, score, session

LIBRARY = load_library()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YESTERDAY = NOW - DAY
HOLD, END = "Hold the next dose, and see the patient first", "End the course, and choose another treatment"
AT_ITS_END = "the protocol's course is at its end; going on would be a decision of its own."
NOT_AGAIN = "the protocol's course ends; another one would be a decision of its own."
SAME_INDUCTION = "'Same dose, same interval: complete the induction' is not proposed: "
RAISE = "'Raise the dose by one step, same interval' is not proposed: "


def course(protocol: str, days, *totals: int, phase: str = "induction", of_case=None, **told) -> Case:
    """Return a course of 20 before, with these totals, a day apart, the last yesterday."""
    when = [YESTERDAY - n * DAY for n in range(len(totals))]
    later = list(zip(reversed(when), totals, strict=True))
    return course_case(on_days(protocol, days, phase=phase, **told), 20, later, **(of_case or {}))


def advised(case: Case) -> Advice:
    return recommend(case, as_of=NOW)


def ways(case: Case) -> list[tuple[str, str, str | None]]:
    """Return each way: its id without the protocol, its difference, and the day of its first visit."""
    return [
        (
            o.id.split("/", 1)[1],
            o.difference.replace("\u00a0", " "),
            None if o.next_on is None else f"{o.next_on:%d %b}",
        )
        for o in advised(case).options
    ]


def left_out(case: Case) -> list[str]:
    return [why.replace("\u00a0", " ") for why in advised(case).protocols[0].left_out]


# ---------------------------------------------------------------- each way with its difference and its day
def test_in_the_induction_the_same_dose_or_one_step_up_on_the_planned_day():
    """Sessions 7 and 3 days ago; session 3 follows 4 days after session 2, tomorrow."""
    assert ways(course("ketamine-iv", [7, 3], 18)) == [
        ("3/same-keep-induction/0.5", "Same dose (0.5 mg/kg), 4 days after session 2.", "25 Nov"),
        ("3/raise-keep/0.75", "Up from 0.5 mg/kg to 0.75 mg/kg, 4 days after session 2.", "25 Nov"),
        ("3/hold-not-well", HOLD, None),
        ("3/end-no-response", END, None),
    ]


def test_after_a_session_hard_to_bear_the_step_is_down():
    case = course("esketamine-nasal-us", [7, 3], 18, level="84", worst_adverse_event_grade=2)
    assert ways(case)[1] == ("3/lower-keep/56", "Down from 84 mg to 56 mg, 4 days after session 2.", "25 Nov")


def test_a_way_of_tomorrow_is_one_day_on():
    """An interval of one day is in no file; a plan that had one is told in the singular."""
    protocol = LIBRARY.protocol("ketamine-sl")
    daily = protocol.phases[0].model_copy(update={"interval_days": (1,)})
    dated = protocol.values["session_interval_min"]
    hourly = {day: v.model_copy(update={"value": Decimal(1), "unit": "h"}) for day, v in dated.items()}
    changed = protocol.model_copy(
        update={"phases": (daily,), "values": {**protocol.values, "session_interval_min": hourly}}
    )
    library = replace(LIBRARY, protocols={**LIBRARY.protocols, protocol.id: changed})
    case = course_case(on_days("ketamine-sl", [2, 1]), 20, [(NOW - 2 * HOUR, 18)])
    same = recommend(case, as_of=NOW, library=library).options[0]
    assert same.difference.replace("\u00a0", " ") == "Same dose (10 mg), 1 day after session 2."


def test_with_a_response_the_wider_interval_is_one_of_the_ways():
    assert ways(course("ketamine-iv", [28, 14], 8, phase="maintenance")) == [
        ("3/same-keep-well/0.5", "Same dose (0.5 mg/kg), 14 days after session 2.", "24 Nov"),
        ("3/same-lengthen/0.5", "Same dose (0.5 mg/kg), 21 days after session 2.", "01 Dec"),
        ("3/hold-well", "Hold the next dose, and look again in a week", None),
        ("3/end-well", "End the course, and follow the score", None),
    ]
    early = ways(course("esketamine-nasal-us", [7, 3], 8))[1]
    assert early == ("3/same-lengthen-early/56", "Same dose (56 mg), 7 days after session 2.", "28 Nov")


def test_without_one_the_denser_interval_and_the_step_up_are():
    assert ways(course("ketamine-iv", [14, 7], 18, phase="continuation"))[:3] == [
        ("3/same-keep-later/0.5", "Same dose (0.5 mg/kg), 7 days after session 2.", "24 Nov"),
        ("3/same-shorten/0.5", "Same dose (0.5 mg/kg), 7 days after session 2.", "24 Nov"),
        ("3/raise-keep/0.75", "Up from 0.5 mg/kg to 0.75 mg/kg, 7 days after session 2.", "24 Nov"),
    ]


def test_hold_and_end_name_no_session_no_day_and_no_dose():
    for option in advised(course("ketamine-iv", [28, 14], 18, phase="maintenance")).options[-2:]:
        assert (option.dose, option.session_number, option.visits, option.phase) == (
            None,
            None,
            (),
            "maintenance",
        )
        assert (option.cautions, option.blocked_by, option.at_session) == ((), (), ())
        assert option.difference == option.title


def test_a_dose_carries_what_was_found_and_what_its_session_will_ask():
    """From 65 years on a caution, a high pressure a hold, and the way home is asked at the gate."""
    old = {
        "born_on": date(1950, 1, 1),
        "changes": {"escort_home": None, "systolic": Quantity(Decimal(146), "mm[Hg]")},
    }
    advice = advised(course("ketamine-iv", [7, 3], 18, of_case=old))
    report = advice.protocols[0].report
    for option in advice.options:
        if option.dose is None:
            assert (option.cautions, option.blocked_by, option.at_session) == ((), (), ())
            continue
        assert option.cautions == report.of(Verdict.CAUTION) != ()
        assert option.blocked_by == report.of(Verdict.HOLD) != ()
        assert option.at_session == report.at_session != ()
    assert {o.dose is None for o in advice.options} == {True, False}


def test_twelve_visits_are_shown():
    assert [len(o.visits) for o in advised(course("ketamine-iv", [7, 3], 18)).options] == [12, 12, 0, 0]


# ---------------------------------------------------------------- begun anew
def test_after_a_long_break_the_first_dose_is_that_of_the_patient_s_age():
    """The European label begins with 28 mg from the 65th birthday on, and with 56 mg on the day before."""
    for born_on, first in ((date(1961, 11, 24), "28"), (date(1961, 11, 25), "56")):
        case = course("esketamine-nasal-eu", [64, 60], 18, level="84", of_case={"born_on": born_on})
        assert ways(case)[2:] == [
            ("3/effective-restart-break/84", "Same dose (84 mg), 60 days after session 2.", "24 Nov"),
            (
                f"3/start-restart/{first}",
                f"Down from 84 mg to {first} mg, 60 days after session 2.",
                "24 Nov",
            ),
        ]


def test_an_induction_by_intervals_is_begun_anew_at_its_usual_one():
    """Under the tongue every 7, 3 or 2 days, 7 being usual: they come a week apart."""
    anew = advised(course("ketamine-sl", [74, 70], 18)).options[2]
    assert anew.id == "ketamine-sl/3/effective-restart-break/10"
    assert [v.on for v in anew.visits[:3]] == [date(2026, 11, 24), date(2026, 12, 1), date(2026, 12, 8)]


def test_where_every_phase_is_weekly_the_induction_is_begun_anew_as_well():
    """By mouth once a week for 6 weeks, then weekly on: one interval, and a beginning all the same."""
    protocol = LIBRARY.protocol("ketamine-oral")
    induction, maintenance = protocol.phases
    weekly = (induction, maintenance.model_copy(update={"interval_days": (7,)}))
    changed = protocol.model_copy(update={"phases": weekly})
    library = replace(LIBRARY, protocols={**LIBRARY.protocols, protocol.id: changed})
    case = course("ketamine-oral", [74, 67], 18, phase="maintenance")
    anew = recommend(case, as_of=NOW, library=library).options[2]
    assert anew.id == "ketamine-oral/3/effective-restart-break/0.5"
    assert [(v.phase, v.on) for v in anew.visits[:2]] == [
        ("induction", date(2026, 11, 24)),
        ("induction", date(2026, 12, 1)),
    ]


# ---------------------------------------------------------------- why a way is left out
def test_a_course_at_its_end_has_no_next_dose_and_no_step_up():
    case = course("esketamine-mdsi-us", [26, 23, 19, 16, 12, 9, 5, 2], 18)
    assert left_out(case) == [SAME_INDUCTION + AT_ITS_END, RAISE + "the protocol describes no step up."]
    assert [w[0] for w in ways(case)] == ["9/hold-not-well", "9/end-no-response"]


def test_a_course_that_ends_is_not_begun_anew_and_its_first_dose_is_no_lower():
    assert left_out(course("esketamine-mdsi-us", [64, 60], 18)) == [
        "'Begin the induction anew, at the last dose that a response followed, or the last given' is not "
        f"proposed: {NOT_AGAIN}",
        "'Begin the induction anew, at the first dose of a course' is not proposed: the first dose of a "
        "course, 84 mg, is not below the last.",
    ]


def test_a_dose_beyond_its_limit_stands_before_what_the_protocol_has_not():
    case = course("ketamine-oral", [14, 7], 18, level="2.0")
    assert left_out(case) == [
        SAME_INDUCTION + "2 mg/kg is above 1 mg/kg, the ceiling of Oral racemic ketamine, supervised. Choose "
        "1 mg/kg or less. The limit rests on PR-OR-01, PR-OR-02, PR-OR-06, SEED, KHEIR23. Nobody may "
        "override it.",
        RAISE + "the protocol has no dose above 2 mg/kg.",
    ]
    assert advised(case).response_reason == " ".join(
        (
            "PHQ-9 20 → 18 (10 % lower): no response so far. No adverse event in the last session.",
            *advised(case).protocols[0].left_out,
        )
    )


def test_no_denser_and_no_wider_interval_is_told_as_such():
    """By mouth 7 days are the densest, by infusion 28 the widest; both last doses are beyond a limit."""
    densest = course("ketamine-oral", [14, 7], 18, level="2.0", phase="maintenance")
    assert "'Same dose, sooner' is not proposed: the protocol has no denser interval." in left_out(densest)
    widest = course("ketamine-iv", [56, 28], 8, level="2.0", phase="maintenance")
    assert "'Same dose, later' is not proposed: the protocol has no wider interval." in left_out(widest)


def test_no_lower_dose_is_told_as_such():
    """56 mg is the lowest of the American label; the course is at its end, so two ways are left."""
    days = [26, 23, 19, 16, 12, 9, 5, 2]
    lowest = course("esketamine-mdsi-us", days, 18, level="56", worst_adverse_event_grade=3)
    assert left_out(lowest) == [
        SAME_INDUCTION + AT_ITS_END,
        "'Lower the dose by one step, same interval' is not proposed: the protocol has no dose below 56 mg.",
    ]


def test_a_dose_that_was_badly_borne_is_told_as_such():
    """56 mg was hard to bear, so 84 mg is no step up from 70 mg, which is no total of the label at all."""
    hard, well = on_days("esketamine-nasal-us", [7, 3])
    hard, well = replace(hard, worst_adverse_event_grade=3), replace(well, level=Decimal(70))
    told = left_out(course_case([hard, well], 20, [(YESTERDAY, 18)]))
    assert told[0].startswith(SAME_INDUCTION + "70 mg is no total of")
    assert told[1:] == [RAISE + "this course bore that dose, or a lower one, badly."]


def test_where_three_ways_are_left_what_the_protocol_has_not_is_not_told():
    assert left_out(course("ketamine-iv", [7, 3], 18, level="1.0")) == []


# ---------------------------------------------------------------- why there is none
def test_a_form_that_is_wanting_is_asked_for_before_a_weight():
    ask = "Fill in a PHQ-9 with the patient."
    weigh = "What does the patient weigh, measured here?"
    without = course("ketamine-iv", [7, 3], of_case={"changes": {"weight": None}})
    one = advised(without).protocols[0]
    assert one.why_no_options == "No PHQ-9 since session 2, so response cannot be judged."
    assert one.missing == (
        Missing("phq-9", ask, "none since session 2"),
        Missing("weight", weigh, "not asked yet"),
    )
    with_form = advised(course("ketamine-iv", [7, 3], 18, of_case={"changes": {"weight": None}})).protocols[0]
    assert with_form.why_no_options == f"{weigh} (not asked yet.)"
    assert with_form.missing == (Missing("weight", weigh, "not asked yet"),)


def test_open_questions_are_told_where_nothing_else_is_wanting():
    open_one = {"changes": {"aneurysm_or_avm": None}}
    assert advised(course("ketamine-iv", [7, 3], 18, of_case=open_one)).protocols[0].why_no_options == (
        "1 question is open."
    )


def test_a_protocol_of_another_jurisdiction_is_a_question():
    one = advised(course("esketamine-nasal-us", [7, 3], 18, of_case={"jurisdiction": "EU"})).protocols[0]
    ask = "By which protocol of this jurisdiction (EU) is the patient to be treated?"
    assert one.missing == (Missing("protocol", ask, "esketamine-nasal-us is none of them"),)
    assert one.why_no_options == f"{ask} (esketamine-nasal-us is none of them.)"


def test_a_stop_is_told_before_a_form_that_is_wanting():
    dead = course("ketamine-iv", [7, 3], worst_adverse_event_grade=5)
    advice = advised(dead)
    assert advice.verdict is Verdict.STOP
    assert advice.protocols[0].why_no_options == (
        "An adverse event of grade 5, a death, is recorded for session 1."
    )
    assert [m.key for m in advice.protocols[0].missing] == ["phq-9"]


# ---------------------------------------------------------------- the last dose that a response followed
def test_a_session_at_the_moment_of_the_form_did_not_bring_it_about():
    first, second, third = on_days("ketamine-iv", [12, 8, 4])
    baseline = score(20, first.at - HOUR)
    at_third, at_first = score(8, third.at), score(8, first.at)
    sessions = (first, second, third)
    assert last_effective(sessions, [baseline, at_third], baseline, LIBRARY, as_of=NOW) is second
    assert last_effective(sessions, [at_first], baseline, LIBRARY, as_of=NOW) is None


def test_every_value_that_was_read_is_listed_with_its_day():
    """The two scores first, then the rest; the first session of the phase is among them."""
    case = course("esketamine-nasal-us", [7, 3], 18)
    inputs = advised(case).inputs
    assert inputs[:2] == (
        Observed("PHQ-9 before the course", "20", case.sessions[0].at - 2 * HOUR, None, "phq-9"),
        Observed("PHQ-9 now", "18", YESTERDAY, None, "phq-9"),
    )
    assert Observed("First session of the phase", "session 1", case.sessions[0].at, None, "session") in inputs
    assert len(set(inputs)) == len(inputs)


@pytest.mark.parametrize("numbered", [1, 7])
def test_the_next_session_follows_the_number_of_the_last(numbered):
    sessions = [session("ketamine-iv", numbered + n, NOW - (7 - 4 * n) * DAY) for n in (0, 1)]
    first = advised(course_case(sessions, 20, [(YESTERDAY, 18)])).options[0]
    assert first.session_number == numbered + 2 == first.visits[0].number
    assert first.difference.endswith(f"after session {numbered + 1}.")
