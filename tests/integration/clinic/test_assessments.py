"""Facts, drugs and imports: recorded once, never overwritten, refused when they cannot be true."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from posology.case import Answer, CaseError, Choice, Fact, Medication, Origin, OriginKind, Sex
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.assessments.actions import (
    NewFact,
    NewMedication,
    import_bundle,
    record_facts,
    record_medications,
)
from posology.clinic.assessments.models import FactRow, ImportRow
from posology.clinic.assessments.queries import facts_of, imports_of, medications_of
from posology.clinic.assessments.values import from_json, to_json
from posology.clinic.care.queries import case_of
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.patients.actions import PatientError, register_patient
from posology.clinic.patients.models import Patient
from posology.quantities import Quantity
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db
STAFF = Origin(OriginKind.STAFF, "nurse")


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    return factories.patient(site)


def _weight(kg: str, at=NOW) -> Fact:
    return Fact("weight", Quantity(Decimal(kg), "kg"), at, STAFF)


def _record(site, patient, *facts, at=NOW, **more):
    sent = [f if isinstance(f, NewFact) else NewFact(uuid4(), f) for f in facts]
    return record_facts(patient=patient, facts=sent, by=site.nurse, at=at, **more)


# ---------------------------------------------------------------- facts


@pytest.mark.parametrize(
    "value",
    [
        Answer.YES,
        Answer.NO,
        Answer.UNKNOWN,
        Quantity(Decimal("72.50"), "kg"),
        Quantity(Decimal("0.000001"), "mg"),
        Choice("major_depression_single"),
        date(2026, 2, 28),
        "free text, yes",
        "yes indeed",
    ],
)
def test_a_value_comes_back_as_it_was(value):
    back = from_json(to_json(value))
    assert (type(back), back) == (type(value), value)


def test_the_later_answer_counts_and_the_earlier_stays(site, patient):
    _record(site, patient, _weight("72", NOW - timedelta(days=2)))
    _record(site, patient, _weight("70", NOW - timedelta(days=1)))
    assert [str(f.value.magnitude) for f in case_of(patient, as_of=NOW).all_of("weight")] == ["70", "72"]


def test_of_two_answers_of_one_moment_the_later_recorded_counts(site, patient):
    at = NOW - timedelta(hours=1)
    _record(site, patient, _weight("172", at), at=at)
    _record(site, patient, _weight("72", at), at=NOW)
    assert case_of(patient, as_of=NOW).all_of("weight")[0].value == Quantity(Decimal(72), "kg")
    assert case_of(patient, as_of=at).all_of("weight")[0].value == Quantity(Decimal(172), "kg")


@pytest.mark.hazard("H-25")
def test_a_second_send_of_a_fact_changes_nothing(site, patient):
    sent = NewFact(uuid4(), _weight("72"))
    first, again = _record(site, patient, sent), _record(site, patient, sent)
    assert first[0].pk == again[0].pk
    assert len(facts_of(patient, as_of=NOW)) == 1
    with pytest.raises(Conflict, match="another value"):
        _record(site, patient, replace(sent, fact=_weight("73")))
    with pytest.raises(WrongPatient):
        _record(site, factories.patient(site, given_name="Bea"), sent)


@pytest.mark.parametrize(
    "fact",
    [
        Fact("no_such_question", Answer.YES, NOW, STAFF),
        _weight("5"),
        _weight("500"),
        Fact("weight", Answer.YES, NOW, STAFF),
        Fact("escort_home", Choice("yes"), NOW, STAFF),
        Fact("primary_diagnosis", Choice("none_such"), NOW, STAFF),
        _weight("72", NOW + timedelta(seconds=1)),
        Fact("cardiovascular_event_on", date(2027, 1, 1), NOW, STAFF),
    ],
)
def test_a_fact_that_cannot_be_true_is_refused_with_all_beside_it(site, patient, fact):
    with pytest.raises(CaseError):
        _record(site, patient, _weight("72"), fact)
    assert facts_of(patient, as_of=NOW) == ()


@pytest.mark.hazard("H-01")
def test_facts_from_a_page_of_another_patient_are_refused(site, patient):
    """N = 3: facts, drugs and an import."""
    page = {"page_patient_id": uuid4(), "by": site.nurse, "at": NOW, "patient": patient}
    for send in (
        lambda: record_facts(facts=[NewFact(uuid4(), _weight("72"))], **page),
        lambda: record_medications(medications=[], **page),
        lambda: import_bundle(import_id=uuid4(), bundle={}, **page),
    ):
        with pytest.raises(WrongPatient):
            send()


def test_only_who_treats_records_and_only_here(site, patient):
    other = factories.site("Another Synthetic Clinic")
    for by, error in (
        (site.director, NotPermitted),
        (site.administrator, NotPermitted),
        (other.nurse, NotFound),
    ):
        with pytest.raises(error):
            record_facts(patient=patient, facts=[NewFact(uuid4(), _weight("72"))], by=by, at=NOW)


def test_the_database_refuses_a_fact_of_the_future(site, patient):
    with pytest.raises(IntegrityError), transaction.atomic():
        FactRow.objects.create(
            patient=patient, key="weight", value={}, at=NOW + timedelta(days=1), origin_kind="staff",
            entered_by=site.nurse, recorded_at=NOW,
        )  # fmt: skip


# ---------------------------------------------------------------- drugs


def _drug(text: str, active: Answer, at=NOW) -> NewMedication:
    return NewMedication(uuid4(), Medication(text, None, active, at, STAFF))


def test_a_drug_stands_once_as_it_was_last_written_down(site, patient):
    sent = {"patient": patient, "by": site.nurse, "at": NOW}
    earlier = NOW - timedelta(days=5)
    record_medications(medications=[_drug("Lisinopril", Answer.YES, earlier)], **sent)
    record_medications(
        medications=[_drug("sertraline", Answer.UNKNOWN), _drug("lisinopril", Answer.NO)], **sent
    )
    assert [(m.text, m.active) for m in medications_of(patient, as_of=NOW)] == [
        ("lisinopril", Answer.NO),
        ("sertraline", Answer.UNKNOWN),
    ]
    with pytest.raises(CaseError, match="no name"):
        record_medications(medications=[_drug("  ", Answer.YES)], **sent)


def test_a_second_send_of_a_drug_changes_nothing(site, patient):
    sent = {"patient": patient, "by": site.nurse, "at": NOW}
    drug = _drug("lisinopril", Answer.YES)
    for _ in range(2):
        record_medications(medications=[drug], **sent)
    assert len(medications_of(patient, as_of=NOW)) == 1
    other = NewMedication(drug.id, replace(drug.medication, active=Answer.NO))
    with pytest.raises(Conflict):
        record_medications(medications=[other], **sent)


# ---------------------------------------------------------------- FHIR


def _bundle(*, born_on="1981-03-14", gender="female") -> dict:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "p", "birthDate": born_on, "gender": gender,
                          "name": [{"family": "Synthetic", "given": ["Ada"]}]}},
            {"resource": {"resourceType": "Observation", "id": "w", "status": "final",
                          "subject": {"reference": "Patient/p"},
                          "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                          "effectiveDateTime": "2026-11-20T09:00:00+00:00",
                          "valueQuantity": {"value": Decimal("71.5"), "unit": "kg", "code": "kg",
                                            "system": "http://unitsofmeasure.org"}}},
        ],
    }  # fmt: skip


def test_a_bundle_becomes_facts_and_says_what_it_took(site, patient):
    import_id = uuid4()
    sent = {"patient": patient, "import_id": import_id, "bundle": _bundle(), "by": site.nurse, "at": NOW}
    row = import_bundle(**sent)
    assert case_of(patient, as_of=NOW).all_of("weight")[0].value == Quantity(Decimal("71.5"), "kg")
    assert row.understood
    assert import_bundle(**sent).pk == row.pk
    assert ImportRow.objects.everywhere(because="test").count() == 1
    assert list(imports_of(patient)) == [row]


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize("other", [{"born_on": "1981-03-15"}, {"gender": "male"}])
def test_a_bundle_of_somebody_else_is_refused(site, patient, other):
    """N = 2: another birth day, another sex."""
    with pytest.raises(CaseError, match="somebody"):
        import_bundle(patient=patient, import_id=uuid4(), bundle=_bundle(**other), by=site.nurse, at=NOW)
    assert facts_of(patient, as_of=NOW) == ()


# ---------------------------------------------------------------- registering


def _registering(site, **changes):
    return {
        "patient_id": uuid4(), "clinic": site.clinic, "family_name": "Synthetic", "given_name": "Cy",
        "born_on": date(1990, 1, 1), "sex": Sex.OTHER, "identifier": "S-9", "by": site.nurse, "at": NOW,
    } | changes  # fmt: skip


def test_a_patient_is_registered_once(site):
    sent = _registering(site)
    assert register_patient(**sent).pk == register_patient(**sent).pk
    with pytest.raises(PatientError, match="taken") as refused:
        register_patient(**_registering(site))
    assert refused.value.field == "identifier"
    assert Patient.objects.for_clinic(site.clinic).count() == 1
    other = factories.site("Another Synthetic Clinic")
    assert register_patient(**_registering(other)).identifier == "S-9"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"family_name": "  "}, "family_name"),
        ({"given_name": ""}, "given_name"),
        ({"identifier": ""}, "identifier"),
        ({"family_name": "x" * 81}, "family_name"),
        ({"given_name": "a\u202eb"}, "given_name"),
        ({"born_on": date(2026, 11, 25)}, "born_on"),
        ({"born_on": date(1900, 1, 1)}, "born_on"),
    ],
)
def test_a_slip_in_a_patients_data_is_named(site, wrong, field):
    with pytest.raises(PatientError) as refused:
        register_patient(**_registering(site, **wrong))
    assert refused.value.field == field
