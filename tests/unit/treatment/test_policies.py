"""May it start? Every obstacle is named; a changed order, a wrong identity, an open hold: nothing begins."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest

from posology.case import Answer
from posology.knowledge import Certainty, Level, Role, load_library
from posology.protocols.findings import Finding, Report, Verdict
from posology.treatment import (
    Identifiers,
    NotAllowed,
    Order,
    OverriddenHold,
    Signature,
    check_may_start,
    gate_items,
    may_start,
    obstacles_to_start,
    open_gate_items,
)
from tests.sessions import BORN, PATIENT, T0, Log, at, check_worksheet, make_order, start_of, through_gate
from tests.unit.treatment.ordered import ORDERS, ready

LIBRARY = load_library()
NOW = at(10)


def keys(start) -> set[str]:
    return {o.key for o in obstacles_to_start(start)}


@pytest.mark.parametrize("name", ORDERS)
def test_a_session_with_everything_in_place_may_start(name):
    start = start_of(ORDERS[name], ready(name), NOW)
    check_may_start(start)
    assert may_start(start)


# ---------------------------------------------------------------- the order, and its signature


def another(value: Any) -> Any:
    """Return another value of the same type, as little different as can be."""
    if isinstance(value, Enum):
        return next(v for v in type(value) if v is not value)
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, date):
        return value + timedelta(days=1)
    if isinstance(value, Decimal):
        return value + Decimal("0.000001")
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + " "
    if isinstance(value, tuple):
        return (*value, OverriddenHold("rule", "someone", "A reason."))
    return 1 if value is None else None


@pytest.mark.hazard("H-28")
def test_a_change_of_any_field_after_signing_lets_nothing_start(record_property):
    """Every field of an order × every protocol, changed as little as can be after it was signed: another
    hash, and the start refused.
    """
    tried = 0
    for name, order in ORDERS.items():
        signature = Signature(order.sha256(), "prescriber-1", T0)
        state = ready(name)
        for field in fields(Order):
            changed = replace(order, **{field.name: another(getattr(order, field.name))})
            assert changed.sha256() != order.sha256(), field.name
            start = start_of(order, state, NOW, signature=signature)
            assert "signature" in keys(replace(start, order=changed)), field.name
            tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-28")
def test_a_change_within_an_overridden_hold_changes_the_hash():
    """Each field of a hold that was passed at signing. N = 4."""
    hold = OverriddenHold("limits/ketamine-iv/x", "prescriber-1", "Known.", "4")
    order = make_order(overrides=(hold,))
    hashes = {order.sha256()}
    for field in fields(OverriddenHold):
        changed = replace(hold, **{field.name: getattr(hold, field.name) + "."})
        hashes.add(replace(order, overrides=(changed,)).sha256())
    assert len(hashes) == 5


@pytest.mark.hazard("H-23")
def test_a_pass_covers_the_count_that_was_shown_and_none_above_it(record_property):
    """What was shown × what is counted now, exactly; an order from before the count was kept covers none."""
    numbers, tried = [Fraction(4), Fraction(5, 3), Fraction(7, 2), Fraction(5, 3) + Fraction(1, 10**9)], 0
    for now in numbers:
        asked = replace(finding(Verdict.HOLD), counted=now)
        for shown in numbers:
            passed = OverriddenHold(asked.rule, "prescriber-1", "Known.", str(shown))
            assert passed.covers(asked) == (now <= shown)
            assert not replace(passed, rule=f"{asked.rule}-not-known").covers(asked)
            tried += 1
        assert not OverriddenHold(asked.rule, "prescriber-1", "Known.").covers(asked)
    record_property("n", tried)


def test_an_order_from_before_the_count_was_kept_has_the_text_it_was_signed_with():
    order = make_order(overrides=(OverriddenHold("rules-x/y", "prescriber-1", "Known."),))
    assert b'"overrides":[{"by":"prescriber-1","reason":"Known.","rule":"rules-x/y"}]' in order.canonical()


def test_equal_amounts_written_otherwise_are_one_order():
    assert make_order(weight_kg="72").sha256() == make_order(weight_kg="72.00").sha256()


def test_an_unsigned_order_does_not_start():
    assert keys(start_of(ORDERS["ketamine-iv"], ready(), NOW, signature=None)) == {"signature"}


def test_a_signature_from_the_future_does_not_count():
    late = Signature(ORDERS["ketamine-iv"].sha256(), "prescriber-1", NOW + timedelta(seconds=1))
    assert keys(start_of(ORDERS["ketamine-iv"], ready(), NOW, signature=late)) == {"signature"}


@pytest.mark.hazard("H-01")
def test_a_wrong_identity_lets_nothing_start(record_property):
    """Wrong record number, wrong birth day, both, another patient's order, nothing typed: refused."""
    order, state = ORDERS["ketamine-iv"], ready()
    for patient, key in (
        (Identifiers(PATIENT, "A-101", BORN), "identity"),
        (Identifiers(PATIENT, "a-100", BORN), "identity"),
        (Identifiers(PATIENT, "A-100", date(1981, 3, 15)), "identity"),
        (Identifiers(PATIENT, "B-200", date(1990, 1, 1)), "identity"),
        (Identifiers(uuid4(), "A-100", BORN), "patient"),
    ):
        assert keys(start_of(order, state, NOW, patient=patient)) == {key}
    assert "identity" in keys(start_of(order, through_gate(order, without=["identity"]).state, NOW))
    record_property("n", 6)


# ---------------------------------------------------------------- the gate


@pytest.mark.hazard("H-14")
def test_every_item_left_out_or_unknown_lets_nothing_start(record_property):
    """Every protocol × every item of its gate: left out, and answered *unknown*; the item is named."""
    tried = 0
    for name, order in ORDERS.items():
        for item in gate_items(LIBRARY.protocol(name)):
            log = through_gate(order, without=[item.key])
            assert item.key in keys(start_of(order, log.state, NOW)), (name, item.key)
            tried += 1
            if item.kind == "answer":
                log.add("gate_answered", 6, item=item.key, answer="unknown")
                assert item.key in keys(start_of(order, log.state, NOW))
                tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-14")
def test_every_answer_that_holds_lets_nothing_start_until_it_is_passed(record_property):
    """Every protocol × item × answer that a rule holds up: refused; passed by the item's or the rule's name
    where it may be passed at all, and never where it may not.
    """
    tried = 0
    for name, order in ORDERS.items():
        for item in gate_items(LIBRARY.protocol(name)):
            for answer, holding in item.holding.items():
                for passed in (item.key, *holding.rules):
                    log = through_gate(order)
                    log.add("gate_answered", 6, item=item.key, answer=answer)
                    assert keys(start_of(order, log.state, NOW)) == {item.key}
                    log.add("gate_overridden", 7, rule=passed, reason="Decided.")
                    left = keys(start_of(order, log.state, NOW))
                    assert left == (set() if holding.may_be_passed else {item.key}), (name, item.key)
                    tried += 1
    record_property("n", tried)


def test_pregnancy_is_not_asked_where_it_cannot_be():
    order = ORDERS["ketamine-iv"]
    state = through_gate(order, without=["pregnant"]).state
    assert keys(start_of(order, state, NOW)) == {"pregnant"}
    assert may_start(start_of(order, state, NOW, can_be_pregnant=Answer.NO))


@pytest.mark.hazard("H-24")
def test_what_was_seen_too_long_ago_is_looked_at_again(record_property):
    """Each minute from 100 to 140 after the gate: identity, answers and readings count for 120 min."""
    order, state = ORDERS["ketamine-iv"], ready()
    for minute in range(100, 141):
        found = keys(start_of(order, state, at(minute)))
        assert ("identity" in found) == (minute > 120)
        assert ("escort_home" in found) == (minute > 121)
        assert ("baseline_readings" in found) == (minute > 122)
    record_property("n", 41)


def test_the_open_items_are_listed_for_the_page():
    order = ORDERS["ketamine-iv"]
    protocol = LIBRARY.protocol("ketamine-iv")
    state = through_gate(order, without=["escort_home", "baseline_readings"]).state
    left = open_gate_items(protocol, state, library=LIBRARY, can_be_pregnant=Answer.UNKNOWN)
    assert [item.key for item in left] == ["escort_home", "baseline_readings"]
    assert not open_gate_items(protocol, ready(), library=LIBRARY, can_be_pregnant=Answer.UNKNOWN)


# ---------------------------------------------------------------- the second person


@pytest.mark.hazard("H-04")
@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"checked_by": "nurse-1"}, "second_person"),
        ({"checked_by": " Nurse-1 "}, "second_person"),
        ({"prepared_by": "nurse-2"}, "second_person"),
        ({"typed_volume_mL": "36"}, "second_person"),
        ({"typed_volume_mL": "3.7"}, "second_person"),
        ({"typed_volume_mL": None, "typed_devices": 2}, "second_person"),
        ({"product_id": "ketamine-50", "typed_volume_mL": "0.72"}, "worksheet"),
        ({"product_id": "ketamine-100", "typed_volume_mL": "0.36"}, "worksheet"),
        ({"product_id": "nothing"}, "worksheet"),
        ({"final_volume_mL": "1"}, "worksheet"),
    ],
)
def test_a_check_that_does_not_hold_lets_nothing_start(change, key):
    """The same person, another result, the dose for the volume, another vial, another dilution. N = 10."""
    order = ORDERS["ketamine-iv"]
    log = through_gate(order, until_worksheet=False)
    check_worksheet(log, order, **change)
    assert keys(start_of(order, log.state, NOW)) == {key}


def test_a_start_without_a_second_person_is_refused():
    order = ORDERS["ketamine-iv"]
    assert keys(start_of(order, through_gate(order, until_worksheet=False).state, NOW)) == {"worksheet"}


# ---------------------------------------------------------------- the rules, asked anew


def finding(verdict: Verdict, *, rule="rules-x/y", each_session=False, cleared_by=Role.PRESCRIBER) -> Finding:
    return Finding(
        rule=rule,
        title="A title",
        verdict=verdict,
        level=Level.HOLD,
        message="What was found.",
        do="What to do.",
        because=(),
        missing=(),
        citations=(),
        certainty=Certainty.VERIFIED,
        cleared_by=cleared_by,
        each_session=each_session,
    )


def report(*findings: Finding, as_of=NOW, protocol_id="ketamine-iv") -> Report:
    return Report(protocol_id, "US", as_of, findings, ())


@pytest.mark.hazard("H-28")
def test_the_rules_decide_once_more_at_the_start(record_property):
    """Each verdict × {not passed, passed at signing, passed here} × {asked in each session or not}."""
    signed = make_order(overrides=(OverriddenHold("rules-x/y", "prescriber-1", "Known."),))
    plain, tried = ORDERS["ketamine-iv"], 0
    for verdict in Verdict:
        for each_session in (False, True):
            for order in (plain, signed):
                for here in (False, True):
                    log = through_gate(order)
                    if here:
                        log.add("gate_overridden", 7, rule="rules-x/y", reason="Decided.")
                    asked = report(finding(verdict, each_session=each_session))
                    passed = here or (order is signed and not each_session)
                    expected = verdict.lets_through or (verdict is Verdict.HOLD and passed)
                    assert may_start(start_of(order, log.state, NOW, report=asked)) == expected
                    tried += 1
    record_property("n", tried)


def test_the_rules_of_another_protocol_or_moment_do_not_count():
    order, state = ORDERS["ketamine-iv"], ready()
    for asked in (
        report(protocol_id="ketamine-im"),
        report(as_of=NOW - timedelta(minutes=5, microseconds=1)),
        report(as_of=NOW + timedelta(microseconds=1)),
    ):
        assert keys(start_of(order, state, NOW, report=asked)) == {"rules"}
    assert may_start(start_of(order, state, NOW, report=report(as_of=NOW - timedelta(minutes=5))))


def test_every_obstacle_is_named_at_once():
    order = ORDERS["ketamine-iv"]
    start = start_of(order, Log().state, NOW, signature=None, report=report(finding(Verdict.STOP)))
    with pytest.raises(NotAllowed) as caught:
        check_may_start(start)
    found = {o.key for o in caught.value.obstacles}
    assert found >= {"signature", "identity", "escort_home", "baseline_readings", "worksheet", "rules-x/y"}
    assert all(o.sentence in str(caught.value) for o in caught.value.obstacles)
