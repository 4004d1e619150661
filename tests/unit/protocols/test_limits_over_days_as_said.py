"""What a hold of a limit says, whole: of a high dose, a first one, a step up, and what falls into some days.

Every sentence and sum is worked out by hand from the protocols' values; blanks are plain ones here.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from posology.case import Answer, Missing
from posology.knowledge import Certainty, Level, Library, Role, load_library
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Citation, Finding, History, Observed, Verdict
from posology.protocols.limits import Intended, check_limits
from posology.protocols.limits.change import change_findings, dose_findings
from posology.protocols.limits.course import course_findings
from posology.protocols.limits.values import value_of
from tests.histories import given, history
from tests.refusals import EU, IM, IV, US, plain, refused

LIBRARY = load_library()
MDSI = LIBRARY.protocol("esketamine-mdsi-us")
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
IN_2016 = datetime(2016, 5, 2, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOTHING = history()
ONE_IS_RIGHT = "Choose a dose within it, or write down why this one is right."


def as_read(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with plain blanks; what they counted is asked in ``test_limits_over_days``."""
    return [
        replace(
            f,
            counted=None,
            message=plain(f.message),
            because=tuple(replace(o, shown=plain(o.shown)) for o in f.because),
        )
        for f in findings
    ]


def cited(facts: str, *sources: str, certainty: Certainty = Certainty.DERIVED) -> tuple[Citation, ...]:
    return tuple(Citation(s, LIBRARY.sources[s].title, tuple(facts.split()), certainty) for s in sources)


def held(rule: str, title: str, message: str, do: str, **fields: object) -> Finding:
    """Return the hold of a limit that a prescriber may pass, as it should be."""
    usual = {
        "verdict": Verdict.HOLD,
        "level": Level.HOLD,
        "missing": (),
        "certainty": Certainty.DERIVED,
        "cleared_by": Role.PRESCRIBER,
    }
    return Finding(rule=f"limits/{rule}", title=title, message=message, do=do, **usual | fields)  # type: ignore[arg-type]


def seen(what: str, shown: str, at: datetime | None = None) -> Observed:
    return Observed(what, shown, at, None)


def change(
    protocol: ProtocolFile, level: str, number: int, before: History, library: Library = LIBRARY
) -> list[Finding]:
    return as_read(
        change_findings(protocol, Decimal(level), number=number, history=before, at=AT, library=library)
    )


def over_days(protocol: ProtocolFile, level: str, before: History, at: datetime = AT) -> dict[str, Finding]:
    """Return the holds over days by the last part of their rule."""
    found = course_findings(protocol, Decimal(level), history=before, at=at, library=LIBRARY)
    return {f.rule.rsplit("/", 1)[1]: f for f in as_read(found)}


def with_value(protocol: ProtocolFile, name: str, number: str) -> ProtocolFile:
    """Return a protocol in which one limit has another number."""
    value = value_of(protocol, name, AT.date()).model_copy(update={"value": Decimal(number)})
    return protocol.model_copy(update={"values": {**protocol.values, name: {date(2000, 1, 1): value}}})


# ---------------------------------------------------------------- one dose


def test_a_high_dose_is_held_with_its_line():
    assert as_read(dose_findings(IV, Decimal(1), at=AT, library=LIBRARY)) == [
        held(
            "ketamine-iv/dose-hold-above",
            "A dose above the usual range",
            "1 mg/kg is above 0.75 mg/kg; it asks for a reason.",
            ONE_IS_RIGHT,
            because=(seen("Dose", "1 mg/kg"),),
            citations=cited("PR-IV-07 PR-IV-03 PR-ADJ-07 E-DR-01", "ANDR17", "FAVA20"),
        )
    ]
    assert list(dose_findings(IV, Decimal("0.75"), at=AT, library=LIBRARY)) == []
    assert list(dose_findings(US, Decimal(84), at=AT, library=LIBRARY)) == []


def test_a_high_dose_is_held_by_the_line_of_its_day():
    (hold,) = as_read(dose_findings(IV, Decimal("0.51"), at=IN_2016, library=LIBRARY))
    assert hold.message == "0.51 mg/kg is above 0.5 mg/kg; it asks for a reason."
    assert hold.citations == cited("PR-IV-01", "MURR13A", "SINGH16")


# ---------------------------------------------------------------- the first dose


def test_a_high_first_dose_is_held_with_what_could_lift_it():
    assert change(IV, "0.75", 1, NOTHING) == [
        held(
            "ketamine-iv/first-dose-hold-above",
            "A first dose above the usual start",
            "A course begins with 0.75 mg/kg, above 0.5 mg/kg; no earlier dose of it that helped is on "
            "record.",
            "Begin lower, enter the earlier course, or write down why this dose is right.",
            because=(seen("Dose", "0.75 mg/kg"),),
            citations=cited("PR-IV-08 PR-ADJ-04", "MURR13A", "SINGH16", "LOO16", "SEED"),
        )
    ]
    assert change(IV, "0.5", 1, NOTHING) == []
    assert change(MDSI, "84", 1, NOTHING) == []


def test_any_earlier_dose_that_helped_lifts_a_first_one_wherever_it_stands():
    helped = given(AT - 100 * DAY, level="0.75", helped=Answer.YES)
    others = (
        given(AT - 400 * DAY, level="0.75", helped=Answer.NO),
        replace(given(AT - 300 * DAY, helped=Answer.YES), protocol_id="no-longer-known"),
        replace(given(AT - 200 * DAY, helped=Answer.YES), level=None),
        given(AT - 150 * DAY, level="0.5", helped=Answer.YES),
    )
    assert change(IV, "0.75", 1, History((*others, helped))) == []
    assert len(change(IV, "0.75", 1, History(others))) == 1


@pytest.mark.parametrize(
    "other", [{"substance": "esketamine"}, {"route": "intramuscular"}, {"dose_basis": "mg"}]
)
def test_an_earlier_dose_of_another_kind_lifts_nothing(other):
    """Each of substance, route and basis alone makes it another kind."""
    kin = IV.model_copy(update={"id": "kin", **other})
    library = replace(LIBRARY, protocols={**LIBRARY.protocols, "kin": kin})
    before = History((replace(given(AT - 100 * DAY, level="1", helped=Answer.YES), protocol_id="kin"),))
    assert len(change(IV, "0.75", 1, before, library)) == 1
    same = replace(library, protocols={**LIBRARY.protocols, "kin": IV.model_copy(update={"id": "kin"})})
    assert change(IV, "0.75", 1, before, same) == []


# ---------------------------------------------------------------- a step up


def test_a_long_step_up_is_held_with_both_doses():
    last = AT - 4 * DAY
    assert change(IV, "1", 2, history(last)) == [
        held(
            "ketamine-iv/steps-up-hold-above",
            "More than one step up",
            "From 0.5 mg/kg to 1 mg/kg is 2 steps of the list; the dose rises by 1 at a time.",
            ONE_IS_RIGHT,
            because=(seen("Last dose", "0.5 mg/kg", last), seen("Dose", "1 mg/kg")),
            citations=cited("PR-SC-06", "LOO16"),
        )
    ]
    assert change(IV, "0.75", 2, history(last)) == []
    assert change(IV, "0.5", 2, history(last)) == []


@pytest.mark.parametrize("known", [True, False])
def test_a_step_from_a_dose_that_nobody_knows_asks_for_it(known):
    """Its day is named where there is one."""
    last = replace(given(AT - 10 * DAY), level=None)
    ask = f"Find out which dose was given last{' on 14-Nov-2026' if known else ''}."
    assert change(IV, "0.5", 2, History((last,)) if known else NOTHING) == [
        held(
            "ketamine-iv/steps-up-hold-above-not-known",
            "The last dose is not known",
            "The last dose of this course is not known, so how far this one steps up cannot be said.",
            f"{ask} Or write down why this dose is right.",
            because=(seen("Dose", "0.5 mg/kg"),),
            missing=(Missing("last_dose", ask, "not known"),),
            citations=cited("PR-SC-06", "LOO16"),
        )
    ]


def test_a_step_is_counted_in_the_list_of_its_day():
    """Into the muscle, 2016: the list is 0.25 and 0.5 mg/kg, and the step rests on the trial of that year."""
    before = history(IN_2016 - 4 * DAY, protocol_id="ketamine-im", level="0.1")
    found = change_findings(IM, Decimal("0.5"), number=2, history=before, at=IN_2016, library=LIBRARY)
    (hold,) = as_read(found)
    assert (
        hold.message == "From 0.1 mg/kg to 0.5 mg/kg is 2 steps of the list; the dose rises by 1 at a time."
    )
    assert hold.citations == cited("PR-SC-06", "LOO16")


def test_a_course_without_steps_up_refuses_one_with_its_label():
    before = history(AT - 3 * DAY, protocol_id=MDSI.id, level="56")
    assert refused(partial(change, MDSI, "84", 2, before)) == (
        "dose_raise_allowed",
        "84 mg is above 56 mg, the last dose, and Nasal esketamine in acute suicidality, United States knows "
        "no step up. Keep the dose, or lower it.",
        ("PR-ESK-07", "PR-ESK-08"),
        ("SPR-US",),
    )
    assert change(MDSI, "56", 2, before) == []
    allowed = value_of(MDSI, "dose_raise_allowed", AT.date()).model_copy(update={"value": True})
    values = {**MDSI.values, "dose_raise_allowed": {date(2000, 1, 1): allowed}}
    assert change(MDSI.model_copy(update={"values": values}), "84", 2, before) == []


def test_a_course_without_steps_up_and_without_a_known_dose_refuses_nothing():
    unknown = History((replace(given(AT - 3 * DAY, MDSI.id, "56"), level=None),))
    assert change(MDSI, "84", 2, unknown) == change(MDSI, "84", 2, NOTHING) == []


# ---------------------------------------------------------------- sessions over days


def test_many_sessions_are_held_with_each_of_them():
    moments = [AT - n * DAY for n in (6, 4, 2)]
    assert over_days(IV, "0.1", history(*moments, level="0.1")) == {
        "sessions-in-7-days-hold-above": held(
            "ketamine-iv/sessions-in-7-days-hold-above",
            "Many sessions in 7 days",
            "4 sessions fall into 7 days with this one; the limit is 3 sessions.",
            "Wait until 25-Nov-2026, or write down why it may be sooner.",
            because=(
                seen("In 7 days with this one", "4 sessions"),
                *(seen("Given", "1 session", at) for at in moments),
            ),
            citations=cited("PR-IV-10", "SINGH16"),
        )
    }


def test_a_session_of_the_same_day_counts_until_the_window_is_over():
    """Three in one morning: the fourth waits for the eighth day."""
    morning = history(*(AT - n * HOUR for n in (3, 2, 1)), level="0.1")
    hold = over_days(IV, "0.1", morning)["sessions-in-7-days-hold-above"]
    assert hold.do == "Wait until 01-Dec-2026, or write down why it may be sooner."


def test_a_session_after_the_moment_does_not_count():
    assert over_days(IV, "0.1", history(*(AT + n * DAY for n in (1, 2, 3)), level="0.1")) == {}


def test_one_session_is_called_one():
    one = with_value(US, "sessions_in_7_days_hold_above", "1")
    hold = over_days(one, "56", history(AT - 3 * DAY, protocol_id=US.id, level="56"))[
        "sessions-in-7-days-hold-above"
    ]
    assert hold.message == "2 sessions fall into 7 days with this one; the limit is 1 session."


# ---------------------------------------------------------------- amounts over days


def test_a_large_amount_is_held_with_each_dose_and_the_unknown_one():
    unknown = given(AT - 6 * DAY, dose_mg=None)
    known = given(AT - 4 * DAY, level="0.75"), given(AT - 2 * DAY)
    assert over_days(IV, "0.3", History((unknown, *known)))["amount-in-7-days-hold-above"] == held(
        "ketamine-iv/amount-in-7-days-hold-above",
        "A large amount in 7 days",
        "1.55 mg/kg fall into 7 days with this one; the limit is 1.5 mg/kg.",
        "Wait until 27-Nov-2026, or write down why it may be sooner.",
        because=(
            seen("In 7 days with this one", "1.55 mg/kg"),
            seen("Given", "amount not known", unknown.at),
            seen("Given", "0.75 mg/kg", known[0].at),
            seen("Given", "0.5 mg/kg", known[1].at),
        ),
        citations=cited("PR-IV-01 PR-IV-10", "SINGH16"),
    )


def test_an_amount_is_shown_rounded_up_to_a_thousandth():
    """100 of 300 mg/kg are ⅓, and with 1.2 they are 1.5333…: shown as 1.534, never as less."""
    third = given(AT - 4 * DAY, dose_mg=Decimal(100), weight_kg=Decimal(300))
    hold = over_days(IV, "1.2", History((third,)))["amount-in-7-days-hold-above"]
    assert hold.message == "1.534 mg/kg fall into 7 days with this one; the limit is 1.5 mg/kg."
    assert [o.shown for o in hold.because] == ["1.534 mg/kg", "0.334 mg/kg"]


def test_an_amount_that_cannot_be_said_is_held_and_three_of_its_days_are_named():
    unknown = [given(AT - n * DAY, dose_mg=None, level="0.1") for n in (24, 18, 12, 9)]
    days = "31-Oct-2026, 06-Nov-2026, 12-Nov-2026"
    assert over_days(IV, "0.1", History(tuple(unknown))) == {
        "amount-in-28-days-hold-above-not-known": held(
            "ketamine-iv/amount-in-28-days-hold-above-not-known",
            "The amount in 28 days is not known",
            f"How much was given on {days} is not known, so the amount in 28 days cannot be said.",
            f"Find out how much was given on {days}. Or write down why to go on without it.",
            because=tuple(seen("Given", "amount not known", g.at) for g in unknown),
            missing=tuple(
                Missing("earlier_dose", f"Find out how much was given on {day}.", "not known")
                for day in (*days.split(", "), "15-Nov-2026")
            ),
            citations=cited("PR-IV-01 PR-IV-11 PR-IV-12", "SINGH16", "MCINNES22"),
        )
    }


def test_what_holds_where_a_label_cannot_be_asked_is_cleared_by_a_prescriber():
    """A hard limit names nobody who may pass it; not knowing whether it is kept is for the prescriber."""
    before = history(AT - 9 * DAY, protocol_id=US.id, level="56", dose_mg=None)
    (hold,) = over_days(US, "56", before).values()
    assert (hold.rule, hold.cleared_by) == (
        f"limits/{US.id}/amount-in-28-days-most-not-known",
        Role.PRESCRIBER,
    )


@pytest.mark.parametrize("amount", ["0.2", "0.5"])
def test_no_day_is_named_for_a_dose_that_is_above_the_limit_alone(amount):
    """A site may allow less in a week than one dose: waiting does not help then, a smaller dose does."""
    tight = with_value(IV, "amount_in_7_days_hold_above", amount)
    before = history(AT - 3 * DAY, level="0.1")
    hold = over_days(tight, "0.51", before)["amount-in-7-days-hold-above"]
    assert hold.do == "Choose a smaller dose, or write down why this one is right."
    waits = over_days(tight, amount, before)["amount-in-7-days-hold-above"]
    assert waits.do == "Wait until 28-Nov-2026, or write down why it may be sooner."


# ---------------------------------------------------------------- hard limits over days


def test_a_ninth_session_is_refused_with_the_label():
    days = (27, 24, 21, 17, 14, 10, 7, 3)
    before = history(*(AT - n * DAY for n in days), protocol_id=US.id, level="56")
    assert refused(partial(over_days, US, "56", before)) == (
        "sessions_in_28_days_most",
        "9 sessions fall into 28 days with this one; the limit is 8 sessions. "
        "25-Nov-2026 is the first day that keeps it.",
        ("PR-ESK-03",),
        ("SPR-US",),
    )


def test_a_dose_above_a_hard_amount_alone_is_told_to_be_smaller():
    tight = with_value(US, "amount_in_28_days_most", "56")
    assert over_days(tight, "56", NOTHING) == {}
    assert refused(partial(over_days, tight, "84", NOTHING)) == (
        "amount_in_28_days_most",
        "84 mg fall into 28 days with this one; the limit is 56 mg. Choose a smaller dose.",
        ("PR-ESK-03", "PR-ESK-10"),
        ("SPR-US",),
    )


# ---------------------------------------------------------------- all of them at once


def test_every_limit_is_asked_with_the_whole_dose():
    """The actual weight too: no policy may dose above it."""
    dose = Intended(
        level=Decimal("0.5"), dose_mg=Decimal(36), weight_kg=Decimal(72), minutes=40, devices=None, number=1
    )
    ask = partial(check_limits, IV, history=NOTHING, at=AT, library=LIBRARY)
    assert ask(dose) == ask(replace(dose, actual_kg=Decimal(72))) == ()
    said = refused(partial(ask, replace(dose, actual_kg=Decimal(71))))
    assert said.sentence.startswith("The dosing weight of 72 kg is above the actual 71 kg,")


def test_holds_stand_in_the_order_of_dose_change_and_days():
    dose = Intended(Decimal(1), Decimal(72), Decimal(72), 40, None, 2)
    before = history(AT - 3 * DAY, level="0.5"), history(AT - 3 * DAY, level="0.75")
    rules = [
        [f.rule.rsplit("/", 1)[1] for f in check_limits(IV, dose, history=b, at=AT, library=LIBRARY)]
        for b in before
    ]
    assert rules == [
        ["dose-hold-above", "steps-up-hold-above"],
        ["dose-hold-above", "amount-in-7-days-hold-above"],
    ]


def test_a_step_in_the_european_label_rests_on_it():
    (hold,) = change(EU, "84", 2, history(AT - 4 * DAY, protocol_id=EU.id, level="28"))
    value = value_of(EU, "steps_up_hold_above", AT.date())
    assert [(c.source, c.facts) for c in hold.citations] == [(s, value.facts) for s in value.sources]
    assert hold.certainty is value.certainty
