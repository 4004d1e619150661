"""Who may go on listening: asked for all open streams at once, at every change (requirement SR-13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from posology.clinic.accounts.models import User
from posology.web.access import may_open
from posology.web.middleware import locked_at

PAGE = "board-stream"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who opened a stream, and in which sign-in: a sign-out, or a new sign-in, ends it."""

    session_key: str
    user_id: UUID
    clinic_id: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """A person who may listen, and whether the screen is locked by now."""

    user: User
    locked: bool


def standing_of(tickets: Iterable[Ticket], *, at: datetime) -> dict[Ticket, Standing]:
    """Return the standing of those who still may listen; the others are left out. Two queries."""
    asked = set(tickets)
    keys, people = {t.session_key for t in asked}, {t.user_id for t in asked}
    # A sign-in ends by the true clock, which the demo's own may run ahead of.
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    sessions = {row.session_key: row.get_decoded() for row in rows}
    users = {u.pk: u for u in User.objects.filter(pk__in=people).select_related("clinic")}
    found = {}
    for ticket in asked:
        session, user = sessions.get(ticket.session_key), users.get(ticket.user_id)
        if session is None or user is None or not _is_signed_in(session, user):
            continue
        if user.clinic_id == ticket.clinic_id and may_open(user, PAGE):
            found[ticket] = Standing(user, locked_at(session, at))
    return found


def _is_signed_in(session: dict[str, Any], user: User) -> bool:
    known = str(session.get(HASH_SESSION_KEY, ""))
    return session.get(SESSION_KEY) == str(user.pk) and constant_time_compare(
        known, user.get_session_auth_hash()
    )
