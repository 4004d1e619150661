"""The own password, typed once more before something is signed; wrong ones are counted as at sign-in.

An open screen is otherwise a place to guess a colleague's password without end (requirement SR-05).
"""

import math
from datetime import timedelta

from django.http import HttpRequest

from posology.clinic.accounts.guesses import note_attempt, wait_before_next
from posology.web.accounts.views import address_of
from posology.web.page import now_of, person

WRONG = "This is not your password. Type it again."


def password_trouble(request: HttpRequest, *, field: str = "password") -> str:
    """Return why the password in a form does not sign for who is signed in; empty where it does."""
    typed = request.POST.get(field, "")
    if not typed:
        return WRONG
    by, at, address = person(request), now_of(request), address_of(request)
    wait = wait_before_next(by.username, address, at=at)
    if wait > timedelta(0):
        seconds = math.ceil(wait.total_seconds())
        return (
            f"There were several wrong tries, so this one was not looked at. Wait {seconds} seconds, "
            "then try again."
        )
    knows = by.check_password(typed)
    note_attempt(username=by.username, address=address, succeeded=knows, by=by, at=at)
    return "" if knows else WRONG
