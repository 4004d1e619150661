"""What is said where a dose is beyond a limit on its day: which limit, what is left, and how grave it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from posology.case import Case, EarlierDose
from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.recommendation import ProtocolAdvice, recommend
from posology.recommendation.start import advise_start
from posology.recommendation.within import within_limits
from tests.cases import NOW, complete_case
from tests.refusals import plain
from tests.unit.recommendation.courses import course_case, on_days

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
NASAL = LIBRARY.protocol("esketamine-nasal-us")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOO_SOON = (
    "too soon. Intravenous racemic ketamine keeps 48 h (PR-IV-20). The earliest moment is {} 15:00 UTC."
)
BEYOND = (
    "9 sessions fall into 28 days with this one; the limit is 8 sessions. 28-Nov-2026 is the first day that "
    "keeps it. The limit rests on PR-ESK-03, SPR-US. Nobody may override it."
)


def given(protocol: str, *ago: timedelta, level: str = "0.5") -> tuple[EarlierDose, ...]:
    """Doses given elsewhere, so long ago."""
    substance = LIBRARY.protocol(protocol).substance
    amount = Decimal(level)
    return tuple(EarlierDose(NOW - one, protocol, substance, amount, amount, Decimal(72)) for one in ago)


def begun(case: Case, protocol: str = "ketamine-iv", as_of: datetime = NOW) -> ProtocolAdvice:
    return recommend(case, as_of=as_of, protocols=(protocol,)).protocols[0]


def told(advice: ProtocolAdvice) -> list[str]:
    return [plain(why) for why in advice.left_out]


def test_each_way_that_is_too_soon_is_named_and_the_first_is_the_reason():
    case = replace(complete_case(), earlier=given("ketamine-iv", 24 * HOUR))
    advice = begun(case)
    why = TOO_SOON.format("2026-11-25")
    titles = [f"Start {d} mg/kg over {m} min" for d, m in (("0.5", 40), ("0.5", 60), ("0.3", 40))]
    assert told(advice) == [f"'{title}' is not proposed: {why}" for title in titles]
    assert (
        plain(advice.why_no_options or "")
        == f"No dose keeps the limits. '{titles[0]}' is not proposed: {why}"
    )
    assert (advice.options, advice.beyond, advice.verdict) == ((), Verdict.HOLD, Verdict.HOLD)


def test_a_limit_that_nobody_may_pass_is_told_with_its_source():
    case = replace(
        complete_case(), earlier=given("esketamine-nasal-us", *(d * DAY for d in range(3, 27, 3)), level="56")
    )
    advice = begun(case, "esketamine-nasal-us")
    assert told(advice) == [f"'Start 56 mg' is not proposed: {BEYOND}"]
    assert (
        plain(advice.why_no_options or "")
        == f"No dose keeps the limits. 'Start 56 mg' is not proposed: {BEYOND}"
    )
    assert (advice.options, advice.beyond, advice.verdict) == ((), Verdict.STOP, Verdict.STOP)


def test_of_a_course_that_runs_hold_and_end_are_left():
    """A dose elsewhere 5 h ago: no dose keeps 48 h until the 26th, so the verdict is a hold."""
    case = course_case(on_days("ketamine-iv", [7, 3]), 20, [(NOW - DAY, 18)])
    case = replace(case, earlier=given("ketamine-im", HOUR))
    advice = recommend(case, as_of=NOW)
    (one,) = advice.protocols
    assert [o.id.split("/")[2] for o in one.options] == ["hold-not-well", "end-no-response"]
    assert one.why_no_options is None and (one.beyond, advice.verdict) == (Verdict.HOLD, Verdict.HOLD)
    assert [why.split(" is not proposed: ")[0] for why in told(one)] == [
        "'Same dose, same interval: complete the induction'",
        "'Raise the dose by one step, same interval'",
    ]


def test_what_was_left_out_before_stays_told():
    case = course_case(on_days("ketamine-iv", [7, 3]), 20, [(NOW - DAY, 18)])
    case = replace(case, earlier=given("ketamine-im", HOUR))
    (one,) = recommend(case, as_of=NOW).protocols
    before = replace(one, options=one.options, left_out=("Told before.",))
    assert within_limits(before, case, LIBRARY, as_of=NOW) == before
    start = advise_start(replace(complete_case(), earlier=case.earlier), IV, LIBRARY, as_of=NOW)
    kept = within_limits(
        replace(start, left_out=("Told before.",)), replace(case, sessions=()), LIBRARY, as_of=NOW
    )
    assert kept.left_out[0] == "Told before." and len(kept.left_out) == 4


def test_a_reason_that_stood_there_is_not_replaced():
    case = replace(complete_case(), earlier=given("ketamine-iv", 24 * HOUR))
    start = advise_start(case, IV, LIBRARY, as_of=NOW)
    kept = within_limits(replace(start, why_no_options="Told before."), case, LIBRARY, as_of=NOW)
    assert kept.why_no_options == "Told before."


def test_where_a_dose_is_left_the_verdict_is_that_of_the_rules():
    """The spray is beyond its count and the lower infusion is not: a mixed advice keeps its dose."""
    case = replace(
        complete_case(), earlier=given("esketamine-nasal-us", *(d * DAY for d in range(3, 27, 3)), level="56")
    )
    spray = advise_start(case, NASAL, LIBRARY, as_of=NOW)
    infusion = advise_start(case, IV, LIBRARY, as_of=NOW)
    mixed = within_limits(
        replace(infusion, options=(*spray.options, *infusion.options)), case, LIBRARY, as_of=NOW
    )
    assert mixed.options and mixed.beyond is None and mixed.why_no_options is None
    assert told(mixed) == [f"'Start 56 mg' is not proposed: {BEYOND}"]


def test_where_one_way_only_waits_it_is_a_hold_and_not_a_stop():
    """One way keeps every limit but the interval; the other, 2 mg/kg, is above the ceiling for good."""
    case = replace(complete_case(), earlier=given("ketamine-iv", 24 * HOUR))
    start = advise_start(case, IV, LIBRARY, as_of=NOW)
    waits = start.options[0]
    assert waits.dose is not None
    above = replace(waits, dose=replace(waits.dose, level=Decimal(2), dose_mg=Decimal(144)))
    for options in ((waits, above), (above, waits)):
        both = within_limits(replace(start, options=options), case, LIBRARY, as_of=NOW)
        assert (both.options, both.beyond, len(both.left_out)) == ((), Verdict.HOLD, 2)
    alone = within_limits(replace(start, options=(above,)), case, LIBRARY, as_of=NOW)
    assert alone.beyond is Verdict.STOP


def test_a_soft_limit_is_one_more_hold_on_each_dose():
    """Three sessions elsewhere in these 7 days: a fourth is held, and what the rules hold stays."""
    case = replace(complete_case(), earlier=given("ketamine-im", 3 * DAY, 4 * DAY, 5 * DAY))
    advice = begun(case)
    assert len(advice.options) == 3 and advice.left_out == () and advice.beyond is None
    for option in advice.options:
        assert option.blocked_by[-1].message == (
            "4 sessions fall into 7 days with this one; the limit is 3 sessions."
        )
    free = begun(complete_case())
    assert all(o.blocked_by == () for o in free.options)


@pytest.mark.parametrize(("hours", "able"), [(48, True), (24, False)])
def test_the_day_of_the_first_visit_is_one_of_the_site_to_its_last_moment(hours, able):
    """In Honolulu it is 5:00: a dose so many hours ago keeps 48 h by the end of the site's own day."""
    zone = ZoneInfo("Pacific/Honolulu")
    here = NOW.astimezone(zone)
    assert (here.hour, here.day) == (5, NOW.day)
    case = replace(complete_case(), earlier=given("ketamine-im", timedelta(hours=hours)))
    assert bool(begun(case, as_of=here).options) is able
    # 30 h ago; the last moment of the day there is 19 h away, and 48 h have passed by then.
    late = replace(complete_case(), earlier=given("ketamine-im", 30 * HOUR))
    assert begun(late, as_of=here).options
    assert begun(late, as_of=NOW).options == ()
