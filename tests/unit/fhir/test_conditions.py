"""A problem on the list says yes to its question; nothing on the list ever says no."""

import pytest

from posology.case import Answer
from posology.fhir import FhirError, Reason
from posology.knowledge import load_library
from tests.fhir_records import ICD10, SNOMED, answers, concept, condition, observation, read, reasons, status

ANEURYSM, HYPERTENSION, INFARCTION = "67362008", "38341003", "22298006"


@pytest.mark.parametrize(
    ("code", "system", "key"),
    [
        (ANEURYSM, SNOMED, "aneurysm_or_avm"),
        ("I67.1", ICD10, "aneurysm_or_avm"),
        ("I671", ICD10, "aneurysm_or_avm"),
        ("I71.90", ICD10, "aneurysm_or_avm"),
        (HYPERTENSION, SNOMED, "hypertension"),
        ("I10", ICD10, "hypertension"),
        ("77386006", SNOMED, "pregnant"),
        ("72892002", SNOMED, "pregnant"),
        ("84757009", SNOMED, "seizure_disorder"),
        ("F29", ICD10, "psychosis_ever"),
    ],
)
@pytest.mark.parametrize("stands", ["active", "recurrence", "relapse"])
def test_a_problem_that_stands_answers_yes(code, system, key, stands):
    assert answers(read(condition(code, "A problem", system, clinicalStatus=status(stands))))[key] == "yes"


def test_a_problem_without_a_status_stands_unless_it_has_ended():
    assert answers(read(condition(HYPERTENSION, clinicalStatus=None)))["hypertension"] == "yes"
    ended = condition(HYPERTENSION, clinicalStatus=None, abatementDateTime="2020-01-01")
    assert answers(read(ended)) == {}


def test_a_status_may_be_a_bare_word_as_in_older_records():
    assert answers(read(condition(HYPERTENSION, clinicalStatus="active")))["hypertension"] == "yes"


@pytest.mark.parametrize("stands", ["resolved", "inactive", "remission"])
def test_a_problem_that_is_over_says_nothing_of_now(stands):
    record = read(condition(HYPERTENSION, clinicalStatus=status(stands)))
    assert answers(record) == {}
    assert "nothing said of now" in record.understood[-1].shown


@pytest.mark.parametrize("stands", ["resolved", "inactive", "remission"])
def test_a_problem_that_is_over_still_ever_was(stands):
    assert answers(read(condition(ANEURYSM, clinicalStatus=status(stands))))["aneurysm_or_avm"] == "yes"


@pytest.mark.parametrize("certain", ["refuted", "entered-in-error"])
def test_a_problem_that_is_not_true_does_not_count_and_is_listed(certain):
    record = read(condition(ANEURYSM, verificationStatus=concept("", certain)))
    assert answers(record) == {}
    assert [n.reason for n in record.not_understood] == [Reason.SKIPPED]


@pytest.mark.parametrize("certain", ["provisional", "differential", "unconfirmed"])
def test_a_problem_that_is_suspected_leaves_the_question_open(certain):
    assert answers(read(condition(ANEURYSM, verificationStatus=concept("", certain)))) == {
        "aneurysm_or_avm": "unknown"
    }


def test_a_status_that_is_not_known_leaves_the_question_open():
    assert answers(read(condition(HYPERTENSION, clinicalStatus=status("dormant")))) == {
        "hypertension": "unknown"
    }


def test_a_problem_counts_from_the_last_entry_of_the_record():
    record = read(
        condition(HYPERTENSION, onsetDateTime="1999-01-01", recordedDate="1999-01-01"),
        observation("29463-7", 72.5, effectiveDateTime="2026-11-20T09:00:00Z"),
    )
    fact = record.case.all_of("hypertension")[0]
    assert f"{fact.at:%Y-%m-%d}" == "2026-11-20"
    assert "active, began 1999-01-01" in record.understood[-2].shown + record.understood[-1].shown


def test_an_old_record_grows_old_as_a_whole():
    record = read(condition(HYPERTENSION, onsetDateTime="1999-01-01", recordedDate="2001-05-05"))
    assert record.case.all_of("hypertension")[0].at.year == 2001


def test_an_event_answers_with_its_day_the_latest_of_several():
    record = read(
        condition(INFARCTION, onsetDateTime="2024-03-01", id="1"),
        condition("230690007", onsetDateTime="2026-10-25", clinicalStatus=status("resolved"), id="2"),
    )
    assert answers(record)["cardiovascular_event_on"] == "2026-10-25"


@pytest.mark.parametrize("onset", ["2026", "2026-10"])
def test_an_event_dated_to_no_day_leaves_the_question_open(onset):
    assert answers(read(condition(INFARCTION, onsetDateTime=onset)))["cardiovascular_event_on"] == "unknown"


@pytest.mark.parametrize(
    ("codes", "key", "answer"),
    [
        ([("66344007", SNOMED)], "primary_diagnosis", "major depression recurrent"),
        ([("F33.2", ICD10)], "primary_diagnosis", "major depression recurrent"),
        ([("F32.1", ICD10)], "primary_diagnosis", "major depression single"),
        ([("370143000", SNOMED)], "primary_diagnosis", "unknown"),
        ([("370143000", SNOMED), ("66344007", SNOMED)], "primary_diagnosis", "major depression recurrent"),
        ([("F32.1", ICD10), ("66344007", SNOMED)], "primary_diagnosis", "unknown"),
        ([("75544000", SNOMED)], "substance_use_disorder", "current moderate severe"),
        ([("5602001", SNOMED)], "substance_use_disorder", "unknown"),
        ([("19943007", SNOMED)], "liver_class", "unknown"),
    ],
)
def test_a_choice_is_answered_where_the_codes_decide_it(codes, key, answer):
    problems = [condition(code, "A problem", system, id=f"{i}") for i, (code, system) in enumerate(codes)]
    assert answers(read(*problems))[key] == answer
    assert answers(read(*reversed(problems)))[key] == answer


def test_a_depression_outside_major_depression_is_not_read_as_one():
    """F32.81 lies in the F32 range and is not major depression: a list of codes is no range."""
    record = read(condition("F32.81", "Premenstrual dysphoric disorder", ICD10))
    assert answers(record) == {}
    assert "no question is answered by this code" in reasons(record)[0]


def test_two_problems_of_one_question_leave_the_graver_answer():
    suspected = condition(ANEURYSM, verificationStatus=concept("", "provisional"), id="1")
    assert answers(read(suspected, condition("233985008", id="2")))["aneurysm_or_avm"] == "yes"
    assert answers(read(condition("233985008", id="2"), suspected))["aneurysm_or_avm"] == "yes"


@pytest.mark.parametrize(
    "code", [{"text": "Aneurysm"}, None, {}, {"coding": [{"system": "urn:local", "code": "1"}]}]
)
def test_a_problem_without_a_code_is_listed_for_a_person_to_read(code):
    record = read(condition(ANEURYSM, code=code))
    assert answers(record) == {}
    assert [n.reason for n in record.not_understood] == [Reason.UNLISTED]


def test_a_problem_from_the_future_refuses_the_record():
    with pytest.raises(FhirError, match=r"Condition/c-67362008 is dated 2027"):
        read(condition(ANEURYSM, onsetDateTime="2027-01-01"))


@pytest.mark.hazard("H-14")
def test_no_problem_list_ever_says_no(record_property):
    """Every code of the questions file × every status × every certainty: never a no."""
    questions = load_library().questions.questions
    codes = {(SNOMED, c) for q in questions.values() for c in q.snomed}
    codes |= {(ICD10, c) for q in questions.values() for c in q.icd10}
    tried = 0
    for system, code in sorted(codes):
        for stands in ("active", "recurrence", "relapse", "inactive", "remission", "resolved", "?", None):
            for certain in (
                "confirmed",
                "provisional",
                "differential",
                "unconfirmed",
                "refuted",
                "entered-in-error",
            ):
                problem = condition(
                    code,
                    "A problem",
                    system,
                    clinicalStatus=None if stands is None else status(stands),
                    verificationStatus=concept("", certain),
                )
                assert all(fact.value is not Answer.NO for fact in read(problem).case.facts)
                tried += 1
    record_property("n", tried)
