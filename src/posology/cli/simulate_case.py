"""For whom a curve is drawn, read from a case: weight with its date, age, liver, kidney, pregnancy, drugs."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from posology.case import Fact, seen
from posology.cli.given import Given, read_given
from posology.cli.simulate import Asked, NotSimulated, Subject, study_population
from posology.cli.words import ago, day, safe
from posology.knowledge import Library, load_library
from posology.quantities import Quantity
from posology.recommendation.curve_people import subject_of


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
    assert isinstance(weight.value, Quantity)
    person = replace(
        subject_of(given.case, as_of=given.as_of, library=library).person,
        intensive_care=asked.intensive_care,
        study_population=study_population(asked.study_population),
    )
    kg = weight.value.in_unit("kg")
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
