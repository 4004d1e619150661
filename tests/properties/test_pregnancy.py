"""Pregnancy unknown, or its answer too old, never passes (hazard H-15).

The expected answer is worked out here from the two answers and their ages alone, by the words of A-CI-12 and
A-LAB-01: somebody said that it cannot be, or that it is not so, and said it recently enough.
"""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from posology.case import Answer, Fact, Sex
from posology.knowledge import load_library
from posology.protocols import Verdict, assess
from posology.protocols.conditions import Context, Truth, evaluate
from tests.cases import NOW, STAFF, offered_case

LIBRARY = load_library()
QUESTIONS = LIBRARY.questions.questions
RULES = [
    (file, rule)
    for file in LIBRARY.rules
    for rule in file.rules
    if rule.id.startswith(("pregnant", "breastfeeding"))
]
AGES = (*range(18, 76), 80, 90, 100, 110)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SAID = (Answer.YES, Answer.NO, Answer.UNKNOWN)


def ages_of(key: str) -> tuple[timedelta, ...]:
    """Return ages of an answer about the moment at which it grows too old, and far from it."""
    good_for = timedelta(days=QUESTIONS[key].good_for_days)
    return (SECOND, good_for - SECOND, good_for, good_for + SECOND, good_for + DAY, good_for * 4)


def told(key: str):
    """Yield each answer to a question at each age, and that it was never asked."""
    yield None
    for value, age in product(SAID, ages_of(key)):
        yield Fact(key, value, NOW - age, STAFF)


def in_date(fact: Fact | None, value: Answer) -> bool:
    if fact is None or fact.value is not value:
        return False
    return NOW - fact.at <= timedelta(days=QUESTIONS[fact.key].good_for_days)


def test_the_rules_of_pregnancy_are_the_five_that_are_known():
    assert len(RULES) == 5


@pytest.mark.property
@pytest.mark.hazard("H-15")
@pytest.mark.parametrize(("file", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_nobody_passes_without_an_answer_in_date(file, rule, record_property):
    """All ages 18 to 75 and beyond × sexes × both answers × their ages to the second: the rule passes where
    it was answered *no* in date, and never elsewhere; a *yes* never passes, however old."""
    asked = "breastfeeding" if "breastfeeding" in rule.id else "pregnant"
    tried = passed = 0
    base = offered_case(LIBRARY.protocol("ketamine-iv"))
    others = tuple(f for f in base.facts if f.key not in {"can_be_pregnant", asked})
    for can_be, is_so in product(told("can_be_pregnant"), told(asked)):
        facts = (*others, *(f for f in (can_be, is_so) if f))
        answered_no = in_date(can_be, Answer.NO) or in_date(is_so, Answer.NO)
        ever_yes = is_so is not None and is_so.value is Answer.YES
        for age, sex in product(AGES, Sex):
            case = replace(base, born_on=date(NOW.year - age, 1, 2), sex=sex, facts=facts)
            truth = evaluate(rule.when, Context(case, LIBRARY, NOW, file.values)).truth
            passes = truth is Truth.FALSE
            assert passes == (answered_no and not ever_yes), (can_be, is_so, age, sex)
            tried += 1
            passed += passes
    assert 0 < passed < tried
    record_property("n", tried)
    assert tried > 80_000


@pytest.mark.property
@pytest.mark.hazard("H-15")
def test_no_protocol_lets_anybody_through_without_an_answer_in_date(record_property):
    """The same through the whole of each protocol, at six ages and for each sex: where the pregnancy is not
    answered in date, the report lets nobody through to an order."""
    tried = 0
    for protocol in LIBRARY.protocols.values():
        base = offered_case(protocol)
        others = tuple(f for f in base.facts if f.key not in {"can_be_pregnant", "pregnant"})
        for can_be, is_so in product(told("can_be_pregnant"), told("pregnant")):
            if (in_date(can_be, Answer.NO) or in_date(is_so, Answer.NO)) and not (
                is_so and is_so.value is Answer.YES
            ):
                continue
            facts = (*others, *(f for f in (can_be, is_so) if f))
            sexes = list(Sex)
            for n, age in enumerate((18, 25, 40, 51, 60, 75)):
                case = replace(
                    base, born_on=date(NOW.year - age, 1, 2), sex=sexes[n % len(sexes)], facts=facts
                )
                report = assess(case, protocol.id, as_of=NOW, library=LIBRARY)
                assert not report.verdict_before_ordering.lets_through, (protocol.id, can_be, is_so)
                assert any(
                    f.verdict in {Verdict.STOP, Verdict.HOLD, Verdict.CANNOT_SAY} and "/pregnant" in f.rule
                    for f in report.findings
                )
                tried += 1
    record_property("n", tried)
    assert tried > 10_000


@pytest.mark.hazard("H-15")
@pytest.mark.parametrize("planted", ["never too old", "a blank is no"])
def test_a_planted_fault_would_be_seen(planted, monkeypatch):
    """An answer that never grows old, and a blank read as *no*: N = 2, each passes where it must not."""
    file, rule = next((f, r) for f, r in RULES if r.id == "pregnant")
    base = offered_case(LIBRARY.protocol("ketamine-iv"))
    others = tuple(f for f in base.facts if f.key not in {"can_be_pregnant", "pregnant"})
    can_be = Fact("can_be_pregnant", Answer.YES, NOW - DAY, STAFF)
    library = LIBRARY
    if planted == "never too old":
        facts = (*others, can_be, Fact("pregnant", Answer.NO, NOW - timedelta(days=300), STAFF))
        held = {**QUESTIONS, "pregnant": QUESTIONS["pregnant"].model_copy(update={"good_for_days": None})}
        library = replace(LIBRARY, questions=LIBRARY.questions.model_copy(update={"questions": held}))
    else:
        facts = (*others, can_be)
        monkeypatch.setattr(
            "posology.protocols.conditions.seen",
            lambda case, key, question, as_of: next(
                iter(case.all_of(key)), Fact(key, Answer.NO, as_of, STAFF)
            ),
        )
    case = replace(base, facts=facts)
    assert evaluate(rule.when, Context(case, library, NOW, file.values)).truth is Truth.FALSE
    monkeypatch.undo()
    assert evaluate(rule.when, Context(case, LIBRARY, NOW, file.values)).truth is Truth.UNKNOWN
