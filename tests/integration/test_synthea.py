"""Real records of other people's making: each is read, and ends with an explained answer.

The records stand beside the repository and are not part of it; where they are absent there is nothing
to test. What is asserted holds of any record of their kind, not of these alone.
"""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from posology.case import Answer, Sex
from posology.fhir import FhirError, Import, decode, read_bundle, read_json
from posology.protocols import Verdict
from posology.quantities import Quantity
from posology.recommendation import recommend
from tests.cases import NOW

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"
SYNTHEA = sorted((FOLDER / "synthea").glob("*.json.gz"))
USCORE = FOLDER / "uscore"
absent = pytest.mark.skipif(not SYNTHEA, reason="the records stand outside of the repository")

LATEST = {"weight": "29463-7", "height": "8302-2"}


def read(path: Path) -> Import:
    return read_bundle(read_json(decode(path.read_bytes(), name=path.name)), as_of=NOW, jurisdiction="US")


def resources(path: Path) -> list[dict]:
    return [entry["resource"] for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]]


def has_died(path: Path) -> bool:
    person = next(r for r in resources(path) if r["resourceType"] == "Patient")
    return "deceasedDateTime" in person or bool(person.get("deceasedBoolean"))


LIVING = [path for path in SYNTHEA if not has_died(path)]
DECEASED = [path for path in SYNTHEA if has_died(path)]


def test_the_records_are_found_where_they_are_kept():
    if FOLDER.is_dir():
        assert len(SYNTHEA) >= 7
        assert LIVING
        assert DECEASED


@absent
@pytest.mark.parametrize("path", DECEASED, ids=lambda p: p.name)
def test_a_patient_who_has_died_is_refused(path):
    with pytest.raises(FhirError, match=r"the patient died on \d{4}"):
        read(path)


@absent
@pytest.mark.parametrize("path", LIVING, ids=lambda p: p.name)
def test_the_answer_is_cannot_say_with_what_is_missing(path):
    """No record says all that a decision needs: never a pass, never a dose, always the questions."""
    record = read(path)
    advice = recommend(record.case, as_of=NOW)
    assert advice.verdict in {Verdict.CANNOT_SAY, Verdict.HOLD, Verdict.STOP}
    assert advice.options == ()
    needed = {missing.key for missing in advice.needed}
    assert {"written_consent", "medication_list_complete", "failed_adequate_trials", "weight"} <= needed
    for one in advice.protocols:
        assert one.why_no_options


@absent
@pytest.mark.hazard("H-14")
@pytest.mark.parametrize("path", LIVING, ids=lambda p: p.name)
def test_no_answer_is_no(path, record_property):
    facts = read(path).case.facts
    assert all(fact.value is not Answer.NO for fact in facts)
    record_property("n", len(facts))


@absent
@pytest.mark.hazard("H-43")
@pytest.mark.parametrize("path", LIVING, ids=lambda p: p.name)
def test_every_measurement_is_the_one_that_was_sent(path, record_property):
    """Weights and heights, one by one, beside the same numbers read by another reader."""
    case = read(path).case
    compared = 0
    for key, code in LATEST.items():
        sent = {
            (r["effectiveDateTime"][:19], round(Decimal(str(r["valueQuantity"]["value"])), 6))
            for r in resources(path)
            if r["resourceType"] == "Observation" and r["code"]["coding"][0]["code"] == code
        }
        read_back = {
            (f"{fact.at:%Y-%m-%dT%H:%M:%S}", round(fact.value.magnitude, 6))
            for fact in case.all_of(key)
            if isinstance(fact.value, Quantity)
        }
        assert read_back == sent
        compared += len(sent)
    record_property("n", compared)


@absent
@pytest.mark.parametrize("path", LIVING, ids=lambda p: p.name)
def test_every_resource_is_accounted_for(path):
    """Each resource is understood, listed with a reason, or one that others refer to."""
    record = read(path)
    behind = {"Patient", "Organization", "Practitioner", "PractitionerRole", "Location", "Medication"}
    sent = [r for r in resources(path) if r["resourceType"] not in behind]
    understood = {one.resource for one in record.understood} - {record.patient.resource}
    listed = sum(one.count for one in record.not_understood if one.resource not in understood)
    assert len(understood) + listed == len(sent)


@absent
@pytest.mark.parametrize("path", LIVING, ids=lambda p: p.name)
def test_the_patient_is_the_one_in_the_record(path):
    person = next(r for r in resources(path) if r["resourceType"] == "Patient")
    record = read(path)
    assert record.case.born_on is not None
    assert record.case.born_on.isoformat() == person["birthDate"]
    assert record.case.sex is Sex(person["gender"])
    assert person["name"][0]["family"] in record.patient.names[0]


@absent
@pytest.mark.parametrize("path", LIVING, ids=lambda p: p.name)
def test_every_drug_is_on_the_list_with_its_status(path):
    sent = [r for r in resources(path) if r["resourceType"] == "MedicationRequest"]
    case = read(path).case
    assert len(case.medications) == len(sent)
    assert sum(m.active is Answer.YES for m in case.medications) == sum(r["status"] == "active" for r in sent)


@absent
def test_the_example_questionnaire_of_us_core_is_scored():
    """Response, items and total as HL7 publishes them: one PHQ-9 of 12, by hand 2+2+2+2+1+1+2+0+0."""
    found = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(USCORE.glob("*.json"))]
    person = {"resourceType": "Patient", "id": "example", "birthDate": "1980-01-01", "gender": "female"}
    entries = [
        {"fullUrl": f"https://x/{r['resourceType']}/{r['id']}", "resource": r} for r in (person, *found)
    ]
    for chosen in (entries, [e for e in entries if e["resource"]["resourceType"] != "QuestionnaireResponse"]):
        text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": chosen})
        record = read_bundle(read_json(text), as_of=NOW, jurisdiction="US")
        assert [(s.instrument, s.total, s.answers) for s in record.case.scores] == [
            ("phq-9", 12, (2, 2, 2, 2, 1, 1, 2, 0, 0))
        ]
        assert record.unreadable == ()
