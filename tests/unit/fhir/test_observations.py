"""Observations become answers only with a moment, a UCUM unit and a value that can be true."""

import json
from decimal import Decimal

import pytest

from posology.fhir import FhirError, Reason, read_bundle, read_json
from posology.quantities import Quantity
from tests.fhir_records import (
    NOW,
    UCUM,
    answers,
    blood_pressure,
    bundle,
    component,
    concept,
    observation,
    read,
    reasons,
)

WEIGHT = "29463-7"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (observation(WEIGHT, 72.5), {"weight": "72.5 kg"}),
        (observation(WEIGHT, 160, "[lb_av]"), {"weight": "160 lb"}),
        (observation(WEIGHT, 72500, "g"), {"weight": "72.5 kg"}),
        (observation("8302-2", 168, "cm"), {"height": "168 cm"}),
        (observation("8302-2", 66, "[in_i]"), {"height": "66 in"}),
        (blood_pressure(128, 76), {"systolic": "128 mmHg", "diastolic": "76 mmHg"}),
        (blood_pressure(128, 76, "55284-4"), {"systolic": "128 mmHg", "diastolic": "76 mmHg"}),
        (observation("8480-6", 128, "mm[Hg]"), {"systolic": "128 mmHg"}),
        (observation("8867-4", 70, "/min"), {"heart_rate": "70/min"}),
        (observation("8867-4", 70, "{beats}/min"), {"heart_rate": "70/min"}),
        (observation("9279-1", 14, "{breaths}/min"), {"respiratory_rate": "14/min"}),
        (observation("2708-6", 98, "%"), {"spo2": "98%"}),
        (observation("59408-5", 98, "%"), {"spo2": "98%"}),
    ],
)
def test_a_measurement_answers_its_question(resource, expected):
    assert answers(read(resource)) == expected


def test_either_code_of_several_is_enough():
    both = {"coding": [*concept("urn:local", "WT")["coding"], *concept("http://loinc.org", WEIGHT)["coding"]]}
    assert answers(read(observation(WEIGHT, 72.5, code=both))) == {"weight": "72.5 kg"}


def test_a_saturation_with_both_codes_is_one_answer():
    both = {
        "coding": [
            *concept("http://loinc.org", "59408-5")["coding"],
            *concept("http://loinc.org", "2708-6")["coding"],
        ]
    }
    record = read(observation("2708-6", 97, "%", code=both))
    assert [str(fact.value) for fact in record.case.facts] == ["97%"]


def test_the_long_tail_of_a_charts_decimal_is_kept_to_six_places():
    record = read(observation(WEIGHT, 83.70000000000001))
    assert record.case.facts[0].value == Quantity(Decimal("83.7"), "kg")


def test_the_newest_value_counts_and_the_older_ones_are_kept():
    record = read(
        observation(WEIGHT, 80, effectiveDateTime="2026-06-01"),
        observation(WEIGHT, 72.5),
        observation(WEIGHT, 90, effectiveDateTime="2025-06-01"),
    )
    assert answers(record) == {"weight": "72.5 kg"}
    assert len(record.case.facts) == 3


@pytest.mark.parametrize("kind", ["amended", "corrected"])
def test_a_mended_value_counts(kind):
    assert answers(read(observation(WEIGHT, 72.5, status=kind))) == {"weight": "72.5 kg"}


@pytest.mark.parametrize(
    "kind", ["preliminary", "registered", "cancelled", "entered-in-error", "unknown", None]
)
def test_a_value_that_is_not_final_does_not_count_and_is_listed(kind):
    record = read(observation(WEIGHT, 72.5, status=kind))
    assert record.case.facts == ()
    assert [n.reason for n in record.not_understood] == [Reason.SKIPPED]


@pytest.mark.hazard("H-02", n=16)
@pytest.mark.parametrize(
    "quantity",
    [
        {"value": 160},
        {"value": 160, "unit": "lbs"},
        {"value": 160, "unit": "lb"},
        {"value": 160, "unit": "pounds"},
        {"value": 160, "unit": "kgs"},
        {"value": 160, "unit": "stone"},
        {"value": 160, "code": "lb", "system": UCUM},
        {"value": 160, "code": "lbs", "system": UCUM},
        {"value": 160, "code": "[lb]", "system": UCUM},
        {"value": 160, "code": "kg", "system": "http://example.org/units", "unit": "kg"},
        {"value": 160, "code": "kg", "system": UCUM, "unit": "lbs"},
        {"value": 160, "code": "kg", "system": UCUM, "unit": "[lb_av]"},
        {"value": 160, "code": "[lb_av]", "system": UCUM, "unit": "kg"},
        {"value": 160, "code": "cm", "system": UCUM},
        {"value": 160, "code": "mg", "system": UCUM},
        {"value": 160, "code": "", "system": UCUM, "unit": ""},
    ],
)
def test_a_weight_without_a_sure_unit_leaves_the_question_open(quantity):
    """Sixteen units that are missing, not UCUM, or said twice differently: never a number of kilograms."""
    record = read(observation(WEIGHT, valueQuantity=quantity))
    assert answers(record) == {"weight": "unknown"}
    assert [(n.reason, n.key) for n in record.not_understood] == [(Reason.UNREADABLE, "weight")]


def test_a_unit_in_words_counts_where_it_is_a_code_itself():
    assert answers(read(observation(WEIGHT, valueQuantity={"value": 72.5, "unit": "kg"}))) == {
        "weight": "72.5 kg"
    }


@pytest.mark.hazard("H-07", n=10)
@pytest.mark.parametrize("value", ["72.5", "0,5", "７５", "7_5", "1e2", "٧٥", True, [72.5], {"a": 1}, None])
def test_a_value_that_is_no_plain_number_leaves_the_question_open(value):
    record = read(
        observation(WEIGHT, valueQuantity={"value": value, "unit": "kg", "code": "kg", "system": UCUM})
    )
    assert answers(record) == {"weight": "unknown"}


@pytest.mark.hazard("H-08", n=6)
@pytest.mark.parametrize("value", [-72.5, 0, -0.0, 7250, 1e9, 0.001])
def test_a_value_that_cannot_be_true_leaves_the_question_open(value):
    record = read(observation(WEIGHT, value))
    assert answers(record) == {"weight": "unknown"}
    assert record.unreadable[0].key == "weight"


def test_a_number_with_an_exponent_is_not_measured():
    text = json.dumps(bundle(observation(WEIGHT, 1234567))).replace("1234567", "7.25E1")
    record = read_bundle(read_json(text), as_of=NOW, jurisdiction="US")
    assert answers(record) == {"weight": "unknown"}


def test_a_bound_is_not_a_value():
    quantity = {"value": 90, "comparator": "<", "unit": "kg", "code": "kg", "system": UCUM}
    assert "only a bound" in reasons(read(observation(WEIGHT, valueQuantity=quantity)))[0]


def test_an_unreadable_newer_value_is_not_replaced_by_an_older_one():
    record = read(
        observation(WEIGHT, 72.5, effectiveDateTime="2026-11-10T09:00:00Z"),
        observation(WEIGHT, 160, "lbs"),
    )
    assert answers(record) == {"weight": "unknown"}


@pytest.mark.parametrize("when", [None, "2026-11-20T09:00:00", "20.11.2026", 2026, "2026-13-45", "２０２６"])
def test_a_value_without_a_moment_does_not_count(when):
    record = read(observation(WEIGHT, 72.5, effectiveDateTime=when))
    assert record.case.facts == ()
    assert record.unreadable


@pytest.mark.parametrize(
    ("written", "counts_from"),
    [
        ("2026-11-20T09:00:00-05:00", "2026-11-20 14:00"),
        ("2026-11-20T09:00:00.123Z", "2026-11-20 09:00"),
        ("2026-11-20T09:00Z", "2026-11-20 09:00"),
        ("2026-11-20", "2026-11-20 00:00"),
        ("2026-11", "2026-11-01 00:00"),
        ("2025", "2025-01-01 00:00"),
        ("2026-11-25", "2026-11-24 15:00"),  # begun in Auckland, not yet in UTC: it is today there
    ],
)
def test_a_moment_is_never_younger_than_it_is(written, counts_from):
    at = read(observation(WEIGHT, 72.5, effectiveDateTime=written)).case.facts[0].at
    assert f"{at:%Y-%m-%d %H:%M}" == counts_from


def test_of_a_period_its_start_counts():
    period = {"start": "2026-11-19T08:00:00Z", "end": "2026-11-20T08:00:00Z"}
    record = read(observation(WEIGHT, 72.5, effectiveDateTime=None, effectivePeriod=period))
    assert record.case.facts[0].at.day == 19


@pytest.mark.parametrize("when", ["2026-11-24T15:00:01Z", "2026-11-26", "2027", "2026-11-24T11:00:00-05:00"])
def test_a_value_from_the_future_refuses_the_record(when):
    with pytest.raises(FhirError, match=r"o-29463-7 is dated .* Correct its date"):
        read(observation(WEIGHT, 72.5, effectiveDateTime=when))


@pytest.mark.parametrize(("high", "low"), [(76, 128), (90, 90)])
def test_a_pressure_the_wrong_way_round_is_not_believed(high, low):
    record = read(blood_pressure(high, low))
    assert answers(record) == {"systolic": "unknown", "diastolic": "unknown"}


def test_half_a_pressure_is_taken_and_the_other_half_listed():
    absent = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "error", "Error")
    record = read(
        observation(
            "85354-9",
            component=[
                component("8480-6", 128),
                component("8462-4", 0, valueQuantity=None, dataAbsentReason=absent),
            ],
        )
    )
    assert answers(record) == {"systolic": "128 mmHg"}
    assert "Diastolic pressure: it has no value (Error)." in reasons(record)[0]


def test_two_values_of_one_moment_are_neither_believed_nor_dropped_in_silence():
    record = read(observation(WEIGHT, 72.5), observation(WEIGHT, 80, id="other"))
    assert answers(record) == {"weight": "unknown"}
    assert "several answers" in reasons(record)[0]


def test_the_same_value_twice_is_one_answer():
    record = read(observation(WEIGHT, 72.5), observation(WEIGHT, 72.50, id="other"))
    assert answers(record) == {"weight": "72.5 kg"}
    assert len(record.case.facts) == 1


def test_laboratory_values_are_shown_and_answer_nothing():
    record = read(observation("1742-6", 23.44, "U/L"), observation("33914-3", 94.9, "mL/min"))
    assert record.case.facts == ()
    assert [(u.what, u.shown) for u in record.understood if u.at] == [
        ("ALT", "23.4 U/L"),
        ("eGFR", "94.9 mL/min"),
    ]


def test_what_answers_nothing_is_counted():
    record = read(
        *(observation("72166-2", id=f"s{i}", valueCodeableConcept=concept("", "x")) for i in range(3))
    )
    assert [(n.resource, n.count, n.reason) for n in record.not_understood] == [
        ("Observation", 3, Reason.UNUSED)
    ]


@pytest.mark.hazard("H-01", n=4)
@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/someone-else"},
        {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"},
        None,
        {},
    ],
)
def test_what_is_not_said_to_be_about_the_patient_is_left_alone(subject):
    record = read(observation(WEIGHT, 72.5, subject=subject))
    assert record.case.facts == ()
    assert reasons(record)[0].startswith("skipped: Left alone")


@pytest.mark.parametrize("version", ["", "/_history/3"])
def test_the_patient_may_be_named_by_type_and_id(version):
    reference = f"Patient/00000000-0000-4000-8000-000000000001{version}"
    assert answers(read(observation(WEIGHT, 72.5, subject={"reference": reference}))) == {"weight": "72.5 kg"}


def test_a_malformed_resource_is_listed_and_breaks_nothing():
    broken = [
        observation(WEIGHT, code="29463-7"),
        observation(WEIGHT, code={"coding": "x"}),
        observation(WEIGHT, valueQuantity=[1], id="q"),
        observation(WEIGHT, effectiveDateTime={"a": 1}, id="e"),
        observation(WEIGHT, 72.5, status=["final"], id="s"),
        observation("85354-9", component="none"),
    ]
    record = read(*broken)
    assert all(str(fact.value) == "unknown" for fact in record.case.facts)
    assert sum(n.count for n in record.not_understood) == len(broken)
