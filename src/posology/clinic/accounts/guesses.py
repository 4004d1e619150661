"""Guesses of a password are slowed by account and by address, and never lock a whole clinic (SR-05, SR-06).

A name that no account has is slowed in the same way, so that nothing tells whether an account exists.
The numbers are engineering defaults of this product; a site may set others.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from posology.clinic.accounts.models import SignInAttempt
from posology.clinic.audit import action

WINDOW = timedelta(minutes=15)
FREE_TRIES = 5  # wrong ones in a row, of one account from one address
FREE_TRIES_ELSEWHERE = 20  # of one account, from addresses where it never signed in
FREE_ACCOUNTS = 20  # wrongly tried from one address, before accounts that never signed in there wait as well
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=90)


def account_key(username: str) -> str:
    """Return the hash under which tries of a name are counted."""
    return hashlib.sha256(username.strip().casefold().encode()).hexdigest()


def wait_before_next(username: str, address: str, *, at: datetime) -> timedelta:
    """Return how long to wait before another try is looked at; nothing where it may be made now."""
    account = account_key(username)
    tries = SignInAttempt.objects.filter(account=account, at__gt=at - WINDOW, at__lte=at)
    here = _wrong_since_success(tries.filter(address=address))
    waits = [_wait(here, FREE_TRIES, at)]
    if not _known_at(account, address, at):
        waits.append(_wait(_wrong_since_success(tries), FREE_TRIES_ELSEWHERE, at))
        waits.append(_wait_of_address(address, at))
    return max(waits)


@action
def note_attempt(*, username: str, address: str, succeeded: bool, by: Any, at: datetime) -> None:
    """Keep that somebody tried to sign in, and whether it was right."""
    SignInAttempt.objects.create(
        account=account_key(username), address=address[:45], succeeded=succeeded, at=at
    )


def _wrong_since_success(tries: QuerySet[SignInAttempt]) -> list[datetime]:
    """Return the moments of the wrong tries after the last right one, newest first."""
    wrong: list[datetime] = []
    for succeeded, moment in tries.order_by("-at", "-pk").values_list("succeeded", "at"):
        if succeeded:
            break
        wrong.append(moment)
    return wrong


def _wait(wrong: list[datetime], free: int, at: datetime) -> timedelta:
    if len(wrong) < free:
        return timedelta(0)
    length = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(len(wrong) - free, 10))
    return max(timedelta(0), wrong[0] + length - at)


def _wait_of_address(address: str, at: datetime) -> timedelta:
    tries = SignInAttempt.objects.filter(address=address, succeeded=False, at__gt=at - WINDOW, at__lte=at)
    if tries.values("account").distinct().count() < FREE_ACCOUNTS:
        return timedelta(0)
    return max(timedelta(0), tries.latest("at").at + FIRST_WAIT - at)


def _known_at(account: str, address: str, at: datetime) -> bool:
    tries = SignInAttempt.objects.filter(account=account, address=address, succeeded=True)
    return tries.filter(at__gt=at - KNOWN_FOR, at__lte=at).exists()
