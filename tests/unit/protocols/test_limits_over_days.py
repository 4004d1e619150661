"""Sessions and amounts that fall into some days: on the edge of each window, across courses, and unknown."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from posology.knowledge import load_library
from posology.protocols import History, TooSoon, Verdict, check_interval
from posology.protocols.limits import LimitExceeded, check_limits
from tests.histories import given, history
from tests.unit.protocols.test_limits_soft import AT, DAY, asked, intended, said


def days_before(*days: int) -> list[datetime]:
    return [AT - n * DAY for n in days]


# ---------------------------------------------------------------- windows


def test_three_infusions_in_seven_days_pass_and_a_fourth_is_held():
    """Three a week is the densest schedule studied (PR-IV-10)."""
    assert asked("ketamine-iv", "0.5", 3, before=history(*days_before(4, 2))) == {}
    found = asked("ketamine-iv", "0.5", 4, before=history(*days_before(6, 4, 2)))
    hold = found["sessions-in-7-days-hold-above"]
    assert said(hold) == "4 sessions fall into 7 days with this one; the limit is 3 sessions."
    assert "Wait until 25-Nov-2026" in hold.do, "the one of 18-Nov has left the window then"


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize(("days", "window"), [(7, "7"), (14, "14"), (28, "28")])
def test_a_session_leaves_the_window_on_its_day(days, window):
    """N = 3 windows: the session of the same weekday is out, the one a day later is in."""
    most = {"7": 3, "14": 6, "28": 8}[window]
    recent = (
        [AT - (2 + 2 * n) * DAY for n in range(most - 1)]
        if window != "28"
        else days_before(3, 7, 10, 14, 17, 21, 24)
    )
    name = f"sessions-in-{window}-days-hold-above"
    assert name not in asked("ketamine-iv", "0.1", 9, before=history(AT - days * DAY, *recent, level="0.1"))
    inside = history(AT - (days - 1) * DAY, *recent, level="0.1")
    assert name in asked("ketamine-iv", "0.1", 9, before=inside)


@pytest.mark.hazard("H-23")
def test_the_hour_of_a_session_does_not_move_its_window():
    """N = 48: a visit on day 8 is not held because it begins an hour earlier than the one on day 1 did."""
    tried = 0
    for hour in range(24):
        at = AT.replace(hour=hour)
        first, fourth = AT - 7 * DAY, AT - 4 * DAY
        assert asked("esketamine-nasal-us", "56", 3, at=at, before=history(
            first, fourth, protocol_id="esketamine-nasal-us", level="56")) == {}  # fmt: skip
        inside = history(first + DAY, fourth, protocol_id="esketamine-nasal-us", level="56")
        assert "sessions-in-7-days-hold-above" in asked("esketamine-nasal-us", "56", 3, at=at, before=inside)
        tried += 2
    assert tried == 48


def test_days_are_those_of_the_site():
    """An evening in Honolulu is tomorrow in UTC: 28 days back on the site's calendar."""
    honolulu = ZoneInfo("Pacific/Honolulu")
    at = datetime(2026, 11, 24, 9, 0, tzinfo=honolulu)
    evening = datetime(2026, 10, 27, 20, 0, tzinfo=honolulu).astimezone(UTC)  # 28 days ago there, 27 in UTC
    assert (at.astimezone(UTC).date() - evening.date()).days == 27
    recent = [at - timedelta(days=n) for n in (3, 7, 10, 14, 17, 21, 24)]
    name = "sessions-in-28-days-hold-above"
    assert name not in asked("ketamine-iv", "0.1", 9, at=at, before=history(evening, *recent, level="0.1"))
    later = evening + timedelta(hours=5)
    assert name in asked("ketamine-iv", "0.1", 9, at=at, before=history(later, *recent, level="0.1"))


@pytest.mark.hazard("H-23")
def test_no_change_of_the_clocks_moves_a_window_or_an_interval():
    """N = 4 zones × both changes of 2026: 48 h of elapsed time, and 7 days of the calendar, across each."""
    tried = 0
    protocol = load_library().protocol("ketamine-iv")
    for name, days in {
        "America/New_York": ("2026-03-08", "2026-11-01"),
        "Europe/Berlin": ("2026-03-29", "2026-10-25"),
        "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
        "America/Santiago": ("2026-04-05", "2026-09-06"),
    }.items():
        for day in days:
            noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(name))
            last = (noon - DAY).astimezone(UTC)
            check_interval(protocol, history=history(last), next_at=last + timedelta(hours=48))
            with pytest.raises(TooSoon):
                check_interval(
                    protocol, history=history(last), next_at=last + timedelta(hours=48) - timedelta(seconds=1)
                )
            week_ago = (noon - 7 * DAY).astimezone(UTC)
            two = [(noon - n * DAY).astimezone(UTC) for n in (5, 3)]
            assert "sessions-in-7-days-hold-above" not in asked(
                "ketamine-iv", "0.1", 4, at=noon, before=history(week_ago, *two, level="0.1")
            )
            tried += 1
    assert tried == 8


# ---------------------------------------------------------------- amounts


def test_an_amount_over_days_is_held_at_the_first_step_above_it():
    """3 × 0.5 mg/kg = 1.5 mg/kg in 7 days (PR-IV-01, PR-IV-10): 0.75 twice passes, 0.75 and 1.0 do not."""
    assert "amount-in-7-days-hold-above" not in asked(
        "ketamine-iv", "0.75", 2, before=history(AT - 3 * DAY, level="0.75")
    )
    found = asked("ketamine-iv", "1", 2, before=history(AT - 3 * DAY, level="0.75"))
    hold = found["amount-in-7-days-hold-above"]
    assert said(hold) == "1.75 mg/kg fall into 7 days with this one; the limit is 1.5 mg/kg."


def test_a_whole_planned_induction_passes_every_limit():
    """Six infusions of 0.5 mg/kg in 18 days: 3 mg/kg of 4; eight of 84 mg in 25 days: 672 mg of 672."""
    for name, level, days in (
        ("ketamine-iv", "0.5", (1, 4, 8, 11, 15, 18, 25, 32)),
        ("ketamine-sc", "0.9", (1, 4, 8, 11, 15, 18, 22, 25)),
        ("esketamine-nasal-us", "84", (1, 4, 8, 11, 15, 18, 22, 25, 32, 39)),
    ):
        first = AT - 40 * DAY
        for n in range(1, len(days)):
            so_far = history(*(first + d * DAY for d in days[:n]), protocol_id=name, level=level)
            assert asked(name, level, n + 1, at=first + days[n] * DAY, before=so_far) == {}, (name, n)


def test_an_infusion_that_was_broken_off_counts_what_went_in():
    """18 of 36 mg for 72 kg are 0.25 mg/kg: 0.25 + 0.5 + 0.75 = 1.5 mg/kg in 7 days, which is the limit."""
    broken_off = given(AT - 6 * DAY, dose_mg=Decimal(18))
    whole = given(AT - 3 * DAY)
    name = "amount-in-7-days-hold-above"
    assert name not in asked("ketamine-iv", "0.75", 3, before=History((broken_off, whole)))
    assert name in asked("ketamine-iv", "0.75", 3, before=History((given(AT - 6 * DAY), whole)))
    no_weight = given(AT - 6 * DAY, dose_mg=Decimal(18), weight_kg=None)
    assert name in asked("ketamine-iv", "0.75", 3, before=History((no_weight, whole))), "as ordered, not less"


@pytest.mark.hazard("H-23")
def test_a_dose_that_nobody_knows_is_held_and_never_counts_as_nothing():
    """N = 4 protocols with a limit of an amount: one unknown dose in the window, and a hold that says so."""
    for name, level in (
        ("ketamine-iv", "0.5"),
        ("ketamine-oral", "0.5"),
        ("ketamine-sc", "0.5"),
        ("esketamine-nasal-us", "56"),
    ):
        before = history(AT - 4 * DAY, protocol_id=name, level=level, dose_mg=None)
        found = asked(name, level, 2, before=before)
        amounts = {n: f for n, f in found.items() if n.startswith("amount-in-7-")}
        assert amounts, name
        for hold in amounts.values():
            assert hold.verdict is Verdict.HOLD
            assert hold.missing[0].ask == "Find out how much was given on 20-Nov-2026."
            assert hold.cleared_by == "prescriber"
        old = history(AT - 29 * DAY, protocol_id=name, level=level, dose_mg=None)
        assert asked(name, level, 2, before=old) == {}, name


def test_an_unknown_dose_does_not_hide_a_sum_that_is_over_already():
    before = History(
        (
            given(AT - 6 * DAY, dose_mg=None),
            given(AT - 4 * DAY, level="0.75"),
            given(AT - 2 * DAY, level="0.5"),
        )
    )
    hold = asked("ketamine-iv", "0.5", 4, before=before)["amount-in-7-days-hold-above"]
    assert "1.75 mg/kg fall into 7 days" in said(hold)
    assert "amount not known" in {o.shown for o in hold.because}


def test_amounts_of_two_substances_are_not_added_and_their_sessions_are():
    eight = history(*days_before(25, 22, 18, 15, 11, 8, 4), protocol_id="esketamine-nasal-us", level="84")
    assert asked("ketamine-iv", "0.5", before=eight) == {}
    nine = History((*eight.given, given(AT - 26 * DAY)))
    found = asked("ketamine-iv", "0.5", before=nine)
    assert set(found) == {"sessions-in-28-days-hold-above"}


def test_the_same_substance_by_another_route_counts():
    """1 mg/kg into the muscle and 0.75 mg/kg by infusion are 1.75 mg/kg of ketamine in 7 days."""
    before = History((given(AT - 3 * DAY, "ketamine-im", "1"),))
    assert "amount-in-7-days-hold-above" in asked("ketamine-iv", "0.75", before=before)


# ---------------------------------------------------------------- hard


def test_more_than_eight_nasal_sessions_in_28_days_are_refused():
    """Twice a week for four weeks (PR-ESK-03) is 8; the label knows no ninth in 28 days."""
    days = (27, 24, 21, 17, 14, 10, 7)
    allowed = history(*days_before(*days), protocol_id="esketamine-nasal-us", level="56")
    assert asked("esketamine-nasal-us", "56", 8, before=allowed) == {}
    eight = history(*days_before(*days, 3), protocol_id="esketamine-nasal-us", level="56")
    with pytest.raises(LimitExceeded, match=r"25-Nov-2026 is the first day") as caught:
        asked("esketamine-nasal-us", "56", 9, before=eight)
    assert (caught.value.limit, caught.value.may_override) == ("sessions_in_28_days_most", "nobody")
    assert caught.value.facts == ("PR-ESK-03",)
    assert asked("esketamine-nasal-us", "56", 9, at=AT + DAY, before=eight) == {}


def test_a_label_counts_its_own_drug_where_it_refuses():
    """Eight infusions of ketamine before: the number is held, and no label refuses for them."""
    before = history(*days_before(27, 24, 21, 17, 14, 10, 7, 3))
    found = asked("esketamine-nasal-us", "56", before=before)
    assert set(found) == {"sessions-in-28-days-hold-above"}


def test_more_mg_in_28_days_than_the_label_could_give_is_refused():
    """A paper session of 112 mg, and seven of 84: 112 + 6 × 84 + 84 = 700 mg of 672 (8 × 84)."""
    days = days_before(24, 21, 17, 14, 10, 7)
    before = History(
        (
            given(AT - 27 * DAY, "esketamine-nasal-us", "84", dose_mg=Decimal(112)),
            *history(*days, protocol_id="esketamine-nasal-us", level="84").given,
        )
    )
    with pytest.raises(LimitExceeded, match=r"700.mg fall into 28 days") as caught:
        asked("esketamine-nasal-us", "84", 8, before=before)
    assert caught.value.limit == "amount_in_28_days_most"


# ---------------------------------------------------------------- the interval


@pytest.mark.hazard("H-23")
def test_the_interval_counts_every_course_and_every_drug(record_property):
    """Every protocol × every protocol given before, 47:59:59 and 48:00:00 later: refused, and not refused."""
    library, tried = load_library(), 0
    for name, last in ((a, b) for a in library.protocols for b in library.protocols):
        protocol = library.protocol(name)
        level = str(protocol.values["dose_start"][max(protocol.values["dose_start"])].value)
        level_before = library.protocol(last).values["dose_start"]
        before = history(AT - 2 * DAY, protocol_id=last, level=str(level_before[max(level_before)].value))
        check_limits(protocol, intended(name, level), history=before, at=AT, library=library)
        with pytest.raises(TooSoon, match="earliest moment is 2026-11-24 15:00 UTC"):
            check_limits(
                protocol,
                intended(name, level),
                history=before,
                at=AT - timedelta(seconds=1),
                library=library,
            )
        tried += 1
    record_property("n", tried)
