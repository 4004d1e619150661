"""The day's page: recorded in the morning, changed with a reason, and the way to it from a session's gate."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from posology.clinic.duty.models import DutyDecision, DutyEntry, DutySetting
from tests import duty, factories
from tests.cases import NOW
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db
PAGE = "/duty/"


@pytest.fixture(autouse=True)
def at_now(monkeypatch):
    monkeypatch.setattr("posology.web.clock.now", lambda: NOW)


@pytest.fixture
def site() -> factories.Site:
    return factories.site(on_duty=False)


def morning(site: factories.Site, **changes) -> dict:
    """Return what a nurse sends on an ordinary morning without a day before."""
    page = signed_in(site.nurse).get(PAGE)
    roles = {f"role-{role}": str(p) for p, roles in duty.people_of(site).items() for role in roles}
    return hidden_of(page, PAGE) | {"part": ["staff", "equipment"], "equipment": "so"} | roles | changes


def entries(site: factories.Site) -> list[tuple[str, int]]:
    rows = DutyEntry.objects.for_clinic(site.clinic).order_by("kind", "number")
    return list(rows.values_list("kind", "number"))


def test_a_morning_is_recorded_once_however_often_it_is_sent(site):
    client, sent = signed_in(site.nurse), morning(site)
    for _ in range(3):
        answer = client.post(PAGE, sent)
        assert answer.status_code == 302, text_of(answer)
    assert entries(site) == [("equipment", 1), ("staff", 1)]
    page = text_of(client.get(PAGE))
    assert "Recorded" in page and "Ready" in page and "Lacking today" not in page


@pytest.mark.hazard("H-24")
def test_nothing_is_chosen_beforehand_and_equipment_is_never_as_on_another_day(site, record_property):
    """N = every control of the page, on a first day, on a day after another, and on a recorded one."""
    tried = 0
    for before in (None, NOW - timedelta(days=1), NOW):
        if before is not None:
            duty.ensure(site, at=before)
        page = text_of(signed_in(site.director).get(PAGE))
        assert " checked" not in page and " selected" not in page
        tried += page.count('type="radio"') + page.count('type="checkbox"')
    record_property("n", tried)
    assert tried > 60


def test_the_people_of_the_day_before_are_named_by_one_tap_and_the_equipment_by_another(site):
    duty.ensure(site, at=NOW - timedelta(days=1))
    client = signed_in(site.nurse)
    page = client.get(PAGE)
    assert "On duty today, as on Mon 23-Nov-2026?" in text_of(page)
    sent = hidden_of(page, PAGE) | {"part": ["staff", "equipment"], "staff": "so", "equipment": "so"}
    assert client.post(PAGE, sent).status_code == 302
    day = duty.today(site, NOW)
    assert day.is_whole and {(p.person_id, p.role) for p in day.people} == {
        (person, role) for person, roles in duty.people_of(site).items() for role in roles
    }


@pytest.mark.parametrize("left_out", ["staff", "equipment"])
def test_a_question_that_was_not_answered_is_asked_again_and_nothing_is_written(site, left_out):
    duty.ensure(site, at=NOW - timedelta(days=1))
    client = signed_in(site.nurse)
    sent = hidden_of(client.get(PAGE), PAGE) | {"part": ["staff", "equipment"]}
    sent |= {"staff": "so", "equipment": "so"}
    del sent[left_out]
    answer = client.post(PAGE, sent)
    assert answer.status_code == 422 and f'href="#id_{left_out}"' in text_of(answer)
    assert not duty.today(site, NOW).entries


@pytest.mark.parametrize("said", [{"part": []}, {"part": ["rota"]}, {"part": ["staff", ""]}, {"what": "all"}])
def test_a_form_that_does_not_say_what_it_records_is_refused_and_never_told_as_kept(site, said):
    client, sent = signed_in(site.nurse), morning(site, **said)
    answer = client.post(PAGE, sent)
    assert answer.status_code == 422 and "nothing was recorded" in text_of(answer)
    assert "record is kept" not in text_of(client.get(PAGE)) and entries(site) == []


def test_people_of_another_day_than_the_page_showed_are_refused(site):
    duty.ensure(site, at=NOW - timedelta(days=1))
    client = signed_in(site.nurse)
    sent = hidden_of(client.get(PAGE), PAGE) | {"part": ["staff"], "staff": "so", "before": str(uuid4())}
    answer = client.post(PAGE, sent)
    assert answer.status_code == 422 and "not the people that the page showed" in text_of(answer)


def test_what_is_not_ready_is_told_one_by_one(site):
    client, sent = signed_in(site.nurse), morning(site, equipment="apart")
    things = ("oximeter", "monitor", "resuscitation", "emergency_cart", "oxygen", "suction", "bag_mask")
    sent |= {f"item-{thing}": "yes" for thing in things} | {"item-defibrillator": "no"}
    answer = client.post(PAGE, sent)
    assert answer.status_code == 422 and "Defibrillator: say what is not ready." in text_of(answer)
    assert client.post(PAGE, sent | {"note-defibrillator": "Battery flat"}).status_code == 302
    page = text_of(client.get(PAGE))
    assert "Defibrillator: not ready." in page and "Battery flat" in page
    assert "a prescriber may decide" in page


def test_a_change_of_the_day_says_why_and_a_second_hand_does_not_write_over_it(site):
    duty.ensure(site, at=NOW)
    client = signed_in(site.nurse)
    hidden = hidden_of(client.get(PAGE), PAGE)
    role = {"role-watcher": str(site.nurse.pk)}
    sent = hidden | {"what": "staff", "id": str(uuid4())} | role
    answer = client.post(PAGE, sent)
    assert answer.status_code == 422 and "Say why it is changed" in text_of(answer)
    assert client.post(PAGE, sent | {"because": "Left at noon"}).status_code == 302
    other = signed_in(site.prescriber).post(PAGE, sent | {"id": str(uuid4()), "because": "Came back"})
    assert other.status_code == 409 and "after this page was made" in text_of(other)
    assert entries(site) == [("equipment", 1), ("staff", 1), ("staff", 2)]


def test_a_prescriber_decides_and_nobody_else(site):
    duty.staff(site, at=NOW, without=("behavioral", "rescue"))
    duty.equipment(site, at=NOW)
    hidden = hidden_of(signed_in(site.prescriber).get(PAGE), PAGE)
    sent = hidden | {"what": "decide", "key": "behavioral", "because": "Hospital team next door."}
    assert signed_in(site.nurse).post(PAGE, sent).status_code == 403
    assert signed_in(site.prescriber).post(PAGE, sent | {"key": "rescue"}).status_code == 422
    assert signed_in(site.prescriber).post(PAGE, sent | {"because": ""}).status_code == 422
    assert signed_in(site.prescriber).post(PAGE, sent).status_code == 302
    assert DutyDecision.objects.for_clinic(site.clinic).get().key == "behavioral"
    assert "decided at 15:00 to go on today: Hospital team" in " ".join(
        text_of(signed_in(site.nurse).get(PAGE)).replace("</time>", "").split()
    ).replace('<time class="clock" datetime="2026-11-24T15:00:00+00:00">', "")


def test_the_director_says_that_it_is_kept_elsewhere(site):
    hidden = hidden_of(signed_in(site.director).get(PAGE), PAGE)
    sent = hidden | {"what": "keep", "kept": "no", "because": "In the book of the ward."}
    assert signed_in(site.nurse).post(PAGE, sent).status_code == 403
    assert signed_in(site.director).post(PAGE, sent | {"kept": ""}).status_code == 422
    assert signed_in(site.director).post(PAGE, sent).status_code == 302
    assert not DutySetting.objects.for_clinic(site.clinic).get().kept
    assert "In the book of the ward." in text_of(signed_in(site.nurse).get(PAGE))


def test_the_gate_leads_to_the_day_in_one_tap_and_back_again(site):
    of = factories.patient(site)
    factories.assess_fully(site, of)
    session = factories.signed_order(site, of, chair=1).session
    client: Client = signed_in(site.nurse)
    url = reverse("session", args=[session.pk])
    page = text_of(client.get(url))
    way = f"{PAGE}?session={session.pk}"
    assert f'href="{way}"' in page and "Record today&#x27;s staff and equipment</a>" in page
    sent = hidden_of(client.get(way), PAGE) | {"part": ["staff", "equipment"], "equipment": "so"}
    assert sent["session"] == str(session.pk)
    sent |= {f"role-{role}": str(p) for p, roles in duty.people_of(site).items() for role in roles}
    answer = client.post(PAGE, sent)
    assert answer.status_code == 302 and answer.headers["Location"] == url
    assert way not in text_of(client.get(url))
