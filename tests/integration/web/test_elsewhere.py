"""The page of doses given elsewhere: entered, corrected, taken back, and named wherever a dose is decided."""

import json
from datetime import timedelta
from decimal import Decimal
from html import unescape
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.assessments.elsewhere import rows_of
from posology.clinic.care.queries import given_before
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.test_elsewhere import administration, bundle_of, imported
from tests.integration.web.chair import filled_inputs
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

USUAL = {
    "substance": "ketamine",
    "route": "intravenous",
    "dose": "36",
    "day": "20-Nov-2026",
    "clock": "09:00",
    "said_by": "staff",
    "where": "Synthetic clinic",
}


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site)
    factories.assess_fully(site, made)
    return made


def url_of(patient) -> str:
    return reverse("elsewhere", kwargs={"patient": patient.pk})


def send(site, patient, *, corrects="", **typed: str):
    """Fill in the usual dose with changes; ``None`` leaves a field empty."""
    client, url = signed_in(site.nurse), url_of(patient)
    page = client.get(f"{url}?corrects={corrects}" if corrects else url)
    fields = {k: v for k, v in (USUAL | typed).items() if v is not None}
    return client.post(url, {**hidden_of(page, url), **fields})


def plain(response) -> str:
    return unescape(text_of(response)).replace("\N{NO-BREAK SPACE}", " ")


def test_a_dose_is_entered_and_stands_on_every_page_that_decides(site, patient):
    assert send(site, patient).status_code == 302
    (row,) = rows_of(patient)
    assert (row.substance, row.route, row.dose_mg, row.origin_kind) == (
        "ketamine",
        "intravenous",
        36,
        "staff",
    )
    assert row.at == NOW.replace(day=20, hour=9) and row.on is None
    line = "ketamine, intravenous, 36 mg, 20-Nov-2026, 09:00 (record seen: Synthetic clinic)"
    client = signed_in(site.prescriber)
    signed = factories.signed_order(site, patient)
    option = signed.order
    for address in (
        reverse("patient", kwargs={"patient": patient.pk}),
        reverse("options", kwargs={"patient": patient.pk}),
        reverse("order", kwargs={"order": option.pk}),
    ):
        assert line in plain(client.get(address)), address


def test_the_second_look_names_it_too(site, patient):
    send(site, patient)
    client = signed_in(site.prescriber)
    option = factories.signing(site, patient)["option_id"]
    page = client.get(reverse("sign", kwargs={"patient": patient.pk, "option": option}))
    assert "record seen: Synthetic clinic" in plain(page)


@pytest.mark.hazard("H-23")
def test_the_page_and_the_action_get_one_answer(site, patient):
    """N = 2: 47:59:59 after the typed time no option gives a dose that day; what is too near says when."""
    send(site, patient, day="2026-11-23", clock="15:00")
    page = plain(signed_in(site.prescriber).get(reverse("options", kwargs={"patient": patient.pk})))
    assert "too soon. " in page and "The earliest moment is 2026-11-25 15:00 UTC" in page
    (given,) = given_before(patient, at=NOW).given
    assert given.at == NOW - timedelta(days=1)


def test_a_whole_day_and_today_count_to_their_end_or_to_now(site, patient):
    send(site, patient, clock=None)
    send(site, patient, day="2026-11-24", clock=None)
    first, today = sorted(rows_of(patient), key=lambda row: row.at)
    assert str(first.on) == "2026-11-20" and first.at.isoformat() == "2026-11-20T23:59:59.999999+00:00"
    assert today.at == NOW
    assert "20-Nov-2026, time not known" in plain(signed_in(site.nurse).get(url_of(patient)))


@pytest.mark.hazard("H-14")
def test_what_nobody_knows_is_ticked_and_holds(site, patient):
    """N = 3: the drug, the amount, the day."""
    send(
        site,
        patient,
        substance="unknown",
        route="unknown",
        dose=None,
        dose_unknown="on",
        day=None,
        clock=None,
        day_unknown="on",
        said_by="patient",
    )
    (row,) = rows_of(patient)
    assert (row.substance, row.route, row.dose_mg, row.at) == ("", "", None, None)
    assert "Cannot say" in plain(signed_in(site.nurse).get(url_of(patient)))
    page = plain(signed_in(site.prescriber).get(reverse("options", kwargs={"patient": patient.pk})))
    assert "The time since the last dose is not known" in page and "the patient says" in page


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"substance": None}, "substance", "“not known which” is an answer"),
        ({"route": None}, "route", "“not known” is an answer"),
        ({"dose": None}, "dose", "tick that it is not known"),
        ({"dose_unknown": "on"}, "dose", "Keep one of the two"),
        ({"dose": "３６"}, "dose", "digits"),
        ({"dose": "1e2"}, "dose", "1e2"),
        ({"dose": "0"}, "dose", "which cannot be"),
        ({"weight": "7200"}, "weight", "beyond what can be true"),
        ({"weight": "72,5"}, "weight", "72,5"),
        ({"day": None}, "day", "tick that it is not known"),
        ({"day_unknown": "on"}, "day", "Keep one of the two"),
        ({"day": "25-Nov-2026"}, "day", "lies ahead"),
        ({"day": "24-Nov-2026", "clock": "15:01"}, "clock", "lies ahead"),
        ({"day": "20.11.2026"}, "day", "is not a day"),
        ({"clock": "9 am"}, "clock", "24 hours"),
        ({"day": "1970-01-01"}, "day", "before the patient was born"),
        ({"said_by": None}, "said_by", "Choose who says so"),
        ({"where": None}, "where", "Write where it was given"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_what_was_typed_stays(site, patient, typed, field, says):
    response = send(site, patient, **typed)
    page = plain(response)
    assert response.status_code == 422 and rows_of(patient) == ()
    assert says in page and f'href="#id_{field}"' in page
    if "where" not in typed:
        assert 'value="Synthetic clinic"' in page


def test_nothing_is_filled_in_beforehand(site, patient):
    page = text_of(signed_in(site.nurse).get(url_of(patient)))
    assert filled_inputs(page) == []


@pytest.mark.hazard("H-25")
def test_a_second_click_enters_nothing_again(site, patient):
    """N = 2 sends."""
    client, url = signed_in(site.nurse), url_of(patient)
    fields = {**hidden_of(client.get(url), url), **USUAL}
    assert client.post(url, fields).status_code == client.post(url, fields).status_code == 302
    assert len(rows_of(patient)) == 1


def test_an_entry_is_corrected_and_the_old_one_stays(site, patient):
    send(site, patient)
    (old,) = rows_of(patient)
    assert send(site, patient, corrects=str(old.pk), dose="50").status_code == 302
    assert [g.dose_mg for g in given_before(patient, at=NOW).given] == [50]
    page = plain(signed_in(site.nurse).get(url_of(patient)))
    assert "Corrected" in page and "36 mg" in page and "50 mg" in page


def test_an_entry_is_taken_back_with_a_reason(site, patient):
    send(site, patient)
    (old,) = rows_of(patient)
    bare = send(site, patient, corrects=str(old.pk), what="take-back")
    assert bare.status_code == 422 and "Say why it does not count" in plain(bare)
    assert (
        send(site, patient, corrects=str(old.pk), what="take-back", because="It was his brother.").status_code
        == 302
    )
    assert given_before(patient, at=NOW).given == () and len(rows_of(patient)) == 2
    assert "It was his brother." in plain(signed_in(site.nurse).get(url_of(patient)))


@pytest.mark.hazard("H-27")
def test_of_two_who_correct_one_entry_the_second_sees_what_happened(site, patient):
    """N = 1: the page of the second is older than the record."""
    send(site, patient)
    (old,) = rows_of(patient)
    client, url = signed_in(site.nurse), url_of(patient)
    page = client.get(f"{url}?corrects={old.pk}")
    send(site, patient, corrects=str(old.pk), dose="50")
    late = client.post(url, {**hidden_of(page, url), **USUAL, "dose": "60"})
    assert late.status_code == 409 and "60" in plain(late)
    assert [g.dose_mg for g in given_before(patient, at=NOW).given] == [50]


def test_an_entry_of_nobody_is_not_found(site, patient):
    client = signed_in(site.nurse)
    assert client.get(f"{url_of(patient)}?corrects={uuid4()}").status_code == 404
    other = factories.patient(site, given_name="Bea")
    send(site, other)
    (row,) = rows_of(other)
    assert client.get(f"{url_of(patient)}?corrects={row.pk}").status_code == 404


def test_the_director_looks_and_enters_nothing(site, patient):
    send(site, patient)
    client = signed_in(site.director)
    page = text_of(client.get(url_of(patient)))
    assert "Nurses and prescribers enter" in page and "corrects=" not in page
    assert client.post(url_of(patient), USUAL).status_code == 403


def test_words_are_shown_as_text(site, patient):
    send(site, patient, where="<script>alert(1)</script>")
    page = text_of(signed_in(site.nurse).get(url_of(patient)))
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_an_import_shows_what_it_took_and_what_it_could_not_read(site, patient):
    client, url = signed_in(site.nurse), reverse("import", kwargs={"patient": patient.pk})
    broken = administration(NOW, id="2", identifier=None, effectiveDateTime="2026-11-20T09:00:00")
    text = json.dumps(bundle_of(patient, administration(NOW - timedelta(days=4)), broken))
    look = client.post(url, {**hidden_of(client.get(url), url), "text": text})
    page = plain(look)
    assert "ketamine, 36 mg, intravenous" in page
    assert "Could not be read" in page and "it has no moment that can be read" in page
    assert client.post(url, hidden_of(look, url)).status_code == 302
    history = given_before(patient, at=NOW)
    assert [g.dose_mg for g in history.given] == [Decimal(36)] and len(history.undated) == 1
    again = client.post(url, {**hidden_of(client.get(url), url), "text": text})
    assert "2 doses in it count already" in plain(again)
    told = plain(client.get(url_of(patient)))
    assert "from a file: MedicationAdministration/a1" in told and "day not known" in told


def test_a_session_of_ours_that_came_back_says_so(site, patient):
    from tests.integration.clinic.test_limits import given_at

    early = NOW - timedelta(days=9)
    other = factories.patient(site, given_name="Bea", at=early - timedelta(days=1))
    factories.assess_fully(site, other, at=early)
    factories.fill_form(site, other, [3] * 8 + [0], at=early - timedelta(minutes=2))
    signed = given_at(site, other, early)
    imported(site, other, administration(early, id=str(signed.session.pk)), at=NOW)
    assert "As the session here" in plain(signed_in(site.nurse).get(url_of(other)))
