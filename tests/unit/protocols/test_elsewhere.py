"""Doses given elsewhere meet the limits as our own do; what is not known of one is a question, not zero."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from posology.case import EarlierDose, Origin, OriginKind, UndatedDose
from posology.knowledge import Route, Substance, load_library
from posology.protocols import Finding, History, TooSoon
from posology.protocols.limits import Intended, LimitExceeded, check_limits
from tests.histories import given

LIBRARY = load_library()
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SEEN = Origin(OriginKind.STAFF, "Synthetic clinic, record seen")
IV, NASAL = LIBRARY.protocol("ketamine-iv"), LIBRARY.protocol("esketamine-nasal-us")


def dose(at: datetime = AT - 10 * DAY, **changes) -> EarlierDose:
    """Return 36 mg of racemic ketamine into a vein, at 72 kg, given elsewhere."""
    told = {
        "substance": Substance.KETAMINE,
        "dose_mg": Decimal(36),
        "weight_kg": Decimal(72),
        "route": Route.INTRAVENOUS,
        "origin": SEEN,
    }
    return EarlierDose(at=at, protocol_id="", **(told | changes))


def spray(at: datetime = AT - 10 * DAY, **changes) -> EarlierDose:
    told = {"substance": Substance.ESKETAMINE, "dose_mg": Decimal(56), "weight_kg": None}
    return dose(at, **(told | {"route": Route.NASAL} | changes))


def asked(protocol, level, *doses, undated=(), own=(), number=1, at=AT) -> dict[str, Finding]:
    """Return the holds of a dose after these, by the name of their limit."""
    told = History.told_by(doses, undated)
    history = History(tuple(sorted((*told.given, *own), key=lambda g: g.at)), told.undated)
    mg = Decimal(level) * 72 if protocol.dose_basis == "mg/kg" else Decimal(level)
    intended = Intended(
        level=Decimal(level),
        dose_mg=mg,
        weight_kg=Decimal(72) if protocol.dose_basis == "mg/kg" else None,
        minutes=40 if protocol.route is Route.INTRAVENOUS else None,
        devices=int(mg / 28) if protocol.route is Route.NASAL else None,
        number=number,
    )
    holds = check_limits(protocol, intended, history=history, at=at, library=LIBRARY)
    return {hold.rule.rpartition("/")[2]: hold for hold in holds}


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("protocol", ["ketamine-iv", "ketamine-im", "ketamine-oral", "esketamine-nasal-us"])
@pytest.mark.parametrize("substance", [*Substance, None])
def test_the_interval_counts_from_a_dose_elsewhere_to_the_second(protocol, substance, record_property):
    """N = 32: whatever the drug, a second too early is refused as after a session here, on time is not."""
    by = LIBRARY.protocol(protocol)
    level = {"ketamine-oral": "0.5", "ketamine-im": "0.25", "esketamine-nasal-us": "56"}.get(protocol, "0.5")
    smallest = next(h for h in (24, 48, 72, 96) if not _too_soon(by, level, substance, timedelta(hours=h)))
    assert _too_soon(by, level, substance, timedelta(hours=smallest) - SECOND)
    here = given(AT - timedelta(hours=smallest) + SECOND, protocol, level)
    with pytest.raises(TooSoon):
        asked(by, level, own=(here,))
    record_property("n", 2)


def _too_soon(by, level, substance, gap) -> bool:
    try:
        asked(by, level, dose(AT - gap, substance=substance))
    except TooSoon as refused:
        assert "The last dose, given elsewhere, was" in str(refused)
        return True
    return False


def test_a_whole_day_counts_to_its_end():
    new_york = ZoneInfo("America/New_York")
    at = datetime(2026, 11, 24, 9, 0, tzinfo=new_york)
    end = datetime(2026, 11, 22, 23, 59, 59, 999999, tzinfo=new_york)
    with pytest.raises(TooSoon, match="given elsewhere on 22-Nov-2026, may have been 33 h before"):
        asked(IV, "0.5", dose(end, on=date(2026, 11, 22)), at=at)


@pytest.mark.hazard("H-23")
def test_amounts_add_up_with_a_dose_elsewhere():
    """N = 4: 672 mg of esketamine in 28 days is the most: at it, above it, another drug, and a day later."""
    six = [given(AT - n * DAY, "esketamine-nasal-us", "84") for n in (4, 8, 12, 15, 18, 21)]

    def after(elsewhere: EarlierDose) -> dict[str, Finding]:
        return asked(NASAL, "84", elsewhere, own=six, number=8)

    full = spray(AT - 27 * DAY, dose_mg=Decimal(84))
    assert after(full) == {}
    above = replace(full, dose_mg=Decimal("84.001"))
    with pytest.raises(LimitExceeded, match=r"672\.001"):
        after(above)
    assert after(replace(above, at=AT - 28 * DAY)) == {}
    assert after(dose(AT - 27 * DAY, dose_mg=Decimal(500))) == {}


@pytest.mark.hazard("H-09")
def test_no_dose_of_one_substance_is_counted_as_another():
    """N = 3 pairs: a sum in mg of esketamine holds nothing of the two others, however large."""
    for substance in (Substance.KETAMINE, Substance.ARKETAMINE):
        holds = asked(NASAL, "56", spray(AT - 3 * DAY, substance=substance, dose_mg=Decimal(600)))
        assert not any("amount" in name for name in holds)
    assert "amount-in-7-days-hold-above" in asked(NASAL, "56", spray(AT - 3 * DAY, dose_mg=Decimal(600)))


def test_several_entries_of_one_day_are_one_session_and_all_their_amount():
    sprays = [spray(AT - 3 * DAY + n * timedelta(minutes=5), dose_mg=Decimal(28)) for n in range(3)]
    holds = asked(NASAL, "84", *sprays)
    assert "sessions-in-7-days-hold-above" not in holds
    assert "amount-in-7-days-hold-above" not in holds, "84 and 84 are 168"
    more = asked(NASAL, "84", *sprays, replace(sprays[0], dose_mg=Decimal("0.001")))
    assert "amount-in-7-days-hold-above" in more
    days = [spray(AT - n * DAY) for n in (3, 5)]
    assert "sessions-in-7-days-hold-above" in asked(NASAL, "56", *days)


@pytest.mark.hazard("H-14")
def test_an_amount_that_is_not_known_is_a_question():
    """N = 3: no amount, an amount without a weight, and no amount of a drug that nobody knows."""
    for changes in ({"dose_mg": None}, {"weight_kg": None}, {"substance": None, "dose_mg": None}):
        hold = asked(IV, "0.5", dose(AT - 3 * DAY, **changes))["amount-in-7-days-hold-above-not-known"]
        assert "cannot be said" in hold.message and hold.missing and hold.because[0].origin == SEEN
    per_kg = asked(IV, "0.5", dose(AT - 3 * DAY, weight_kg=None))["amount-in-7-days-hold-above-not-known"]
    assert "How much per kg was given on 21-Nov-2026" in per_kg.message


def test_a_drug_that_is_not_known_is_a_question_only_where_it_could_pass_a_limit():
    unknown = spray(AT - 5 * DAY, substance=None)
    assert not any(name.endswith("not-known") for name in asked(NASAL, "56", unknown) if "step" not in name)
    large = replace(unknown, dose_mg=Decimal(113))
    hold = asked(NASAL, "56", large)["amount-in-7-days-hold-above-not-known"]
    assert "A dose given elsewhere cannot be counted" in hold.message and hold.counted == 1
    seven = [given(AT - n * DAY, "esketamine-nasal-us", "56") for n in (4, 8, 12, 15, 18, 21, 24)]
    holds = asked(NASAL, "56", unknown, own=seven, number=8)
    assert "sessions-in-28-days-most-not-known" in holds, "the label's own limit cannot be said"


@pytest.mark.hazard("H-23")
def test_a_dose_without_a_day_holds_every_dose_and_counts_where_it_could(record_property):
    """Each protocol (N): the interval cannot be said, and a prescriber decides."""
    undated = UndatedDose(Substance.KETAMINE, Decimal(36), Decimal(72), Route.INTRAVENOUS, SEEN)
    for protocol, level in ((IV, "0.5"), (NASAL, "56")):
        hold = asked(protocol, level, undated=(undated,))["session-interval-min-not-known"]
        assert "cannot be placed in time" in hold.message
        assert hold.because[0].what == "Given elsewhere" and "day not known" in hold.because[0].shown
        assert hold.missing[0].key == "earlier_dose" and hold.cleared_by == "prescriber"
    own = [given(AT - n * DAY) for n in (3, 5)]
    held = asked(IV, "0.5", undated=(undated,), own=own, number=3)
    assert (
        "sessions-in-7-days-hold-above-not-known" in held and "amount-in-7-days-hold-above-not-known" in held
    )
    other = replace(undated, substance=Substance.ESKETAMINE)
    assert "amount-in-7-days-hold-above-not-known" not in asked(
        IV, "0.5", undated=(other,), own=own, number=3
    )
    record_property("n", 2)


# ---------------------------------------------------------------- the step from the last dose


@pytest.mark.parametrize(
    ("elsewhere", "held"),
    [
        (dose(AT - 3 * DAY, dose_mg=Decimal(72)), True),  # 1 mg/kg, as for an anaesthesia: no smaller step
        (dose(AT - 3 * DAY, dose_mg=Decimal("28.8")), True),  # 0.4 mg/kg: the step counts from it
        (dose(AT - 3 * DAY, route=Route.ORAL, dose_mg=Decimal(7)), True),  # another route says nothing
        (dose(AT - 3 * DAY, substance=Substance.ESKETAMINE), True),
    ],
)
def test_the_step_counts_from_the_lower_of_the_last_doses(elsewhere, held):
    """Ours was 0.5 mg/kg; 1 mg/kg is more than one step from it, whatever was given elsewhere."""
    holds = asked(IV, "1", elsewhere, own=(given(AT - 6 * DAY),), number=2)
    assert ("steps-up-hold-above" in holds) is held


@pytest.mark.parametrize(
    "changes", [{"dose_mg": None}, {"weight_kg": None}, {"route": None}, {"substance": None}]
)
def test_a_last_dose_that_cannot_be_read_leaves_the_step_open(changes):
    later = dose(AT - 3 * DAY, **changes)
    assert "steps-up-hold-above-not-known" in asked(IV, "0.5", later, own=(given(AT - 6 * DAY),), number=2)
    before = replace(later, at=AT - 9 * DAY)
    assert "steps-up-hold-above-not-known" not in asked(
        IV, "0.5", before, own=(given(AT - 6 * DAY),), number=2
    )


def test_the_last_dose_elsewhere_stands_in_the_basis_of_the_protocol():
    assert History.told_by([spray()]).last_by(NASAL, LIBRARY).level == 56
    assert History.told_by([dose()]).last_by(IV, LIBRARY).level == Decimal("0.5")
    assert History.told_by([dose(dose_mg=Decimal(50))]).last_by(IV, LIBRARY).level == Decimal("0.694")
    assert History.told_by([dose()]).last_by(NASAL, LIBRARY) is None
