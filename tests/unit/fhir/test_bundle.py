"""A Bundle of one living patient is read; anything else is refused with a sentence."""

import itertools
import random

import pytest

from posology.case import Sex
from posology.fhir import FhirError, Reason, read_bundle
from tests.fhir_records import (
    ABOUT,
    NOW,
    allergy,
    answers,
    blood_pressure,
    bundle,
    concept,
    condition,
    medication,
    observation,
    patient,
    read,
    reasons,
    response,
)


def refused(data: object, says: str) -> None:
    with pytest.raises(FhirError, match=says) as refusal:
        read_bundle(data, as_of=NOW, jurisdiction="US")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "no FHIR resource, not a Bundle"),
        ([], "no FHIR resource"),
        ({"resourceType": "Patient"}, "a Patient, not a Bundle"),
        ({"resourceType": "Bundle", "type": "history"}, "of the type 'history'"),
        ({"resourceType": "Bundle"}, "of the type 'not given'"),
        ({"resourceType": "Bundle", "type": "collection"}, "holds no Patient"),
        ({"resourceType": "Bundle", "type": "collection", "entry": {"a": 1}}, "holds no Patient"),
        ({"resourceType": "Bundle", "type": "collection", "entry": [1, None, "x", []]}, "holds no Patient"),
    ],
)
def test_what_is_no_bundle_of_a_patient_is_refused(data, says):
    refused(data, says)


@pytest.mark.parametrize("of_type", ["transaction", "batch", "collection", "searchset", "document"])
def test_each_kind_of_bundle_that_holds_a_record_is_read(of_type):
    assert answers(read(observation("29463-7", 72.5), of_type=of_type)) == {"weight": "72.5 kg"}


@pytest.mark.hazard("H-01")
def test_a_bundle_of_two_patients_is_refused():
    refused(bundle(patient(id="other")), "holds 2 patients")


def test_the_same_patient_twice_is_one():
    assert read(patient()).patient.names == ("Synthetic, Ada",)


@pytest.mark.parametrize(
    "death",
    [
        {"deceasedBoolean": True},
        {"deceasedDateTime": "2020-01-01"},
        {"deceasedDateTime": "2030"},
        {"deceasedDateTime": "?"},
    ],
)
def test_a_patient_who_has_died_is_refused(death):
    refused(bundle(person=patient(**death)), "the patient died.* Check that it is the right record")


def test_a_patient_who_has_not_died_is_read():
    assert read(person=patient(deceasedBoolean=False)).patient.deceased_at is None


def test_a_record_that_was_merged_into_another_is_refused():
    refused(
        bundle(person=patient(link=[{"type": "replaced-by", "other": ABOUT}])), "merged into another record"
    )


def test_a_birth_day_in_the_future_is_refused():
    refused(bundle(person=patient(birthDate="2027-01-01")), "lies in the future")


@pytest.mark.parametrize("born", [None, "1984", "1984-05", "02.05.1984", 1984, "１９８４-05-02"])
def test_a_birth_day_that_is_no_day_is_not_guessed(born):
    record = read(person=patient(birthDate=born))
    assert record.case.born_on is None
    assert "the age decides" in reasons(record)[0]


SEXES = {"male": Sex.MALE, "other": Sex.OTHER, "f": Sex.UNKNOWN, None: Sex.UNKNOWN}


@pytest.mark.parametrize(("gender", "sex"), SEXES.items())
def test_the_sex_is_fhirs_code_or_not_known(gender, sex):
    assert read(person=patient(gender=gender)).case.sex is sex


def test_names_and_numbers_are_kept_with_the_official_name_first():
    person = patient(
        name=[
            {"use": "nickname", "given": ["Addie"]},
            {"use": "official", "family": "Synthetic", "given": ["Ada", "B."]},
            {"text": "Ada S."},
        ],
        identifier=[
            {"system": "urn:x", "value": "42", "type": {"text": "Medical Record Number"}},
            {"system": "no"},
        ],
    )
    found = read(person=person).patient
    assert found.names == ("Synthetic, Ada B.", "Addie", "Ada S.")
    assert [(i.value, i.kind) for i in found.identifiers] == [("42", "Medical Record Number")]


@pytest.mark.requirement("SR-35")
def test_text_that_would_steer_a_terminal_is_flattened():
    person = patient(name=[{"family": "\u001b[2J\u202eSyn\nthetic\ud800", "given": ["A"]}])
    name = read(person=person).patient.names[0]
    assert name.isprintable()
    assert name == "[2J Syn thetic, A"


def test_the_patient_may_be_found_by_a_number():
    person = patient(identifier=[{"system": "urn:x", "value": "42"}])
    subject = {"reference": "Patient?identifier=urn:x|42"}
    assert answers(read(observation("29463-7", 72.5, subject=subject), person=person)) == {
        "weight": "72.5 kg"
    }


def test_pages_that_are_not_in_the_file_are_said():
    record = read(of_type="searchset", link=[{"relation": "next", "url": "https://example.org/2"}])
    assert "further pages" in reasons(record)[0]


def test_resources_that_are_not_read_are_counted_by_kind():
    others = [{"resourceType": "Claim", "id": f"{i}", "subject": ABOUT} for i in range(3)]
    record = read(*others, {"resourceType": "Device", "id": "d"}, {"id": "nothing"})
    assert {(n.resource, n.count) for n in record.not_understood} == {("Claim", 3), ("Device", 1), ("", 1)}
    assert {n.reason for n in record.not_understood} == {Reason.UNUSED}


RECORD = [
    observation("29463-7", 72.5),
    observation("29463-7", 71.0, effectiveDateTime="2026-10-20T09:00:00Z", id="w2"),
    observation("8302-2", 168, "cm"),
    blood_pressure(128, 76),
    condition("38341003", "Hypertension"),
    condition("66344007", "Depression"),
    condition("370143000", "Depression", id="c2"),
    medication("Sertraline 50 mg"),
    allergy(concept("", "", "Ketamine")),
    response([2, 2, 2, 2, 1, 1, 2, 0, 0], total=12),
]


@pytest.mark.property
def test_the_order_of_the_entries_changes_nothing(record_property):
    """A hundred seeded orders of ten resources give one case."""
    first = read(*RECORD).case
    shuffled = random.Random(20261124)
    for _ in range(100):
        again = read(*shuffled.sample(RECORD, len(RECORD))).case
        assert set(again.facts) == set(first.facts)
        assert set(again.medications) == set(first.medications)
        assert set(again.scores) == set(first.scores)
    record_property("n", 100)


@pytest.mark.property
@pytest.mark.hazard("H-14")
def test_no_part_of_a_record_changes_what_another_says(record_property):
    """Every subset of ten resources says only what the whole says, or leaves a question open.

    N = 1,023. The one exception: without its more precise neighbour, a code for depression decides nothing.
    """
    whole = set(read(*RECORD).case.facts)
    tried = 0
    for size in range(1, len(RECORD) + 1):
        for some in itertools.combinations(RECORD, size):
            facts = read(*some).case.facts
            told = {(f.key, str(f.value)) for f in facts}
            assert told <= {(f.key, str(f.value)) for f in whole} | {("primary_diagnosis", "unknown")}
            tried += 1
    record_property("n", tried)
