"""A rule may speak at the first session of a course alone: what is the good outcome later holds nothing."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from posology.case import Answer, EarlierDose
from posology.knowledge import load_library
from posology.knowledge.schema import Condition
from posology.protocols import Verdict, assess
from posology.protocols.conditions import Context, Truth, evaluate
from tests.cases import NOW, complete_case, with_sessions

LIBRARY = load_library()
ACUTE = ("esketamine-mdsi-us", "esketamine-mdsi-eu")
FIRST = Condition.model_validate({"first_session": True})
RULE = "rules-indication/no-acute-suicidality"


def course(protocol_id: str, count: int, acute: Answer | None = Answer.NO):
    """Return a patient after so many sessions by a protocol, with the answer on acute suicidality."""
    where = "US" if protocol_id.endswith("-us") else "EU"
    case = complete_case({"acute_suicidality": acute}, jurisdiction=where)
    if not count:
        return case
    level = "84" if "esketamine" in protocol_id else "0.5"
    return with_sessions(case, protocol_id, count, level=level, last_at=NOW - timedelta(days=3))


def truth(case, protocol_id: str | None, condition: Condition = FIRST) -> Truth:
    protocol = LIBRARY.protocol(protocol_id) if protocol_id else None
    return evaluate(condition, Context(case, LIBRARY, NOW, {}, protocol)).truth


def said(case, protocol_id: str) -> Verdict:
    findings = assess(case, protocol_id, as_of=NOW, library=LIBRARY).findings
    return next(f.verdict for f in findings if f.rule == RULE)


def test_it_is_true_until_the_course_has_a_session_by_the_protocol():
    assert truth(course(ACUTE[0], 0), ACUTE[0]) is Truth.TRUE
    assert truth(course(ACUTE[0], 1), ACUTE[0]) is Truth.FALSE
    assert truth(course("ketamine-iv", 2), ACUTE[0]) is Truth.TRUE


def test_of_no_protocol_it_cannot_be_said():
    assert truth(course(ACUTE[0], 1), None) is Truth.UNKNOWN
    beside = Condition.model_validate({"all_of": [{"age": {"below": 18}}, {"first_session": True}]})
    assert truth(course(ACUTE[0], 1), None, beside) is Truth.FALSE


def test_what_was_given_in_another_course_is_no_session_of_this_one():
    dose = EarlierDose(
        at=NOW - timedelta(days=40),
        protocol_id=ACUTE[0],
        substance=LIBRARY.protocol(ACUTE[0]).substance,
        dose_mg=Decimal(84),
        level=Decimal(84),
        weight_kg=None,
        helped=Answer.YES,
    )
    assert said(replace(course(ACUTE[0], 0), earlier=(dose,)), ACUTE[0]) is Verdict.HOLD


def test_a_session_after_the_moment_is_not_looked_at():
    case = course(ACUTE[0], 1)
    before = Context(case, LIBRARY, NOW - timedelta(days=5), {}, LIBRARY.protocol(ACUTE[0]))
    assert evaluate(FIRST, before).truth is Truth.TRUE


@pytest.mark.parametrize("written", [{"first_session": False}, {"first_session": True, "age": {"below": 18}}])
def test_another_way_of_writing_it_is_refused(written):
    with pytest.raises(ValidationError):
        Condition.model_validate(written)


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("protocol_id", ACUTE)
@pytest.mark.parametrize("sessions", range(5))
def test_without_acute_suicidality_the_acute_regimen_is_held_at_its_first_session_alone(
    protocol_id, sessions, record_property
):
    """Two regimens, 0 to 4 sessions given, the answer no or too old to count: N = 20.

    PR-ESK-07, PR-ESK-08: four weeks, for the episode in which it began; no thoughts any more is its aim.
    """
    record_property("n", 2)
    no = said(course(protocol_id, sessions), protocol_id)
    assert no is (Verdict.PASS if sessions else Verdict.HOLD)
    blank = said(course(protocol_id, sessions, acute=None), protocol_id)
    assert blank is (Verdict.PASS if sessions else Verdict.CANNOT_SAY)


def test_a_course_by_another_protocol_lends_its_sessions_to_none():
    """The rules' answers are kept with the case: one protocol's is not the other's."""
    case = replace(course("ketamine-iv", 2), jurisdiction="US")
    assert said(case, ACUTE[0]) is Verdict.HOLD
    both = course(ACUTE[0], 2)
    assert said(both, ACUTE[0]) is Verdict.PASS
    assert said(both, ACUTE[1]) is Verdict.HOLD
