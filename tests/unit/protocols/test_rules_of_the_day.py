"""Which rules speak on a day, and that the answers kept with a case are this library's own."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from posology.knowledge import Library, load_library
from posology.knowledge.schema import Condition, Rule
from posology.protocols import assess
from posology.protocols.eligibility import speaks_of
from posology.protocols.plausible import Doubt, entry_doubts
from posology.quantities import DomainError
from tests.cases import NOW, complete_case
from tests.refusals import plain
from tests.unit.protocols.test_plausible import known, weighed

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
WEIGHT = "The weight differs by more than 10 % from the one before."


def rule_of(name: str) -> Rule:
    return next(r for f in LIBRARY.rules for r in f.rules if r.id == name)


def with_rule(rule: Rule, **fields: object) -> Library:
    """Return the library with one rule changed."""
    files = [
        f.model_copy(
            update={"rules": tuple(r.model_copy(update=fields) if r.id == rule.id else r for r in f.rules)}
        )
        for f in LIBRARY.rules
    ]
    return replace(LIBRARY, rules=tuple(files))


@pytest.mark.parametrize(
    ("day", "speaks"),
    [("2019-03-04", False), ("2019-03-05", True), ("2025-01-20", True), ("2025-01-21", False)],
)
def test_a_rule_speaks_from_its_first_day_to_the_day_before_its_end(day, speaks):
    rule = rule_of("weight-changed").model_copy(
        update={"in_force_from": date(2019, 3, 5), "in_force_until": date(2025, 1, 21)}
    )
    at = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    assert speaks_of(rule, IV, "US", at) is speaks
    lasting = rule.model_copy(update={"in_force_from": None, "in_force_until": None})
    assert speaks_of(lasting, IV, "US", at)


def test_answers_are_kept_for_a_case_and_never_another_librarys():
    case = complete_case()
    first = assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY)
    again = assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY)
    assert all(a is b for a, b in zip(first.findings, again.findings, strict=True))
    renamed = with_rule(rule_of("weight-changed"), title="Another title")
    titles = {f.title for f in assess(case, "ketamine-iv", as_of=NOW, library=renamed).findings}
    assert "Another title" in titles
    assert assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY) == first


def test_an_answer_that_reads_no_protocol_is_one_for_all_of_them():
    case = complete_case()
    kept = {f.rule: f for f in assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY).findings}
    other = {f.rule: f for f in assess(case, "ketamine-im", as_of=NOW, library=LIBRARY).findings}
    assert kept["rules-session/weight-changed"] is other["rules-session/weight-changed"]


# ---------------------------------------------------------------- a second look


def test_an_unusual_measurement_is_told_with_its_bounds():
    """40 to 160 kg are usual."""
    (doubt,) = entry_doubts(known(), [weighed("160.1")], as_of=NOW)
    assert (doubt.key, plain(doubt.say), doubt.before) == (
        "weight",
        "The weight 160.1 kg lies outside 40 kg to 160 kg.",
        None,
    )


def test_a_moment_without_its_offset_is_refused_by_name():
    with pytest.raises(DomainError, match=r"^The as_of 2026-11-24"):
        entry_doubts(known(), [weighed("70")], as_of=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("form", ["any_of", "all_of", "not"])
def test_a_jump_is_seen_wherever_it_stands_in_a_rule(form):
    jump = {"fact": "weight", "changed_by_more_than_percent": 10}
    first = {"fact": "hypersensitivity", "is": "yes"}
    when = {"not": jump} if form == "not" else {form: [first, jump]}
    library = with_rule(rule_of("weight-changed"), when=Condition.model_validate(when))
    before = weighed("70", days_ago=10)
    found = entry_doubts(known(before), [weighed("80")], as_of=NOW, library=library)
    assert found == (Doubt("weight", WEIGHT, before),)
