"""Worse or missing input never yields less caution (hazard H-14)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.case import Answer, Fact
from posology.knowledge import load_library
from posology.protocols import Verdict, assess
from posology.recommendation import recommend
from tests.cases import NOW, STAFF, complete_case, offered_case

LIBRARY = load_library()
PROTOCOLS = sorted(LIBRARY.protocols)


def _case(protocol_id):
    return offered_case(LIBRARY.protocol(protocol_id))


def _without(case, key):
    if key == "born_on":
        return replace(case, born_on=None)
    return replace(case, facts=tuple(f for f in case.facts if f.key != key))


def _unknown(case, key):
    if key == "born_on":
        return replace(case, born_on=None)
    return replace(
        _without(case, key), facts=(*_without(case, key).facts, Fact(key, Answer.UNKNOWN, NOW, STAFF))
    )


def _stale(case, key, days):
    facts = tuple(
        replace(f, at=NOW - timedelta(days=days, seconds=1)) if f.key == key else f for f in case.facts
    )
    return replace(case, facts=facts)


def _spoiled(case, key):
    yield _without(case, key)
    yield _unknown(case, key)
    question = LIBRARY.questions.questions.get(key)
    if question is not None and question.good_for_days is not None:
        yield _stale(case, key, question.good_for_days)


def _finding(case, protocol_id, rule):
    report = assess(case, protocol_id, as_of=NOW, library=LIBRARY)
    return next(f for f in report.findings if f.rule == rule)


@pytest.mark.hazard("H-14")
def test_no_rule_passes_without_the_inputs_that_let_it_pass(record_property):
    """Each input of each passing rule of each protocol is removed, made unknown and made stale in turn.

    The rule then passes only where another fact, still known, decides alone; with all its inputs gone it
    never passes. N is the number of cases tried.
    """
    tried = 0
    for protocol_id in PROTOCOLS:
        case = _case(protocol_id)
        for finding in assess(case, protocol_id, as_of=NOW, library=LIBRARY).of(Verdict.PASS):
            keys = {o.key for o in finding.because} - {"medications"}
            emptied = case
            for key in keys:
                emptied = _without(emptied, key)
                for worse in _spoiled(case, key):
                    again = _finding(worse, protocol_id, finding.rule)
                    decided_by = {o.key for o in again.because}
                    assert again.verdict is not Verdict.PASS or (decided_by and key not in decided_by), (
                        finding.rule
                    )
                    tried += 1
            if keys:
                assert _finding(emptied, protocol_id, finding.rule).verdict is not Verdict.PASS, finding.rule
                tried += 1
    record_property("n", tried)
    assert tried >= 500


@pytest.mark.hazard("H-14")
@given(data=st.data())
@settings(max_examples=150)
def test_forgetting_facts_never_makes_a_verdict_milder(data):
    """Any set of facts forgotten at once: no protocol's verdict becomes milder than before."""
    protocol_id = data.draw(st.sampled_from(PROTOCOLS))
    case = _case(protocol_id)
    forgotten = data.draw(st.sets(st.sampled_from(sorted(LIBRARY.questions.questions)), min_size=1))
    before = assess(case, protocol_id, as_of=NOW, library=LIBRARY)
    after = assess(
        replace(case, facts=tuple(f for f in case.facts if f.key not in forgotten)),
        protocol_id,
        as_of=NOW,
        library=LIBRARY,
    )
    assert after.verdict.rank <= before.verdict.rank


@given(shift_days=st.integers(-3000, 3000))
@settings(max_examples=50)
def test_shifting_all_times_changes_nothing_but_the_dates(shift_days):
    """The same case as many days earlier or later, inside one knowledge day: the same doses."""
    shift = timedelta(days=shift_days)
    base = NOW
    moved = base + shift
    if moved < NOW:
        return
    one = recommend(complete_case(), as_of=base)
    other = recommend(complete_case(at=moved - timedelta(hours=1)), as_of=moved)
    assert [(o.id, o.dose and o.dose.dose_mg) for o in one.options] == [
        (o.id, o.dose and o.dose.dose_mg) for o in other.options
    ]
