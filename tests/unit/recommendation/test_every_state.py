"""Every state of a running course: how many ways there are, and that each is told whole (hazard H-21)."""

from itertools import product

import pytest

from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.protocols.schedule import last_session
from posology.recommendation import Advice, DoseChange, Option, recommend
from tests.cases import NOW, complete_case, offered_case
from tests.unit.recommendation.courses import states

LIBRARY = load_library()
PROTOCOLS = sorted(p.id for p in LIBRARY.protocols.values() if p.status == "active")
HIGHER = "Higher doses have not consistently done better"


def told_whole(option: Option, advice: Advice) -> list[str]:
    """Return what an option fails to say; nothing where it is told whole."""
    faults = []
    if not option.for_ or not option.against:
        faults.append("one side only")
    for reason in (*option.for_, *option.against):
        if not reason.citations or not all(c.source in LIBRARY.sources and c.title for c in reason.citations):
            faults.append(f"no source: {reason.say}")
    if option.dose is not None and not option.dose.steps:
        faults.append("no sum")
    if option.dose is not None and option.dose.weight is not None and option.dose.weight.measured_at is None:
        faults.append("a weight without its day")
    if option.dose_change is DoseChange.RAISE and not any(r.say.startswith(HIGHER) for r in option.against):
        faults.append("a raise without what speaks against raises")
    if any(hasattr(option, word) for word in ("selected", "preselected", "default", "recommended", "rank")):
        faults.append("set apart from the others")
    # The age is of the day of the decision itself, counted from the birth day.
    if not advice.inputs or any(o.at is None and o.key != "born_on" for o in advice.inputs):
        faults.append("an input without its date")
    if not advice.knowledge:
        faults.append("no version of the knowledge")
    return faults


@pytest.mark.hazard("H-21")
@pytest.mark.parametrize("protocol_id", PROTOCOLS)
def test_every_state_of_a_course_has_its_ways_each_with_reasons_dates_and_sources(
    protocol_id, record_property
):
    """Response x tolerability x phase x dose level x pause: three to five ways, or the reason why fewer."""
    n = 0
    for state, advice in states(protocol_id):
        assert advice.response == state[0], state
        assert len(advice.options) <= 5, state
        assert {DoseChange.HOLD, DoseChange.END} <= {o.dose_change for o in advice.options}, state
        if len(advice.options) < 3:
            assert advice.protocols[0].left_out, state
            assert all("is not proposed:" in why for why in advice.protocols[0].left_out), state
        assert len({o.id for o in advice.options}) == len(advice.options), state
        for option in advice.options:
            assert told_whole(option, advice) == [], (state, option.id)
            n += 1
    record_property("n", n)


@pytest.mark.hazard("H-21")
def test_every_way_to_begin_has_reasons_dates_and_sources(record_property):
    """Every protocol that may begin, at both sides of 65 years."""
    n = 0
    for protocol_id, year in product(PROTOCOLS, (1981, 1950)):
        born = NOW.date().replace(year=year)
        case = offered_case(LIBRARY.protocol(protocol_id), born_on=born)
        advice = recommend(case, as_of=NOW, protocols=(protocol_id,))
        assert advice.options, protocol_id
        for option in advice.options:
            assert told_whole(option, advice) == [], option.id
            n += 1
    record_property("n", n)


@pytest.mark.parametrize("protocol_id", PROTOCOLS)
def test_fewer_than_three_ways_only_where_the_protocol_has_no_more(protocol_id):
    """A dose of one level, or a course that ends: elsewhere there are always three."""
    protocol = LIBRARY.protocol(protocol_id)
    for state, advice in states(protocol_id):
        if len(advice.options) < 3:
            assert last_session(protocol) is not None or protocol_id == "ketamine-sl", state


def test_a_dose_is_never_raised_after_a_response_after_a_break_or_after_a_session_hard_to_bear(
    record_property,
):
    n = 0
    for protocol_id in PROTOCOLS:
        for (response, tolerated, *_, pause), advice in states(protocol_id):
            raised = DoseChange.RAISE in {o.dose_change for o in advice.options}
            if raised:
                assert tolerated == "good" and pause != "long"
                assert response in {"worse", "none", "partial"}
            n += 1
    record_property("n", n)


def test_the_verdict_tells_of_the_pause():
    for (*_, pause), advice in states("ketamine-iv"):
        assert advice.verdict is (Verdict.PASS if pause == "none" else Verdict.HOLD)
    assert recommend(complete_case(), as_of=NOW).prompts == ()
