"""Pregnancy: the status that someone recorded, and tests of urine or blood.

The problems *pregnancy* and *normal pregnancy* come in as conditions do. Here *no* is possible, since
it was said or measured; it is dated, and a site decides how long it counts.
"""

from types import MappingProxyType

from posology.case import Answer
from posology.fhir.chart import Chart
from posology.fhir.elements import LOINC, SNOMED, Resource, a_text, codes, codings, values, words
from posology.fhir.observations import may_be_used

_STATUS = "82810-3"
_TESTS = frozenset({"2106-3", "2118-8"})
PREGNANCY_CODES = frozenset({_STATUS}) | _TESTS

_SAID = MappingProxyType({"77386006": Answer.YES, "72892002": Answer.YES, "60001007": Answer.NO})
_TESTED = MappingProxyType({"positive": Answer.YES, "negative": Answer.NO})


def is_about_pregnancy(resource: Resource) -> bool:
    return not PREGNANCY_CODES.isdisjoint(codes(resource.get("code"), LOINC))


def read_pregnancy(resource: Resource, chart: Chart) -> None:
    """Take over one Observation about pregnancy."""
    at = may_be_used(resource, chart)
    if at is None:
        return
    told = _told(resource)
    answer = _said(resource) if _STATUS in codes(resource.get("code"), LOINC) else _tested(resource)
    if answer is None:
        chart.cannot_read(
            "pregnant",
            f"The pregnancy status or test says '{told}', which is neither yes nor no.",
            at,
            resource,
        )
        return
    chart.answer("pregnant", answer, at, resource, beside=f"{words(resource.get('code'))}: {told}")


def _said(resource: Resource) -> Answer | None:
    found = {
        _SAID[c.code]
        for c in codings(resource.get("valueCodeableConcept"))
        if c.system == SNOMED and c.code in _SAID
    }
    return found.pop() if len(found) == 1 else None


def _tested(resource: Resource) -> Answer | None:
    return _TESTED.get(_told(resource).split(" (")[0].casefold())


def _told(resource: Resource) -> str:
    for kind, value in values(resource):
        if kind == "CodeableConcept":
            return words(value)
        if kind == "String":
            return a_text(value)
    return "nothing"
