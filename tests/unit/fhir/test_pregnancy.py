"""Pregnancy: yes from problems, statuses and tests; no only where someone said or measured it."""

import pytest

from posology.fhir import Reason
from tests.fhir_records import SNOMED, answers, concept, condition, observation, read, status

STATUS, URINE, SERUM = "82810-3", "2106-3", "2118-8"


def told(code, system, value, display, **changes):
    return observation(code, valueCodeableConcept=concept(system, value, display), **changes)


@pytest.mark.parametrize(
    ("value", "display", "answer"),
    [
        ("77386006", "Pregnant", "yes"),
        ("60001007", "Not pregnant", "no"),
        ("261665006", "Unknown", "unknown"),
        ("152231000119106", "Possibly pregnant", "unknown"),
    ],
)
def test_a_recorded_status_counts_as_it_was_said(value, display, answer):
    assert answers(read(told(STATUS, SNOMED, value, display))) == {"pregnant": answer}


def test_a_status_that_says_both_is_not_believed():
    both = {"coding": [{"system": SNOMED, "code": c} for c in ("77386006", "60001007")]}
    assert answers(read(observation(STATUS, valueCodeableConcept=both))) == {"pregnant": "unknown"}


@pytest.mark.parametrize("code", [URINE, SERUM])
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Positive", "yes"),
        ("NEGATIVE", "no"),
        ("Positive (qualifier value)", "yes"),
        ("Indeterminate", "unknown"),
        ("Not negative", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_test_counts_where_its_result_is_a_plain_word(code, said, answer):
    assert answers(read(told(code, "urn:local", "x", said)))["pregnant"] == answer
    if said:
        assert answers(read(observation(code, valueString=said)))["pregnant"] == answer


@pytest.mark.parametrize("kind", ["preliminary", "entered-in-error"])
def test_a_test_that_is_not_final_does_not_count(kind):
    record = read(told(URINE, SNOMED, "x", "Negative", status=kind))
    assert answers(record) == {}
    assert [n.reason for n in record.not_understood] == [Reason.SKIPPED]


def test_a_pregnancy_that_stands_goes_before_an_older_no():
    record = read(
        told(URINE, SNOMED, "x", "Negative", effectiveDateTime="2026-11-19T09:00:00Z"),
        condition("77386006", onsetDateTime="2026-11-19T09:00:00Z", recordedDate=None),
    )
    assert answers(record)["pregnant"] == "yes"


@pytest.mark.hazard("H-14", n=3)
@pytest.mark.parametrize("stands", ["resolved", "inactive", "remission"])
def test_a_pregnancy_that_is_over_is_not_a_no(stands):
    """Three statuses; the next pregnancy may have begun."""
    record = read(condition("72892002", clinicalStatus=status(stands)))
    assert answers(record) == {}
