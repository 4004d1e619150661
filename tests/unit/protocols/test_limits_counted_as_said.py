"""What a hold counted, all that a pass of it covers; and a dose that rises as a course begins anew."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from posology.knowledge import Certainty
from posology.knowledge.schema import ProtocolFile
from posology.protocols import History
from posology.protocols.limits.change import change_findings
from posology.protocols.limits.course import course_findings
from tests.histories import given, history
from tests.refusals import IV, refused
from tests.unit.protocols.test_limits_over_days_as_said import (
    AT,
    DAY,
    LIBRARY,
    MDSI,
    ONE_IS_RIGHT,
    change,
    cited,
    held,
    seen,
)


def counts(protocol: ProtocolFile, level: str, before: History) -> dict[str, Decimal]:
    """Return what each hold over days counted, by the last part of its rule."""
    found = course_findings(protocol, Decimal(level), history=before, at=AT, library=LIBRARY)
    return {f.rule.rsplit("/", 1)[1]: f.counted for f in found}


# ---------------------------------------------------------------- what was counted


def test_a_step_up_counts_its_steps():
    found = change_findings(IV, Decimal(1), number=2, history=history(AT - 4 * DAY), at=AT, library=LIBRARY)
    assert [f.counted for f in found] == [2]


def test_sessions_and_amounts_are_counted_with_the_intended_dose():
    before = history(*(AT - n * DAY for n in (6, 4, 2)), level="0.5")
    assert counts(IV, "0.1", before) == {
        "sessions-in-7-days-hold-above": 4,
        "amount-in-7-days-hold-above": Decimal("1.6"),
    }


def test_sessions_of_which_the_amount_is_not_known_are_counted():
    before = History(tuple(given(AT - n * DAY, dose_mg=None, level="0.1") for n in (24, 18, 12)))
    assert counts(IV, "0.1", before) == {"amount-in-28-days-hold-above-not-known": 3}


def test_what_has_no_number_counts_nothing():
    found = change_findings(IV, Decimal("0.75"), number=1, history=history(), at=AT, library=LIBRARY)
    assert [f.counted for f in found] == [None]


# ---------------------------------------------------------------- a course that begins anew


def last_of(days_ago: int, level: str | None = "56") -> History:
    dose = given(AT - days_ago * DAY, protocol_id=MDSI.id, level=level or "56")
    return History((dose if level else replace(dose, level=None),))


@pytest.mark.parametrize("days_ago", [1, 27])
def test_the_first_dose_of_a_new_course_is_no_way_round_a_step_up(days_ago):
    """The longest look back of the acute regimen is 28 days: the last dose of up to 27 days ago counts."""
    assert refused(partial(change, MDSI, "84", 1, last_of(days_ago))).limit == "dose_raise_allowed"
    assert change(MDSI, "56", 1, last_of(days_ago)) == []


def test_after_the_longest_look_back_a_course_begins_as_its_label_says():
    assert change(MDSI, "84", 1, last_of(28)) == []
    assert change(MDSI, "84", 1, last_of(3, level=None)) == []


def without_look_back() -> ProtocolFile:
    """Return the acute regimen without a limit over days."""
    kept = {name: dated for name, dated in MDSI.values.items() if "_days_" not in name}
    return MDSI.model_copy(update={"values": kept})


def test_without_a_look_back_a_person_decides_whether_a_first_dose_may_rise():
    assert change(without_look_back(), "84", 1, last_of(400)) == [
        held(
            f"{MDSI.id}/dose-raise-allowed",
            "Higher than the last dose",
            "84 mg is above the last dose, given on 20-Oct-2025, and Nasal esketamine in acute suicidality, "
            "United States knows no step up.",
            ONE_IS_RIGHT,
            because=(seen("Dose", "84 mg"),),
            citations=cited("PR-ESK-07 PR-ESK-08", "SPR-US", certainty=Certainty.VERIFIED),
            certainty=Certainty.VERIFIED,
        )
    ]
    assert change(without_look_back(), "56", 1, last_of(400)) == []


def test_whether_a_first_dose_may_rise_is_asked_by_the_value_of_its_day():
    """Allowed until the day of the session, and from that day on no more."""
    never = next(iter(MDSI.values["dose_raise_allowed"].values()))
    may = never.model_copy(update={"value": True})
    for day, holds in ((AT.date(), 1), (AT.date() + DAY, 0)):
        dated = {date(2000, 1, 1): may, day: never}
        protocol = without_look_back()
        protocol = protocol.model_copy(update={"values": {**protocol.values, "dose_raise_allowed": dated}})
        assert len(change(protocol, "84", 1, last_of(400))) == holds
