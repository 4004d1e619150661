"""For whom a curve is drawn: what a case says of the person, each value with its day, nothing guessed.

What is not known, or too old for a decision, stays unknown here as well; a model that needs it says so.
"""

from dataclasses import dataclass
from datetime import datetime

from posology.case import Answer, Case, Choice, Fact, seen
from posology.case.drug_names import read_drug
from posology.knowledge import Library
from posology.knowledge.models import pk_covariates
from posology.pharmacology.people import ChildPugh, Person
from posology.protocols.dosing_weight import DosingWeight
from posology.quantities import DomainError, Quantity

_LIVER = {
    "none": ChildPugh.NONE,
    "child_pugh_a": ChildPugh.A,
    "child_pugh_b": ChildPugh.B,
    "child_pugh_c": ChildPugh.C,
}


class AgeNotKnown(DomainError):
    """A patient of whom it is not known whether a model may be run at all."""

    code = "age-not-known"


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom a curve is drawn.

    Attributes
    ----------
    person : Person
        What the models may ask; ``None`` in it is unknown.
    weighed_at : datetime or None
        When the weight was measured.
    """

    person: Person
    weighed_at: datetime | None


def subject_of(
    case: Case, *, as_of: datetime, library: Library, weight: DosingWeight | None = None
) -> Subject:
    """Return the person of a case as the models ask for one.

    Parameters
    ----------
    case : Case
        The patient's facts.
    as_of : datetime
        The moment of the decision, aware, in the site's own zone.
    library : Library
        Its questions say how long an answer counts, its drugs how a text is read.
    weight : DosingWeight, optional
        The weight that the dose was computed from; its *actual* weight counts here, whatever the policy
        of the dose. Read from the case if left out, by the rule of every dose.

    Returns
    -------
    Subject
        With the drugs of which a change of the curve is known and that were not stopped.

    Raises
    ------
    AgeNotKnown
        If the day of birth is not known: no model is run for a child, and nothing is guessed.
    """
    kg, weighed_at = _weight(case, as_of, library, weight)
    age = case.age_on(as_of.date())
    if age is None:
        raise AgeNotKnown(
            "The day of birth is not known, so no curve is drawn: none is for a patient under 18 years. "
            "Enter the day of birth."
        )
    return Subject(
        Person(
            weight_kg=kg,
            age_years=float(age),
            child_pugh=_liver(case, as_of, library),
            pregnant=_pregnant(case, as_of, library),
            dialysis=_kidney_is("dialysis", case, as_of, library),
            kidney_impaired=_kidney_is("impaired", case, as_of, library),
            drugs=_drugs(case, as_of, library),
        ),
        weighed_at,
    )


def _weight(
    case: Case, as_of: datetime, library: Library, weight: DosingWeight | None
) -> tuple[float | None, datetime | None]:
    if weight is not None:
        return float(weight.actual_kg), weight.measured_at
    fact = _good(case, "weight", as_of, library)
    if fact is None or not isinstance(fact.value, Quantity):
        return None, None
    return float(fact.value.in_unit("kg")), fact.at


def _good(case: Case, key: str, as_of: datetime, library: Library) -> Fact | None:
    """Return a known answer that still counts; None where it is missing, unknown or too old."""
    found = seen(case, key, library.questions.questions[key], as_of=as_of)
    return found if isinstance(found, Fact) else None


def _yes_or_no(case: Case, key: str, as_of: datetime, library: Library) -> bool | None:
    fact = _good(case, key, as_of, library)
    return None if fact is None or not isinstance(fact.value, Answer) else fact.value is Answer.YES


def _pregnant(case: Case, as_of: datetime, library: Library) -> bool | None:
    """Return the answer to the test; where pregnancy is not possible the test is not asked for."""
    told = _yes_or_no(case, "pregnant", as_of, library)
    if told is None and _yes_or_no(case, "can_be_pregnant", as_of, library) is False:
        return False
    return told


def _liver(case: Case, as_of: datetime, library: Library) -> ChildPugh | None:
    fact = _good(case, "liver_class", as_of, library)
    return _LIVER.get(fact.value.key) if fact and isinstance(fact.value, Choice) else None


def _kidney_is(key: str, case: Case, as_of: datetime, library: Library) -> bool | None:
    fact = _good(case, "kidney", as_of, library)
    return fact.value.key == key if fact and isinstance(fact.value, Choice) else None


def _drugs(case: Case, as_of: datetime, library: Library) -> tuple[str, ...]:
    known = {change.with_ for change in pk_covariates().fold_changes if not change.organ}
    taken = (
        name
        for one in case.medications
        if one.active is not Answer.NO and one.at <= as_of
        for name in read_drug(one.text, one.rxnorm, library).ingredients
    )
    return tuple(dict.fromkeys(name for name in taken if name in known))
