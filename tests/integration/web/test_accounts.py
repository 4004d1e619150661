"""Signing in and out, the lock that falls, and what it keeps."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import reverse

from posology.clinic.accounts.guesses import FREE_TRIES
from posology.clinic.accounts.models import SignInAttempt
from posology.clinic.assessments.models import FactRow
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str = factories.PASSWORD, **more: str):
    return client.post(reverse("sign-in"), {"username": username, "password": password, **more})


def test_a_person_signs_in_and_lands_where_they_were_going(here):
    client = Client()
    wanted = reverse("patients")
    response = sign_in(client, here.site.nurse.username, next=wanted)
    assert (response.status_code, response["Location"]) == (302, wanted)
    assert client.get(wanted).status_code == 200


def test_each_role_lands_on_a_page_that_it_may_open(here):
    for user in (here.site.nurse, here.site.prescriber, here.site.director, here.site.administrator):
        client = Client()
        assert client.get(sign_in(client, user.username)["Location"]).status_code == 200


def test_an_address_elsewhere_is_never_gone_to(here):
    for evil in ("https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org"):
        assert sign_in(Client(), here.site.nurse.username, next=evil)["Location"] == reverse("board")


def test_signing_in_again_changes_the_sessions_id(here):
    client = Client()
    client.get(reverse("sign-in"))
    sign_in(client, here.site.nurse.username)
    first = client.session.session_key
    client.post(reverse("sign-out"))
    sign_in(client, here.site.nurse.username)
    assert client.session.session_key != first
    assert client.get(reverse("sign-out")).status_code == 405


@pytest.mark.requirement("SR-06")
def test_nothing_tells_whether_an_account_exists(here, monkeypatch):
    """Same status, same text, and one hash of the typed password for both."""
    hashed = []
    encode = Argon2PasswordHasher.encode
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *a, **k: hashed.append(1) or encode(*a, **k))
    verify = Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *a, **k: hashed.append(1) or verify(*a, **k))
    pages = []
    for username in (here.site.nurse.username, "nobody-of-this-name"):
        for _ in range(FREE_TRIES + 2):
            hashed.clear()
            response = sign_in(Client(), username, "a wrong pass phrase")
            shown = "\n".join(
                row for row in text_of(response).replace(username, "NAME").splitlines() if "csrf" not in row
            )
            pages.append((username, response.status_code, shown, len(hashed)))
    known = [p[1:] for p in pages if p[0] == here.site.nurse.username]
    assert known == [p[1:] for p in pages if p[0] != here.site.nurse.username]
    assert [p[0] for p in known] == [422] * FREE_TRIES + [429] * 2


@pytest.mark.requirement("SR-05")
def test_guesses_are_slowed_and_colleagues_are_not(here):
    """Five wrong tries: wait. A thousand wrong tries at one address: whoever works there still signs in."""
    victim, colleague = here.site.nurse.username, here.site.prescriber.username
    sign_in(Client(), colleague)
    for _ in range(FREE_TRIES):
        assert sign_in(Client(), victim, "a wrong pass phrase").status_code == 422
    assert sign_in(Client(), victim).status_code == 429  # right, and not looked at
    SignInAttempt.objects.bulk_create(
        SignInAttempt(account=f"{n:064x}", address="127.0.0.1", succeeded=False, at=NOW) for n in range(1_000)
    )
    assert sign_in(Client(), colleague).status_code == 302
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert sign_in(Client(), victim).status_code == 302


def test_the_name_that_was_typed_is_kept_only_as_a_hash(here):
    sign_in(Client(), "my secret pass phrase typed in the wrong box", "x")
    assert all("secret" not in f"{row.account}{row.address}" for row in SignInAttempt.objects.all())


# ---------------------------------------------------------------- the lock


def idle(client: Client, minutes: int) -> time_machine.travel:
    return time_machine.travel(NOW + timedelta(minutes=minutes), tick=False)


def test_the_lock_hides_names_and_keeps_the_times(here):
    client = signed_in(here.site.nurse)
    assert ">CE<" in text_of(client.get(reverse("board")))
    with idle(client, 11):
        board = text_of(client.get(reverse("board"), headers={"HX-Request": "true"}))
        assert "name hidden" in board and ">CE<" not in board and "Chair 1" in board
        assert "15:00" in board
        response = client.get(reverse("patient", kwargs={"patient": here.patient.pk}))
        assert response["Location"].startswith(reverse("sign-in"))


def test_a_page_that_refreshes_itself_does_not_hold_the_lock_open(here):
    client = signed_in(here.site.nurse)
    client.get(reverse("board"))
    for minutes in range(1, 12):
        with idle(client, minutes):
            board = text_of(client.get(reverse("board"), headers={"HX-Request": "true"}))
    assert "name hidden" in board


def test_what_was_being_sent_is_kept_for_the_same_person(here):
    client = signed_in(here.site.nurse)
    url = reverse("assessment", kwargs={"patient": here.patient.pk, "part": "examination"})
    form = hidden_of(client.get(url), url)
    rows = FactRow.objects.for_clinic(here.site.clinic).count()
    sent = {**form, "heart_rate": "81", "when": "now"}
    with idle(client, 15):
        assert client.post(url, sent)["Location"].startswith(reverse("sign-in"))
        assert FactRow.objects.for_clinic(here.site.clinic).count() == rows
        assert sign_in(client, here.site.nurse.username)["Location"] == reverse("draft")
        page = client.get(reverse("draft"))
        kept = hidden_of(page, url)
        assert kept["heart_rate"] == "81"
        assert client.post(url, kept).status_code == 302
    assert FactRow.objects.for_clinic(here.site.clinic).count() == rows + 1


def test_what_was_being_sent_is_shown_to_nobody_else(here):
    client = signed_in(here.site.nurse)
    url = reverse("assessment", kwargs={"patient": here.patient.pk, "part": "examination"})
    form = hidden_of(client.get(url), url)
    with idle(client, 15):
        client.post(url, {**form, "heart_rate": "81", "when": "now"})
        assert sign_in(client, here.site.prescriber.username)["Location"] == reverse("board")
        assert client.get(reverse("draft"))["Location"] == reverse("board")
        assert "draft" not in client.session
