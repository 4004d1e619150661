"""MedicationAdministration: doses given, apart by substance and route, each once, and never as nothing."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from posology.fhir import FhirError, Import, Reason, read_bundle
from tests.fhir_records import ABOUT, NOW, RXNORM, SNOMED, UCUM, bundle, concept, patient, read, without

ATC = "http://www.whocc.no/atc"
Json = dict[str, Any]


def administration(drug: object = "Ketamine 50 MG/ML Injectable Solution", **changes: Any) -> Json:
    """Return 36 mg of racemic ketamine into a vein, on the 20th at nine."""
    named = {"text": drug} if isinstance(drug, str) else drug
    dosage = {"dose": dose(36), "route": concept(SNOMED, "47625008", "Intravenous route")}
    return without(
        {
            "resourceType": "MedicationAdministration",
            "id": "1",
            "identifier": [{"system": "urn:example:doses", "value": "D-1"}],
            "status": "completed",
            "medicationCodeableConcept": named,
            "subject": ABOUT,
            "effectiveDateTime": "2026-11-20T09:00:00Z",
            "dosage": dosage,
            **changes,
        }
    )


def dose(value: object, unit: str | None = "mg", **changes: Any) -> Json:
    return without({"value": value, "unit": unit, "system": UCUM if unit else None, "code": unit, **changes})


def told(record: Import) -> list[tuple[object, ...]]:
    return [(d.substance, d.dose_mg, d.route, d.at) for d in record.case.earlier]


def faults(record: Import) -> str:
    return " ".join(n.why for n in record.not_understood if n.reason is Reason.UNREADABLE)


NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def period(start: str | None, end: str) -> Json:
    return {"effectiveDateTime": None, "effectivePeriod": without({"start": start, "end": end})}


def day_end(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, 59, 59, 999999, tzinfo=UTC)


def test_it_reads_substance_amount_route_and_moment():
    record = read(administration())
    assert told(record) == [("ketamine", 36, "intravenous", NINE)]
    assert record.case.earlier[0].protocol_id == "" and record.case.earlier[0].weight_kg is None
    assert record.unreadable == () and record.case.undated == ()
    assert ("Dose given", "ketamine, 36 mg, intravenous") in {
        (u.what, u.shown.replace("\N{NO-BREAK SPACE}", " ")) for u in record.understood
    }


@pytest.mark.hazard("H-09")
@pytest.mark.parametrize(
    ("drug", "substance"),
    [
        ("Ketamine", "ketamine"),
        ("ketalar 50 mg/mL", "ketamine"),
        ("Esketamine 28 MG Nasal Spray [Spravato]", "esketamine"),
        ("Spravato", "esketamine"),
        ("arketamine", "arketamine"),
        (concept(RXNORM, "238083"), "ketamine"),
        (concept(RXNORM, "2119365"), "esketamine"),
        (concept(ATC, "N01AX03"), "ketamine"),
        (concept(ATC, "N06AX27"), "esketamine"),
        (
            {"coding": [{"system": "urn:local", "code": "77"}, {"system": ATC, "code": "N01AX14"}]},
            "esketamine",
        ),
        # which of the three it was cannot be read: it counts as not known
        ("Ketamin-Mischung 7", None),
        ("(R)-ketamine", None),
        ({"text": "esketamine", "coding": [{"system": ATC, "code": "N01AX03"}]}, None),
        (concept(ATC, "N01AX"), None),
        (concept("urn:local", "77"), None),
        ({}, None),
    ],
)
def test_the_three_substances_stay_three(drug, substance, record_property):
    """N = 16 names and codes: the substance they say, or that it is not known; none is left out."""
    record = read(administration(drug))
    assert [d.substance for d in record.case.earlier] == [substance]
    assert bool(record.unreadable) is (substance is None)
    record_property("n", 1)


@pytest.mark.parametrize(
    "drug", ["Ondansetron 4 MG Oral Tablet", "Midazolam", concept(ATC, "N05BA06"), "Wondrol"]
)
def test_another_drug_is_counted_and_no_dose(drug):
    record = read(administration(drug))
    assert record.case.earlier == () and record.unreadable == ()
    assert any("given" in n.why for n in record.not_understood)


@pytest.mark.hazard("H-14")
@pytest.mark.parametrize(
    ("dosage", "why"),
    [
        ({"dose": dose(2, "mL")}, "mL"),
        ({"dose": dose("0.5", "mg/kg")}, "not a plain number"),
        ({"dose": dose(0.5, "mg/kg")}, "mg/kg"),
        ({"dose": dose(36, None)}, "no unit"),
        ({"dose": dose(36, "mg", comparator="<")}, "only a bound"),
        ({"dose": dose(0)}, "which cannot be"),
        ({"dose": dose(-36)}, "which cannot be"),
        ({"dose": dose(200_000)}, "which cannot be"),
        ({"dose": dose(None)}, "no number"),
        ({"text": "one ampoule"}, "no dose"),
        (None, "no dose"),
    ],
)
def test_an_amount_that_cannot_be_read_is_not_known(dosage, why, record_property):
    """N = 11 doses: none is taken for nothing, each says why."""
    record = read(administration(dosage=dosage))
    assert [(d.substance, d.dose_mg) for d in record.case.earlier] == [("ketamine", None)]
    assert why in faults(record) and why in record.case.earlier[0].unread
    record_property("n", 1)


@pytest.mark.parametrize(("value", "unit", "mg"), [(36000, "ug", 36), (0.036, "g", 36), (84, "mg", 84)])
def test_a_unit_of_mass_is_converted_and_no_other(value, unit, mg):
    assert read(administration(dosage={"dose": dose(value, unit)})).case.earlier[0].dose_mg == mg


def test_a_mixture_says_no_amount_of_each():
    record = read(administration("ketamine / midazolam"))
    assert [(d.substance, d.dose_mg) for d in record.case.earlier] == [("ketamine", None)]
    assert "mixed with another drug" in faults(record)


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped", "on-hold"])
def test_what_was_given_or_begun_counts(status):
    assert told(read(administration(status=status))) == [("ketamine", 36, "intravenous", NINE)]


@pytest.mark.parametrize("status", ["entered-in-error", "not-done"])
def test_what_was_not_given_does_not_count_and_is_named(status):
    record = read(administration(status=status))
    assert record.case.earlier == () and record.not_given == (("urn:example:doses|D-1",),)
    assert any("does not count" in n.why for n in record.not_understood)


@pytest.mark.parametrize("status", ["unknown", None, "given-perhaps"])
def test_a_status_that_says_nothing_leaves_the_amount_open(status):
    record = read(administration(status=status))
    assert [d.dose_mg for d in record.case.earlier] == [None] and "whether it was given" in faults(record)


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize(
    ("changes", "at", "on"),
    [
        ({"effectiveDateTime": "2026-11-20T09:00:00-05:00"}, datetime(2026, 11, 20, 14, tzinfo=UTC), None),
        (
            period("2026-11-20T09:00:00Z", "2026-11-20T09:40:00Z"),
            NINE,
            None,
        ),
        (
            period("2026-11-18T09:00:00Z", "2026-11-20T09:00:00Z"),
            NINE,
            None,
        ),
        (period(None, "2026-11-20T09:00:00Z"), NINE, None),
        # a day counts to its end in New York, a month to its last day, today to this moment
        ({"effectiveDateTime": "2026-11-20"}, day_end(2026, 11, 21, 4), "2026-11-20"),
        ({"effectiveDateTime": "2026-10"}, day_end(2026, 11, 1, 3), "2026-10-31"),
        ({"effectiveDateTime": "2026-11-24"}, NOW, "2026-11-24"),
        ({"effectiveDateTime": "2026"}, NOW, "2026-11-24"),
    ],
)
def test_the_last_moment_that_it_may_have_been_counts(changes, at, on, record_property):
    """N = 8 ways to write when: whole day, month or year in the site's zone, and never after now."""
    here = NOW.astimezone(ZoneInfo("America/New_York"))
    record = read_bundle(bundle(patient(), administration(**changes)), as_of=here, jurisdiction="US")
    (found,) = record.case.earlier
    assert (found.at, str(found.on) if found.on else None) == (at, on)
    record_property("n", 1)


@pytest.mark.parametrize("written", ["2026-11-20T09:00:00", "last week", "", 20261120])
def test_a_dose_without_a_moment_is_kept_without_one(written):
    record = read(administration(effectiveDateTime=written))
    assert record.case.earlier == ()
    assert [(d.substance, d.dose_mg) for d in record.case.undated] == [("ketamine", 36)]
    assert "no moment that can be read" in faults(record)


def test_a_dose_of_the_future_refuses_the_record():
    with pytest.raises(FhirError, match="after 2026-11-24 15:00 UTC"):
        read(administration(effectiveDateTime="2026-11-24T15:00:01Z"))
    assert read(administration(effectiveDateTime="2027-01-01", status="not-done")).case.earlier == ()


@pytest.mark.parametrize(
    ("route", "read_as"),
    [
        (concept(SNOMED, "46713006"), "nasal"),
        ({"text": "IM"}, "intramuscular"),
        ({"text": "Intranasal"}, "nasal"),
        ({"text": "Oral use"}, "oral"),
        ({"text": "intravenous", "coding": [{"system": SNOMED, "code": "78421000"}]}, None),
        ({"text": "epidural"}, None),
        (None, None),
    ],
)
def test_the_route_is_kept_or_not_known(route, read_as):
    record = read(administration(dosage={"dose": dose(36), "route": route}))
    assert [d.route for d in record.case.earlier] == [read_as]


# ---------------------------------------------------------------- the same dose twice

UUID_1 = "0b0c1a52-7c4c-4a39-9e36-5a4de2b1a001"


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize(
    ("second", "count"),
    [
        ({}, 1),
        ({"id": "2"}, 1),  # the identifier is the same
        ({"identifier": [{"system": "urn:example:doses", "value": "D-2"}]}, 2),
        ({"identifier": [{"system": "urn:other", "value": "D-1"}]}, 2),
    ],
)
def test_one_identifier_is_one_dose(second, count, record_property):
    """N = 4 pairs."""
    assert len(read(administration(), administration(**second)).case.earlier) == count
    record_property("n", 1)


def test_an_id_counts_alone_only_where_it_is_unique_anywhere():
    bare = {"identifier": None}
    twice = read(administration(**bare), administration(**bare, effectiveDateTime="2026-11-21T09:00:00Z"))
    assert len(twice.case.earlier) == 2, "another server's number 1 is another dose"
    assert len(read(administration(**bare), administration(**bare)).case.earlier) == 1
    named = {**bare, "id": UUID_1}
    assert len(read(administration(**named), administration(**named, status="stopped")).case.earlier) == 1


def test_a_dose_that_is_told_in_two_ways_is_not_known_where_they_differ():
    other = administration(dosage={"dose": dose(50)}, effectiveDateTime="2026-11-21T09:00:00Z")
    for pair in ((administration(), other), (other, administration())):
        (found,) = (record := read(*pair)).case.earlier
        assert (found.substance, found.dose_mg) == ("ketamine", None)
        assert found.at == datetime(2026, 11, 21, 9, tzinfo=UTC)
        assert "with two amounts" in faults(record)


def test_it_names_the_session_and_the_order_that_it_belongs_to():
    about = {
        "context": {"reference": f"Encounter/{UUID_1}"},
        "request": {"reference": f"MedicationRequest/{UUID_1}"},
    }
    (found,) = read(administration(**about)).case.earlier
    assert found.identifiers == ("urn:example:doses|D-1", f"session:{UUID_1}", f"order:{UUID_1}")
    two = read(administration(**about), administration(**about, identifier=[{"system": "a", "value": "2"}]))
    assert len(two.case.earlier) == 2, "one visit may have two sprays"
