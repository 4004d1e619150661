"""The one table of pages and roles, walked through address by address."""

import pytest
from django.test import Client
from django.urls import reverse

from posology.clinic.accounts.models import Role
from posology.web.access import ACCESS, PUBLIC, WRITES
from tests.integration.web.walk import names, signed_in, text_of, world

pytestmark = pytest.mark.django_db


def test_every_address_has_a_line_in_the_table():
    """An address without a line opens to nobody; the table holds no line for an address that is gone."""
    assert set(names()) == set(ACCESS)
    assert set(WRITES) <= set(ACCESS)


@pytest.mark.requirement("SR-10")
def test_every_address_opens_to_the_roles_of_its_line_and_to_no_other(here, record_property):
    """Looking and sending: every address x every role x (GET, POST)."""
    tried = 0
    for role in Role:
        for name in names():
            client = signed_in(here.site.person(role))
            url = reverse(name, kwargs=here.kwargs_for(name))
            for method, table in (("get", ACCESS), ("post", WRITES)):
                response = getattr(client, method)(url)
                refused = role not in table.get(name, frozenset())
                told = (role, name, method, response.status_code)
                tried += 1
                if refused:
                    assert response.status_code in {403, 405}, told
                else:
                    assert response.status_code not in {403, 404, 500}, told
                if name == "sign-out" and method == "post":
                    client = signed_in(here.site.person(role))
    record_property("n", tried)


@pytest.mark.requirement("SR-10")
def test_a_stranger_is_sent_to_sign_in_from_every_address(here, record_property):
    tried = [name for name in names() if name not in PUBLIC]
    for name in tried:
        url = reverse(name, kwargs=here.kwargs_for(name))
        for response in (Client().get(url), Client().post(url)):
            assert response.status_code == 302, name
            assert response["Location"].startswith(reverse("sign-in")), name
            assert here.patient.family_name not in text_of(response)
    record_property("n", 2 * len(tried))


@pytest.mark.requirement("SR-11")
def test_another_clinics_record_reads_as_one_that_does_not_exist(here, record_property):
    """Same status and same body, for every address about a patient, an order, a session or a task."""
    other = world("Other Synthetic Clinic")
    tried = 0
    for role in (Role.NURSE, Role.PRESCRIBER, Role.DIRECTOR):
        client = signed_in(here.site.person(role))
        for name in names():
            foreign = other.kwargs_for(name)
            about_one = {"patient", "order", "session", "version", "visit", "final", "entry"} & set(foreign)
            if not about_one or role not in ACCESS[name]:
                continue
            absent = {
                k: v if isinstance(v, str) else "00000000-0000-0000-0000-000000000000"
                for k, v in foreign.items()
            }
            for method in ("get", "post"):
                theirs, nobodys = (
                    getattr(client, method)(reverse(name, kwargs=kwargs)) for kwargs in (foreign, absent)
                )
                told = (role, name, method, theirs.status_code)
                assert theirs.status_code == nobodys.status_code, told
                if theirs.status_code == 302:  # to the page of that id, which is not there either
                    theirs, nobodys = client.get(theirs["Location"]), client.get(nobodys["Location"])
                assert theirs.status_code in {403, 404, 405}, told
                assert _body(theirs) == _body(nobodys), told
                tried += 1
    record_property("n", tried)


def _body(response: object) -> str:
    """Return the page without what differs on every answer: the form's own token."""
    return "".join(line for line in text_of(response).splitlines() if "csrfmiddlewaretoken" not in line)


def test_a_page_says_nothing_is_kept_and_refuses_inline_code(here):
    response = signed_in(here.site.nurse).get(reverse("patient", kwargs={"patient": here.patient.pk}))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy
    assert response["Cache-Control"] == "no-store"
    html = text_of(response)
    assert " style=" not in html and "<script>" not in html and " onclick" not in html


def test_a_form_without_its_token_is_refused(here):
    client = Client(enforce_csrf_checks=True)
    client.force_login(here.site.nurse)
    response = client.post(reverse("patient-new"), {"family_name": "Synthetic"})
    assert response.status_code == 403
    assert "nothing was recorded" in text_of(response)


def test_a_person_who_was_switched_off_is_a_stranger_at_once(here):
    client = signed_in(here.site.nurse)
    here.site.nurse.is_active = False
    here.site.nurse.save(update_fields=["is_active"])
    assert client.get(reverse("board")).status_code == 302
