"""The first dose: what is offered, what is refused, and what is asked for."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from posology.case import Answer, Missing
from posology.protocols import Verdict
from posology.quantities import Quantity
from posology.recommendation import recommend
from tests.cases import NOW, complete_case


def test_a_complete_case_gets_three_to_five_options_and_none_is_chosen():
    advice = recommend(complete_case(), as_of=NOW)
    assert 3 <= len(advice.options) <= 5
    assert len({o.id for o in advice.options}) == len(advice.options)
    assert all(o.for_ and o.against for o in advice.options)


def test_the_intravenous_start_shows_its_sum():
    """0.5 mg/kg (PR-IV-01) × 72 kg = 36 mg; over 40 min that is 0.9 mg/min."""
    option = recommend(complete_case(), as_of=NOW).option("ketamine-iv/start/0.5/40")
    assert option is not None and option.dose is not None
    assert option.dose.dose_mg == 36
    assert [s.result for s in option.dose.steps] == ["36\u00a0mg", "0.9\u00a0mg/min"]
    assert option.visits[0].number == 1 and option.visits[0].on == NOW.date()


def test_the_dose_is_rounded_down_and_says_so():
    case = complete_case({"weight": Quantity(Decimal("71.9"), "kg")})
    option = recommend(case, as_of=NOW).option("ketamine-iv/start/0.5/40")
    assert option is not None and option.dose is not None
    assert option.dose.dose_mg == Decimal("35.5")  # 0.5 × 71.9 = 35.95
    assert "rounded down" in option.dose.steps[0].note


def test_the_nasal_start_is_56_mg_whatever_the_weight():
    """The US label has one first dose, 56 mg, and it is not by weight (PR-ESK-02, PR-WT-07)."""
    for kg in (45, 72, 150):
        case = complete_case({"weight": Quantity(Decimal(kg), "kg")})
        option = recommend(case, as_of=NOW).option("esketamine-nasal-us/start/56")
        assert option is not None and option.dose is not None
        assert (option.dose.dose_mg, option.dose.devices) == (56, 2)


def test_without_a_weight_a_dose_by_weight_cannot_be_said():
    advice = recommend(complete_case({"weight": None}), as_of=NOW, protocols=("ketamine-iv",))
    assert advice.options == () and advice.verdict is Verdict.CANNOT_SAY
    assert "weight" in {m.key for m in advice.needed}


@pytest.mark.hazard("H-03", n=6)
@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("protocol_id", ["ketamine-iv", "ketamine-im"])
def test_a_weight_counts_up_to_its_last_second(protocol_id, seconds):
    """The boundary of the weight's age, ±1 s, for each protocol that doses by weight: N = 6."""
    from posology.knowledge import load_library

    days = load_library().questions.questions["weight"].good_for_days
    assert days is not None
    case = complete_case()
    weighed_at = NOW - timedelta(days=days, seconds=seconds)
    facts = tuple(replace(f, at=weighed_at) if f.key == "weight" else f for f in case.facts)
    advice = recommend(replace(case, facts=facts), as_of=NOW, protocols=(protocol_id,))
    assert bool(advice.options) == (seconds <= 0)


def test_a_stop_gives_no_option_and_its_reason():
    advice = recommend(
        complete_case({"aneurysm_or_avm": Answer.YES}), as_of=NOW, protocols=("esketamine-nasal-us",)
    )
    assert advice.options == () and advice.verdict is Verdict.STOP
    assert advice.protocols[0].why_no_options


def test_a_hold_gives_options_that_name_what_must_be_cleared():
    advice = recommend(complete_case({"systolic": Quantity(Decimal(146), "mm[Hg]")}), as_of=NOW)
    held = [o for o in advice.options if o.blocked_by]
    assert held and all(f.verdict is Verdict.HOLD for o in held for f in o.blocked_by)


def test_the_same_case_gives_the_same_advice():
    case = complete_case()
    assert recommend(case, as_of=NOW) == recommend(case, as_of=NOW)


def test_the_day_is_the_sites_own():
    """23:30 in Honolulu is already the next day in UTC; the first visit is today, there."""
    from zoneinfo import ZoneInfo

    evening = NOW.replace(hour=9, minute=30).astimezone(ZoneInfo("Pacific/Honolulu"))
    advice = recommend(complete_case(at=evening - timedelta(hours=1)), as_of=evening)
    assert advice.options[0].visits[0].on == evening.date() != evening.astimezone(NOW.tzinfo).date()


def test_missing_is_told_once():
    advice = recommend(complete_case({"medication_list_complete": None}), as_of=NOW)
    asked = [m for m in advice.needed if m.key == "medication_list_complete"]
    assert len(asked) == 1 and isinstance(asked[0], Missing)


def test_pregnancy_stops_even_where_it_was_called_impossible():
    """Two answers that contradict each other: the graver one counts."""
    case = complete_case({"can_be_pregnant": Answer.NO, "pregnant": Answer.YES})
    advice = recommend(case, as_of=NOW, protocols=("esketamine-nasal-us",))
    assert advice.verdict is Verdict.STOP


def test_an_older_adult_in_europe_starts_with_28_mg_and_nothing_else():
    """The European label's first dose from 65 years on (PR-AGE-01); under 65 it is 56 mg."""
    for born, dose in ((1961, 28), (1962, 56)):
        case = complete_case(born_on=NOW.date().replace(year=born), jurisdiction="EU")
        advice = recommend(case, as_of=NOW, protocols=("esketamine-nasal-eu",))
        assert {o.dose.dose_mg for o in advice.options if o.dose} == {dose}


def test_what_is_asked_at_the_session_does_not_block_the_plan():
    """The way home is asked at the gate; days before, an order may be made without it."""
    advice = recommend(complete_case({"escort_home": None, "systolic": None}), as_of=NOW)
    assert advice.options and all(o.at_session for o in advice.options)
    assert advice.verdict.lets_through
    assert all(p.report.verdict is Verdict.CANNOT_SAY for p in advice.protocols)


def test_a_case_of_2018_gets_only_what_was_known_then():
    """In 2018 esketamine nasal spray was not marketed (PR-REG-01) and infusions had data up to 0.75 mg/kg."""
    then = NOW.replace(year=2018)
    advice = recommend(complete_case(at=then - timedelta(hours=1)), as_of=then)
    assert {p.report.protocol_id for p in advice.protocols} >= {"ketamine-iv"}
    assert "esketamine-nasal-us" not in {p.report.protocol_id for p in advice.protocols}
