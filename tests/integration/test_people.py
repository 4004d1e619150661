"""Accounts made from the machine itself: one person has one account of a role."""

import argparse
import io

import pytest

from posology.clinic.accounts.models import Clinic, User
from posology.quantities import DomainError
from posology.server.people import SetUpRefused, add_arguments, add_person
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def add(monkeypatch):
    """Return what makes an account as the command line does, and its answer."""

    def made(
        username: str, full_name: str, *, role: str = "nurse", password: str = PASSWORD, clinic: str = "A"
    ):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        words = ["--clinic", f"Synthetic {clinic}", "--role", role, "--username", username]
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return add_person(parser.parse_args([*words, "--full-name", full_name]))

    return made


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize(
    ("username", "full_name"),
    [
        ("second", "Synthetic, Zoé"),
        ("second", "SYNTHETIC,  zoe"),
        ("second", "Zoe Synthetic"),
        ("second", "Dr Zoe Synthetic"),
        ("ZOE@clinic.example", "Somebody Else"),
        ("zoe+2@clinic.example", "Somebody Else"),
    ],
)
def test_a_second_account_of_a_person_is_not_made_for_the_same_role(add, username, full_name):
    add("zoe@clinic.example", "Synthetic, Zoé")
    with pytest.raises(SetUpRefused, match="One person has one account of a role"):
        add(username, full_name)
    assert [u.username for u in User.objects.all()] == ["zoe@clinic.example"]


def test_a_namesake_tells_the_two_apart_and_is_made(add):
    add("zoe", "Synthetic, Zoé")
    assert add("other", "Synthetic, Zoé Maria").endswith("with the name other.")


def test_another_role_or_an_account_out_of_use_is_made_and_another_role_is_told(add):
    add("zoe", "Synthetic, Zoé", role="prescriber")
    told = add("director", "Synthetic, Zoé", role="director")
    assert "one person with zoe, prescriber: neither witnesses the other" in told
    assert "one person" not in add("there", "Synthetic, Zoé", clinic="B")
    User.objects.filter(username="zoe").update(is_active=False)
    assert "zoe," not in add("again", "Synthetic, Zoé", role="prescriber")


def test_a_clinic_is_not_left_behind_where_its_first_account_is_refused(add):
    with pytest.raises(DomainError, match="too short"):
        add("zoe", "Synthetic, Zoé", password="short")
    assert not Clinic.objects.exists()
