"""Completed instruments, as a QuestionnaireResponse or as Observations of its items and total.

Items are found by their LOINC codes and answers by theirs (``knowledge/data/phq-9.yaml``); the total is
computed from the answers. A total that is written down and differs from them is not believed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from posology.case import MeasuredScore
from posology.fhir.chart import Chart, NotUnderstood, Reason
from posology.fhir.elements import (
    LOINC,
    Resource,
    a_dict,
    a_text,
    codes,
    codings,
    dicts,
    first_code,
    label,
    values,
    when,
    words,
)
from posology.fhir.observations import may_be_used
from posology.knowledge import Library
from posology.knowledge.schema import MeasureFile
from posology.measures import score
from posology.quantities import QuantityError, number_of

_LOINC_CODE = re.compile(r"\d{1,7}-\d", re.ASCII)


@dataclass(slots=True)
class Form:
    """One instrument filled in at one moment, as far as the record tells it."""

    measure: MeasureFile
    at: datetime
    resource: Resource
    answers: dict[int, int] = field(default_factory=dict)
    total: int | None = None
    faults: list[str] = field(default_factory=list)


def instrument_of(code: str, library: Library) -> MeasureFile | None:
    """Return the instrument to which a LOINC code belongs, as one of its items or its total."""
    for measure in library.measures.values():
        if code == measure.loinc_total or any(item.loinc == code for item in measure.items):
            return measure
    return None


def is_part_of_a_form(resource: Resource, library: Library) -> bool:
    return any(instrument_of(code, library) for code in codes(resource.get("code"), LOINC))


def read_response(resource: Resource, chart: Chart) -> None:
    """Take over one QuestionnaireResponse."""
    found: dict[str, list[tuple[str, Resource]]] = {}
    for code, item in _coded_items(resource):
        measure = instrument_of(code, chart.library)
        if measure is not None:
            found.setdefault(measure.id, []).append((code, item))
    if not found:
        chart.not_used(resource, "A questionnaire that is not scored here.")
        return
    status = first_code(resource.get("status"))
    if status not in {"completed", "amended"}:
        chart.pass_over(
            resource, f"A questionnaire with the status '{status or 'not given'}' does not count."
        )
        return
    at = when(resource, "authored", as_of=chart.as_of)
    if at is None:
        chart.pass_over(
            resource, "A questionnaire without a moment that can be read does not count.", Reason.UNREADABLE
        )
        return
    chart.check_past(at, resource)
    for instrument, items in found.items():
        form = Form(chart.library.measures[instrument], at, resource)
        for code, item in items:
            _fill(form, code, dicts(item.get("answer")))
        _keep(form, chart)


def read_score_observations(resources: Iterable[Resource], chart: Chart) -> None:
    """Take over the Observations of items and totals, those of one moment as one form.

    A form that also stands in the record as a QuestionnaireResponse is kept once, as that.
    """
    forms: dict[tuple[str, datetime], Form] = {}
    for resource in resources:
        at = may_be_used(resource, chart)
        if at is None:
            continue
        for code in codes(resource.get("code"), LOINC):
            measure = instrument_of(code, chart.library)
            if measure is not None:
                form = forms.setdefault((measure.id, at), Form(measure, at, resource))
                _fill(form, code, (resource,))
    kept = {(s.instrument, s.at) for s in chart.scores}
    for key, form in sorted(forms.items(), key=lambda pair: pair[0]):
        if key not in kept:
            _keep(form, chart)


def _coded_items(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """Yield the items, of groups too, with the LOINC code in their link or definition."""
    waiting = list(dicts(resource.get("item")))
    while waiting:
        item = waiting.pop(0)
        waiting.extend(dicts(item.get("item")))
        for where in ("linkId", "definition"):
            link = item.get(where)
            if isinstance(link, str) and (found := _LOINC_CODE.findall(link)):
                yield found[-1], item
                break


def _fill(form: Form, code: str, answers: Iterable[Resource]) -> None:
    for answer in answers:
        for kind, value in values(answer):
            number = _number(kind, value, form.measure)
            if number is None:
                form.faults.append(
                    f"the answer to {code} is '{_told(value)}', which is none of the instrument's"
                )
            elif code == form.measure.loinc_total:
                form.total = number
            else:
                item = next(i.number for i in form.measure.items if i.loinc == code)
                if form.answers.setdefault(item, number) != number:
                    form.faults.append(f"item {item} is answered twice")


def _number(kind: str, value: object, measure: MeasureFile) -> int | None:
    """Return an answer's points or a total: by answer code, or by a whole number in any of FHIR's types."""
    by_code = {choice.loinc: choice.value for choice in measure.answers if choice.loinc}
    if kind in {"Coding", "CodeableConcept"}:
        listed = codings({"coding": [value]} if kind == "Coding" else value)
        return next((by_code[c.code] for c in listed if c.code in by_code), None)
    if kind == "Quantity":
        quantity = a_dict(value)
        if a_text(quantity.get("code", "{score}")) not in {"{score}", "1"} or "comparator" in quantity:
            return None
        value = quantity.get("value")
    elif kind not in {"Integer", "Decimal", "String"}:
        return None
    try:
        number = number_of(value, what="score")
    except QuantityError:
        return None
    return int(number) if number == int(number) and number >= 0 else None


def _told(value: object) -> str:
    return words(value) or words({"coding": [value]}) or str(value)[:40]


def _keep(form: Form, chart: Chart) -> None:
    measure = form.measure
    problem = _problem(form)
    if problem:
        why = f"{measure.short_title} of {form.at:%Y-%m-%d}: {problem}. Ask again."
        chart.not_understood.append(NotUnderstood(label(form.resource), why, Reason.UNREADABLE, measure.id))
        return
    if not form.answers:
        chart.scores.append(MeasuredScore(measure.id, form.total, (), form.at))
        chart.tell(measure.short_title, f"{form.total} (total only)", form.at, form.resource, key=measure.id)
        return
    scored = score(measure.id, form.answers)
    chart.scores.append(MeasuredScore(measure.id, scored.total, scored.answers, form.at))
    shown = (
        f"{scored.total}, {scored.band}"
        if scored.total is not None
        else f"not scored: {scored.why_not_scored}"
    )
    chart.tell(measure.short_title, shown, form.at, form.resource, key=measure.id)


def _problem(form: Form) -> str | None:
    if form.faults:
        return form.faults[0]
    allowed: Mapping[int, str | None] = {choice.value: choice.text for choice in form.measure.answers}
    wrong = [number for number, answer in form.answers.items() if answer not in allowed]
    if wrong:
        return f"the answer to item {wrong[0]} is {form.answers[wrong[0]]}, which is none of the instrument's"
    highest = max(allowed) * len(form.measure.items)
    if form.total is not None and form.total > highest:
        return f"the total is {form.total}, and {highest} is the highest there is"
    complete = len(form.answers) == len(form.measure.items)
    if form.total is not None and complete and sum(form.answers.values()) != form.total:
        return f"the total is written as {form.total}, and the answers come to {sum(form.answers.values())}"
    return None
