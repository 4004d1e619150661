"""Doses given elsewhere through every door of the clinic: the same answer as after a session of our own."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from posology.case import EarlierDose, Origin, OriginKind, UndatedDose
from posology.case.case_file import read_case_file
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.assessments.actions import import_bundle
from posology.clinic.assessments.elsewhere import ElsewhereRefused, record_elsewhere, rows_of, standing_rows
from posology.clinic.assessments.models import ElsewhereRow
from posology.clinic.care.actions import sign_order
from posology.clinic.care.importing import import_file, preview_of
from posology.clinic.care.queries import advice_for, case_of, given_before
from posology.clinic.care.signing import SigningRefused
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.knowledge import Route, Substance, load_library
from posology.protocols import History, TooSoon
from posology.protocols.limits import Intended, check_limits
from posology.treatment.policies import NotAllowed
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.test_limits import given_at, signing_at, start

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
FIRST = NOW - 40 * DAY
SEEN = Origin(OriginKind.STAFF, "Synthetic clinic")
Json = dict[str, Any]


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site, at=FIRST - DAY)
    factories.assess_fully(site, made, at=FIRST)
    factories.fill_form(site, made, [3] * 8 + [0], at=FIRST - timedelta(minutes=2))
    return made


def dose(at=FIRST, **changes) -> EarlierDose:
    """Return 36 mg of racemic ketamine into a vein at 72 kg."""
    told = {
        "substance": Substance.KETAMINE,
        "dose_mg": Decimal(36),
        "weight_kg": Decimal(72),
        "route": Route.INTRAVENOUS,
        "origin": SEEN,
    }
    return EarlierDose(at=at, protocol_id="", **(told | changes))


def record(site, patient, told, *, at=FIRST, **changes) -> ElsewhereRow:
    sent = {"patient": patient, "dose_id": uuid4(), "dose": told, "by": site.nurse, "at": at}
    return record_elsewhere(**(sent | changes))


# ---------------------------------------------------------------- a FHIR file


def administration(at=FIRST, **changes: Any) -> Json:
    resource = {
        "resourceType": "MedicationAdministration",
        "id": "a1",
        "identifier": [{"system": "urn:example:doses", "value": "D-1"}],
        "status": "completed",
        "medicationCodeableConcept": {"text": "Ketamine 50 MG/ML Injectable Solution"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": at.isoformat(),
        "dosage": {
            "dose": {"value": 36, "unit": "mg", "code": "mg", "system": "http://unitsofmeasure.org"},
            "route": {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]},
        },
    }
    return {k: v for k, v in (resource | changes).items() if v is not None}


def bundle_of(patient, *resources: Json) -> Json:
    person = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": patient.family_name, "given": [patient.given_name]}],
        "birthDate": patient.born_on.isoformat(),
        "gender": patient.sex,
    }
    entries = [{"resource": resource} for resource in (person, *resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def imported(site, patient, *resources: Json, at=FIRST + timedelta(hours=1)) -> None:
    import_bundle(
        patient=patient, import_id=uuid4(), bundle=bundle_of(patient, *resources), by=site.nurse, at=at
    )


CASE = """\
case: the same dose
as_of: {as_of}
jurisdiction: US
born_on: 1981-03-14
sex: female
facts: {{}}
earlier:
  - {{at: {at}, substance: ketamine, route: intravenous, dose: 36 mg, weight: 72 kg}}
"""


def case_file(at, as_of) -> History:
    text = CASE.format(at=at.isoformat(), as_of=as_of.isoformat())
    return History.of(read_case_file(text, name="same.yaml", now=as_of).case)


# ---------------------------------------------------------------- the same answer at every door


def by_action(site, patient):
    record(site, patient, dose())


def by_file(site, patient):
    imported(site, patient, administration())


DOORS = {"a session here": lambda s, p: given_at(s, p, FIRST), "the form": by_action, "a FHIR file": by_file}


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("door", DOORS)
def test_48_hours_after_a_dose_elsewhere_are_those_after_our_own(site, patient, door, record_property):
    """N = 12: each of 3 doors × (47:59:59, 48:00:00) × (signing, start)."""
    DOORS[door](site, patient)
    on_time = FIRST + 2 * DAY
    if door != "a session here":
        assert not [o for o in advice_for(patient, as_of=FIRST + DAY).options if o.dose], "not that day"
    sent = signing_at(site, patient, on_time - timedelta(hours=1), when=on_time - SECOND)
    with pytest.raises(TooSoon) as refused:
        sign_order(**sent)
    assert "was 47 h before this one" in str(refused.value)
    signed = sign_order(**sent | {"scheduled_at": on_time})
    factories.assess_fully(site, patient, at=on_time - timedelta(minutes=1))
    with pytest.raises(NotAllowed) as not_yet:
        start(site, signed.session, on_time - SECOND)
    assert [o.key for o in not_yet.value.obstacles] == ["interval"]
    begun = factories.event(
        site, signed.session, "administration_started", at=on_time, **factories.starting(signed.session)
    )
    assert begun.state.phase == "running"
    record_property("n", 4)


def judged(history: History, at) -> object:
    """Return what the limits say of 0.5 mg/kg at a moment: the holds with their counts, or the refusal."""
    intended = Intended(Decimal("0.5"), Decimal(36), Decimal(72), 40, None, 1)
    try:
        holds = check_limits(
            load_library().protocol("ketamine-iv"), intended, history=history, at=at, library=load_library()
        )
    except TooSoon as refused:
        return refused.keeps
    return [(hold.rule, hold.message, hold.counted) for hold in holds]


@pytest.mark.hazard("H-23")
def test_one_dose_gets_one_answer_from_the_form_a_fhir_file_and_a_case_file(site, record_property):
    """N = 9: 3 doors × 3 moments. A file tells no weight, so there the amount per kg cannot be said."""
    moments = (FIRST + 2 * DAY - SECOND, FIRST + 2 * DAY, FIRST + 8 * DAY)
    form, file = factories.patient(site, at=FIRST - DAY), factories.patient(site, at=FIRST - DAY)
    record(site, form, dose())
    imported(site, file, administration())
    for at in moments:
        expected = judged(case_file(FIRST, at), at)
        assert judged(given_before(form, at=at), at) == expected
        assert judged(History.of(case_of(form, as_of=at)), at) == expected
        told = judged(given_before(file, at=at), at)
        if isinstance(expected, str):
            assert told == expected
        else:
            mine = [one for one in told if not one[0].endswith("-not-known")]
            assert mine == expected
    in_window = judged(given_before(file, at=FIRST + 3 * DAY), FIRST + 3 * DAY)
    assert {one[0].rpartition("/")[2] for one in in_window} == {
        "amount-in-7-days-hold-above-not-known",
        "amount-in-28-days-hold-above-not-known",
    }
    record_property("n", 3 * len(moments))


@pytest.mark.hazard("H-23")
def test_the_sum_over_28_days_counts_one_dose_elsewhere(site, patient):
    """N = 2: eight sessions in 28 days pass; one elsewhere besides is held, and signed with a reason."""
    for n in (0, 4, 8, 12, 16, 20, 24):
        given_at(site, patient, FIRST + n * DAY)
    at = FIRST + 27 * DAY
    without = signing_at(site, patient, at)
    assert not any("28-days" in rule for rule in without["overrides"])
    record(site, patient, dose(FIRST + 2 * DAY), at=at)
    held = signing_at(site, patient, at)
    with pytest.raises(SigningRefused, match="9 sessions fall into 28 days"):
        sign_order(**held | {"overrides": {}})
    signed = sign_order(**held | {"overrides": {**held["overrides"], **_reasons(patient, held, at)}})
    assert "limits/ketamine-iv/sessions-in-28-days-hold-above" in {
        o.rule for o in signed.order.overrides.everywhere(because="test")
    }


def _reasons(patient, sent, at) -> dict[str, str]:
    from posology.clinic.care.signing import limits_at
    from posology.clinic.protocols.queries import library_at

    option = advice_for(patient, as_of=at).option(sent["option_id"])
    holds = limits_at(patient, option, when=at, at=at, library=library_at(patient.clinic, at))
    return {hold.rule: "Decided in the test." for hold in holds}


@pytest.mark.hazard("H-14")
def test_what_cannot_be_read_of_an_imported_dose_holds_and_is_no_zero(site, patient, record_property):
    """N = 3: no moment, no amount, no drug: each is a hold that says what is missing."""
    broken = {
        "no moment": ({"effectiveDateTime": "2026-10-15T09:00:00"}, "session-interval-min-not-known"),
        "no amount": ({"dosage": {"text": "one ampoule"}}, "amount-in-7-days-hold-above-not-known"),
        "no drug": (
            {"medicationCodeableConcept": {"coding": [{"system": "urn:local", "code": "7"}]}},
            "amount-in-7-days-hold-above-not-known",
        ),
    }
    for name, (changes, rule) in broken.items():
        one = factories.patient(site, given_name=name, at=FIRST - DAY)
        imported(site, one, administration(FIRST, **changes))
        at = FIRST + 3 * DAY
        found = judged(given_before(one, at=at), at)
        assert f"limits/ketamine-iv/{rule}" in {hold[0] for hold in found}, name
        record_property("n", 1)


def test_a_dose_without_a_day_is_signed_with_a_reason_and_asked_no_more(site, patient):
    record(site, patient, UndatedDose(Substance.KETAMINE, Decimal(36), Decimal(72), None, SEEN))
    sent = factories.signing(site, patient, at=FIRST)
    rule = "limits/ketamine-iv/session-interval-min-not-known"
    assert rule in sent["overrides"]
    with pytest.raises(SigningRefused, match="cannot be placed in time"):
        sign_order(**sent | {"overrides": {}})
    signed = sign_order(**sent)
    started = start(site, signed.session, FIRST + timedelta(minutes=1))
    assert started.state.phase == "running"


# ---------------------------------------------------------------- once


@pytest.mark.hazard("H-23")
def test_the_same_administration_counts_once(site, patient, record_property):
    """N = 4 imports: again, under another id, with news of it, and the old file once more."""
    imported(site, patient, administration())
    imported(site, patient, administration(), at=FIRST + DAY)
    imported(site, patient, administration(id="other"), at=FIRST + DAY)
    assert len(rows_of(patient)) == 1
    less = {"dosage": {"dose": {"value": 50, "unit": "mg", "code": "mg"}}}
    imported(site, patient, administration(**less), at=FIRST + DAY)
    (stands,) = standing_rows(rows_of(patient))
    assert stands.dose_mg == 50 and len(rows_of(patient)) == 2
    imported(site, patient, administration(), at=FIRST + 2 * DAY)
    assert [g.dose_mg for g in given_before(patient, at=FIRST + 2 * DAY).given] == [50]
    record_property("n", 4)


def test_what_was_not_given_takes_its_dose_back_until_it_was(site, patient):
    def counted() -> int:
        return len(given_before(patient, at=FIRST + DAY).given)

    imported(site, patient, administration(status="entered-in-error"))
    assert counted() == 0
    imported(site, patient, administration())
    assert counted() == 1
    imported(site, patient, administration(status="entered-in-error"))
    assert counted() == 0 and len(rows_of(patient)) == 2
    imported(site, patient, administration(status="not-done"))
    assert len(rows_of(patient)) == 2
    imported(site, patient, administration())
    assert counted() == 1


def test_what_a_person_entered_stays_before_what_a_file_says(site, patient):
    imported(site, patient, administration(dosage={"text": "one ampoule"}))
    (row,) = rows_of(patient)
    record(site, patient, dose(), corrects=row.pk, at=FIRST + DAY)
    imported(site, patient, administration(dosage={"text": "one ampoule"}), at=FIRST + DAY)
    imported(site, patient, administration(status="entered-in-error"), at=FIRST + DAY)
    assert [g.dose_mg for g in given_before(patient, at=FIRST + DAY).given] == [36]


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("by", ["id", "identifier", "context", "request"])
def test_a_dose_of_our_own_that_comes_back_is_not_counted_twice(site, patient, by, record_property):
    """N = 4 ways to name the session or its order."""
    signed = given_at(site, patient, FIRST)
    key = str(signed.session.pk)
    names = {
        "id": {"id": key},
        "identifier": {"identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{key}"}]},
        "context": {"context": {"reference": f"Encounter/{key}"}},
        "request": {"request": {"reference": f"MedicationRequest/{signed.order.pk}"}},
    }
    imported(site, patient, administration(**names[by]))
    later = FIRST + DAY
    assert len(given_before(patient, at=later).given) == 1
    case = case_of(patient, as_of=later)
    assert len(case.sessions) == 1 and case.earlier == ()
    record_property("n", 1)


def test_a_session_of_which_nothing_is_on_record_hides_no_dose(site, patient):
    signed = sign_order(**signing_at(site, patient, FIRST))
    imported(site, patient, administration(id=str(signed.session.pk)))
    assert len(given_before(patient, at=FIRST + DAY).given) == 1


def test_the_preview_tells_what_counts_already(site, patient):
    text = json.dumps(bundle_of(patient, administration()))
    first = preview_of(site.nurse, patient, text, as_of=FIRST + DAY)
    assert len(first.read.case.earlier) == 1 and first.counted_before == ()
    import_file(patient=patient, import_id=uuid4(), preview=first, by=site.nurse, at=FIRST + DAY)
    again = preview_of(site.nurse, patient, text, as_of=FIRST + DAY)
    assert len(again.counted_before) == 1


# ---------------------------------------------------------------- entered by a person


def test_an_entry_is_recorded_once_and_corrected_by_another(site, patient):
    first = record(site, patient, dose())
    again = record(site, patient, dose(), dose_id=first.pk)
    assert again.pk == first.pk and len(rows_of(patient)) == 1
    with pytest.raises(Conflict, match="another content"):
        record(site, patient, dose(dose_mg=Decimal(50)), dose_id=first.pk)
    second = record(site, patient, dose(dose_mg=Decimal(50)), corrects=first.pk)
    assert [row.pk for row in standing_rows(rows_of(patient))] == [second.pk]
    with pytest.raises(Conflict, match="corrected meanwhile"):
        record(site, patient, dose(), corrects=first.pk)
    gone = record(site, patient, None, corrects=second.pk, because="The same dose as that of the file.")
    assert standing_rows(rows_of(patient)) == () and len(rows_of(patient)) == 3
    with pytest.raises(Conflict):
        record(site, patient, dose(), corrects=gone.pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": FIRST + SECOND}, "day"),
        ({"at": FIRST - 60 * 365 * DAY}, "day"),
        ({"dose_mg": Decimal(0)}, "dose"),
        ({"dose_mg": Decimal(-1)}, "dose"),
        ({"dose_mg": Decimal(100_001)}, "dose"),
        ({"weight_kg": Decimal(7200)}, "weight"),
        ({"origin": Origin(OriginKind.STAFF, " ")}, "where"),
        ({"origin": Origin(OriginKind.STAFF, "x" * 161)}, "where"),
    ],
)
def test_what_cannot_be_true_is_refused_at_its_field(site, patient, changes, field):
    with pytest.raises(ElsewhereRefused) as refused:
        record(site, patient, dose(**changes))
    assert refused.value.field == field and rows_of(patient) == ()


def test_taking_back_asks_for_a_reason_and_an_entry(site, patient):
    row = record(site, patient, dose())
    for because in ("", "   ", "x" * 161):
        with pytest.raises(ElsewhereRefused, match="why it does not count"):
            record(site, patient, None, corrects=row.pk, because=because)
    with pytest.raises(ElsewhereRefused, match="no entry"):
        record(site, patient, None, because="Nothing.")


def test_another_patient_s_entry_is_not_corrected_here(site, patient):
    other = factories.patient(site, given_name="Bea")
    row = record(site, other, dose())
    with pytest.raises(NotFound):
        record(site, patient, dose(), corrects=row.pk)
    with pytest.raises(WrongPatient):
        record(site, patient, dose(), dose_id=row.pk)
    with pytest.raises(WrongPatient):
        record(site, patient, dose(), page_patient_id=other.pk)


def test_nurse_and_prescriber_record_and_nobody_else(site, patient):
    record(site, patient, dose(), by=site.prescriber)
    for by in (site.director, site.administrator):
        with pytest.raises(NotPermitted):
            record(site, patient, dose(), by=by)
    with pytest.raises(NotFound):
        record(site, patient, dose(), by=factories.site("Other Synthetic Clinic").nurse)


def test_a_whole_day_counts_to_its_end_at_the_site(patient):
    zoned = factories.site("Synthetic Honolulu", zone="Pacific/Honolulu")
    one = factories.patient(zoned)
    day = {"effectiveDateTime": "2026-10-15"}
    imported(zoned, one, administration(**day), at=FIRST + 3 * DAY)
    (given,) = given_before(one, at=FIRST + 3 * DAY).given
    assert given.on == date(2026, 10, 15)
    assert given.at.isoformat() == "2026-10-16T09:59:59.999999+00:00"


def test_what_was_told_later_is_not_known_before(site, patient):
    record(site, patient, dose(FIRST - DAY), at=FIRST)
    assert case_of(patient, as_of=FIRST - SECOND).earlier == ()
    assert len(case_of(patient, as_of=FIRST).earlier) == 1
