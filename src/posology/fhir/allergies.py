"""Allergies: one to ketamine or esketamine answers its question; the others are listed."""

import re
from collections.abc import Iterator

from posology.case import Answer
from posology.fhir.chart import Chart, Reason
from posology.fhir.elements import RXNORM, SNOMED, Resource, a_dict, codings, dicts, first_code, when, words

_KETAMINE = re.compile(r"\b(?:es|ar)?ketamine\b", re.IGNORECASE)
_KETAMINE_SUBSTANCE = "373464007"  # SNOMED CT
_NOT_TRUE = frozenset({"refuted", "entered-in-error"})
_NOW = frozenset({"", "active"})


def read_allergy(resource: Resource, chart: Chart) -> None:
    """Take over one AllergyIntolerance: an allergy as such, an intolerance as an earlier bad reaction."""
    name = words(resource.get("code")) or "an allergy without a name"
    certain = first_code(resource.get("verificationStatus"))
    if certain in _NOT_TRUE:
        chart.pass_over(resource, f"Allergy, {name}: {certain.replace('-', ' ')}, so it does not count.")
        return
    if not any(_is_ketamine(concept, chart) for concept in _substances(resource)):
        chart.pass_over(resource, f"Allergy, {name}: not to ketamine or esketamine.", Reason.UNUSED)
        return
    noted_at = when(
        resource, "recordedDate", "onsetDateTime", "assertedDate", "lastOccurrence", as_of=chart.as_of
    )
    chart.check_past(noted_at, resource)
    at = (
        noted_at or chart.record_at or chart.as_of
    )  # an allergy does not grow old; only the future is refused
    key = "prior_ketamine_intolerance" if resource.get("type") == "intolerance" else "hypersensitivity"
    stands = first_code(resource.get("clinicalStatus"))
    answer = Answer.YES if stands in _NOW else Answer.UNKNOWN
    chart.answer(key, answer, at, resource, beside=f"allergy '{name}'{f', {stands}' if stands else ''}")


def _substances(resource: Resource) -> Iterator[object]:
    yield resource.get("code")
    yield from (reaction.get("substance") for reaction in dicts(resource.get("reaction")))


def _is_ketamine(concept: object, chart: Chart) -> bool:
    drugs = chart.library.drugs.drugs
    ours = {drugs[key].rxnorm for key in ("ketamine", "esketamine") if key in drugs}
    products = {p.codes.get("rxnorm") for p in chart.library.products.products.values()}
    for coding in codings(concept):
        if coding.system == SNOMED and coding.code == _KETAMINE_SUBSTANCE:
            return True
        if coding.system == RXNORM and coding.code in ours | products:
            return True
        if _KETAMINE.search(coding.display):
            return True
    return _KETAMINE.search(str(a_dict(concept).get("text", ""))) is not None
