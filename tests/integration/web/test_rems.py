"""The programme's pages: the list with its clock, a session's form, the site and a patient's enrolment."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.care.chairside import chairside
from posology.clinic.rems.models import Enrolment, FinalForm, SentForm, SiteCertification
from posology.clinic.rems.queries import FormState
from posology.web.outage.papers import record_data
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import hidden_of, signed_in, text_of
from tests.rems import Nasal, certify, enrol

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=4)


@pytest.fixture(autouse=True)
def later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def nasal():
    return Nasal().whole()


def form_url(nasal, **query) -> str:
    return reverse("session-rems", kwargs={"session": nasal.session.pk}) + (
        "?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""
    )


def words_of(response) -> str:
    main = re.search(r"<main.*?</main>", text_of(response), re.DOTALL)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def forms_of(page) -> dict[str, dict[str, str]]:
    """Return the hidden fields of each form of the page, by what it does."""
    found = {}
    for body in re.findall(r"<form[^>]*method=\"post\"[^>]*>(.*?)</form>", text_of(page), re.DOTALL):
        fields = dict(re.findall(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"", body))
        found[fields.get("what", "")] = {k: v for k, v in fields.items() if k != "csrfmiddlewaretoken"}
    return found


def test_what_is_missing_stands_first_and_the_rest_is_filled_in(nasal):
    words = words_of(signed_in(nasal.site.nurse).get(form_url(nasal)))
    assert words.index("Not known yet: 3") < words.index("Benzodiazepine")
    assert "This is not the programme's form" in words
    assert "In time until 01-Dec-2026 , 7 days left" in words
    assert "146/88 mmHg at 40 min" in words and "Asked before the dose , 24-Nov-2026 15:00" in words


def test_a_form_is_answered_finalised_sent_and_printed(nasal):
    client, url = signed_in(nasal.site.nurse), form_url(nasal)
    sent = forms_of(client.get(url))["answer"] | {
        "answer-first_treatment": "yes", "answer-minutes_ready": "95", "answer-vitals_before": "yes",
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 302  # a second click
    page = client.get(url)
    assert "Ready to finalise" in words_of(page) and "These say No because no entry tells" in words_of(page)
    sent = forms_of(page)["finalise"]
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 302
    final = FinalForm.objects.for_clinic(nasal.site.clinic).get()
    page = client.get(url)
    assert (
        client.post(url, forms_of(page)["sent"] | {"on": "24-Nov-2026", "way": "Portal"}).status_code == 302
    )
    assert SentForm.objects.for_clinic(nasal.site.clinic).get().form_id == final.pk
    pdf = reverse("rems-pdf", kwargs={"final": final.pk})
    first, again = client.get(pdf), client.get(pdf)
    assert first.content[:5] == b"%PDF-" and first.content == again.content
    whole = json.loads(text_of(client.get(reverse("rems-json", kwargs={"final": final.pk}))))
    assert whole["sha256"] == final.sha256
    told = {f["key"]: f["value"] for f in whole["form"]["fields"]}
    assert (told["minutes_ready"], told["lots"]) == ("95 min", factories.LOT)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"answer-minutes_ready": "about 95"}, "is no number of minutes"),
        ({"answer-vitals_before": "maybe"}, "neither yes nor no"),
        ({"answer-dose": "84"}, "tells this field already"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_beside_its_field(nasal, changes, says):
    client, url = signed_in(nasal.site.nurse), form_url(nasal)
    answer = client.post(url, forms_of(client.get(url))["answer"] | changes)
    assert answer.status_code == 422 and says in words_of(answer)
    assert nasal.form().answers == {}


def test_a_retired_version_is_shown_and_not_finalised(nasal):
    nasal.answer_all()
    client, url = signed_in(nasal.site.nurse), form_url(nasal)
    page = client.get(form_url(nasal, version="2021-11"))
    assert "This version is not in use today" in words_of(page) and "Opioid" not in words_of(page)
    seen = nasal.form(version="2021-11").form.sha256
    sent = forms_of(client.get(url))["finalise"] | {"form_version": "2021-11", "seen": seen}
    answer = client.post(url, sent)
    assert answer.status_code == 422 and "retired on 31-Dec-2025" in words_of(answer)
    assert client.get(form_url(nasal, version="1999")).status_code == 404


def test_a_record_that_changed_since_the_page_is_a_conflict(nasal):
    nasal.answer_all()
    client, url = signed_in(nasal.site.nurse), form_url(nasal)
    sent = forms_of(client.get(url))["finalise"]
    nasal.answer("vitals_before", "no")
    answer = client.post(url, sent)
    assert answer.status_code == 409 and "has changed since this page was made" in text_of(answer)
    assert nasal.form().stands is FormState.READY


def test_the_list_shows_the_clock_and_what_is_overdue(nasal):
    director = signed_in(nasal.site.director)
    assert "01-Dec-2026 7 days left" in words_of(director.get(reverse("rems")))
    with time_machine.travel(NOW + timedelta(days=9), tick=False):
        words = words_of(signed_in(nasal.site.director).get(reverse("rems")))
    assert "1 overdue" in words and "2 days over" in words
    page = director.get(form_url(nasal))
    assert "Record the answers" not in words_of(page)  # a director looks, and sends


def test_a_setting_without_a_form_says_so_and_keeps_the_telephone(nasal):
    certify(nasal.site, setting="inpatient")
    client, url = signed_in(nasal.site.nurse), form_url(nasal)
    sent = forms_of(client.get(url))["setting"] | {"setting": "inpatient"}
    refused = client.post(url, sent)
    assert refused.status_code == 422 and "Say why this session is in another" in words_of(refused)
    assert "No form is due" not in words_of(client.get(url))
    for _ in range(2):
        assert client.post(url, sent | {"because": "On the ward since Monday."}).status_code == 302
    words = words_of(client.get(url))
    assert "No form is due" in words and "1-855-382-6022" in words
    for told in (nasal.site.nurse.full_name, "19:00", "Reason: On the ward since", "Usual here: outpatient"):
        assert told in words, told


def test_another_setting_stands_on_the_list_in_the_patients_record_and_on_paper(nasal):
    certify(nasal.site, setting="inpatient")
    nasal.set_apart("On the ward since Monday.")
    patient = reverse("patient-rems", kwargs={"patient": nasal.patient.pk})
    for who, url in ((nasal.site.director, reverse("rems")), (nasal.site.prescriber, patient)):
        words = words_of(signed_in(who).get(url))
        assert "In another setting than usual" in words and "On the ward since Monday." in words
        assert nasal.site.nurse.full_name in words
    record = record_data(chairside(nasal.site.nurse, nasal.session.pk, at=LATER), at=LATER)
    (said,) = [value for label, value in record["facts"] if label == "Setting"]
    assert said.startswith("Inpatient or emergency, said by") and said.endswith("On the ward since Monday.")


def test_a_form_that_does_not_say_what_it_is_for_records_nothing(nasal):
    client, url = signed_in(nasal.site.nurse), form_url(nasal)
    answer = client.post(url, forms_of(client.get(url))["setting"] | {"what": "all", "setting": "inpatient"})
    assert answer.status_code == 422 and "does not say what it is for" in words_of(answer)
    assert nasal.form().answers == {}


def test_the_director_certifies_and_a_prescriber_enrols():
    site = factories.site()
    patient = factories.patient(site)
    director, url = signed_in(site.director), reverse("rems-site")
    assert "Not certified" in words_of(director.get(url))
    told = {"setting": "outpatient", "number": "S-1", "on": "20-Nov-2026", "representative": "Synthetic, R"}
    refused = director.post(url, forms_of(director.get(url))["certify"] | told)
    assert refused.status_code == 422 and "Write the address" in words_of(refused)
    told["address"] = "1 Synthetic Street"
    assert director.post(url, forms_of(director.get(url))["certify"] | told).status_code == 302
    assert SiteCertification.objects.for_clinic(site.clinic).get().number == "S-1"
    prescriber, url = signed_in(site.prescriber), reverse("patient-rems", kwargs={"patient": patient.pk})
    days = dict.fromkeys(("on", "patient_signed_on", "prescriber_signed_on"), "23-Nov-2026")
    sent = hidden_of(prescriber.get(url), url) | days | {"number": "E-1"}
    assert prescriber.post(url, sent).status_code == 302
    assert prescriber.post(url, sent).status_code == 302
    assert Enrolment.objects.for_clinic(site.clinic).get().prescriber == site.prescriber
    sent = hidden_of(prescriber.get(url), url) | {"on": "24-Nov-2026", "because": "Moved away."}
    assert prescriber.post(url, sent).status_code == 302
    assert "Moved away." in words_of(prescriber.get(url))


def test_the_gate_says_what_the_programme_asks():
    nasal = Nasal(admitted=False)
    session = reverse("session", kwargs={"session": nasal.session.pk})
    with time_machine.travel(NOW, tick=False):
        words = words_of(signed_in(nasal.site.nurse).get(session))
        assert "the patient is not enrolled" in words and "this site is not certified" in words
        certify(nasal.site)
        enrol(nasal.site, nasal.patient)
        words = words_of(signed_in(nasal.site.nurse).get(session))
    assert "is not enrolled" not in words and "is not certified" not in words


def test_a_session_of_another_drug_has_no_form():
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    session = factories.signed_order(site, patient).session
    page = signed_in(site.nurse).get(reverse("session-rems", kwargs={"session": session.pk}))
    assert "has no form" in words_of(page)
