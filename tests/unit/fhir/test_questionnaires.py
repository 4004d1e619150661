"""PHQ-9 and GAD-7, as a response or as Observations: scored from the answers, or listed."""

import pytest

from posology.fhir import FhirError, Reason
from tests.fhir_records import (
    GAD7,
    LOINC,
    NOW,
    PHQ9,
    POINTS,
    UCUM,
    answer,
    concept,
    observation,
    read,
    reasons,
    response,
)

POINTS_12 = [2, 2, 2, 2, 1, 1, 2, 0, 0]


def scores(record):
    return [(s.instrument, s.total, s.answers) for s in record.case.scores]


def item(code, points):
    coded = concept(LOINC, POINTS[points])
    return observation(code, valueCodeableConcept=coded, effectiveDateTime="2026-11-19T20:50:32.718Z")


def total(**value):
    return observation("44261-6", effectiveDateTime="2026-11-19T20:50:32.718Z", **value)


def test_a_response_is_scored_from_its_answers():
    assert scores(read(response(POINTS_12, total=12))) == [("phq-9", 12, tuple(POINTS_12))]


def test_a_gad_7_is_scored_too():
    record = read(response([1, 2, 3, 0, 1, 2, 3], GAD7))
    assert scores(record) == [("gad-7", 12, (1, 2, 3, 0, 1, 2, 3))]


def test_items_inside_groups_are_found():
    grouped = [{"linkId": "g", "item": [answer(code, 1) for code in PHQ9]}]
    assert scores(read(response([], item=grouped))) == [("phq-9", 9, (1,) * 9)]


@pytest.mark.parametrize("value", [{"valueInteger": 2}, {"valueDecimal": 2.0}, {"valueString": "2"}])
def test_an_answer_may_be_a_plain_number(value):
    items = [{"linkId": code, "answer": [value]} for code in PHQ9]
    assert scores(read(response([], item=items)))[0][1] == 18


def test_an_open_item_leaves_the_form_without_a_total():
    assert scores(read(response(POINTS_12[:8]))) == [("phq-9", None, (*POINTS_12[:8], None))]


@pytest.mark.hazard("H-08", n=7)
@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 4},
        {"valueInteger": -1},
        {"valueDecimal": 1.5},
        {"valueString": "２"},
        {"valueString": "1e0"},
        {"valueCoding": {"system": LOINC, "code": "LA9999-9"}},
        {"valueBoolean": True},
    ],
)
def test_an_answer_that_is_none_of_the_instruments_spoils_the_form(value):
    items = [{"linkId": code, "answer": [value]} for code in PHQ9]
    record = read(response([], item=items))
    assert scores(record) == []
    assert [(n.reason, n.key) for n in record.not_understood] == [(Reason.UNREADABLE, "phq-9")]


def test_a_total_that_differs_from_the_answers_is_not_believed():
    record = read(response(POINTS_12, total=11))
    assert scores(record) == []
    assert "written as 11, and the answers come to 12" in reasons(record)[0]


def test_an_item_answered_twice_spoils_the_form():
    record = read(response([], item=[*(answer(code, 1) for code in PHQ9), answer(PHQ9[0], 3)]))
    assert "answered twice" in reasons(record)[0]


@pytest.mark.parametrize("status", ["in-progress", "stopped", "entered-in-error", None])
def test_a_response_that_is_not_completed_does_not_count(status):
    record = read(response(POINTS_12, status=status))
    assert scores(record) == []
    assert [n.reason for n in record.not_understood] == [Reason.SKIPPED]


def test_a_response_without_a_moment_does_not_count():
    assert scores(read(response(POINTS_12, authored=None))) == []


def test_a_response_from_the_future_refuses_the_record():
    with pytest.raises(FhirError, match="QuestionnaireResponse/q-1 is dated 2027"):
        read(response(POINTS_12, authored="2027-01-01"))


def test_observations_of_the_items_are_one_form():
    record = read(*(item(code, p) for code, p in zip(PHQ9, POINTS_12, strict=True)), total(valueString="12"))
    assert scores(record) == [("phq-9", 12, tuple(POINTS_12))]


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "12"},
        {"valueInteger": 12},
        {"valueQuantity": {"value": 12}},
        {"valueQuantity": {"value": 12, "code": "{score}", "system": UCUM}},
        {"valueQuantity": {"value": 12, "code": "1"}},
    ],
)
def test_a_total_alone_is_taken_in_each_of_its_forms(value):
    assert scores(read(total(**value))) == [("phq-9", 12, ())]


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "twelve"},
        {"valueInteger": 28},
        {"valueInteger": -1},
        {"valueQuantity": {"value": 12, "code": "%"}},
        {"valueQuantity": {"value": 12, "comparator": ">"}},
    ],
)
def test_a_total_that_cannot_be_is_listed(value):
    record = read(total(**value))
    assert scores(record) == []
    assert record.unreadable


def test_a_form_in_both_shapes_is_kept_once():
    record = read(
        response(POINTS_12, total=12),
        *(item(code, p) for code, p in zip(PHQ9, POINTS_12, strict=True)),
        total(valueString="12"),
    )
    assert scores(record) == [("phq-9", 12, tuple(POINTS_12))]


def test_forms_of_two_days_are_two_forms():
    record = read(response(POINTS_12), response([0] * 9, id="q-2", authored=NOW.isoformat()))
    assert sorted(s.total for s in record.case.scores) == [0, 12]


def test_another_questionnaire_is_counted_as_not_used():
    record = read(response([], item=[{"linkId": "1", "answer": [{"valueInteger": 1}]}]))
    assert [n.reason for n in record.not_understood] == [Reason.UNUSED]
