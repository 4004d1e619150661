"""For whom a curve is drawn, read from a case: weight with its date, age, liver, kidney, pregnancy, drugs."""

from datetime import datetime
from pathlib import Path

from posology.case import Answer as Said
from posology.case import Case, Choice, Fact, seen
from posology.case.drug_names import read_drug
from posology.cli.given import Given, read_given
from posology.cli.simulate import Asked, NotSimulated, Subject, study_population
from posology.cli.words import ago, day, safe
from posology.knowledge import Library, load_library
from posology.knowledge.models import pk_covariates
from posology.pharmacology.people import ChildPugh, Person
from posology.quantities import Quantity

_LIVER = {
    "none": ChildPugh.NONE,
    "child_pugh_a": ChildPugh.A,
    "child_pugh_b": ChildPugh.B,
    "child_pugh_c": ChildPugh.C,
}


def subject_of_case(asked: Asked, path: Path, as_of: str | None, jurisdiction: str | None) -> Subject:
    """Return the person of a case; what the case says may not be said by an option too.

    Raises
    ------
    DomainError
        If the case cannot be read, or its weight is missing or too old for a dose.
    """
    twice = [
        option
        for option, value in (
            ("--weight-kg", asked.weight_kg),
            ("--age", asked.age),
            ("--child-pugh", asked.child_pugh),
            ("--drug", asked.drugs or None),
            ("--pregnant", asked.pregnant),
            ("--dialysis", asked.dialysis),
        )
        if value is not None
    ]
    if twice:
        raise NotSimulated(f"{twice[0]} and a case were given, and the case says it. Leave one of them out.")
    library = load_library()
    given = read_given(path, as_of, jurisdiction, library)
    weight = _weight(given, library)
    quantity = weight.value
    assert isinstance(quantity, Quantity)
    kg = quantity.in_unit("kg")
    age = given.case.age_on(given.as_of.date())
    person = Person(
        weight_kg=float(kg),
        age_years=None if age is None else float(age),
        child_pugh=_liver(given, library),
        pregnant=_answer(given, library, "pregnant"),
        dialysis=_dialysis(given, library),
        intensive_care=asked.intensive_care,
        study_population=study_population(asked.study_population),
        drugs=_drugs(given.case, library),
    )
    return Subject(person, kg, _told(given, weight))


def _told(given: Given, weight: Fact) -> str:
    at: datetime = weight.at
    return (
        f"{safe(given.label)}. Weight {safe(weight.shown)} of {day(at.date())}, {ago(at, given.as_of)}; "
        f"as of {day(given.as_of.date())}."
    )


def _weight(given: Given, library: Library) -> Fact:
    found = seen(given.case, "weight", library.questions.questions["weight"], as_of=given.as_of)
    if isinstance(found, Fact) and isinstance(found.value, Quantity):
        return found
    why = "not a number" if isinstance(found, Fact) else found.why
    raise NotSimulated(f"The weight of this case is {why}, so no curve is drawn. Weigh the patient anew.")


def _fact(given: Given, library: Library, key: str) -> Fact | None:
    """Return a known answer that is still good; None where it is missing, unknown or too old."""
    found = seen(given.case, key, library.questions.questions[key], as_of=given.as_of)
    return found if isinstance(found, Fact) else None


def _answer(given: Given, library: Library, key: str) -> bool | None:
    fact = _fact(given, library, key)
    return {Said.YES: True, Said.NO: False}.get(fact.value) if fact and isinstance(fact.value, Said) else None


def _liver(given: Given, library: Library) -> ChildPugh | None:
    fact = _fact(given, library, "liver_class")
    return _LIVER.get(fact.value.key) if fact and isinstance(fact.value, Choice) else None


def _dialysis(given: Given, library: Library) -> bool | None:
    fact = _fact(given, library, "kidney")
    return fact.value.key == "dialysis" if fact and isinstance(fact.value, Choice) else None


def _drugs(case: Case, library: Library) -> tuple[str, ...]:
    """Return the drugs of the case of which something is known here, unless they were stopped."""
    known = {change.with_ for change in pk_covariates().fold_changes}
    taken = [
        name
        for one in case.medications
        if one.active is not Said.NO
        for name in read_drug(one.text, one.rxnorm, library).ingredients
    ]
    return tuple(dict.fromkeys(name for name in taken if name in known))
