"""The first clinic and its people, from the machine itself: no account and no password by default."""

import argparse
import getpass
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from posology.quantities import DomainError

if TYPE_CHECKING:  # the models can be imported once the server is set up
    from posology.clinic.accounts.models import User

ROLES = ("nurse", "prescriber", "director", "administrator")


class SetUpRefused(DomainError):
    """A clinic or an account that cannot be made like this."""

    code = "set-up"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what making an account takes; the password is asked for, or read as one line of standard input."""
    parser.add_argument("--clinic", required=True, help="its name; made if there is none of that name")
    parser.add_argument(
        "--zone", default="UTC", help="its time zone, such as America/Denver; for a new clinic"
    )
    parser.add_argument("--jurisdiction", default="US", choices=("US", "EU", "UK"), help="for a new clinic")
    parser.add_argument("--role", required=True, choices=ROLES)
    parser.add_argument("--username", required=True)
    parser.add_argument("--full-name", required=True)


def add_person(given: argparse.Namespace) -> str:
    """Make an account, and its clinic where there is none of that name; return what was made.

    Raises
    ------
    DomainError
        If it cannot be made like this, or may be a second one of a person who has one; nothing is kept.
    """
    from django.db import transaction

    password = _password()
    with transaction.atomic():
        return _add(given, password)


def _add(given: argparse.Namespace, password: str) -> str:
    from posology.clinic.accounts.actions import make_user, open_clinic
    from posology.clinic.accounts.models import Clinic, Role
    from posology.clinic.accounts.queries import other_accounts_of

    now, by = datetime.now(UTC), "system:set-up"
    clinic = Clinic.objects.filter(name=given.clinic).first()
    if clinic is None:
        if given.zone not in available_timezones():
            raise SetUpRefused(f"'{given.zone[:40]}' is no time zone. Write one such as America/Denver.")
        clinic = open_clinic(
            name=given.clinic, zone=given.zone, jurisdiction=given.jurisdiction, by=by, at=now
        )
    made = make_user(
        username=given.username,
        full_name=given.full_name,
        role=Role(given.role),
        clinic=clinic,
        password=password,
        by=by,
        at=now,
    )
    told = f"{made.full_name} can sign in at {clinic.name} as {made.role}, with the name {made.username}."
    return " ".join([told, *_about(other_accounts_of(made), made)])


def _about(others: Iterable["User"], made: "User") -> Iterator[str]:
    """Say which accounts count as one person with a new one; refuse a second one of the same role.

    Who is prescriber and director at once has two accounts, and is never the second person to either.
    """
    for other in others:
        if other.role == made.role:
            raise SetUpRefused(
                f"There is a {made.role} of this name already, {other.full_name}, who signs in as "
                f"{other.username}. One person has one account of a role, so none was made. If it is "
                "somebody else, write a full name that tells the two apart, as with a middle name."
            )
        yield f"By name it is one person with {other.username}, {other.role}: neither witnesses the other."


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password, 15 characters or more: ")
    if getpass.getpass("The same again: ") != first:
        raise SetUpRefused("The two passwords differ. Start again.")
    return first
