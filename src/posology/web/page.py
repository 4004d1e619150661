"""What every page needs first: the moment, the patient in the address, the look noted, the frame.

A view opens its patient with :func:`open_patient` (404 for another clinic's, the same as for none; the look
goes into the audit; the banner is made), checks a sent form with :meth:`OpenPatient.check_form`, and answers
with :func:`show`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from posology.clinic.accounts.models import User
from posology.clinic.audit.actions import record_view
from posology.clinic.care.record import PARTS, record_version
from posology.clinic.patients import queries as patients
from posology.clinic.patients.models import Patient
from posology.clinic.rems.standing import programmes_at
from posology.web import clock
from posology.web.access import KNOWLEDGE_PAGES, PROTOCOL_PAGES, home_of, may_open
from posology.web.banner import banner_of
from posology.web.components import Frame, Link, PatientBanner
from posology.web.conflict import KeptField, RecordConflict

CURRENT = "patient"  # the session's key for the patient that was opened last


def now_of(request: HttpRequest) -> datetime:
    """Return the page's one moment: read from the clock once a request, and handed down."""
    if not hasattr(request, "posology_now"):
        request.posology_now = clock.now()  # type: ignore[attr-defined]
    return request.posology_now  # type: ignore[attr-defined]


def person(request: HttpRequest) -> User:
    """Return who is signed in; the table of pages has seen to it that somebody is."""
    assert isinstance(request.user, User)
    return request.user


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Answer with a page."""
    return render(request, template, dict(context or {}), status=status)


def new_id() -> str:
    """Make the id that a form carries, so that a double click or a retry changes nothing."""
    return str(uuid4())


def frame_of(request: HttpRequest) -> Frame:
    """Build the frame around the page: the site, who is signed in, and where they may go."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return Frame(demo=settings.DEMO)
    here = request.resolver_match.view_name if request.resolver_match else ""
    return Frame(
        site_name=user.clinic.name,
        user=user.full_name,
        role=user.get_role_display(),
        navigation=tuple(
            Link(label, reverse(name), current=here in pages)
            for label, name, pages in (
                ("Board", "board", {"board"}),
                ("Visits", "visits", {"visits"}),
                ("Duty", "duty", {"duty"}),
                ("Patients", "patients", PATIENT_PAGES),
                ("Monitors", "monitors", {"monitors"}),
                ("REMS", "rems", PROGRAMME_PAGES),
                ("Ledger", "ledger", LEDGER_PAGES),
                ("Knowledge", "knowledge", KNOWLEDGE_PAGES | PROTOCOL_PAGES | {"alerts", "alert", "rate"}),
            )
            if may_open(user, name) and (name != "rems" or programmes_at(user.clinic))
        ),
        home_url=home_of(user),
        sign_out_url=reverse("sign-out"),
        notices_url=reverse("notices") if may_open(user, "notices") else "",
        demo=settings.DEMO,
    )


PROGRAMME_PAGES = frozenset({"rems", "rems-site", "session-rems"})
LEDGER_PAGES = frozenset(
    {
        "ledger",
        "ledger-receive",
        "ledger-open",
        "ledger-count",
        "ledger-lot",
        "ledger-container",
        "ledger-discrepancy",
        "ledger-take-back",
        "ledger-report",
    }
)
PATIENT_PAGES = frozenset(
    {
        "patients",
        "patient-new",
        "patient",
        "task",
        "assessment",
        "import",
        "elsewhere",
        "eligibility",
        "options",
        "curves",
        "curve",
        "sign",
        "order",
        "patient-visits",
        "visit",
        "patient-rems",
        "form",
    }
)


def site(request: HttpRequest) -> dict[str, Any]:
    """Give every template its frame and its moment (a context processor)."""
    return {"frame": frame_of(request), "now": now_of(request)}


@dataclass(frozen=True)
class OpenPatient:
    """The patient in the address, opened by a person who may, at the page's moment.

    The banner is made when a page is shown: a form that is recorded and sent on shows none.
    """

    request: HttpRequest
    patient: Patient
    version: str
    now: datetime
    page: str

    @cached_property
    def banner(self) -> PatientBanner:
        """The banner over the page."""
        return banner_of(self.patient, now=self.now)

    @property
    def by(self) -> User:
        return person(self.request)

    @cached_property
    def _noted(self) -> bool:
        record_view(patient_id=self.patient.pk, page=self.page, by=self.by, at=self.now)
        return True

    def note(self) -> None:
        """Note in the audit that the record was looked at; once for a request."""
        assert self._noted

    def url(self, name: str, **kwargs: Any) -> str:
        """Return the address of another page about this patient."""
        return reverse(name, kwargs={"patient": self.patient.pk, **kwargs})

    def check_form(
        self, *, typed: tuple[KeptField, ...] = (), version: str | None = None, repeated: bool = False
    ) -> None:
        """Refuse a form that was made for another patient, or before the record changed (hazards H-01, H-27).

        A form that was recorded before (``repeated``: a double click, a retry) has itself changed the record,
        so it gets its first answer.

        Raises
        ------
        RecordConflict
            With what was typed; it is shown as a 409 page, and nothing is lost.
        """
        try:
            self._check_form(typed, self.version if version is None else version, repeated)
        except RecordConflict:
            self.note()  # its page shows whom the form is about
            raise

    def _check_form(self, typed: tuple[KeptField, ...], version: str, repeated: bool) -> None:
        post = self.request.POST
        if post.get("patient") != str(self.patient.pk):
            raise RecordConflict("other-patient", self.patient, typed, version=version)
        if repeated:
            return
        last = self.request.session.get(CURRENT)
        if last is not None and last != str(self.patient.pk) and post.get("switched") != last:
            raise RecordConflict("switched", self.patient, typed, version=post.get("version", ""))
        if post.get("version") != version:
            raise RecordConflict("changed", self.patient, typed, version=version)

    def show(
        self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Answer with a page about this patient, under the banner."""
        self.note()
        around = {
            "patient": self.patient,
            "banner": self.banner,
            "version": self.version,
            "form_id": new_id(),
        }
        return show(self.request, template, {**around, **(context or {})}, status=status)


def open_patient(
    request: HttpRequest,
    patient: UUID | Patient,
    *,
    page: str,
    of: Iterable[str] = tuple(PARTS),
    shows: bool = True,
) -> OpenPatient:
    """Load a patient of the person's own clinic, and note the look.

    ``patient`` is the id, or the patient where this person found them already. ``of`` names the parts of
    the record that the page shows: only their change makes its form old. A form that is recorded and sent
    on shows nobody (``shows``); where it comes back with a fault, its page notes the look.

    Raises
    ------
    NotFound
        For another clinic's patient in the same words as for none.
    """
    by, now = person(request), now_of(request)
    row = (
        patients.found_by(by, patient) if isinstance(patient, Patient) else patients.patient_for(by, patient)
    )
    opened = OpenPatient(request, row, record_version(row, of=of), now, page)
    if shows:
        opened.note()
    if (
        request.method == "GET"
        and not request.headers.get("HX-Request")
        and request.session.get(CURRENT) != str(row.pk)
    ):
        request.session[CURRENT] = str(row.pk)
    return opened
