"""The site around each request: its zone, and a lock that falls when nobody has touched the page for a while.

The lock hides who people are and keeps the clinic running: the board goes on showing chairs, phases and
times without initials. What was being typed when it fell is kept for the same person (hazard H-63).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from posology.clinic.accounts.models import User
from posology.web.access import PUBLIC, SAFE_METHODS, to_sign_in
from posology.web.conflict import SECRETS
from posology.web.page import now_of

SEEN, LOCKED, DRAFT, WALL = "seen_at", "locked_at", "draft", "wall"
# What a lock leaves open: the board without names, and the ways out of the lock.
OPEN_WHILE_LOCKED = PUBLIC | {"board", "board-wall", "board-stream", "notices", "sign-out"}
# What a page asks for by itself, so that it is no touch.
ASKED_BY_ITSELF = frozenset({"board-stream", "notices"})
LONGEST_DRAFT = 100_000


def idle_limit() -> timedelta:
    """Return after how long without a touch the screen locks: a site setting, 10 minutes by default."""
    return timedelta(minutes=getattr(settings, "IDLE_LOCK_MINUTES", 10))


class Site:
    """Show times in the clinic's zone, and lock what nobody is looking at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        with timezone.override(ZoneInfo(user.clinic.zone if isinstance(user, User) else settings.SITE_ZONE)):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        _fall_if_idle(request, now_of(request))
        if (
            is_locked(request)
            and (request.resolver_match and request.resolver_match.view_name) not in OPEN_WHILE_LOCKED
        ):
            _keep_draft(request)
            return to_sign_in(request)
        return None


def is_locked(request: HttpRequest) -> bool:
    """Say whether the screen is locked: somebody is signed in, and has to say again who they are."""
    return LOCKED in request.session


def locked_at(session: Mapping[str, Any], at: datetime) -> bool:
    """Say whether a sign-in's screen is locked at a moment, or would fall at the next request."""
    last = session.get(SEEN)
    return LOCKED in session or (last is not None and at - datetime.fromisoformat(last) > idle_limit())


def unlock(request: HttpRequest) -> None:
    """Open the screen again, for whoever has just signed in."""
    request.session.pop(LOCKED, None)
    request.session.pop(WALL, None)
    request.session[SEEN] = now_of(request).isoformat()


def _fall_if_idle(request: HttpRequest, now: datetime) -> None:
    last = request.session.get(SEEN)
    seen = datetime.fromisoformat(last) if last else now
    if locked_at(request.session, now) and not is_locked(request):
        request.session[LOCKED] = now.isoformat()
    # A page that refreshes itself is no touch. Half a minute of grace saves a write for every click.
    page = request.resolver_match.view_name if request.resolver_match else ""
    by_itself = request.headers.get("HX-Request") or page in ASKED_BY_ITSELF
    touched = not by_itself and not is_locked(request)
    if touched and (last is None or now - seen > timedelta(seconds=30)):
        request.session[SEEN] = now.isoformat()


def _keep_draft(request: HttpRequest) -> None:
    if request.method in SAFE_METHODS:
        return
    now = now_of(request)
    body = [[k, v] for k in request.POST for v in request.POST.getlist(k) if k not in SECRETS]
    body = _with_its_time(body, request.resolver_match.view_name if request.resolver_match else "", now)
    if sum(len(k) + len(v) for k, v in body) <= LONGEST_DRAFT:
        request.session[DRAFT] = {
            "path": request.path,
            "by": str(request.user.pk),
            "body": body,
            "at": now.isoformat(),
        }


def _with_its_time(body: list[list[str]], page: str, now: datetime) -> list[list[str]]:
    """Write into a form that says *now*, or no time, when it was sent: sent again, it is not of then.

    Only forms that tell what happened have such a time; that of an order is a plan, and stays as typed. An
    event that may only be taken live, such as the start of a dose, is then refused with a sentence.
    """
    local = timezone.localtime(now)
    typed = {k: v for k, v in body}
    if page in {"session-event", "form"} and not typed.get("clock", "").strip():
        return [[k, v] for k, v in body if k != "clock"] + [["clock", f"{local:%H:%M}"]]
    if page == "assessment" and typed.get("when") == "now":
        kept = [[k, v] for k, v in body if k not in {"when", "when_day", "when_time"}]
        return [
            *kept,
            ["when", "earlier"],
            ["when_day", f"{local:%Y-%m-%d}"],
            ["when_time", f"{local:%H:%M}"],
        ]
    return body


def draft_of(request: HttpRequest) -> dict[str, Any] | None:
    """Return what this person was sending when the lock fell; nobody else sees it."""
    draft = request.session.get(DRAFT)
    return draft if isinstance(draft, dict) and draft.get("by") == str(request.user.pk) else None


def after_sign_in(request: HttpRequest, default: str) -> str:
    """Return where to go after sign-in: to a draft that is waiting, or to where the person was going."""
    return reverse("draft") if draft_of(request) else default
