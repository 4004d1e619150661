"""What a canary can be told: the answers, codes, texts and drugs that the knowledge files hear of."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from posology.canary.doors import Input
from posology.knowledge import Library, in_force
from posology.knowledge.schema import Condition, RulesFile
from posology.knowledge.schema.canaries import Told

Answers = dict[str, Any]


# ---------------------------------------------------------------- answers with which a condition holds
def holding(condition: Condition, library: Library, file: RulesFile, at: datetime) -> Iterator[Answers]:
    """Yield the answers with which the condition holds, one way after the other; "medications" is a class."""
    if condition.any_of is not None:
        for part in condition.any_of:
            yield from holding(part, library, file, at)
    elif condition.all_of is not None:
        ways: list[Answers] = [{}]
        for part in condition.all_of:
            ways = [{**way, **more} for way in ways for more in holding(part, library, file, at)]
        yield from ways
    elif condition.not_ is not None:
        raise SystemExit("A rule uses 'not'. Teach tools/canaries_inputs.py how such a condition holds.")
    elif condition.age is not None:
        least = condition.age.at_least
        years = least if least is not None else (condition.age.below or Decimal(0)) - 1
        yield {"born_on": f"{int(years)} years"}
    elif condition.bmi is not None:
        kg = (Decimal(condition.bmi.at_least or 0) + 1) * 172 * 172 / 10_000
        yield {"weight": f"{kg.quantize(Decimal('0.1'))} kg"}
    elif condition.taking is not None:
        yield {"medications": condition.taking}
    elif condition.unlisted_drug:
        yield {"medications": None}
    elif condition.first_session:
        yield {}  # the plain patient has had no session
    else:
        yield from of_fact(condition, library, file, at)


def of_fact(condition: Condition, library: Library, file: RulesFile, at: datetime) -> Iterator[Answers]:
    key = condition.fact or ""
    question = library.questions.questions[key]
    if condition.is_ is not None:
        yield {key: condition.is_}
    elif condition.known is not None:
        days = (question.good_for_days or 0) + 10
        yield {key: {"value": condition.known, "hours_ago": days * 24}}
    elif condition.within_days is not None:
        days = int(number(condition.within_days, file, at))
        yield {key: {"days_ago": days - 1}}
        yield {key: {"days_ago": 0}}
    elif condition.changed_by_more_than_percent is not None:
        yield {key: {"value": f"90 {question.unit}", "hours_ago": 216}}
    else:
        for limit, step in ((condition.above, 1), (condition.at_least, 0), (condition.below, -1)):
            if limit is not None:
                step = step if question.unit == "1" else step * Decimal("0.1")
                yield {key: f"{number(limit, file, at) + step} {question.unit}".removesuffix(" 1")}
        if condition.at_most is not None:
            yield {key: f"{number(condition.at_most, file, at)} {question.unit}".removesuffix(" 1")}


def number(written: Any, file: RulesFile, at: datetime) -> Decimal:
    if not isinstance(written, str):
        return Decimal(written)
    value = in_force(file.values[written], on=at.date()).value
    assert isinstance(value, Decimal)
    return value


# ---------------------------------------------------------------- what a record can carry
def problems_of(library: Library) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    for key, question in library.questions.questions.items():
        lists = [question, *question.choice_codes.values()]
        for listed in lists:
            for system, codes in (("SNOMED", listed.snomed), ("ICD-10-CM", listed.icd10)):
                for code in codes:
                    yield f"{system} {code}", (key,), question.ever


def observations_of(library: Library) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield for each code of a measurement a value of which a rule speaks."""
    telling = {
        "weight": "165 kg",
        "height": "1.2 m",
        "systolic": "141 mm[Hg]",
        "diastolic": "91 mm[Hg]",
        "heart_rate": "120 /min",
        "spo2": "90 %",
        "respiratory_rate": "35 /min",
    }
    for key, question in library.questions.questions.items():
        for code in question.loinc if question.kind == "quantity" else ():
            yield f"LOINC {code} = {telling[key]}", (key,)


def drug_texts(library: Library) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, drug in library.drugs.drugs.items():
        for name in dict.fromkeys((key.replace("_", " "), *drug.names)):
            yield name, ()


def drug_codes(library: Library) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every code of a drug once, and below each group of ATC a code that no drug of the list has."""
    for drug in library.drugs.drugs.values():
        rxnorm = (*((drug.rxnorm,) if drug.rxnorm else ()), *drug.rxnorm_products)
        yield from ((f"RxNorm {code}", ()) for code in rxnorm)
    codes = dict.fromkeys(code for drug in library.drugs.drugs.values() for code in drug.atc)
    yield from ((f"ATC {code}", ()) for code in codes)


def atc_groups(library: Library) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in library.drugs.classes.values():
        for group in one.atc:
            yield f"ATC {group}{'A99'[len(group) - 7 :] if len(group) < 7 else ''}", ()


def ketamine_itself(library: Library) -> list[tuple[str, tuple[str, ...]]]:
    """Return each way in which a record names ketamine or esketamine as what somebody reacts to."""
    drugs, products = library.drugs.drugs, library.products.products
    codes = [drugs[key].rxnorm for key in ("ketamine", "esketamine")]
    codes += [p.codes.get("rxnorm") for p in products.values()]
    coded = [f"RxNorm {code}" for code in dict.fromkeys(codes) if code]
    return [(one, ()) for one in ("SNOMED 373464007", *coded, "text Ketamine", "text esketamine")]


def told(answers: Answers) -> Input:
    """Return answers as a canary holds them."""
    kept = {k: Told.model_validate(v) if isinstance(v, dict) else v for k, v in answers.items()}
    return Input("answers", kept)


def unique(told: Iterable[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    keys: dict[str, tuple[str, ...]] = {}
    for one, mine in told:
        keys[one] = (*keys.get(one, ()), *mine)
    return [(one, tuple(dict.fromkeys(mine))) for one, mine in keys.items()]


def forms_of(library: Library) -> dict[str, Any]:
    return {
        m.id: {
            "items": [item.loinc for item in m.items],
            "answers": {a.loinc: a.value for a in m.answers if a.loinc},
        }
        for m in library.measures.values()
    }
