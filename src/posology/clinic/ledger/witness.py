"""A true witness: another person of the clinic, with the own password, in the act itself (hazard H-51).

Two accounts of one name, or of one mailbox, are one person, as where a protocol is reviewed.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib import auth

from posology.clinic.accounts.guesses import note_attempt, wait_before_next
from posology.clinic.accounts.models import User
from posology.clinic.accounts.queries import is_one_person
from posology.clinic.ledger.permissions import KEEP, may
from posology.clinic.ledger.rules import day_at, witness_within
from posology.quantities import DomainError


class LedgerRefused(DomainError):
    """Something that cannot stand in the ledger like this; ``field`` names what to mend."""

    code = "ledger"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A person who gave the own password, and when."""

    person: User
    at: datetime


WRONG = "This name and password of the witness do not belong together. Check both and try again."


def witness_of(*, username: str, password: str, address: str, by: User, at: datetime) -> Witnessed:
    """Return the witness who has just given name and password; wrong ones are counted as at sign-in.

    Raises
    ------
    LedgerRefused
        If it is the person who is signed in, if the two do not belong together, if there were too many wrong
        tries, or if it came from outside of the clinic's own network.
    """
    check_near(address)
    if username.strip().casefold() == by.username.casefold():
        raise LedgerRefused(
            "The witness is the person who is signed in, so nobody else has seen it. Ask a colleague.",
            field="witness",
        )
    wait = wait_before_next(username, address, at=at)
    if wait > timedelta(0):
        seconds = math.ceil(wait.total_seconds())
        raise LedgerRefused(
            f"There were several wrong tries of this witness. Wait {seconds} seconds, then try again.",
            field="witness",
        )
    found = auth.authenticate(None, username=username.strip(), password=password)
    note_attempt(username=username, address=address, succeeded=found is not None, by="system:witness", at=at)
    if not isinstance(found, User) or found.clinic_id != by.clinic_id:
        raise LedgerRefused(WRONG, field="witness_password")
    told = Witnessed(found, at)
    check_witness(told, by=by, at=at)
    return told


def check_witness(told: Witnessed, *, by: User, at: datetime) -> None:
    """Refuse a witness who is the same person under whatever account, may not, or signed too long ago.

    Raises
    ------
    LedgerRefused
        With the reason, and what to do.
    """
    person = told.person
    if person.pk == by.pk:
        raise LedgerRefused("The witness is the person who writes this. Ask a colleague.", field="witness")
    if is_one_person(person, by):
        raise LedgerRefused(
            f"By its name the account of the witness, {person.full_name}, may be a second one of who writes "
            "this, so the ledger could not tell that two have seen it. Ask a colleague of another name. If "
            "you are two people, have an account made with a full name that tells you apart.",
            field="witness",
        )
    if person.clinic_id != by.clinic_id or not may(person, KEEP):
        raise LedgerRefused(
            "The witness does not keep the ledger here. Ask a nurse, a prescriber or the director.",
            field="witness",
        )
    within = witness_within(day_at(by.clinic, at))
    if not timedelta(0) <= at - told.at <= within:
        minutes = int(within.total_seconds() // 60)
        raise LedgerRefused(
            f"The witness gave the password more than {minutes} minutes ago. Ask for it again, now.",
            field="witness_password",
        )


def check_near(address: str) -> None:
    """Refuse a witness from outside of the site's own networks, where the site has named them.

    Raises
    ------
    LedgerRefused
        Naming no address.
    """
    networks = [ip_network(text) for text in settings.LEDGER_NETWORKS]
    if not networks:
        return
    try:
        near = any(ip_address(address) in network for network in networks)
    except ValueError:
        near = False
    if not near:
        raise LedgerRefused(
            "A witness stands beside the drug, and this comes from outside of the clinic's network. "
            "Sign at a screen of the clinic.",
            field="witness",
        )
