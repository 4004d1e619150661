"""What finds no room among five options is told as possible; a lower start a caution asks for has room."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from posology.case import Answer, EarlierDose
from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.recommendation import recommend
from tests.cases import NOW, complete_case

LIBRARY = load_library()
NASAL = LIBRARY.protocol("esketamine-nasal-us")
PLACES = ("US", "EU", "UK")


def of_age(years: int, **kwargs):
    return complete_case(born_on=date(NOW.year - years, 1, 9), **kwargs)


def given_elsewhere(case, hours: float, protocol_id: str = "ketamine-iv", helped: Answer = Answer.UNKNOWN):
    dose = EarlierDose(
        at=NOW - timedelta(hours=hours),
        protocol_id=protocol_id,
        substance=LIBRARY.protocol(protocol_id).substance,
        dose_mg=Decimal(36),
        level=Decimal("0.5") if helped is Answer.UNKNOWN else Decimal("0.75"),
        helped=helped,
    )
    return replace(case, earlier=(dose,))


@pytest.mark.hazard("H-21")
def test_every_possible_beginning_is_shown_or_named(record_property):
    """Age x jurisdiction x acute suicidality x a dose that helped: N answers, each option in one place.

    At most five are shown, those of a protocol's own first beginning before any other.
    """
    n = 0
    for years, where, acute, again in product((20, 64, 65, 85), PLACES, (Answer.NO, Answer.YES), (0, 1)):
        case = of_age(years, jurisdiction=where, changes={"acute_suicidality": acute})
        if again:
            case = given_elsewhere(case, 24 * 40, helped=Answer.YES)
        advice = recommend(case, as_of=NOW, library=LIBRARY)
        shown, possible = [o.id for o in advice.options], [o.id for o in advice.also_possible]
        assert 3 <= len(shown) <= 5 and not set(shown) & set(possible)
        assert {*shown, *possible} == {o.id for p in advice.protocols for o in p.options}
        assert all(advice.option(one) is not None for one in possible)
        unseen = [p for p in advice.protocols if p.options and not any(o.id in shown for o in p.options)]
        # Only where protocols are more than places, or one keeps two for the dose that helped.
        assert len(unseen) <= max(0, len(advice.protocols) - 5) + again
        n += 1
    record_property("n", n)


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("years", [65, 70, 85])
@pytest.mark.parametrize("again", [False, True])
def test_the_lower_start_that_a_caution_asks_to_consider_is_shown(where, years, again):
    """PR-IV-08: from 65 years on, by infusion 0.3 and into the muscle 0.25 mg/kg. N = 18."""
    case = of_age(years, jurisdiction=where)
    if again:
        case = given_elsewhere(case, 24 * 40, helped=Answer.YES)
    advice = recommend(case, as_of=NOW, library=LIBRARY)
    assert {"ketamine-iv/start/0.3/40", "ketamine-im/start/0.25"} <= {o.id for o in advice.options}
    assert ("ketamine-iv/start/0.75/40" in {o.id for o in advice.options}) is again


def test_before_that_age_the_usual_start_is_shown_and_the_lower_one_is_possible():
    advice = recommend(of_age(64), as_of=NOW, library=LIBRARY)
    assert "ketamine-iv/start/0.5/40" in {o.id for o in advice.options}
    assert "ketamine-iv/start/0.3/40" in {o.id for o in advice.also_possible}


def test_asked_for_alone_a_protocol_shows_all_its_beginnings_the_lower_before_the_slower():
    advice = recommend(of_age(70), as_of=NOW, library=LIBRARY, protocols=("ketamine-iv",))
    levels = [(str(o.dose.level), o.dose.minutes) for o in advice.options]
    assert levels == [("0.5", 40), ("0.3", 40), ("0.5", 60)] and advice.also_possible == ()


# ---------------------------------------------------------------- no dose keeps the limits
@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(("hours", "verdict"), [(1, "hold"), (9, "hold"), (24, "hold"), (48, "pass")])
def test_no_verdict_passes_where_the_interval_leaves_no_dose(where, hours, verdict):
    """A dose elsewhere 1 to 24 h ago, in each jurisdiction: N = 12, the four of 48 h among them."""
    advice = recommend(given_elsewhere(of_age(45, jurisdiction=where), hours), as_of=NOW, library=LIBRARY)
    mine = next(p for p in advice.protocols if p.report.protocol_id == "ketamine-iv")
    assert mine.verdict.value == mine.verdict_before_ordering.value == verdict
    assert advice.verdict.value == verdict and bool(advice.options) is (verdict == "pass")
    assert (mine.why_no_options is None) is (verdict == "pass")


def test_the_sentence_counts_no_hours_to_a_time_that_is_not_chosen():
    """The last dose was 24 h ago; today's session has no time yet, and nobody says 33 h."""
    advice = recommend(given_elsewhere(of_age(45), 24), as_of=NOW, library=LIBRARY)
    for one in advice.protocols:
        told = one.why_no_options.replace("\u00a0", " ")
        assert (
            "too soon." in told
            and "keeps 48 h (" in told
            and "PR-IV-20)" in told
            and "before this one" not in told
        )
        assert "The earliest moment is 2026-11-25 15:00 UTC." in told


def test_a_limit_that_nobody_may_pass_is_a_stop():
    """Eight nasal sessions elsewhere in 28 days are all that the label's course has: no ninth (PR-ESK-07)."""
    given = tuple(
        EarlierDose(NOW - timedelta(days=d), "esketamine-nasal-us", NASAL.substance, Decimal(56), Decimal(56))
        for d in range(3, 27, 3)
    )
    case = replace(of_age(45), earlier=given)
    advice = recommend(case, as_of=NOW, library=LIBRARY, protocols=(NASAL.id,))
    assert advice.options == () and advice.verdict is Verdict.STOP
    assert advice.protocols[0].verdict is Verdict.STOP
