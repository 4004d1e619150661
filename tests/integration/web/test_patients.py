"""Patients: the list, a new one, one whole, and the risk answers that wait."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.audit.models import RecordView
from posology.clinic.care.listing import ORDER
from posology.clinic.outcomes.models import RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.queries import session_for
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import World, hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db


NEW = {
    "family_name": "Featherstone",
    "given_name": "Zoë",
    "born_on": "1990-07-01",
    "sex": "female",
    "identifier": "S-77",
}


def register(client, **changes: str):
    url = reverse("patient-new")
    form = {**hidden_of(client.get(url), url), **NEW, **changes}
    return client.post(url, form), form


# ---------------------------------------------------------------- the list


def test_a_name_or_a_number_finds_the_patient_and_stands_in_no_address(here):
    client = signed_in(here.site.nurse)
    for text in ("exam", "EXAMPLE cid", here.treated.identifier):
        response = client.post(reverse("patients"), {"text": text})
        assert str(here.treated) in text_of(response) and str(here.patient) not in text_of(response)
        assert f'value="{text}"' in text_of(response)
    assert 'method="post"' in text_of(client.get(reverse("patients")))
    assert "No patient is called that" in text_of(client.post(reverse("patients"), {"text": "nobody"}))


def test_only_names_from_the_list_sort(here):
    """Every known order works; anything else sorts by name, and reaches no query (N = 5 and 12)."""
    client = signed_in(here.site.nurse)
    for order in ORDER:
        assert client.post(reverse("patients"), {"sort": order}).status_code == 200
    plain = _names(client.post(reverse("patients"), {}))
    hostile = ("password", "clinic__name", "-pk", "?", "id; DROP TABLE patients_patient", "family_name)",
               "' OR 1=1 --", "registered_at", "{}", "\x00", "1" * 5_000, "next_at DESC")  # fmt: skip
    for order in hostile:
        response = client.post(reverse("patients"), {"sort": order, "page": order})
        assert response.status_code == 200 and _names(response) == plain, order
    for text in hostile:
        assert client.post(reverse("patients"), {"text": text}).status_code in {200, 422}, text


def _names(response) -> list[str]:
    return re.findall(r">([A-Z]+, \w+)</a>", text_of(response))


def test_a_long_list_is_shown_fifty_at_a_time(here):
    for n in range(60):
        factories.patient(here.site, family_name=f"Synthetic{n:02d}", given_name="Max")
    client = signed_in(here.site.nurse)
    first = text_of(client.get(reverse("patients")))
    assert "Page 1 of 2, 62 patients" in first and "Show the next 50" in first
    second = text_of(client.post(reverse("patients"), {"page": "2"}))
    assert "Page 2 of 2" in second and "Show the 50 before" in second


# ---------------------------------------------------------------- a new patient


@pytest.mark.hazard("H-25")
def test_a_double_click_registers_once(here):
    """The same form twice: one patient, the same answer (N = 2 sends)."""
    client = signed_in(here.site.nurse)
    first, form = register(client)
    again = client.post(reverse("patient-new"), form)
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert Patient.objects.for_clinic(here.site.clinic).filter(identifier="S-77").count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("family_name", "", "Write the family name."),
        ("born_on", "14/03/1981", "is not a day"),
        ("born_on", "１９８１-03-14", "is not a day"),
        ("born_on", "1981-02-30", "is not a day"),
        ("born_on", "2090-01-01", "lies in the future"),
        ("born_on", "1811-01-01", "over 120 years"),
        ("sex", "", "Choose one"),
        ("identifier", " ", "Write the record number."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_everything_typed_is_kept(here, field, typed, sentence):
    response, form = register(signed_in(here.site.nurse), **{field: typed})
    page = text_of(response)
    assert response.status_code == 422
    assert sentence in page[page.index(f'id="id_{field}-error"') :][:400]
    assert f'href="#id_{field}"' in page
    for name in ("family_name", "given_name", "identifier"):
        if name != field:
            assert f'value="{form[name]}"' in page
    assert hidden_of(response, reverse("patient-new"))["id"] == form["id"]


def test_a_record_number_that_is_taken_is_refused_beside_its_field(here):
    response, _ = register(signed_in(here.site.nurse), identifier=here.treated.identifier)
    assert response.status_code == 422 and "This record number is taken already" in text_of(response)


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize(
    ("family", "given", "born"),
    [
        ("Example", "Cid", "1990-07-01"),  # the same name
        ("Exampel", "Cid", "1990-07-01"),  # two letters changed over
        ("Exampl", "Cid", "1990-07-01"),  # one letter lost
        ("example", "Carl", "1990-07-01"),  # the same family name and initial
        ("Example", "Zoë", "1981-03-14"),  # the same family name and birth day
    ],
)
def test_somebody_who_could_be_mistaken_is_shown_before(here, family, given, born):
    """Look-alike names are flagged at registration, and nothing is registered unseen (N = 5 kinds)."""
    client = signed_in(here.site.nurse)
    response, form = register(client, family_name=family, given_name=given, born_on=born)
    page = text_of(response)
    if family == "Exampel":
        assert response.status_code == 302, "two edits apart are two names"
        return
    assert response.status_code == 422 and str(here.treated) in page and "Could it be one of these?" in page
    assert not Patient.objects.for_clinic(here.site.clinic).filter(identifier="S-77").exists()
    assert client.post(reverse("patient-new"), {**form, "someone_else": "on"}).status_code == 302
    assert Patient.objects.for_clinic(here.site.clinic).filter(identifier="S-77").exists()


# ---------------------------------------------------------------- one patient


def page_of(here: World, patient: Patient, at=NOW) -> str:
    with time_machine.travel(at, tick=False):
        response = signed_in(here.site.prescriber).get(reverse("patient", kwargs={"patient": patient.pk}))
    assert response.status_code == 200
    return text_of(response)


@pytest.mark.requirement("SR-18")
def test_every_look_at_a_record_is_noted(here):
    """N = 7 pages about a patient: one line each, with who, whose and which page."""
    client = signed_in(here.site.nurse)
    before = RecordView.objects.filter(patient_id=here.patient.pk).count()
    pages = [
        reverse(n, kwargs=here.kwargs_for(n))
        for n in ("patient", "assessment", "import", "eligibility", "options", "form")
    ]
    for url in pages:
        assert client.get(url).status_code == 200
    client.get(reverse("task", kwargs=here.kwargs_for("task")))
    looks = RecordView.objects.filter(patient_id=here.patient.pk).count() - before
    assert looks == len(pages)
    assert RecordView.objects.filter(patient_id=here.treated.pk, page="task").count() == 1


def test_the_page_says_what_comes_next_at_each_step(here):
    """From a bare registration to the next dose: the step and the one button that leads on."""
    bare = factories.patient(here.site, family_name="Bare")
    assert "Answer what is open" in page_of(here, bare)
    assert "Compare the options" in page_of(here, here.patient)
    assert "Open the session" in page_of(here, here.treated)
    session = session_for(here.site.nurse, here.session_id)
    left_at = factories.give(here.site, session, at=NOW + timedelta(minutes=1))
    later = left_at + timedelta(minutes=5)
    assert "Fill in PHQ-9" in page_of(here, here.treated, later)
    factories.fill_form(here.site, here.treated, at=left_at + timedelta(minutes=1))
    assert "Compare the next options" in page_of(here, here.treated, later)


def test_the_timeline_tells_scores_doses_pressures_and_events_and_has_a_table(here):
    session = session_for(here.site.nurse, here.session_id)
    factories.give(here.site, session, at=NOW + timedelta(minutes=1))
    page = page_of(here, here.treated, NOW + timedelta(hours=3))
    assert "<svg" in page and "Show as a table" in page
    for told in (
        "PHQ-9 was 17 points",
        "Peak blood pressure",
        "124/78",
        "Dose, mg",
        "Risk answer, question 9",
    ):
        assert told in page, told


def test_a_record_without_history_says_what_will_come(here):
    page = page_of(here, factories.patient(here.site, family_name="Bare"))
    for title in ("Nothing has happened yet", "No session yet", "No decision yet", "No course yet"):
        assert title in page
    assert "Not known: nobody has asked yet" in page


# ---------------------------------------------------------------- a risk answer


def test_a_person_takes_a_risk_answer_and_closes_it_with_what_was_done(here):
    client = signed_in(here.site.prescriber)
    url = reverse("task", kwargs={"patient": here.treated.pk, "task": here.task_id})
    assert "Nobody has it yet" in text_of(client.get(url))
    client.post(url, hidden_of(client.get(url), url))
    empty = client.post(url, {**hidden_of(client.get(url), url), "act": "close", "note": " "})
    assert empty.status_code == 422 and "Say what was done." in text_of(empty)
    assert RiskTask.objects.for_clinic(here.site.clinic).get().closed_at is None
    form = hidden_of(client.get(url), url)
    done = client.post(url, {**form, "note": "Spoke with the patient; safety plan made."})
    assert done["Location"] == reverse("patient", kwargs={"patient": here.treated.pk})
    assert RiskTask.objects.for_clinic(here.site.clinic).get().closing_note.startswith("Spoke with")
    assert "Spoke with the patient" in text_of(client.get(url))


def test_a_nurse_takes_a_risk_answer_and_does_not_close_it(here):
    client = signed_in(here.site.nurse)
    url = reverse("task", kwargs={"patient": here.treated.pk, "task": here.task_id})
    client.post(url, hidden_of(client.get(url), url))
    director = signed_in(here.site.director)  # whose page has the form
    form = hidden_of(director.get(url), url) if "Close with" in text_of(director.get(url)) else {}
    sent = {**form, "patient": str(here.treated.pk), "act": "close", "note": "Done."}
    assert "Close with what was done" not in text_of(client.get(url))
    assert client.post(url, sent).status_code == 403
    assert RiskTask.objects.for_clinic(here.site.clinic).get().closed_at is None


def test_a_task_is_not_found_under_another_patient(here):
    client = signed_in(here.site.nurse)
    url = reverse("task", kwargs={"patient": here.patient.pk, "task": here.task_id})
    assert client.get(url).status_code == 404
    assert (
        client.get(reverse("task", kwargs={"patient": here.treated.pk, "task": uuid4()})).status_code == 404
    )


@pytest.mark.parametrize("text", ["a" * 81, "Ash\x00"])
def test_a_search_that_cannot_be_read_is_refused_and_kept_not_answered_with_everyone(here, text):
    client = signed_in(here.site.nurse)
    answer = client.post(reverse("patients"), {"text": text, "sort": "name"})
    assert answer.status_code == 422 and 'class="error-summary' in text_of(answer)
