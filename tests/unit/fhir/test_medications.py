"""Drugs: what is active is never dropped, however it is named."""

import pytest

from posology.case import Answer
from posology.fhir import FhirError, Import, Reason
from tests.fhir_records import ABOUT, RXNORM, concept, medication, read, reasons

TABLET = "Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet"


def drugs(record: Import) -> list[tuple[str, str | None, Answer]]:
    return [(m.text, m.rxnorm, m.active) for m in record.case.medications]


def test_a_coded_drug_comes_with_its_code_and_words():
    record = read(medication(TABLET, medicationCodeableConcept=concept(RXNORM, "1049221", TABLET)))
    assert drugs(record) == [(TABLET, "1049221", Answer.YES)]
    assert record.understood[-1].shown == f"{TABLET}, active (acetaminophen, oxycodone)"


@pytest.mark.parametrize(
    ("status", "active"),
    [
        ("active", Answer.YES),
        ("on-hold", Answer.UNKNOWN),
        ("unknown", Answer.UNKNOWN),
        ("draft", Answer.UNKNOWN),
        ("completed", Answer.NO),
        ("stopped", Answer.NO),
        ("cancelled", Answer.NO),
        ("some-new-word", Answer.UNKNOWN),
        (None, Answer.UNKNOWN),
    ],
)
def test_the_status_says_whether_it_is_taken(status, active):
    assert drugs(read(medication("Sertraline 50 mg", status=status))) == [("Sertraline 50 mg", None, active)]


@pytest.mark.parametrize("intent", ["proposal", "plan"])
def test_what_is_only_proposed_may_or_may_not_be_taken(intent):
    assert drugs(read(medication("Sertraline 50 mg", intent=intent)))[0][2] is Answer.UNKNOWN


def test_an_order_not_to_give_is_no_drug():
    assert drugs(read(medication("Sertraline 50 mg", doNotPerform=True)))[0][2] is Answer.NO


def test_what_was_entered_in_error_does_not_count_and_is_listed():
    record = read(medication("Sertraline 50 mg", status="entered-in-error"))
    assert drugs(record) == []
    assert [n.reason for n in record.not_understood] == [Reason.SKIPPED]


@pytest.mark.parametrize(
    ("status", "active"),
    [
        ("active", Answer.YES),
        ("intended", Answer.UNKNOWN),
        ("not-taken", Answer.NO),
        ("on-hold", Answer.UNKNOWN),
    ],
)
def test_a_statement_is_read_as_an_order_is(status, active):
    statement = medication(
        "Sertraline 50 mg",
        resourceType="MedicationStatement",
        status=status,
        authoredOn=None,
        intent=None,
        effectivePeriod={"start": "2026-01-01"},
        dateAsserted="2026-11-01",
    )
    record = read(statement)
    assert drugs(record) == [("Sertraline 50 mg", None, active)]
    assert record.case.medications[0].at.month == 1


MEDICATION = {"resourceType": "Medication", "id": "med1", "code": concept(RXNORM, "36437", "sertraline")}


@pytest.mark.parametrize("reference", ["urn:uuid:med1", "Medication/med1", "#med1"])
def test_a_reference_finds_the_drug_in_the_bundle_or_inside(reference):
    contained = [MEDICATION] if reference.startswith("#") else None
    order = medication(
        "x", medicationCodeableConcept=None, medicationReference={"reference": reference}, contained=contained
    )
    beside = [] if contained else [MEDICATION]
    assert drugs(read(order, *beside)) == [("sertraline", "36437", Answer.YES)]


@pytest.mark.hazard("H-14", n=6)
@pytest.mark.parametrize(
    "named",
    [
        {"medicationCodeableConcept": None},
        {"medicationCodeableConcept": {}},
        {"medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "999999"}]}},
        {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/nowhere"}},
        {"medicationCodeableConcept": None, "medicationReference": {"display": "Wondrol"}},
        {"medicationCodeableConcept": {"text": "Wondrol 5 mg"}},
    ],
)
def test_an_active_drug_that_cannot_be_read_stays_on_the_list(named):
    """Six ways to lose a drug's name: each leaves a drug that the rule on unchecked drugs will find."""
    record = read(medication("x", **named))
    assert [(m.active, bool(m.text)) for m in record.case.medications] == [(Answer.YES, True)]
    assert [(n.reason, n.key) for n in record.not_understood] == [(Reason.UNLISTED, "medications")]


def test_an_ended_drug_that_cannot_be_read_is_no_trouble():
    record = read(medication("Wondrol 5 mg", status="stopped"))
    assert record.not_understood == ()


def test_words_that_can_be_read_go_before_words_that_cannot():
    coded = {**concept(RXNORM, "312938", "sertraline 50 MG Oral Tablet"), "text": "the usual one for mood"}
    assert (
        drugs(read(medication("x", medicationCodeableConcept=coded)))[0][0] == "sertraline 50 MG Oral Tablet"
    )


def test_where_code_and_words_name_different_drugs_both_stay():
    coded = {**concept(RXNORM, "312938", "sertraline 50 MG Oral Tablet"), "text": "lorazepam 1 mg"}
    assert drugs(read(medication("x", medicationCodeableConcept=coded)))[0][0] == (
        "sertraline 50 MG Oral Tablet; lorazepam 1 mg"
    )


ATC = "http://www.whocc.no/atc"


@pytest.mark.parametrize(
    ("coded", "text", "made_of"),
    [
        ({"coding": [{"system": ATC, "code": "N05BA06"}]}, "ATC N05BA06", "lorazepam"),
        (concept(ATC, "N05BA06", "Lorazepam"), "Lorazepam", "lorazepam"),
        (concept(ATC, "N05BA06", "Temesta 1 mg"), "Temesta 1 mg; ATC N05BA06", "lorazepam"),
        (concept(ATC, "N05BA06", "Sertraline"), "Sertraline; ATC N05BA06", "sertraline, lorazepam"),
        (concept(ATC, "C09AA03", "Lisinopril 10 mg"), "Lisinopril 10 mg", "lisinopril"),
    ],
)
def test_an_atc_code_is_read_and_told_where_it_says_more_than_the_words(coded, text, made_of):
    record = read(medication("x", medicationCodeableConcept=coded))
    assert drugs(record)[0][0] == text
    assert record.understood[-1].shown == f"{text}, active ({made_of})"


def test_an_atc_code_of_a_group_leaves_the_drug_unchecked():
    record = read(medication("x", medicationCodeableConcept=concept(ATC, "N05BA19", "Etizolam")))
    assert drugs(record)[0][0] == "Etizolam; ATC N05BA19"
    assert [n.reason for n in record.not_understood] == [Reason.UNLISTED]


@pytest.mark.parametrize("code", [None, concept(RXNORM, "999999", "A combination")])
def test_a_combination_is_read_by_the_ingredients_it_lists(code):
    parts = [
        {"itemCodeableConcept": concept(RXNORM, c, t)}
        for c, t in (("7804", "oxycodone"), ("161", "paracetamol"))
    ]
    drug = {"resourceType": "Medication", "id": "med1", "code": code, "ingredient": parts}
    order = medication(
        "x", medicationCodeableConcept=None, medicationReference={"reference": "Medication/med1"}
    )
    text = drugs(read(order, {k: v for k, v in drug.items() if v}))[0][0]
    assert text.endswith("oxycodone / paracetamol")


def test_a_drug_without_a_date_is_still_a_drug():
    assert len(read(medication("Sertraline 50 mg", authoredOn=None)).case.medications) == 1


def test_a_drug_from_the_future_refuses_the_record():
    with pytest.raises(FhirError, match=r"MedicationRequest/m-Sertraline-5 is dated 2027"):
        read(medication("Sertraline 50 mg", authoredOn="2027-01-01"))


def test_another_persons_drug_is_left_alone():
    record = read(medication("Lorazepam", subject={"reference": "Patient/other"}))
    assert drugs(record) == []
    assert "another person's" in reasons(record)[0]


def test_other_signs_of_a_drug_are_said_out_loud():
    record = read({"resourceType": "MedicationDispense", "id": "1", "status": "completed", "subject": ABOUT})
    assert "are not read" in reasons(record)[0]


def test_no_list_of_a_record_is_ever_complete():
    record = read(medication("Sertraline 50 mg"))
    assert record.case.all_of("medication_list_complete") == ()
