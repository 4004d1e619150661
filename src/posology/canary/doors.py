"""What a canary tells, carried through the doors that patients' records come by.

Answers and drugs are written into a case file, codes into a FHIR Bundle; both are then read as any other.
The systems are named here a second time, so that a name that changes in the reader is missed there.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from posology.case import Case
from posology.case.case_file import read_case_file
from posology.fhir import read_bundle, read_json
from posology.knowledge import Library
from posology.knowledge.schema.canaries import Answers, CanariesFile, Canary, FormCanary, Told

_SYSTEMS = MappingProxyType(
    {
        "SNOMED": "http://snomed.info/sct",
        "SNOMED-OID": "urn:oid:2.16.840.1.113883.6.96",
        "ICD-10": "http://hl7.org/fhir/sid/icd-10",
        "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
        "ICD-10-CM-OID": "urn:oid:2.16.840.1.113883.6.90",
        "LOINC": "http://loinc.org",
        "LOINC-OID": "urn:oid:2.16.840.1.113883.6.1",
        "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "RxNorm-OID": "urn:oid:2.16.840.1.113883.6.88",
        "ATC": "http://www.whocc.no/atc",
    }
)
_UCUM = "http://unitsofmeasure.org"
_ME = "00000000-0000-4000-8000-0000000000ca"
_ABOUT = {"reference": f"urn:uuid:{_ME}"}
# A name that says nothing, so that the code alone decides.
_NAMELESS = "Synthetic entry"
_PLAIN_AGE, _TOLD_AGE = timedelta(hours=2), timedelta(hours=1)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a canary tells, by which door, and as a person would name it."""

    door: str  # the name of the canary's list
    told: Answers | str

    @property
    def shown(self) -> str:
        """``problem SNOMED 67362008``."""
        if isinstance(self.told, str):
            return f"{_DOORS[self.door][0]} {self.told}"
        told = ", ".join(f"{key}: {_in_words(value)}" for key, value in self.told.items())
        return f"answer {told}" if told else "the plain patient"


def inputs_of(canary: Canary) -> Iterator[Input]:
    """Yield everything that a canary tells, each alone."""
    for answers in canary.answers:
        yield Input("answers", answers)
    for door in _DOORS:
        for told in getattr(canary, door):
            yield Input(door, told)


def plain_case(file: CanariesFile, jurisdiction: str, library: Library, *, as_of: datetime) -> Case:
    """Read the plain patient as a case file of a jurisdiction."""
    told = {"born_on": f"{file.age} years", **file.plain}
    text = _case_text(told, (), jurisdiction, as_of, sex=file.sex, age=_PLAIN_AGE)
    return read_case_file(text, name="canary", now=as_of, library=library).case


def with_input(plain: Case, given: Input, library: Library, *, as_of: datetime) -> Case:
    """Return the plain patient, of whom one thing more is told through its door."""
    if isinstance(given.told, str) and given.door != "drugs":
        resource = _DOORS[given.door][1](given.told, as_of - _TOLD_AGE)
        told = _from_record(resource, plain.jurisdiction, library, as_of)
    else:
        answers = {} if isinstance(given.told, str) else given.told
        drugs = (given.told,) if isinstance(given.told, str) else ()
        text = _case_text(answers, drugs, plain.jurisdiction, as_of, sex=plain.sex, age=_TOLD_AGE)
        told = read_case_file(text, name="canary", now=as_of, library=library).case
        if "born_on" in answers:
            plain = replace(plain, born_on=told.born_on)
    return replace(
        plain, facts=(*plain.facts, *told.facts), medications=(*plain.medications, *told.medications)
    )


def without(case: Case, keys: tuple[str, ...]) -> Case:
    """Return the case with some questions left open."""
    return replace(case, facts=tuple(f for f in case.facts if f.key not in keys)) if keys else case


def _from_record(resource: Json, jurisdiction: str, library: Library, as_of: datetime) -> Case:
    text = json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [*_person(), _entry(resource)]}
    )
    return read_bundle(
        read_json(text, name="canary"), as_of=as_of, jurisdiction=jurisdiction, library=library
    ).case


# ---------------------------------------------------------------- a case file


def _case_text(
    answers: Mapping[str, str | Told],
    drugs: tuple[str, ...],
    jurisdiction: str,
    as_of: datetime,
    *,
    sex: str,
    age: timedelta,
) -> str:
    """Write a case file: each answer with its own moment."""
    at = (as_of - age).isoformat()
    born = answers.get("born_on")
    lines = [
        "case: Synthetic, Canary",
        f"jurisdiction: {jurisdiction}",
        f"born_on: {'unknown' if born is None else _born(str(born), as_of)}",
        f"sex: {sex}",
        "facts:" if answers.keys() - {"born_on"} else "facts: {}",
    ]
    lines += [f"  {key}: [{_answer(a, as_of, at)}]" for key, a in answers.items() if key != "born_on"]
    if drugs:
        lines.append("medications:")
        lines += [f"  - {{name: {json.dumps(name)}, active: yes, at: {at}}}" for name in drugs]
    return "\n".join(lines) + "\n"


def _answer(told: str | Told, as_of: datetime, at: str) -> str:
    if isinstance(told, str):
        return f"{{value: {_quoted(told)}, at: {at}}}"
    if told.days_ago is not None:
        return f"{{value: {as_of.date() - timedelta(days=told.days_ago)}, at: {at}}}"
    return (
        f"{{value: {_quoted(str(told.value))}, at: {(as_of - timedelta(hours=told.hours_ago)).isoformat()}}}"
    )


def _quoted(text: str) -> str:
    """Return a text as a case file has it: a count bare, everything else in quotes."""
    return text if text.isdigit() else json.dumps(text, ensure_ascii=False)


def _born(told: str, as_of: datetime) -> date:
    """Return the birthday of somebody who turned so many years old yesterday."""
    day = as_of.date() - timedelta(days=1)
    return date(day.year - int(told.split()[0]), day.month, min(day.day, 28))


def _in_words(told: str | Told) -> str:
    if isinstance(told, str):
        return told
    return (
        f"{told.days_ago} days ago" if told.days_ago is not None else f"{told.value}, {told.hours_ago} h ago"
    )


# ---------------------------------------------------------------- a FHIR record


def _entry(resource: Json) -> Json:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def _person() -> list[Json]:
    return [_entry({"resourceType": "Patient", "id": _ME, "gender": "female", "birthDate": "1981-03-14"})]


def _concept(told: str) -> Json:
    system, _, code = told.partition(" ")
    return {"coding": [{"system": _SYSTEMS[system], "code": code}], "text": _NAMELESS}


def _condition(told: str, at: datetime, status: str) -> Json:
    return {
        "resourceType": "Condition",
        "id": "canary",
        "subject": _ABOUT,
        "clinicalStatus": {"coding": [{"code": status}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": _concept(told),
        "onsetDateTime": (at - timedelta(days=10)).isoformat(),
        "recordedDate": at.isoformat(),
    }


def _observed(code: Json, at: datetime, **value: Json) -> Json:
    return {
        "resourceType": "Observation",
        "id": "canary",
        "subject": _ABOUT,
        "status": "final",
        "code": code,
        "effectiveDateTime": at.isoformat(),
        **value,
    }


def _observation(told: str, at: datetime) -> Json:
    code, _, quantity = told.partition(" = ")
    number, _, unit = quantity.partition(" ")
    whole = float(number)
    return _observed(
        _concept(code), at, valueQuantity={"value": whole, "system": _UCUM, "code": unit, "unit": unit}
    )


def _pregnancy(told: str, at: datetime) -> Json:
    code, _, said = told.partition(" ")
    value = _concept(f"SNOMED {said}") if said.isdigit() else {"text": said}
    return _observed(_concept(f"LOINC {code}"), at, valueCodeableConcept=value)


def _allergy(told: str, at: datetime, kind: str) -> Json:
    code = {"text": told.removeprefix("text ")} if told.startswith("text ") else _concept(told)
    return {
        "resourceType": "AllergyIntolerance",
        "id": "canary",
        "patient": _ABOUT,
        "type": kind,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": code,
        "recordedDate": at.isoformat(),
    }


def _coded_drug(told: str, at: datetime) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "canary",
        "subject": _ABOUT,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(told),
        "authoredOn": at.isoformat(),
    }


# The doors by the names of a canary's lists, with the word for a sentence; drugs come by a case file.
_DOORS: Mapping[str, tuple[str, Callable[[str, datetime], Json]]] = MappingProxyType(
    {
        "drugs": ("drug", _coded_drug),
        "problems": ("problem", lambda told, at: _condition(told, at, "active")),
        "past_problems": ("past problem", lambda told, at: _condition(told, at, "resolved")),
        "observations": ("measurement", _observation),
        "pregnancies": ("pregnancy status or test", _pregnancy),
        "allergies": ("allergy", lambda told, at: _allergy(told, at, "allergy")),
        "intolerances": ("intolerance", lambda told, at: _allergy(told, at, "intolerance")),
        "coded_drugs": ("drug code", _coded_drug),
    }
)


def forms_of(form: FormCanary) -> Iterator[tuple[str, str, int, int]]:
    """Yield each item with each answer: the item's code and place, the answer's code, and its points."""
    for place, item in enumerate(form.items):
        for answer, points in form.answers.items():
            yield item, answer, place, points


def read_form(
    form: FormCanary, item: str, answer: str, library: Library, *, as_of: datetime
) -> tuple[tuple[str, int | None, tuple[int | None, ...]], ...]:
    """Read a filled-in form in which one item has this answer and all others the one of 0 points."""
    nothing = next(code for code, points in form.answers.items() if points == 0)
    items = [
        {"linkId": f"/{code}", "answer": [{"valueCoding": _concept(f"LOINC {given}")["coding"][0]}]}
        for code in form.items
        for given in [answer if code == item else nothing]
    ]
    case = _from_record(
        {
            "resourceType": "QuestionnaireResponse",
            "id": "canary",
            "subject": _ABOUT,
            "status": "completed",
            "authored": (as_of - _TOLD_AGE).isoformat(),
            "item": items,
        },
        "US",
        library,
        as_of,
    )
    return tuple((s.instrument, s.total, s.answers) for s in case.scores)
