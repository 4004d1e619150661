"""Signing in and out. Nothing on these pages tells whether an account exists."""

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from posology.clinic.accounts.guesses import note_attempt, wait_before_next
from posology.clinic.accounts.models import User
from posology.web.access import home_of
from posology.web.accounts.forms import SignInForm
from posology.web.components import errors_of
from posology.web.middleware import DRAFT, after_sign_in, draft_of, is_locked, unlock
from posology.web.page import now_of, show

WRONG = "This name and password do not belong together. Check both and try again."


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who is there; where the screen is locked, ask again."""
    user = request.user if isinstance(request.user, User) else None
    if user is not None and not is_locked(request):
        return redirect(_next(request, user))
    if request.method != "POST":
        return _page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    return _try(request, form)


def _try(request: HttpRequest, form: SignInForm) -> HttpResponse:
    now, address, username = now_of(request), address_of(request), form.cleaned_data["username"]
    wait = wait_before_next(username, address, at=now)
    if wait > timedelta(0):
        form.add_error(None, _wait_sentence(wait))
        return _page(request, form, status=429)
    found = auth.authenticate(request, username=username, password=form.cleaned_data["password"])
    note_attempt(username=username, address=address, succeeded=found is not None, by="system:sign-in", at=now)
    if not isinstance(found, User):
        form.add_error(None, WRONG)
        return _page(request, form, status=422)
    auth.login(request, found)  # a new session id; another person's session is emptied first
    unlock(request)
    return redirect(after_sign_in(request, _next(request, found)))


def _wait_sentence(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    length = f"{seconds} seconds" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"
    return f"There were several wrong tries, so this one was not looked at. Wait {length}, then try again."


def _page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "errors": errors_of(form),
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "locked": request.user.is_authenticated and is_locked(request),
        "kept": request.user.is_authenticated and draft_of(request) is not None,
    }
    return show(request, "accounts/sign_in.html", context, status=status)


def _next(request: HttpRequest, user: User) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted != "/" else home_of(user)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; a proxy's word counts only where the site says that there is one."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        return (
            request.headers.get("X-Forwarded-For", "").split(",")[-1].strip() or request.META["REMOTE_ADDR"]
        )
    return str(request.META.get("REMOTE_ADDR", ""))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, here and on the server."""
    others_wait = "waiting" in request.POST  # entries of another person, sealed on this device
    auth.logout(request)
    response = redirect("sign-in")
    if not others_wait:
        response["Clear-Site-Data"] = '"storage"'
    return response


@never_cache
def draft(request: HttpRequest) -> HttpResponse:
    """Offer what a person was sending when the lock fell; nothing of it has been recorded."""
    kept = draft_of(request)
    if request.method == "POST" or kept is None:
        request.session.pop(DRAFT, None)
        assert isinstance(request.user, User)
        return redirect(home_of(request.user))
    shown = [(k, v) for k, v in kept["body"] if v and k not in _UNSEEN]
    sent_at = datetime.fromisoformat(kept["at"])
    return show(request, "accounts/draft.html", {"draft": kept, "shown": shown, "sent_at": sent_at})


_UNSEEN = frozenset({"id", "patient", "version", "switched", "form_id"})
