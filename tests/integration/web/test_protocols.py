"""The pages of the site's own protocols: drafted by one person, approved by another, without any YAML."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.protocols.models import SiteVersion, VersionStepRow, VersionText
from posology.clinic.protocols.queries import library_at, version_for
from posology.knowledge import load_library
from posology.knowledge.editing import Changes
from posology.knowledge.lifecycle import VersionState
from tests import factories, site_protocols
from tests.cases import NOW
from tests.factories import PASSWORD
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db
TODAY = NOW.date().isoformat()


@pytest.fixture
def site():
    with time_machine.travel(NOW, tick=False):
        yield factories.site("North Clinic")


def hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html).group(1)


def begin(site, based_on="ketamine-iv"):
    client = signed_in(site.prescriber)
    html = text_of(client.get(reverse("protocols")))
    response = client.post(reverse("protocols"), {"id": hidden(html, "id"), "based_on": based_on})
    assert response.status_code == 302
    return client, response["Location"]


def filled(html: str, **typed: str) -> dict[str, str]:
    """Return what a browser sends of the form of a draft: what stands in it, and what was typed."""
    form = html[html.index('class="form draft"') :]
    sent = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    found = re.findall(r'<input (?![^>]*checkbox)[^>]*?id="id_([^"]+)"[^>]*?value="([^"]*)"', form)
    return sent | dict(found) | typed


LOWER = {"value_dose_start": "0.4", "from_dose_start": TODAY, "why_dose_start": "We begin lower here."}


def version_of(site) -> SiteVersion:
    return SiteVersion.objects.for_clinic(site.clinic).get()


def test_two_people_bring_a_site_s_own_protocol_into_force(site):
    author, address = begin(site)
    html = text_of(author.get(address))
    assert author.post(address, filled(html, **LOWER)).status_code == 302
    page = reverse("protocol-version", args=[version_of(site).pk])
    html = text_of(author.get(page))
    assert "Usual first dose from" in html and "Submit this version" in html
    sent = {"id": hidden(html, "id"), "text": hidden(html, "text"), "what": "submit", "effective_on": TODAY}
    assert author.post(page, sent).status_code == 302
    html = text_of(author.get(page))
    assert "Approve and sign" not in html and "who had no hand in it" in html
    reviewer = signed_in(site.director)
    html = text_of(reviewer.get(page))
    assert "Approve and sign" in html and "Return it to its author" in html
    sent = {"id": hidden(html, "id"), "text": hidden(html, "text"), "what": "approve", "effective_on": TODAY}
    refused = reviewer.post(page, sent | {"password": "not it"})
    assert refused.status_code == 422 and "password" in text_of(refused)
    assert reviewer.post(page, sent | {"password": PASSWORD}).status_code == 302
    assert "north-clinic-ketamine-iv" in library_at(site.clinic, NOW + timedelta(minutes=1)).protocols
    listed = text_of(reviewer.get(reverse("protocols")))
    assert "This site&#x27;s own, version 1" in listed or "This site's own, version 1" in listed
    known = text_of(reviewer.get(reverse("protocol", args=["north-clinic-ketamine-iv"])))
    assert "We begin lower here." in known


def test_saving_a_draft_without_typing_anything_changes_nothing(site):
    author, address = begin(site)
    assert author.post(address, filled(text_of(author.get(address)))).status_code == 302
    told = version_for(site.prescriber, version_of(site).pk, at=NOW)
    assert told.texts[0].text == told.texts[1].text


@pytest.mark.hazard("H-07")
def test_every_value_is_read_by_the_one_number_grammar(site, record_property):
    """Each number of the form × nine ways to write it wrong: refused beside its field, and nothing saved."""
    author, address = begin(site)
    html = text_of(author.get(address))
    file = load_library().protocols["ketamine-iv"]
    names = [f"value_{n}" for n in ("dose_levels", "dose_start", "dose_ceiling", "session_interval_min")]
    names += ["minimum_min", "during_every_min", "phase_induction_visit_days", "phase_continuation_sessions"]
    assert all(f'name="{name}"' in html for name in names), file.id
    tried = 0
    for name in names:
        for wrong in ("0,5", "７５", "7_5", "1e2", "٧٥", "NaN", "inf", "0.3, 0.5", ".5"):
            key = name.removeprefix("value_")
            typed = {name: wrong, f"from_{key}": TODAY, f"why_{key}": "Tried."}
            response = author.post(address, filled(html, **typed))
            assert response.status_code == 422, (name, wrong)
            assert f'id="id_{name}-error"' in text_of(response), (name, wrong)
            tried += 1
    record_property("n", tried)
    assert VersionText.objects.for_clinic(site.clinic).count() == 1


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize(
    ("base", "field", "value"),
    [
        ("ketamine-im", "during_every_min", "999"),
        ("ketamine-im", "after_every_min", "5"),
        ("esketamine-nasal-us", "during_every_min", "5"),
        ("esketamine-nasal-us", "value_oral_antidepressant_required", "no"),
        ("esketamine-nasal-us", "value_dose_step", "14"),
        ("ketamine-iv", "during_every_min", "0"),
        ("ketamine-iv", "value_infusion_minutes", "40.5"),
        ("ketamine-iv", "phase_maintenance_interval_days", "7 7"),
        ("ketamine-iv", "review_due", "2099-12-31"),
    ],
)
def test_what_the_form_does_not_offer_is_refused_and_not_passed_by(site, base, field, value):
    """A step where the product has fixed times, a value that is no site's, and numbers that no session can
    be given by: nothing is written. N = 9."""
    author, address = begin(site, base)
    name = field.removeprefix("value_")
    rest = {f"from_{name}": TODAY, f"why_{name}": "Try."} if field.startswith("value_") else {}
    response = author.post(address, filled(text_of(author.get(address)), **{field: value}, **rest))
    assert response.status_code == 422, text_of(response)
    assert VersionText.objects.for_clinic(site.clinic).count() == 1


def test_what_was_typed_stays_and_each_fault_stands_at_its_field(site):
    author, address = begin(site)
    html = text_of(author.get(address))
    response = author.post(address, filled(html, value_dose_start="0.4", from_dose_ceiling=TODAY))
    said = text_of(response)
    assert response.status_code == 422
    for field in ("from_dose_start", "value_dose_ceiling"):
        assert f'id="id_{field}-error"' in said and f'href="#id_{field}"' in said
    assert 'value="0.4"' in said and hidden(said, "id") == hidden(html, "id")


def test_what_is_looser_is_saved_told_in_sentences_and_not_offered_for_submission(site):
    author, address = begin(site)
    typed = {"value_dose_ceiling": "1.2", "from_dose_ceiling": TODAY, "why_dose_ceiling": "More."}
    author.post(address, filled(text_of(author.get(address)), **typed))
    page = reverse("protocol-version", args=[version_of(site).pk])
    html = text_of(author.get(page))
    assert "Cannot be approved as it stands" in html and "never higher" in html
    assert "Submit this version" not in html
    sent = {"id": str(uuid4()), "what": "submit", "effective_on": TODAY}
    told = version_for(site.prescriber, version_of(site).pk, at=NOW)
    assert author.post(page, sent | {"text": told.text.sha256}).status_code == 422


def test_returned_withdrawn_and_retired_on_the_pages(site):
    row = site_protocols.submitted(site, at=NOW, changes=Changes(minimum_min=90))
    page = reverse("protocol-version", args=[row.pk])
    author, reviewer = signed_in(site.prescriber), signed_in(site.director)

    def send(client, what, **typed):
        text = version_for(site.prescriber, row.pk, at=NOW).text.sha256
        return client.post(page, {"id": str(uuid4()), "text": text, "what": what, **typed}).status_code

    assert send(reviewer, "return", reason="") == 422
    assert send(reviewer, "return", reason="Say why.") == 302
    assert "Say why." in text_of(author.get(page))
    assert send(author, "submit", effective_on=TODAY) == 302
    assert send(author, "approve", effective_on=TODAY, password=PASSWORD) == 403
    assert send(reviewer, "approve", effective_on=TODAY, password=PASSWORD) == 302
    assert send(author, "ask", reason="Not needed.") == 302
    assert "Retire this version" in text_of(reviewer.get(page))
    assert send(author, "retire", password=PASSWORD) == 403
    assert send(reviewer, "keep", reason="It is needed.") == 302
    assert send(author, "ask", reason="Really not.") == 302
    assert send(reviewer, "retire", password=PASSWORD) == 302
    assert version_for(site.prescriber, row.pk, at=NOW).state is VersionState.RETIRED
    assert send(author, "nothing") == 422
    steps = VersionStepRow.objects.for_clinic(site.clinic).count()
    html = text_of(reviewer.get(page))
    assert steps == 9 and html.count("Synthetic, Medical director") >= 4


def test_a_nurse_looks_and_finds_no_button(site):
    row = site_protocols.submitted(site, at=NOW)
    nurse = signed_in(site.nurse)
    for address in (reverse("protocols"), reverse("protocol-version", args=[row.pk])):
        main = text_of(nurse.get(address)).split("<main", 1)[1]
        assert "<button" not in main and "<form" not in main


def test_an_overdue_review_shows_like_one_of_the_product(site):
    row = site_protocols.in_force(site, at=NOW)
    late = NOW + timedelta(days=400)
    with time_machine.travel(late, tick=False):
        client = signed_in(site.director)
        assert "Review overdue" in text_of(client.get(reverse("protocol-version", args=[row.pk])))
        assert "North Clinic" in text_of(client.get(reverse("overdue")))


def test_a_stored_text_that_was_altered_is_told_and_nothing_else_breaks(site, monkeypatch):
    row = site_protocols.in_force(site, at=NOW)
    original = VersionText.from_db.__func__

    def from_db(cls, db, names, values):
        found = original(cls, db, names, values)
        found.text = found.text.replace("0.4", "0.5")
        return found

    monkeypatch.setattr(VersionText, "from_db", classmethod(from_db))
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        client = signed_in(site.prescriber)
        response = client.get(reverse("protocol-version", args=[row.pk]))
        assert response.status_code == 200 and "is not the one" in text_of(response)
        assert client.get(reverse("protocols")).status_code == 200
        of = factories.patient(site)
        refused = client.get(reverse("eligibility", args=[of.pk]))
        assert refused.status_code == 409 and "is not the one" in text_of(refused)


def test_the_diff_is_shown_whole_on_the_review_page(site):
    changes = Changes(
        minimum_min=90, criteria=("Has drunk something.",), phases={("induction", "visit_days"): (1, 8)}
    )
    row = site_protocols.submitted(site, at=NOW, changes=changes)
    html = text_of(signed_in(site.director).get(reverse("protocol-version", args=[row.pk])))
    for said in ("Has drunk something.", "1, 4, 8, 11, 15, 18", "Shortest stay in minutes", "Tighter"):
        assert said in html, said


def test_a_value_that_only_a_site_has_is_added_and_taken_away_again(site):
    author, address = begin(site)
    typed = {"value_dosing_weight_cap": "100", "why_dosing_weight_cap": "Our own cap."}
    later = (NOW + timedelta(days=5)).date().isoformat()
    html = text_of(author.get(address))
    assert author.post(address, filled(html, **typed, from_dosing_weight_cap=later)).status_code == 302
    page = reverse("protocol-version", args=[version_of(site).pk])
    html = text_of(author.get(page))
    assert "Cap of the weight" in html
    sent = {"id": hidden(html, "id"), "text": hidden(html, "text"), "what": "submit", "effective_on": TODAY}
    refused = author.post(page, sent)
    assert refused.status_code == 422 and "holds from" in text_of(refused), (
        "nothing would be offered until then"
    )
    back = filled(text_of(author.get(address)), back_dosing_weight_cap="on")
    assert author.post(address, back).status_code == 302
    told = version_for(site.prescriber, version_of(site).pk, at=NOW)
    assert told.texts[0].text == told.text.text


def test_the_knowledge_page_leads_there_for_those_who_may(site):
    link = f'href="{reverse("protocols")}"'
    for person, leads in ((site.nurse, True), (site.director, True), (site.administrator, False)):
        assert (link in text_of(signed_in(person).get(reverse("knowledge")))) is leads
