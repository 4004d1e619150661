"""Observations: vital signs and other measurements that answer a question, and laboratory values.

Which code answers which question stands in the questions file (``loinc``). A value counts only when
it is final, has a moment, a UCUM unit, and can be true; everything else is listed with the reason.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from posology.fhir.chart import Chart, Reason, rounded
from posology.fhir.elements import (
    LOINC,
    Resource,
    a_dict,
    a_text,
    codes,
    codings,
    dicts,
    first_code,
    values,
    when,
    words,
)
from posology.fhir.measurements import NotMeasured, measured, number_in
from posology.knowledge import Library
from posology.quantities import Quantity, show_number

FINAL = frozenset({"final", "amended", "corrected"})

_SYSTOLIC, _DIASTOLIC = "systolic", "diastolic"

# Shown to whoever answers the questions on liver, kidney and thyroid; nothing here judges them.
_LABORATORY = MappingProxyType(
    {
        "1742-6": "ALT",
        "1920-8": "AST",
        "1975-2": "Bilirubin, total",
        "2160-0": "Creatinine",
        "38483-4": "Creatinine",
        "33914-3": "eGFR",
        "3016-3": "TSH",
    }
)


def measured_codes(library: Library) -> Mapping[str, str]:
    """Return which LOINC code answers which question that is answered by a quantity."""
    questions = library.questions.questions.items()
    return {code: key for key, q in questions if q.kind == "quantity" for code in q.loinc}


def moment_of(resource: Resource, as_of: datetime) -> datetime | None:
    """Return when an Observation was true; when it was released says nothing of that."""
    return when(resource, "effectiveDateTime", "effectiveInstant", "effectivePeriod", as_of=as_of)


def may_be_used(resource: Resource, chart: Chart) -> datetime | None:
    """Return the moment of an Observation that may be used, or list why it may not and return ``None``."""
    status = first_code(resource.get("status"))
    if status not in FINAL:
        chart.pass_over(
            resource,
            f"{words(resource.get('code'))}: its status is '{status or 'not given'}', so it does not count.",
        )
        return None
    at = moment_of(resource, chart.as_of)
    if at is None:
        chart.pass_over(
            resource,
            f"{words(resource.get('code'))}: it has no moment that can be read, so its age cannot be known.",
            Reason.UNREADABLE,
        )
        return None
    chart.check_past(at, resource)
    return at


def read_observation(resource: Resource, chart: Chart) -> None:
    """Take over one Observation that is a measurement; anything else is counted as not used."""
    answered = measured_codes(chart.library)
    parts = list(_measurements(resource, answered))
    laboratory = next((_LABORATORY[c] for c in codes(resource.get("code"), LOINC) if c in _LABORATORY), None)
    if not parts and laboratory is None:
        chart.not_used(resource, f"{_named(resource)}: no question is answered by it.")
        return
    at = may_be_used(resource, chart)
    if at is None:
        return
    if laboratory is not None:
        _tell_laboratory(laboratory, resource, at, chart)
    taken = {
        key: value for key, part in parts if (value := _take(key, part, resource, at, chart)) is not None
    }
    if _impossible_pair(taken):
        high, low = (show_number(taken[key].magnitude) for key in (_SYSTOLIC, _DIASTOLIC))
        why = (
            f"The pressure {high}/{low} cannot be: its first number is always the higher one. Measure again."
        )
        for key in (_SYSTOLIC, _DIASTOLIC):
            chart.cannot_read(key, why, at, resource)
        return
    for key, value in taken.items():
        chart.answer(key, value, at, resource)


def _measurements(resource: Resource, answered: Mapping[str, str]) -> Iterator[tuple[str, Resource]]:
    """Yield the measurements in an Observation: itself, or its components, one for a question."""
    seen: set[str] = set()
    for part in (resource, *dicts(resource.get("component"))):
        key = next((answered[c] for c in codes(part.get("code"), LOINC) if c in answered), None)
        if key is not None and key not in seen:
            seen.add(key)
            yield key, part


def _take(key: str, part: Resource, resource: Resource, at: datetime, chart: Chart) -> Quantity | None:
    question = chart.question(key)
    if not any(True for _ in values(part)):
        absent = words(part.get("dataAbsentReason"))
        chart.pass_over(resource, f"{question.short}: it has no value{f' ({absent})' if absent else ''}.")
        return None
    try:
        return measured(part, question, at=at)
    except NotMeasured as refused:
        chart.cannot_read(key, str(refused), at, resource)
        return None


def _impossible_pair(taken: Mapping[str, Quantity]) -> bool:
    return {_SYSTOLIC, _DIASTOLIC} <= taken.keys() and taken[_SYSTOLIC].magnitude <= taken[
        _DIASTOLIC
    ].magnitude


def _tell_laboratory(name: str, resource: Resource, at: datetime, chart: Chart) -> None:
    quantity = a_dict(resource.get("valueQuantity"))
    try:
        number = number_in(quantity, name)
    except NotMeasured as refused:
        chart.pass_over(resource, str(refused), Reason.UNREADABLE)
        return
    unit = a_text(quantity.get("code")) or a_text(quantity.get("unit"))
    if not unit:
        chart.pass_over(resource, f"The {name} has no unit, so it says nothing.", Reason.UNREADABLE)
        return
    chart.tell(name, f"{show_number(rounded(number))} {unit}", at, resource)


def _named(resource: Resource) -> str:
    found = codings(resource.get("code"))
    return f"{words(resource.get('code')) or 'Without a code'}{f' ({found[0].shown})' if found else ''}"
