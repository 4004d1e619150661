"""The canaries sing, and turn red whatever is broken on the way to a rule (hazard H-18).

Each part of the knowledge, and each name in the reader of records, is broken in turn, in memory. A break
is found when one canary that has to do with it is not answered as written down; the nightly watch asks
them all. Only those that could notice are asked here, for time.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest

from posology.canary import watch
from posology.canary.doors import Input, inputs_of
from posology.canary.watch import Round
from posology.fhir import allergies, conditions, elements, measurements, medications, observations, pregnancy
from posology.knowledge import Level, Library, load_library
from posology.knowledge.background import load_background
from posology.knowledge.schema import Condition
from posology.knowledge.schema.canaries import Canary

pytestmark = pytest.mark.knowledge

LIBRARY, CANARIES = load_library(), load_background().canaries
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
RULES = {f"{file.id}/{rule.id}": rule for file in LIBRARY.rules for rule in file.rules}
Telling = Callable[[Canary, Input], bool]


def is_red(
    library: Library, telling: Telling, rules: tuple[str, ...] = (), forms: tuple[str, ...] = ()
) -> bool:
    """Answer whether one of the canaries that could notice is not answered as written down."""
    one = Round(CANARIES, library, NOW)
    return any(silence is not None for silence in _asked(one, telling, rules, forms))


def _asked(one: Round, telling: Telling, rules, forms) -> Iterator[object]:
    for rule in rules:
        yield from one.quiet(rule, CANARIES.rules[rule])
    for canary in CANARIES.canaries:
        for given in inputs_of(canary):
            if telling(canary, given):
                yield from one.told(canary, given)
    for name in forms:
        yield from one.form(name, CANARIES.forms[name])


def code_is(code: str) -> Telling:
    return lambda _, given: isinstance(given.told, str) and code in re.split(r"[ =]+", given.told)


def answers_with(key: str) -> Telling:
    return lambda _, given: isinstance(given.told, dict) and key in given.told


def rules_with(key: str) -> tuple[str, ...]:
    """Return the rules that answer to a question, as the canaries have it."""
    told = (c for c in CANARIES.canaries if any(key in answers for answers in c.answers))
    # The plain patient answers every question, so any rule shows that it cannot be read.
    return tuple(dict.fromkeys(rule for c in told for rule in c.makes)) or tuple(RULES)[:1]


def speaks(rule: str) -> Telling:
    return lambda canary, _: rule in canary.makes


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
    """Yield each question with each of its fields broken that a decision reads."""
    other = {"yes_no": "text", "text": "day", "day": "yes_no", "choice": "yes_no", "quantity": "yes_no"}
    for key, question in LIBRARY.questions.questions.items():
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


@pytest.mark.hazard("H-18")
def test_each_name_in_the_readers_of_records_is_missed(monkeypatch, record_property):
    """Each system, status and code that the readers know by themselves, gone in turn: red, N of N."""
    coded = lambda _, given: isinstance(given.told, str) and given.door != "drugs"  # noqa: E731
    unnoticed = []
    for module, name, value in READERS:
        with monkeypatch.context() as broken:
            broken.setattr(module, name, value)
            if not is_red(LIBRARY, coded):
                unnoticed.append((module.__name__, name, value))
    assert unnoticed == []
    record_property("n", len(READERS))
