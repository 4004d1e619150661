"""Synthetic FHIR resources for tests, a function a resource; what is passed in goes before the usual."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from posology.fhir import Import, read_bundle, read_json

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
RXNORM, ICD10 = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/icd-10-cm"
ABOUT = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}

Json = dict[str, Any]


def concept(system: str, code: str, display: str = "") -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def without(resource: Mapping[str, Any]) -> Json:
    """Return a resource without the keys that were set to None."""
    return {key: value for key, value in resource.items() if value is not None}


def patient(**changes: Any) -> Json:
    return without(
        {
            "resourceType": "Patient",
            "id": "00000000-0000-4000-8000-000000000001",
            "name": [{"use": "official", "family": "Synthetic", "given": ["Ada"]}],
            "gender": "female",
            "birthDate": "1984-05-02",
            **changes,
        }
    )


def observation(code: str, value: object = None, unit: str | None = "kg", /, **changes: Any) -> Json:
    quantity = (
        None if value is None else without({"value": value, "unit": unit, "system": UCUM, "code": unit})
    )
    return without(
        {
            "resourceType": "Observation",
            "id": f"o-{code}",
            "status": "final",
            "code": concept(LOINC, code, f"Code {code}"),
            "subject": ABOUT,
            "effectiveDateTime": "2026-11-20T09:00:00-05:00",
            "valueQuantity": quantity,
            **changes,
        }
    )


def component(code: str, value: object, unit: str = "mm[Hg]", **changes: Any) -> Json:
    quantity = {"value": value, "unit": "mmHg", "system": UCUM, "code": unit}
    return without({"code": concept(LOINC, code), "valueQuantity": quantity, **changes})


def blood_pressure(systolic: object, diastolic: object, panel: str = "85354-9", /, **changes: Any) -> Json:
    parts = [component("8480-6", systolic), component("8462-4", diastolic)]
    return observation(panel, component=parts, **changes)


def status(code: str) -> Json:
    return concept("http://terminology.hl7.org/CodeSystem/condition-clinical", code)


def condition(code: str, display: str = "A problem", system: str = SNOMED, /, **changes: Any) -> Json:
    return without(
        {
            "resourceType": "Condition",
            "id": f"c-{code}",
            "clinicalStatus": status("active"),
            "verificationStatus": concept(
                "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"
            ),
            "code": concept(system, code, display),
            "subject": ABOUT,
            "onsetDateTime": "2019-03-01",
            "recordedDate": "2026-11-01",
            **changes,
        }
    )


def medication(text: str, **changes: Any) -> Json:
    return without(
        {
            "resourceType": "MedicationRequest",
            "id": f"m-{text[:12].replace(' ', '-')}",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {"text": text},
            "subject": ABOUT,
            "authoredOn": "2026-10-01",
            **changes,
        }
    )


def allergy(code: Json, **changes: Any) -> Json:
    return without(
        {
            "resourceType": "AllergyIntolerance",
            "id": "a-1",
            "clinicalStatus": status("active"),
            "code": code,
            "patient": ABOUT,
            "recordedDate": "2020-01-01",
            **changes,
        }
    )


PHQ9 = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
GAD7 = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]
POINTS = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]


def answer(code: str, points: int) -> Json:
    coding = {"system": LOINC, "code": POINTS[points]}
    return {"linkId": f"/{code}", "answer": [{"valueCoding": coding}]}


def response(points: list[int], codes: list[str] = PHQ9, total: object = None, **changes: Any) -> Json:
    items = [answer(code, p) for code, p in zip(codes, points, strict=False)]
    if total is not None:
        items.append({"linkId": "/44261-6", "answer": [{"valueDecimal": total}]})
    return without(
        {
            "resourceType": "QuestionnaireResponse",
            "id": "q-1",
            "status": "completed",
            "subject": ABOUT,
            "authored": "2026-11-19T20:50:32.718Z",
            "item": items,
            **changes,
        }
    )


def bundle(
    *resources: Json, person: Json | None = None, of_type: str = "transaction", **changes: Any
) -> Json:
    people = [patient() if person is None else person]
    entries = [
        {"fullUrl": f"urn:uuid:{r['id']}" if "id" in r else "", "resource": r} for r in (*people, *resources)
    ]
    return without({"resourceType": "Bundle", "type": of_type, "entry": entries, **changes})


def read(*resources: Json, **changes: Any) -> Import:
    """Read resources as one bundle, through the door that files come through."""
    data = read_json(json.dumps(bundle(*resources, **changes)))
    return read_bundle(data, as_of=NOW, jurisdiction="US")


def answers(record: Import) -> dict[str, str]:
    """Return the latest answer to each question, as text."""
    keys = {fact.key for fact in record.case.facts}
    return {key: str(record.case.all_of(key)[0].value).replace("\u00a0", " ") for key in keys}


def reasons(record: Import) -> list[str]:
    return [f"{one.reason.value}: {one.why}" for one in record.not_understood]
