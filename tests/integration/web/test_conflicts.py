"""Two tabs, two patients, two people: what no longer fits is not recorded, and nothing typed is lost."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.urls import reverse

from posology.clinic.assessments.models import FactRow
from posology.clinic.audit.models import AuditEntry
from posology.web.assessment.view_models import PARTS
from tests.integration.web.test_imports import bundle_text
from tests.integration.web.walk import World, hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db


ANSWER = {
    "psychiatric": {"psychosis_now": "no"},
    "medical": {"hypersensitivity": "no"},
    "medication": {"new_0": "Sertraline", "new_0__active": "yes"},
    "examination": {"heart_rate": "81"},
    "laboratory": {"liver_panel": "normal"},
    "session": {"escort_home": "yes"},
}


def forms(here: World, client) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the address and the filled-in form of every page here that writes about a patient."""
    for part in PARTS:
        url = reverse("assessment", kwargs={"patient": here.treated.pk, "part": part})
        yield url, {**hidden_of(client.get(url), url), "when": "now", **ANSWER[part]}
    url = reverse("task", kwargs={"patient": here.treated.pk, "task": here.task_id})
    yield url, hidden_of(client.get(url), url)
    url = reverse("import", kwargs={"patient": here.treated.pk})
    look = {**hidden_of(client.get(url), url), "text": bundle_text(here.treated)}
    yield url, look
    yield url, hidden_of(client.post(url, look), url)


def written() -> int:
    """Return how many changes of any clinical row the database has seen, looks apart."""
    return AuditEntry.objects.exclude(table="audit_view").count()


@pytest.mark.hazard("H-01")
def test_a_form_sent_after_switching_to_another_patient_writes_nothing(here, record_property):
    """Tab A's form after tab B was opened: 409 at every writing page, and one click records it (N = 9)."""
    tried = 0
    for url, form in forms(here, signed_in(here.site.nurse)):
        client = signed_in(here.site.nurse)
        client.get(url)
        client.get(reverse("patient", kwargs={"patient": here.patient.pk}))
        before = written()
        refused = client.post(url, form)
        assert refused.status_code == 409, url
        page = text_of(refused)
        assert str(here.treated) in page and str(here.patient) in page and "Nothing was recorded yet" in page
        assert written() == before
        again = hidden_of(refused, url)
        assert {k: v for k, v in again.items() if k in form and k not in {"version", "patient"}} == {
            k: v for k, v in form.items() if k in again and k not in {"version", "patient"}
        }
        assert client.post(url, again).status_code in {200, 302}, url
        tried += 1
    record_property("n", tried)
    assert tried == 9


@pytest.mark.hazard("H-01")
def test_a_body_that_names_another_patient_is_refused(here, record_property):
    """The address says whose record it is; a form for somebody else gets 409 (N = 9 pages x 3 bodies)."""
    client, tried = signed_in(here.site.nurse), 0
    for url, form in list(forms(here, client)):
        for named in (str(here.patient.pk), str(UUID(int=0)), ""):
            before = written()
            refused = client.post(url, {**form, "patient": named})
            assert refused.status_code == 409, (url, named)
            assert written() == before, (url, named)
            tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-01")
def test_a_form_for_the_other_patient_can_be_sent_where_it_belongs(here):
    """A form of A that reached B's address: both are named, and the one button leads to A (N = 1)."""
    client = signed_in(here.site.nurse)
    mine = reverse("assessment", kwargs={"patient": here.patient.pk, "part": "examination"})
    theirs = reverse("assessment", kwargs={"patient": here.treated.pk, "part": "examination"})
    form = {**hidden_of(client.get(mine), mine), "when": "now", "heart_rate": "81"}
    refused = client.post(theirs, form)
    assert refused.status_code == 409
    kept = hidden_of(refused, mine)
    assert kept["patient"] == str(here.patient.pk) and kept["heart_rate"] == "81"
    assert client.post(mine, kept).status_code == 302
    rows = FactRow.objects.for_clinic(here.site.clinic).filter(key="heart_rate", value__value="81")
    assert [row.patient_id for row in rows] == [here.patient.pk]


def test_a_form_that_is_older_than_the_record_shows_both(here):
    first, second = signed_in(here.site.nurse), signed_in(here.site.prescriber)
    url = reverse("assessment", kwargs={"patient": here.patient.pk, "part": "examination"})
    mine = {**hidden_of(first.get(url), url), "when": "now", "weight": "73.1", "weight__unit": "kg"}
    theirs = {**hidden_of(second.get(url), url), "when": "now", "weight": "74.2", "weight__unit": "kg"}
    assert second.post(url, theirs).status_code == 302
    refused = first.post(url, mine)
    page = text_of(refused)
    assert refused.status_code == 409
    assert "73.1 kg" in page and "74.2\u00a0kg" in page
    assert first.post(url, hidden_of(refused, url)).status_code == 302
    stored = FactRow.objects.for_clinic(here.site.clinic).filter(patient=here.patient, key="weight")
    assert {row.value["value"] for row in stored} == {"72", "73.1", "74.2"}
