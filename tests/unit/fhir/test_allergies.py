"""An allergy to ketamine or esketamine answers its question; others are listed."""

import pytest

from posology.fhir import FhirError, Reason
from tests.fhir_records import RXNORM, SNOMED, allergy, answers, concept, read, status

KETAMINE = concept(SNOMED, "373464007", "Ketamine")


@pytest.mark.parametrize(
    "code",
    [
        KETAMINE,
        concept(RXNORM, "238084", ""),
        concept(RXNORM, "1", "esketamine 28 MG Nasal Spray"),
        {"text": "Allergic to KETAMINE, hives"},
        concept("urn:local", "K", "Esketamine"),
    ],
)
def test_ketamine_is_found_by_code_and_by_word(code):
    assert answers(read(allergy(code))) == {"hypersensitivity": "yes"}


def test_a_reaction_to_ketamine_counts_too():
    record = read(allergy({"text": "Anesthetics"}, reaction=[{"substance": KETAMINE}]))
    assert answers(record) == {"hypersensitivity": "yes"}


def test_an_intolerance_is_an_earlier_bad_reaction():
    assert answers(read(allergy(KETAMINE, type="intolerance"))) == {"prior_ketamine_intolerance": "yes"}


@pytest.mark.parametrize("stands", ["inactive", "resolved"])
def test_an_allergy_that_is_over_leaves_the_question_open(stands):
    assert answers(read(allergy(KETAMINE, clinicalStatus=status(stands)))) == {"hypersensitivity": "unknown"}


@pytest.mark.parametrize("certain", ["unconfirmed", "presumed", "confirmed"])
def test_an_allergy_counts_before_it_is_confirmed(certain):
    assert answers(read(allergy(KETAMINE, verificationStatus=concept("", certain)))) == {
        "hypersensitivity": "yes"
    }


@pytest.mark.parametrize("certain", ["refuted", "entered-in-error"])
def test_an_allergy_that_is_not_true_does_not_count(certain):
    record = read(allergy(KETAMINE, verificationStatus=concept("", certain)))
    assert answers(record) == {}
    assert [n.reason for n in record.not_understood] == [Reason.SKIPPED]


@pytest.mark.hazard("H-14", n=4)
@pytest.mark.parametrize(
    "code",
    [concept(SNOMED, "91936005", "Penicillin"), concept(SNOMED, "716186003", "No known allergy"), {}, None],
)
def test_other_allergies_answer_nothing_and_are_listed(code):
    """Neither another allergy nor *no known allergy* is a no."""
    record = read(allergy(code))
    assert answers(record) == {}
    assert [n.reason for n in record.not_understood] == [Reason.UNUSED]


def test_an_allergy_without_a_date_counts():
    assert answers(read(allergy(KETAMINE, recordedDate=None))) == {"hypersensitivity": "yes"}


def test_an_allergy_from_the_future_refuses_the_record():
    with pytest.raises(FhirError, match="AllergyIntolerance/a-1 is dated 2027"):
        read(allergy(KETAMINE, recordedDate="2027-01-01"))
