"""The first clinic and its people, from the machine itself: no account and no password by default."""

import argparse
import getpass
import sys
from datetime import UTC, datetime
from zoneinfo import available_timezones

from posology.quantities import DomainError

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
    """Make an account, and its clinic where there is none of that name; return what was made."""
    from posology.clinic.accounts.actions import make_user, open_clinic
    from posology.clinic.accounts.models import Clinic, Role

    now, by = datetime.now(UTC), "system:set-up"
    password = _password()
    clinic = Clinic.objects.filter(name=given.clinic).first()
    if clinic is None:
        if given.zone not in available_timezones():
            raise SetUpRefused(f"'{given.zone[:40]}' is no time zone. Write one such as America/Denver.")
        clinic = open_clinic(
            name=given.clinic, zone=given.zone, jurisdiction=given.jurisdiction, by=by, at=now
        )
    make_user(
        username=given.username,
        full_name=given.full_name,
        role=Role(given.role),
        clinic=clinic,
        password=password,
        by=by,
        at=now,
    )
    return f"{given.full_name} can sign in at {clinic.name} as {given.role}, with the name {given.username}."


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password, 15 characters or more: ")
    if getpass.getpass("The same again: ") != first:
        raise SetUpRefused("The two passwords differ. Start again.")
    return first
