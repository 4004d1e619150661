"""The canaries turn red whatever is broken on the way from an answer to a rule (hazard H-18).

Each question, drug and scale, and each name in the reader of records, is broken in turn, in memory. A
break is found when one canary that has to do with it is not answered as written down.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import pytest

from posology.fhir import allergies, conditions, elements, measurements, medications, observations, pregnancy
from posology.knowledge import Library
from posology.knowledge.schema import Condition
from tests.knowledge.silence import (
    CANARIES,
    LIBRARY,
    RULES,
    Telling,
    answers_with,
    code_is,
    is_red,
    rules_with,
)

pytestmark = pytest.mark.knowledge


# ---------------------------------------------------------------- breaks of the questions
def with_question(key: str, **changes: object) -> Library:
    held = LIBRARY.questions.questions
    question = held[key].model_copy(update=changes)
    file = LIBRARY.questions.model_copy(update={"questions": {**held, key: question}})
    return replace(LIBRARY, questions=file)


def without_code(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tuple(c for c in codes if c != code)


def code_breaks() -> Iterator[tuple[str, str, Library]]:
    """Yield each entry of the code map, and the library without it."""
    for key, question in LIBRARY.questions.questions.items():
        for name in ("snomed", "icd10", "loinc"):
            codes = getattr(question, name)
            for code in codes:
                yield f"{key} {name}", code, with_question(key, **{name: without_code(codes, code)})
        for choice, listed in question.choice_codes.items():
            for name in ("snomed", "icd10"):
                for code in getattr(listed, name):
                    less = listed.model_copy(update={name: without_code(getattr(listed, name), code)})
                    changed = {**question.choice_codes, choice: less}
                    yield f"{key}/{choice} {name}", code, with_question(key, choice_codes=changed)


# A status that a record carries is read by its own reader, which knows this code by itself.
READ_ELSEWHERE = {("pregnant loinc", "82810-3")}


@pytest.mark.hazard("H-18")
def test_each_entry_of_the_code_map_is_missed(record_property):
    """Each code of each question and choice taken out in turn: the canaries turn red, N of N."""
    tried, unnoticed = 0, []
    for place, code, broken in code_breaks():
        if (place, code) in READ_ELSEWHERE:
            continue
        tried += 1
        if not is_red(broken, code_is(code)):
            unnoticed.append((place, code))
    assert unnoticed == []
    record_property("n", tried)
    assert tried >= 150


def field_breaks() -> Iterator[tuple[str, str, Library]]:
    """Yield each question with each of its fields broken that a decision reads.

    What only a programme's form asks for decides nothing: no rule reads it, so no canary of rules can sing.
    """
    other = {"yes_no": "text", "text": "day", "day": "yes_no", "choice": "yes_no", "quantity": "yes_no"}
    for key, question in LIBRARY.questions.questions.items():
        if question.asked_for != type(question.asked_for)() and not reads(key):
            continue
        held = dict(LIBRARY.questions.questions)
        del held[key]
        yield (
            key,
            "gone",
            replace(LIBRARY, questions=LIBRARY.questions.model_copy(update={"questions": held})),
        )
        yield key, "kind", with_question(key, kind=other[question.kind])
        if question.good_for_days is not None:
            yield key, "good for 0 days", with_question(key, good_for_days=0)
            yield key, "good for longer", with_question(key, good_for_days=question.good_for_days * 2 + 2)
            yield key, "good for ever", with_question(key, good_for_days=None)
        if question.unit is not None and question.unit != "1":
            yield key, "unit", with_question(key, unit="mg")
        if question.bounds is not None:
            low = question.bounds.absolute[0]
            tight = question.bounds.model_copy(update={"absolute": (low, low)})
            yield key, "bounds", with_question(key, bounds=tight)
        if question.ever:
            yield key, "ever", with_question(key, ever=False)


def reads(key: str) -> bool:
    """Say whether any rule reads the answer to a question."""

    def within(condition: Condition) -> bool:
        inner = (*(condition.any_of or ()), *(condition.all_of or ()), condition.not_)
        return condition.fact == key or any(within(one) for one in inner if one is not None)

    return any(within(rule.when) for file in LIBRARY.rules for rule in file.rules)


@pytest.mark.hazard("H-18")
def test_each_field_of_each_question_is_missed(record_property):
    """Each question gone, of another kind, unit or bound, growing old at once, late or never, or asking of
    now and not of ever: the canaries turn red, N of N."""
    tried, unnoticed = 0, []
    for key, what, broken in field_breaks():
        tried += 1
        if not is_red(broken, answers_with(key), rules=rules_with(key)):
            unnoticed.append((key, what))
    assert unnoticed == []
    record_property("n", tried)
    assert tried >= 250


def read_choices() -> Iterator[tuple[str, str]]:
    """Yield each choice of a question that a rule asks for."""
    told = {
        (key, value)
        for canary in CANARIES.canaries
        for answers in canary.answers
        for key, value in (*answers.items(), *CANARIES.plain.items())
        if isinstance(value, str)
    }
    for key, question in LIBRARY.questions.questions.items():
        yield from ((key, choice) for choice in question.choices or {} if (key, choice) in told)


@pytest.mark.hazard("H-18")
def test_each_choice_that_a_rule_asks_for_is_missed(record_property):
    """Each choice under another name in turn: the canaries turn red, N of N."""
    tried = 0
    for key, choice in read_choices():
        choices = {
            ("renamed" if c == choice else c): words
            for c, words in LIBRARY.questions.questions[key].choices.items()
        }
        assert is_red(with_question(key, choices=choices), answers_with(key), rules=rules_with(key)), (
            key,
            choice,
        )
        tried += 1
    record_property("n", tried)
    assert tried >= 25


# ---------------------------------------------------------------- breaks of the drugs
def with_drug(key: str, **changes: object) -> Library:
    drugs = LIBRARY.drugs.drugs
    changed = {**drugs, key: drugs[key].model_copy(update=changes)}
    return replace(LIBRARY, drugs=LIBRARY.drugs.model_copy(update={"drugs": changed}))


def names_of(key: str) -> set[str]:
    drug = LIBRARY.drugs.drugs[key]
    codes = {f"RxNorm {code}" for code in (drug.rxnorm, *drug.rxnorm_products) if code}
    return {key.replace("_", " "), *drug.names, *codes, *(f"ATC {code}" for code in drug.atc)}


def names_it(key: str) -> Telling:
    names = names_of(key)
    return lambda _, given: isinstance(given.told, str) and given.told in names


def parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    for inner in (*(condition.any_of or ()), *(condition.all_of or ())):
        yield from parts(inner)


@pytest.mark.hazard("H-18")
def test_each_class_of_each_drug_is_missed(record_property):
    """Each class that a rule speaks of taken from each of its drugs in turn: red, N of N."""
    read = {c.taking for rule in RULES.values() for c in parts(rule.when) if c.taking}
    tried, unnoticed = 0, []
    for key, drug in LIBRARY.drugs.drugs.items():
        for one in read & set(drug.classes):
            tried += 1
            broken = with_drug(key, classes=tuple(c for c in drug.classes if c != one))
            if not is_red(broken, names_it(key)):
                unnoticed.append((key, one))
    assert unnoticed == []
    record_property("n", tried)
    assert tried >= 140


def says_the_same_without(key: str, name: str) -> bool:
    """Answer whether no rule could hear that a name was taken from a drug.

    The drug is called so anyway, or another ingredient of the same brand has every class of its own.
    """
    read = {c.taking for rule in RULES.values() for c in parts(rule.when) if c.taking}
    drugs = LIBRARY.drugs.drugs
    others = [d for k, d in drugs.items() if k != key and name in names_of(k)]
    if name == key or name in {"insulin human"}:
        return True
    return bool(others) and read & set(drugs[key].classes) <= {c for d in others for c in d.classes}


@pytest.mark.hazard("H-18")
def test_each_name_and_code_of_each_drug_is_missed(record_property):
    """Each name, brand, RxNorm and ATC code of each drug taken out in turn, and each drug: red, N of N."""
    tried, unnoticed = 0, []
    for key, drug in LIBRARY.drugs.drugs.items():
        breaks = [
            (name, with_drug(key, names=tuple(n for n in drug.names if n != name)))
            for name in drug.names
            if not says_the_same_without(key, name)
        ]
        if drug.rxnorm:
            breaks.append((drug.rxnorm, with_drug(key, rxnorm=None)))
        for code in drug.rxnorm_products:
            breaks.append((code, with_drug(key, rxnorm_products=without_code(drug.rxnorm_products, code))))
        for code in drug.atc:
            if not says_the_same_without(key, f"ATC {code}"):
                breaks.append((code, with_drug(key, atc=without_code(drug.atc, code))))
        held = {k: d for k, d in LIBRARY.drugs.drugs.items() if k != key}
        breaks.append((key, replace(LIBRARY, drugs=LIBRARY.drugs.model_copy(update={"drugs": held}))))
        for what, broken in breaks:
            tried += 1
            if not is_red(broken, names_it(key)):
                unnoticed.append((key, what))
    assert unnoticed == []
    record_property("n", tried)
    assert tried >= 800


# ---------------------------------------------------------------- breaks of the scales
@pytest.mark.hazard("H-18")
def test_each_code_of_each_scale_is_missed(record_property):
    """Each item's and each answer's code gone in turn: red, N of N."""
    tried = 0
    for name, measure in LIBRARY.measures.items():
        changed = [
            {"items": tuple(i.model_copy(update={"loinc": "1-8"}) if i is item else i for i in measure.items)}
            for item in measure.items
        ] + [
            {
                "answers": tuple(
                    a.model_copy(update={"loinc": None}) if a is one else a for a in measure.answers
                )
            }
            for one in measure.answers
        ]
        for change in changed:
            measures = {**LIBRARY.measures, name: measure.model_copy(update=change)}
            broken = replace(LIBRARY, measures=MappingProxyType(measures))
            assert is_red(broken, lambda *_: False, forms=(name,)), (name, change)
            tried += 1
    record_property("n", tried)


# ---------------------------------------------------------------- breaks of the readers
def less(table, key):
    return MappingProxyType({k: v for k, v in table.items() if k != key})


READERS = [
    *((conditions, name, "http://elsewhere.example") for name in ("SNOMED",)),
    (conditions, "ICD10", frozenset()),
    *((conditions, "ICD10", elements.ICD10 - {one}) for one in sorted(elements.ICD10)),
    (conditions, "_NOW", conditions._NOW - {"active"}),
    (conditions, "_OVER", conditions._OVER - {"resolved"}),
    (conditions, "_NOT_TRUE", conditions._NOT_TRUE | {"confirmed"}),
    (conditions, "_NOT_SURE", conditions._NOT_SURE | {"confirmed"}),
    (observations, "LOINC", "http://elsewhere.example"),
    (observations, "FINAL", frozenset()),
    (measurements, "UCUM", "http://elsewhere.example"),
    (medications, "_ACTIVE", less(medications._ACTIVE, "active")),
    (medications, "_ONLY_PROPOSED", frozenset({"order"})),
    (allergies, "_KETAMINE_SUBSTANCE", "0"),
    (allergies, "_KETAMINE", re.compile("esketamine")),
    (allergies, "_KETAMINE", re.compile("^ketamine", re.IGNORECASE)),
    (allergies, "RXNORM", "http://elsewhere.example"),
    (allergies, "SNOMED", "http://elsewhere.example"),
    (allergies, "_NOW", frozenset()),
    (pregnancy, "SNOMED", "http://elsewhere.example"),
    (pregnancy, "_STATUS", "0-0"),
    *(
        (pregnancy, "PREGNANCY_CODES", pregnancy.PREGNANCY_CODES - {c})
        for c in sorted(pregnancy.PREGNANCY_CODES)
    ),
    *((pregnancy, "_SAID", less(pregnancy._SAID, c)) for c in ("77386006", "72892002")),
    (pregnancy, "_TESTED", less(pregnancy._TESTED, "positive")),
    *(
        (elements, "_ALSO_KNOWN_AS", {k: v for k, v in elements._ALSO_KNOWN_AS.items() if k != oid})
        for oid in elements._ALSO_KNOWN_AS
        if elements._ALSO_KNOWN_AS[oid] != elements.UCUM
    ),
]


# The reader, and the doors of the canaries that come by it.
DOORS = {
    conditions: ("problems", "past_problems"),
    observations: ("observations",),
    measurements: ("observations",),
    medications: ("coded_drugs",),
    allergies: ("allergies", "intolerances"),
    pregnancy: ("pregnancies",),
    elements: ("problems", "past_problems", "observations", "coded_drugs"),
}


def comes_by(doors: tuple[str, ...]) -> Telling:
    return lambda _, given: given.door in doors


@pytest.mark.hazard("H-18")
def test_each_name_in_the_readers_of_records_is_missed(monkeypatch, record_property):
    """Each system, status and code that the readers know by themselves, gone in turn: red, N of N."""
    unnoticed = []
    for module, name, value in READERS:
        with monkeypatch.context() as broken:
            broken.setattr(module, name, value)
            if not is_red(LIBRARY, comes_by(DOORS[module])):
                unnoticed.append((module.__name__, name, value))
    assert unnoticed == []
    record_property("n", len(READERS))
