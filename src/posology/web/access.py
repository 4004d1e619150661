"""Which role may open which page: one table. A page without a line in it is denied to everyone.

The roles come from the one table of actions (``clinic.accounts.permissions``), so that a page and
what it does cannot disagree. ``ACCESS`` is for looking, ``WRITES`` for sending; an address that is
not in ``WRITES`` takes no form from anyone.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse

from posology.clinic.accounts.models import Role
from posology.clinic.accounts.permissions import ACTIONS

EVERY_ROLE = frozenset(Role)

# Pages for people who have not signed in. Nothing about any person stands on them.
PUBLIC = frozenset({"sign-in"})

# Knowledge is about no person: whoever may read it may read all of it.
KNOWLEDGE_PAGES = frozenset(
    {
        "knowledge",
        "knowledge-search",
        "knowledge-file",
        "protocol",
        "rules",
        "rule",
        "drugs",
        "questions",
        "adjustments",
        "measures",
        "model",
        "models",
        "products",
        "facts",
        "fact",
        "trials",
        "trial",
        "sources",
        "source",
        "site-settings",
        "unverified",
        "overdue",
    }
)

PROTOCOL_PAGES = frozenset({"protocols", "protocol-version", "protocol-draft"})

ACCESS: dict[str, frozenset[Role]] = {
    "sign-in": EVERY_ROLE,
    "sign-out": EVERY_ROLE,
    "draft": ACTIONS["record_facts"],
    "board": ACTIONS["view_board"],
    **dict.fromkeys(("board-wall", "board-stream", "notices"), ACTIONS["view_board"]),
    "patients": ACTIONS["view_patient"],
    "patient-new": ACTIONS["register_patient"],
    "patient": ACTIONS["view_patient"],
    "task": ACTIONS["take_risk_task"],
    "assessment": ACTIONS["view_patient"],
    "import": ACTIONS["import_bundle"],
    "elsewhere": ACTIONS["view_patient"],
    "eligibility": ACTIONS["view_advice"],
    "options": ACTIONS["view_advice"],
    "curves": ACTIONS["view_advice"],
    "curve": ACTIONS["view_advice"],
    "sign": ACTIONS["sign_order"],
    "order": ACTIONS["view_session"],
    "session": ACTIONS["view_session"],
    "session-event": ACTIONS["view_session"],
    "session-record": ACTIONS["view_session"],
    "session-curve": ACTIONS["view_session"],
    "session-late": ACTIONS["view_session"],
    "session-paper": ACTIONS["view_session"],
    "downtime-sheets": ACTIONS["view_session"],
    **dict.fromkeys(("outage-beat", "outage-shell", "outage-worker"), EVERY_ROLE),
    "monitors": ACTIONS["view_monitors"],
    **dict.fromkeys(("session-monitor", "session-monitor-now"), ACTIONS["view_monitors"]),
    **dict.fromkeys(("visits", "visits-calendar", "visit", "visit-calendar"), ACTIONS["view_visits"]),
    **dict.fromkeys(("patient-visits", "patient-visits-calendar"), ACTIONS["view_visits"]),
    **dict.fromkeys(("rems", "rems-site", "rems-pdf", "rems-json"), ACTIONS["view_rems"]),
    **dict.fromkeys(("session-rems", "patient-rems"), ACTIONS["view_rems"]),
    **dict.fromkeys(("ledger", "ledger-lot", "ledger-container", "ledger-report"), ACTIONS["view_ledger"]),
    **dict.fromkeys(("ledger-pdf", "ledger-csv", "ledger-discrepancy"), ACTIONS["view_ledger"]),
    **dict.fromkeys(("ledger-receive", "ledger-open", "ledger-count"), ACTIONS["keep_ledger"]),
    **dict.fromkeys(("ledger-close", "ledger-take-back"), ACTIONS["keep_ledger"]),
    "duty": ACTIONS["view_duty"],
    "form": ACTIONS["view_patient"],
    **dict.fromkeys(KNOWLEDGE_PAGES, ACTIONS["view_knowledge"]),
    **dict.fromkeys(("alerts", "alerts-export", "alerts-ratings", "alert"), ACTIONS["view_alerts"]),
    "rate": ACTIONS["rate_alert"],
    "protocols": ACTIONS["view_protocols"],
    "protocol-version": ACTIONS["view_protocols"],
    "protocol-draft": ACTIONS["author_protocol"],
    "styleguide": EVERY_ROLE,
}

WRITES: dict[str, frozenset[Role]] = {
    "sign-in": EVERY_ROLE,
    "sign-out": EVERY_ROLE,
    "draft": ACTIONS["record_facts"],
    "patients": ACTIONS["view_patient"],  # a search; names never stand in an address
    "patient-new": ACTIONS["register_patient"],
    "task": ACTIONS["take_risk_task"],
    "assessment": ACTIONS["record_facts"] & ACTIONS["record_medications"],
    "import": ACTIONS["import_bundle"],
    "elsewhere": ACTIONS["record_elsewhere"],
    "options": ACTIONS["choose_none"],
    "sign": ACTIONS["sign_order"],
    "order": ACTIONS["withdraw_order"] | ACTIONS["place_session"],
    "rate": ACTIONS["rate_alert"],
    "session": ACTIONS["record_event"],
    "session-event": ACTIONS["record_event"],
    "session-late": ACTIONS["record_event"],
    "monitors": ACTIONS["place_monitor"],
    "session-monitor": ACTIONS["join_monitor"],
    **dict.fromkeys(("patient-visits", "visit"), ACTIONS["plan_visits"]),
    "rems-site": ACTIONS["certify_site"] | ACTIONS["fill_rems"],
    "session-rems": ACTIONS["fill_rems"] | ACTIONS["send_rems"],
    "patient-rems": ACTIONS["enrol_patient"],
    **dict.fromkeys(("ledger-receive", "ledger-open", "ledger-count"), ACTIONS["keep_ledger"]),
    **dict.fromkeys(("ledger-lot", "ledger-container", "ledger-close"), ACTIONS["keep_ledger"]),
    **dict.fromkeys(("ledger-take-back", "ledger-discrepancy"), ACTIONS["keep_ledger"]),
    "duty": ACTIONS["record_duty"] | ACTIONS["decide_duty"] | ACTIONS["set_duty"],
    "form": ACTIONS["record_form"],
    "protocols": ACTIONS["author_protocol"],
    "protocol-version": ACTIONS["author_protocol"] | ACTIONS["review_protocol"],
    "protocol-draft": ACTIONS["author_protocol"],
}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def may_open(user: Any, name: str | None, *, method: str = "GET") -> bool:
    """Say whether a role opens a page, or may send its form; a page without a line opens to nobody."""
    table = ACCESS if method in SAFE_METHODS else WRITES
    return name is not None and user.is_active and user.role in table.get(name, frozenset())


def home_of(user: Any) -> str:
    """Return where a person starts: the first of these pages that the role opens."""
    first = next(name for name in ("board", "patients", "knowledge") if may_open(user, name))
    return reverse(first)


class DenyByDefault:
    """Ask the table before any view runs: a stranger goes to sign-in, a role without a line is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else None
        if not request.user.is_authenticated:
            return None if name in PUBLIC else to_sign_in(request)
        if request.method not in SAFE_METHODS and name in ACCESS and name not in WRITES:
            return HttpResponseNotAllowed(sorted(SAFE_METHODS))
        if not may_open(request.user, name, method=request.method or ""):
            raise PermissionDenied
        return None


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a person to sign-in and back again; a part of a page takes the whole page with it."""
    where = redirect_to_login(request.get_full_path())
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = where.url
        return response
    return where
