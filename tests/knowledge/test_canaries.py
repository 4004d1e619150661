"""The canaries sing, and turn red whatever is broken on the way to a rule (hazard H-18).

Each part of the knowledge, and each name in the reader of records, is broken in turn, in memory. A break
is found when one canary that has to do with it is not answered as written down; the nightly watch asks
them all. Only those that could notice are asked here, for time.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from posology.canary import watch
from posology.canary.watch import Round
from posology.knowledge import Level, Library
from posology.knowledge.schema import Condition
from tests.knowledge.silence import CANARIES, LIBRARY, NOW, RULES, is_red, speaks

pytestmark = pytest.mark.knowledge


# ---------------------------------------------------------------- the watch itself
@pytest.mark.hazard("H-18")
@pytest.mark.parametrize("at", [NOW, datetime(2028, 2, 29, 0, 30, tzinfo=UTC)])
def test_every_rule_answers_its_canaries_on_any_day(at, record_property):
    """The knowledge as it ships: every canary answered as written down, today and years from now."""
    found = watch(CANARIES, LIBRARY, as_of=at)
    assert not found.silent, found.silent[:5]
    record_property("n", found.asked)
    assert found.asked > 5000


@pytest.mark.hazard("H-18")
def test_every_rule_has_a_canary_that_makes_it_speak_and_one_that_does_not(record_property):
    """Every rule; one without one fails here, and turns the nightly watch red."""
    loud = {
        rule for c in CANARIES.canaries for rule, verdict in c.makes.items() if verdict == RULES[rule].level
    }
    assert loud == set(RULES) == set(CANARIES.rules)
    record_property("n", len(RULES))


@pytest.mark.hazard("H-18")
def test_a_rule_that_no_canary_speaks_for_is_named(record_property):
    """All canaries of one rule taken away, for every rule in turn."""
    for rule in RULES:
        kept = tuple(
            c.model_copy(update={"makes": {r: v for r, v in c.makes.items() if r != rule} or {"x": "pass"}})
            for c in CANARIES.canaries
        )
        one = Round(CANARIES.model_copy(update={"canaries": kept}), LIBRARY, NOW)
        assert [s.rule for s in one.unheard()] == [rule]
    record_property("n", len(RULES))


# ---------------------------------------------------------------- breaks of the rules
def with_rule(name: str, **changes: object) -> Library:
    file_id, _, rule_id = name.partition("/")
    files = tuple(
        file.model_copy(
            update={
                "rules": tuple(
                    rule.model_copy(update=changes) if (file.id, rule.id) == (file_id, rule_id) else rule
                    for rule in file.rules
                )
            }
        )
        for file in LIBRARY.rules
    )
    return replace(LIBRARY, rules=files)


def rule_breaks(name: str) -> Iterator[tuple[str, Library]]:
    rule = RULES[name]
    weaker = {Level.STOP: Level.HOLD, Level.HOLD: Level.CAUTION, Level.CAUTION: Level.HOLD}[rule.level]
    yield "level", with_rule(name, level=weaker)
    yield "ended", with_rule(name, in_force_until=date(2020, 1, 1))
    yield "not begun", with_rule(name, in_force_from=date(2099, 1, 1))
    yield "never", with_rule(name, when=Condition.model_validate({"age": {"above": 200}}))
    yield "another id", with_rule(name, id="another-id")
    spoken = CANARIES.rules[name].speaks_in
    for where in spoken:
        others = tuple(w for w in ("US", "EU", "UK") if w != where)
        fewer = rule.applies_to.model_copy(update={"jurisdictions": others})
        yield f"not in {where}", with_rule(name, applies_to=fewer)
    for protocol in sorted({p for ps in spoken.values() for p in ps}):
        fewer = rule.applies_to.model_copy(
            update={"except_protocols": (*rule.applies_to.except_protocols, protocol)}
        )
        yield f"not for {protocol}", with_rule(name, applies_to=fewer)
    for i in range(len(rule.when.any_of or ())):
        kept = tuple(part for j, part in enumerate(rule.when.any_of or ()) if j != i)
        yield f"without part {i + 1}", with_rule(name, when=rule.when.model_copy(update={"any_of": kept}))


@pytest.mark.hazard("H-18")
def test_each_rule_is_missed_in_each_place(record_property):
    """Each rule milder, ended, not begun, never true, under another name, without one of its parts, without
    one jurisdiction or one protocol: red, N of N."""
    tried, unnoticed = 0, []
    for name in RULES:
        for what, broken in rule_breaks(name):
            tried += 1
            if not is_red(broken, speaks(name), rules=(name,)):
                unnoticed.append((name, what))
    assert unnoticed == []
    record_property("n", tried)
    assert tried >= 1000


@pytest.mark.hazard("H-18")
def test_each_limit_of_a_rule_is_missed_when_it_moves_out_of_reach(record_property):
    """Each dated number that rules compare with, doubled and halved: at least one of the two, the one that
    silences, is red; N of N."""
    tried = 0
    for file in LIBRARY.rules:
        for name, dated in file.values.items():
            last = max(dated)
            number = dated[last].value
            mine = [f"{file.id}/{rule.id}" for rule in file.rules if name in str(rule.when)]
            red = []
            for moved in (number * 2, number / 2):
                value = dated[last].model_copy(update={"value": moved})
                values = {**file.values, name: {**dated, last: value}}
                files = tuple(
                    f.model_copy(update={"values": values}) if f.id == file.id else f for f in LIBRARY.rules
                )
                broken = replace(LIBRARY, rules=files)
                red.append(any(is_red(broken, speaks(rule), rules=(rule,)) for rule in mine))
            assert any(red), (file.id, name)
            tried += 1
    record_property("n", tried)
    assert tried >= 12
