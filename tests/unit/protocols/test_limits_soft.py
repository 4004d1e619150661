"""What holds a dose up without refusing it: a high dose, a high first dose, a long step up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from posology.case import Answer
from posology.knowledge import KnowledgeError, build_library, load_library
from posology.protocols import Finding, History, Verdict
from posology.protocols.limits import Intended, LimitExceeded, allowed_levels, check_limits, dose_for_level
from tests.histories import given, history
from tests.knowledge.changed import changed

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# Which protocol has which limit, and its number: a limit that vanished would fall silent.
LIMITS = {
    "ketamine-iv": {
        "dose_hold_above": "0.75",
        "first_dose_hold_above": "0.5",
        "steps_up_hold_above": "1",
        "sessions_in_7_days_hold_above": "3",
        "sessions_in_14_days_hold_above": "6",
        "sessions_in_28_days_hold_above": "8",
        "amount_in_7_days_hold_above": "1.5",
        "amount_in_28_days_hold_above": "4",
    },
    "ketamine-im": {
        "dose_hold_above": "0.5",
        "first_dose_hold_above": "0.5",
        "steps_up_hold_above": "1",
        "sessions_in_7_days_hold_above": "3",
        "sessions_in_28_days_hold_above": "8",
    },
    "ketamine-oral": {
        "first_dose_hold_above": "0.5",
        "sessions_in_7_days_hold_above": "2",
        "sessions_in_28_days_hold_above": "8",
        "amount_in_7_days_hold_above": "2",
        "amount_in_28_days_hold_above": "8",
    },
    "ketamine-sc": {
        "first_dose_hold_above": "0.5",
        "steps_up_hold_above": "1",
        "sessions_in_7_days_hold_above": "2",
        "sessions_in_28_days_hold_above": "8",
        "amount_in_7_days_hold_above": "1.8",
        "amount_in_28_days_hold_above": "7.2",
    },
    "ketamine-sl": {
        "sessions_in_7_days_hold_above": "4",
        "sessions_in_28_days_hold_above": "14",
        "amount_in_28_days_hold_above": "140",
    },
}
_LABEL = {
    "sessions_in_7_days_hold_above": "2",
    "sessions_in_28_days_hold_above": "8",
    "sessions_in_28_days_most": "8",
    "amount_in_7_days_hold_above": "168",
    "amount_in_28_days_most": "672",
}
LIMITS["esketamine-mdsi-us"] = LIMITS["esketamine-mdsi-eu"] = _LABEL
LIMITS["esketamine-nasal-us"] = _LABEL | {"first_dose_hold_above": "56"}
LIMITS["esketamine-nasal-eu"] = _LABEL | {"first_dose_hold_above": "56", "steps_up_hold_above": "1"}


def intended(name: str, level: str, number: int = 1, **changes: object) -> Intended:
    """Return a dose for 72 kg that meets every limit of one dose."""
    file = load_library().protocol(name)
    by_weight = file.dose_basis == "mg/kg"
    weight = Decimal(72) if by_weight else None
    dose_mg = dose_for_level(file, Decimal(level), weight, AT.date())
    made = Intended(
        level=Decimal(level),
        dose_mg=dose_mg,
        weight_kg=weight,
        minutes=60 if file.route == "intravenous" else None,
        devices=int(dose_mg / 28) if file.route == "nasal" else None,
        number=number,
    )
    return replace(made, **changes)


def asked(
    name: str, level: str, number: int = 1, *, before: History, at: datetime = AT
) -> dict[str, Finding]:
    """Return the holds of all limits, by the last part of their rule."""
    library = load_library()
    found = check_limits(
        library.protocol(name), intended(name, level, number), history=before, at=at, library=library
    )
    assert all(f.rule.startswith(f"limits/{name}/") for f in found)
    return {f.rule.rsplit("/", 1)[1]: f for f in found}


def said(hold: Finding) -> str:
    """Return the sentence of a hold with plain blanks."""
    return hold.message.replace("\N{NO-BREAK SPACE}", " ")


NOTHING = history()


def test_every_protocol_has_the_limits_that_its_sources_give():
    for name, expected in LIMITS.items():
        file = load_library().protocol(name)
        stands = {
            n: v
            for n, dated in file.values.items()
            for v in [dated[max(dated)]]
            if n.endswith(("_above", "_most"))
        }
        assert {n: Decimal(x) for n, x in expected.items()} == {n: v.value for n, v in stands.items()}, name
        for n, value in stands.items():
            assert value.cleared_by == (None if n.endswith("_most") else "prescriber"), n
            assert value.note and value.certainty in {"D", "SEED", "SITE"}, n
    assert set(LIMITS) == set(load_library().protocols)


def test_a_soft_limit_is_a_hold_like_that_of_a_rule():
    before = history(AT - 4 * DAY, level="0.75")
    found = asked("ketamine-iv", "1", 2, before=before)
    hold = found["dose-hold-above"]
    assert (hold.verdict, hold.cleared_by, hold.each_session) == (Verdict.HOLD, "prescriber", False)
    assert said(hold) == "1 mg/kg is above 0.75 mg/kg; it asks for a reason."
    assert {c.source for c in hold.citations} == {"ANDR17", "FAVA20"}
    assert "PR-ADJ-07" in hold.citations[0].facts
    assert hold.because[0].shown.split() == ["1", "mg/kg"]


@pytest.mark.parametrize(
    ("name", "level", "held"),
    [
        ("ketamine-iv", "0.75", False),
        ("ketamine-iv", "1", True),
        ("ketamine-im", "0.5", False),
        ("ketamine-im", "0.75", True),
        ("ketamine-oral", "1", False),
        ("ketamine-sc", "0.9", False),
        ("esketamine-nasal-us", "84", False),
    ],
)
def test_a_high_dose_is_held_where_a_source_draws_the_line(name, level, held):
    """By hand: 0.75 mg/kg (PR-IV-07), 0.5 mg/kg into the muscle (PR-IM-01); no line elsewhere."""
    levels = allowed_levels(load_library().protocol(name), AT.date())
    below = max((x for x in levels if x < Decimal(level)), default=Decimal(level))
    before = history(AT - 10 * DAY, protocol_id=name, level=str(below))
    assert ("dose-hold-above" in asked(name, level, 2, before=before)) is held


def test_a_dose_is_held_by_the_line_of_its_day():
    """0.5 mg/kg until the review of 2017, then 0.75 (PR-IV-07): 0.75 mg/kg is above neither from then on."""
    early = datetime(2017, 1, 1, 12, 0, tzinfo=UTC)
    before = history(early - 4 * DAY, level="0.5")
    assert "dose-hold-above" not in asked("ketamine-iv", "0.75", 2, before=before, at=early)


# ---------------------------------------------------------------- the first dose


def test_a_first_dose_above_the_usual_start_is_held():
    """The protocols start at 0.5 mg/kg (PR-IV-08), the label at 56 mg (PR-ESK-02)."""
    assert "first-dose-hold-above" not in asked("ketamine-iv", "0.5", before=NOTHING)
    hold = asked("ketamine-iv", "0.75", before=NOTHING)["first-dose-hold-above"]
    assert "no earlier dose of it that helped" in said(hold)
    assert asked("esketamine-nasal-us", "56", before=NOTHING) == {}
    assert set(asked("esketamine-nasal-us", "84", before=NOTHING)) == {"first-dose-hold-above"}
    assert asked("esketamine-mdsi-us", "84", before=NOTHING) == {}, "its label starts at 84 mg (PR-ESK-07)"


@pytest.mark.parametrize(
    ("earlier", "held"),
    [
        ({"helped": Answer.YES, "level": "0.75"}, False),
        ({"helped": Answer.YES, "level": "1"}, False),
        ({"helped": Answer.YES, "level": "0.5"}, True),
        ({"helped": Answer.NO, "level": "0.75"}, True),
        ({"helped": Answer.UNKNOWN, "level": "0.75"}, True),
        ({"helped": Answer.YES, "level": "0.75", "protocol_id": "ketamine-im"}, True),
        ({"helped": Answer.YES, "level": "84", "protocol_id": "esketamine-nasal-us"}, True),
    ],
)
def test_only_an_earlier_dose_of_the_same_kind_that_helped_lifts_the_first(earlier, held):
    """A previous effective dose is a reasonable restart point (PR-ADJ-04); none of another route is."""
    before = History((given(AT - 200 * DAY, **earlier),))
    assert ("first-dose-hold-above" in asked("ketamine-iv", "0.75", before=before)) is held


# ---------------------------------------------------------------- steps


@pytest.mark.parametrize(
    ("name", "last", "level", "held"),
    [
        ("ketamine-iv", "0.5", "0.75", False),
        ("ketamine-iv", "0.5", "1", True),
        ("ketamine-iv", "0.4", "0.75", True),
        ("ketamine-iv", "1", "0.1", False),
        ("ketamine-im", "0.25", "0.5", False),
        ("ketamine-im", "0.25", "0.75", True),
        ("ketamine-sc", "0.5", "0.6", False),
        ("ketamine-sc", "0.5", "0.75", True),
        ("ketamine-oral", "0.5", "1", False),
        ("esketamine-nasal-eu", "28", "56", False),
        ("esketamine-nasal-eu", "28", "84", True),
        ("esketamine-nasal-us", "56", "84", False),
    ],
)
def test_more_than_one_listed_level_up_is_held(name, last, level, held):
    before = history(AT - 10 * DAY, protocol_id=name, level=last)
    assert ("steps-up-hold-above" in asked(name, level, 2, before=before)) is held


def test_a_dose_between_the_levels_counts_the_levels_passed():
    """From 0.45 (a dose of another list) to 0.75 are 0.5 and 0.75: two steps."""
    before = history(AT - 10 * DAY, level="0.45")
    hold = asked("ketamine-iv", "0.75", 2, before=before)["steps-up-hold-above"]
    assert "is 2 steps of the list" in said(hold)


def test_a_step_from_a_dose_that_nobody_knows_is_held_with_what_is_missing():
    for before in (NOTHING, History((given(AT - 10 * DAY, level="0.5"),))):
        unknown = History(tuple(replace(g, level=None) for g in before.given))
        hold = asked("ketamine-iv", "0.5", 2, before=unknown)["steps-up-hold-above-not-known"]
        assert hold.missing[0].key == "last_dose"
        assert "cannot be said" in said(hold)


def test_a_regimen_whose_label_knows_no_step_up_refuses_one():
    """84 mg, once down to 56 mg for tolerability (PR-ESK-08), and no way back."""
    before = history(AT - 3 * DAY, protocol_id="esketamine-mdsi-us", level="56")
    with pytest.raises(LimitExceeded, match="knows no step up") as caught:
        asked("esketamine-mdsi-us", "84", 2, before=before)
    assert (caught.value.limit, caught.value.may_override) == ("dose_raise_allowed", "nobody")
    assert asked("esketamine-mdsi-us", "56", 2, before=before) == {}


# ---------------------------------------------------------------- who may pass what


def test_a_hard_limit_says_that_nobody_may_pass_it_and_a_soft_value_who():
    iv = load_library().protocol("ketamine-iv")
    dose_ceiling = next(iter(iv.values["dose_ceiling"].values()))
    soft = next(iter(iv.values["dose_hold_above"].values()))
    hard = LimitExceeded("Too much.", limit="dose_ceiling", value=dose_ceiling)
    assert (hard.may_override, "Nobody may override it" in str(hard)) == ("nobody", True)
    raised = LimitExceeded("Much.", limit="dose_hold_above", value=soft)
    assert (raised.may_override, "Only a prescriber" in str(raised)) == ("prescriber", True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("dose_hold_above:", "dosis_hold_above:", "the name of no limit"),
        ("sessions_in_7_days_hold_above:", "sessions_in_7_day_hold_above:", "the name of no limit"),
        (", cleared_by: prescriber", "", "says who clears it"),
        (", cleared_by: prescriber", ", cleared_by: nobody", "says who clears it"),
        (
            "certainty: V}\n  dose_start:",
            "certainty: V, cleared_by: nurse}\n  dose_start:",
            "Take cleared_by",
        ),
        ('{value: 3, unit: "1"', '{value: 2.5, unit: "1"', "not one number above 0"),
        ("{value: 1.5, unit: mg/kg,", "{value: 1.5, unit: mg,", "not one number above 0"),
    ],
)
def test_a_limit_that_nobody_would_ask_is_refused_when_it_is_read(old, new, says):
    with pytest.raises(KnowledgeError, match=says):
        build_library(changed("ketamine-iv.yaml", old, new))
