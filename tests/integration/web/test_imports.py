"""Importing a FHIR file: looked at first, recorded when somebody says so, and never to the wrong record."""

import gzip
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from posology.clinic.assessments.models import FactRow, ImportRow
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.models import Patient
from tests import factories
from tests.integration.web.walk import World, hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db


def observation(
    code: str, value: Any, unit: str, *, id: str = "o1", at: str = "2026-11-20T09:00:00+00:00"
) -> dict:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": at,
        "valueQuantity": {"value": value, "code": unit, "system": "http://unitsofmeasure.org"},
    }


def phq9(answers: list[int]) -> dict:
    """Return a synthetic PHQ-9 as LOINC codes its items and answers."""
    items = [
        "44250-9",
        "44255-8",
        "44259-0",
        "44254-1",
        "44251-7",
        "44258-2",
        "44252-5",
        "44253-3",
        "44260-8",
    ]
    codes = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "questionnaire": "http://loinc.org/q/44249-1",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-11-20T09:30:00+00:00",
        "item": [
            {
                "linkId": f"/{item}",
                "answer": [{"valueCoding": {"system": "http://loinc.org", "code": codes[answer]}}],
            }
            for item, answer in zip(items, answers, strict=False)
        ],
    }


def bundle(patient: Patient, *resources: dict, **changes: Any) -> dict:
    person = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": patient.family_name, "given": [patient.given_name]}],
        "birthDate": patient.born_on.isoformat(),
        "gender": patient.sex,
        **changes,
    }
    entries = [person, *resources]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"http://example.org/{r['resourceType']}/{r['id']}", "resource": r} for r in entries
        ],
    }


def bundle_text(patient: Patient) -> str:
    return json.dumps(bundle(patient, observation("29463-7", 71.5, "kg")))


def look(here: World, text: str, client=None, patient: Patient | None = None):
    client = client or signed_in(here.site.nurse)
    url = reverse("import", kwargs={"patient": (patient or here.patient).pk})
    return client.post(url, {**hidden_of(client.get(url), url), "text": text})


def record(here: World, response, client, patient: Patient | None = None, **more: str):
    url = reverse("import", kwargs={"patient": (patient or here.patient).pk})
    return client.post(url, {**hidden_of(response, url), **more})


def test_a_file_is_shown_first_and_recorded_when_somebody_says_so(here):
    client = signed_in(here.site.nurse)
    bare = factories.patient(here.site, family_name="Bare")
    text = json.dumps(
        bundle(bare, observation("29463-7", 71.5, "kg"), observation("8302-2", 68, "furlong", id="o2"))
    )
    shown = look(here, text, client, bare)
    page = text_of(shown)
    assert shown.status_code == 200 and "71.5\u00a0kg" in page and "Nothing is recorded yet." in page
    assert "Could not be read" in page and "furlong" in page
    assert "Still open after it" in page and "#id_height" in page
    assert not FactRow.objects.for_clinic(here.site.clinic).filter(patient=bare).exists()
    done = record(here, shown, client, bare)
    assert done["Location"] == reverse("patient", kwargs={"patient": bare.pk})
    (row,) = FactRow.objects.for_clinic(here.site.clinic).filter(patient=bare, key="weight")
    assert (row.key, row.value["value"], row.origin_kind) == ("weight", "71.5", "chart")


def test_a_packed_file_is_read_as_well(here):
    client = signed_in(here.site.nurse)
    url = reverse("import", kwargs={"patient": here.patient.pk})
    file = SimpleUploadedFile("synthetic.json.gz", gzip.compress(bundle_text(here.patient).encode()))
    response = client.post(url, {**hidden_of(client.get(url), url), "file": file})
    assert response.status_code == 200 and "71.5\u00a0kg" in text_of(response)


@pytest.mark.hazard("H-25")
def test_a_second_click_records_nothing_again(here):
    """The same confirmation twice: one import, one row a fact (N = 2 sends)."""
    client = signed_in(here.site.nurse)
    shown = look(here, bundle_text(here.patient), client)
    first, second = record(here, shown, client), record(here, shown, client)
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"]
    assert ImportRow.objects.for_clinic(here.site.clinic).count() == 1
    again = look(here, bundle_text(here.patient), client)
    assert "The same file was recorded here" in text_of(again)


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize("change", [{"birthDate": "1950-01-01"}, {"gender": "male"}])
def test_a_file_of_somebody_else_is_refused(here, change):
    """Another birth day or sex: refused with both told, nothing recorded (N = 2)."""
    response = look(here, json.dumps(bundle(here.patient, observation("29463-7", 71.5, "kg"), **change)))
    assert response.status_code == 422 and "The file is of somebody" in text_of(response)
    assert ImportRow.objects.for_clinic(here.site.clinic).count() == 0


@pytest.mark.hazard("H-01")
def test_a_file_under_another_name_asks_for_a_look(here):
    """The same birth day and sex under another family name: held until somebody compared (N = 1)."""
    client = signed_in(here.site.nurse)
    other = bundle(
        here.patient, observation("29463-7", 71.5, "kg"), name=[{"family": "Elsewhere", "given": ["Ada"]}]
    )
    shown = look(here, json.dumps(other), client)
    assert "Compare before you record it" in text_of(shown)
    refused = record(here, shown, client)
    assert refused.status_code == 422 and "Compare them, and tick here" in text_of(refused)
    assert ImportRow.objects.for_clinic(here.site.clinic).count() == 0
    assert record(here, refused, client, same_person="on").status_code == 302


@pytest.mark.hazard("H-19")
@pytest.mark.parametrize("answers", [[0] * 8 + [1], [2] * 8 + [3], [0, 0, 0, 0, 0, 0, 0, 0, 2]])
def test_a_risk_answer_in_a_file_raises_its_task(here, answers):
    """An answer above 0 to item 9 waits for a person, whatever the total (N = 3)."""
    client = signed_in(here.site.nurse)
    shown = look(here, json.dumps(bundle(here.patient, phq9(answers))), client)
    assert record(here, shown, client).status_code == 302
    assert CompletedForm.objects.for_clinic(here.site.clinic).filter(patient=here.patient).count() == 1
    assert (
        RiskTask.objects.for_clinic(here.site.clinic).filter(patient=here.patient, closed_at=None).count()
        == 1
    )


BAD = {
    "not JSON": "hello",
    "not a bundle": '{"resourceType": "Patient"}',
    "NaN": '{"resourceType": "Bundle", "type": "collection", "entry": [NaN]}',
    "infinity": '{"resourceType": "Bundle", "type": "collection", "total": 1e999}',
    "a key twice": '{"resourceType": "Bundle", "resourceType": "Bundle"}',
    "nested too deep": "[" * 100_000 + "]" * 100_000,
    "nobody": '{"resourceType": "Bundle", "type": "collection", "entry": []}',
}


@pytest.mark.hazard("H-08")
@pytest.mark.requirement("SR-35")
@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_gets_one_sentence_beside_the_field(here, text):
    """N = 7 kinds of broken files: refused at the field, the text kept, nothing recorded."""
    response = look(here, text)
    page = text_of(response)
    assert response.status_code == 422 and 'id="id_text-error"' in page
    assert ImportRow.objects.for_clinic(here.site.clinic).count() == 0


def test_nothing_and_both_are_asked_for(here):
    assert "There is nothing to read" in text_of(look(here, " "))
    client = signed_in(here.site.nurse)
    url = reverse("import", kwargs={"patient": here.patient.pk})
    both = {"text": "{}", "file": SimpleUploadedFile("x.json", b"{}")}
    assert "Keep one of the two" in text_of(client.post(url, {**hidden_of(client.get(url), url), **both}))


def test_a_file_that_did_not_come_back_whole_is_refused(here):
    client = signed_in(here.site.nurse)
    shown = look(here, bundle_text(here.patient), client)
    refused = record(here, shown, client, bundle="AAAA")
    assert refused.status_code == 422 and ImportRow.objects.for_clinic(here.site.clinic).count() == 0


def test_words_from_a_file_are_shown_as_text(here):
    evil = bundle(here.patient, name=[{"family": "<script>alert(1)</script>", "given": ["Ada"]}])
    page = text_of(look(here, json.dumps(evil)))
    assert "<script>alert" not in page and "&lt;script&gt;" in page
