"""What is said of doses given elsewhere, whole: the day, the drug and the amount that nobody knows.

Every sentence and sum is worked out by hand; blanks are plain ones here.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from posology.case import EarlierDose, Missing, UndatedDose
from posology.knowledge import Certainty, Route, Substance
from posology.protocols import Given, History, Observed, TooSoon, check_interval
from posology.protocols.limits.course import course_findings
from posology.protocols.limits.undated import (
    elsewhere,
    missing_elsewhere,
    seen_elsewhere,
    undated_findings,
)
from posology.protocols.limits.values import value_of
from tests.cases import complete_case
from tests.histories import given
from tests.refusals import IV, US, plain
from tests.unit.protocols.test_elsewhere import SEEN, dose, spray
from tests.unit.protocols.test_limits_over_days_as_said import (
    AT,
    DAY,
    LIBRARY,
    as_read,
    cited,
    held,
    over_days,
    with_value,
)

UNDATED = UndatedDose(Substance.KETAMINE, Decimal(36), Decimal(72), Route.INTRAVENOUS, SEEN)
NOTHING_KNOWN = UndatedDose(None, None, None, None, SEEN)
NOT_KNOWN = "not known"


def told(*doses: EarlierDose, undated: tuple[UndatedDose, ...] = (), own: tuple[Given, ...] = ()) -> History:
    history = History.told_by(doses, undated)
    return replace(history, given=tuple(sorted((*history.given, *own), key=lambda g: g.at)))


def one(earlier: EarlierDose) -> Given:
    return told(earlier).given[0]


def away(shown: str, at=None) -> Observed:
    return Observed("Given elsewhere", shown, at, SEEN)


def read(seen: Observed) -> Observed:
    return replace(seen, shown=plain(seen.shown))


def question(asked: str) -> Missing:
    return Missing("earlier_dose", f"Find out {asked}.", NOT_KNOWN)


# ---------------------------------------------------------------- a dose without a day


@pytest.mark.parametrize(
    ("undated", "doses"), [((UNDATED,), "A dose"), ((UNDATED, NOTHING_KNOWN), "2 doses")]
)
def test_a_dose_that_nobody_can_date_holds_the_interval_open(undated, doses):
    found = list(undated_findings(IV, history=told(undated=undated), at=AT, library=LIBRARY))
    interval = value_of(IV, "session_interval_min", AT.date())
    shown = (away("ketamine, 36 mg, day not known"), away("drug not known, amount not known, day not known"))
    asks = (
        question("when it was given elsewhere"),
        question(
            "which drug was given elsewhere and how much was given elsewhere and when it was given elsewhere"
        ),
    )
    assert [f.counted for f in found] == [len(undated)]
    assert as_read(found) == [
        held(
            "ketamine-iv/session-interval-min-not-known",
            "The time since the last dose is not known",
            f"{doses} given elsewhere cannot be placed in time, so the interval cannot be said.",
            "Find out when it was given. Or write down why to go on without it.",
            because=shown[: len(undated)],
            missing=asks[: len(undated)],
            citations=cited(" ".join(interval.facts), *interval.sources, certainty=interval.certainty),
            certainty=interval.certainty,
        )
    ]


def test_without_such_a_dose_the_interval_is_open_to_no_question():
    assert list(undated_findings(IV, history=told(dose()), at=AT, library=LIBRARY)) == []


def test_the_interval_of_the_day_is_the_one_that_is_cited():
    interval = value_of(IV, "session_interval_min", AT.date())
    later = interval.model_copy(update={"certainty": Certainty.NOT_VERIFIED})
    dated = {date(2000, 1, 1): interval, (AT + DAY).date(): later}
    protocol = IV.model_copy(update={"values": {**IV.values, "session_interval_min": dated}})
    for at, certainty in ((AT, interval.certainty), (AT + DAY, Certainty.NOT_VERIFIED)):
        (hold,) = undated_findings(protocol, history=told(undated=(UNDATED,)), at=at, library=LIBRARY)
        assert hold.certainty is certainty


# ---------------------------------------------------------------- what is shown and asked of one


def test_a_dose_elsewhere_is_shown_by_its_moment_or_by_its_day_in_words():
    timed, dayed = one(dose(AT - 3 * DAY)), one(dose(AT - 3 * DAY, on=date(2026, 11, 21)))
    assert read(seen_elsewhere(timed)) == away("ketamine, 36 mg", AT - 3 * DAY)
    assert read(seen_elsewhere(dayed)) == away("ketamine, 36 mg, on 21-Nov-2026")
    assert read(elsewhere(timed, "1 session")) == away("1 session", AT - 3 * DAY)
    assert read(elsewhere(UNDATED, "1 session")) == away("1 session, day not known")


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, "what was given elsewhere"),
        ({"substance": None}, "which drug was given elsewhere"),
        ({"dose_mg": None}, "how much was given elsewhere"),
        (
            {"substance": None, "dose_mg": None},
            "which drug was given elsewhere and how much was given elsewhere",
        ),
    ],
)
def test_what_is_not_known_of_a_dose_is_asked(changes, asked):
    assert missing_elsewhere(one(dose(**changes))) == question(asked)


# ---------------------------------------------------------------- what may count over days


def test_a_drug_that_nobody_knows_may_pass_an_amount():
    """113 mg with 56 mg are 169, one above the 168 of a week; 112 with 56 are 168 and keep it."""
    unknown = spray(AT - 5 * DAY, substance=None, dose_mg=Decimal(113))
    own = given(AT - 6 * DAY, US.id, "56", dose_mg=None)
    found = over_days(US, "56", told(unknown, own=(own,)))["amount-in-7-days-hold-above-not-known"]
    limit = value_of(US, "amount_in_7_days_hold_above", AT.date())
    assert found == held(
        f"{US.id}/amount-in-7-days-hold-above-not-known",
        "The amount in 7 days is not known",
        "A dose given elsewhere cannot be counted, so the amount in 7 days cannot be said.",
        "Find out which drug was given, how much, and when. Or write down why to go on without it.",
        because=(
            Observed("Given", "amount not known", own.at, None),
            away("drug not known, 113 mg", AT - 5 * DAY),
        ),
        missing=(question("how much was given on 18-Nov-2026"), question("which drug was given elsewhere")),
        citations=cited(" ".join(limit.facts), *limit.sources, certainty=limit.certainty),
        certainty=limit.certainty,
    )
    at_limit = replace(unknown, dose_mg=Decimal(112))
    assert "amount-in-7-days-hold-above-not-known" not in over_days(US, "56", told(at_limit))


def test_doses_without_a_day_may_pass_a_number_of_sessions():
    own = tuple(given(AT - n * DAY, level="0.1") for n in (5, 3))
    before = told(undated=(UNDATED, NOTHING_KNOWN), own=own)
    found = over_days(IV, "0.1", before)["sessions-in-7-days-hold-above-not-known"]
    assert (found.title, found.message) == (
        "The number of sessions in 7 days is not known",
        "2 doses given elsewhere cannot be counted, so the number of sessions in 7 days cannot be said.",
    )
    counted = {
        f.rule.rsplit("/", 1)[1]: f.counted
        for f in course_findings(IV, Decimal("0.1"), history=before, at=AT, library=LIBRARY)
    }
    assert counted["sessions-in-7-days-hold-above-not-known"] == 2


def test_a_label_counts_its_own_drug_and_a_soft_number_of_sessions_any():
    """The ninth session in 28 days would be one of another drug: the label is not asked, the hold is."""
    own = tuple(given(AT - n * DAY, US.id, "56") for n in (4, 8, 12, 15, 18, 21, 24))
    known = told(undated=(UNDATED,), own=own)
    names = {name for name in over_days(US, "56", known) if name.startswith("sessions-in-28")}
    assert names == {"sessions-in-28-days-hold-above-not-known"}
    nameless = told(undated=(NOTHING_KNOWN,), own=own)
    names = {name for name in over_days(US, "56", nameless) if name.startswith("sessions-in-28")}
    assert names == {"sessions-in-28-days-hold-above-not-known", "sessions-in-28-days-most-not-known"}


def test_a_weight_that_nobody_knows_is_asked_for_by_itself():
    limit = value_of(IV, "amount_in_7_days_hold_above", AT.date())
    found = over_days(IV, "0.5", told(dose(AT - 3 * DAY, weight_kg=None)))
    assert found["amount-in-7-days-hold-above-not-known"] == held(
        "ketamine-iv/amount-in-7-days-hold-above-not-known",
        "The amount in 7 days is not known",
        "How much per kg was given on 21-Nov-2026 is not known, so the amount in 7 days cannot be said.",
        "Find out how much per kg was given on 21-Nov-2026. Or write down why to go on without it.",
        because=(away("36 mg, weight not known", AT - 3 * DAY),),
        missing=(question("how much per kg was given on 21-Nov-2026"),),
        citations=cited(" ".join(limit.facts), *limit.sources, certainty=limit.certainty),
        certainty=limit.certainty,
    )


def test_a_dose_of_this_very_day_counts():
    tight = with_value(IV, "sessions_in_7_days_hold_above", "1")
    hold = over_days(tight, "0.1", told(own=(given(AT - timedelta(hours=2), level="0.1"),)))
    assert "sessions-in-7-days-hold-above" in hold


# ---------------------------------------------------------------- the last one


@pytest.mark.parametrize(
    ("last", "begins"),
    [
        (given(AT - timedelta(hours=3)), "The last session was 3 h before this one; "),
        (one(dose(AT - timedelta(hours=3))), "The last dose, given elsewhere, was 3 h before this one; "),
        (
            one(dose(AT - timedelta(hours=3), on=date(2026, 11, 24))),
            "The last dose, given elsewhere on 24-Nov-2026, may have been 3 h before this one; ",
        ),
    ],
)
def test_a_dose_too_soon_names_what_came_before(last, begins):
    with pytest.raises(TooSoon) as refused:
        check_interval(IV, history=History((last,)), next_at=AT)
    assert plain(refused.value).startswith(begins)


def test_a_case_tells_its_doses_without_a_day_too():
    assert History.of(replace(complete_case(), undated=(UNDATED,))).undated == (UNDATED,)


def test_of_two_doses_at_one_moment_the_one_elsewhere_is_the_last():
    """Which came later nobody knows; its level is the lower of the two, so no step gets smaller by it."""
    away_from_here = dose(AT - 3 * DAY, dose_mg=Decimal("28.8"))
    both = told(away_from_here, own=(given(AT - 3 * DAY),))
    last = both.last_by(IV, LIBRARY)
    assert (last.elsewhere, last.level) == (True, Decimal("0.4"))
