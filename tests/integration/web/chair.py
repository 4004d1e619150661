"""A person at the chair: opens the session's page, fills one of its forms, sends it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from posology.clinic.accounts.models import User
from posology.clinic.care.queries import advice_for
from posology.clinic.patients.models import Patient
from posology.clinic.rems.standing import programmes_at
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import state_of
from posology.knowledge import Route
from posology.treatment import SessionState
from tests import factories, rems
from tests.cases import NOW
from tests.integration.web.walk import hidden_of, signed_in, text_of

NORMAL = {
    "systolic": "124",
    "diastolic": "78",
    "heart_rate": "70",
    "spo2": "98",
    "respiratory_rate": "14",
    "moaa_s": "5",
}
ANSWERS = {
    "suicidal_ideation": "none",
    "urinary_symptoms": "no",
    "intoxicated_or_withdrawing": "no",
    "pregnant": "no",
}
PRODUCTS = {
    Route.INTRAVENOUS: "ketamine-50",
    Route.INTRAMUSCULAR: "ketamine-50",
    Route.ORAL: "ketamine-50",
    Route.NASAL: "esketamine-device-28",
}


@dataclass
class Chair:
    """One session as a person plays it; ``at`` is the clock on the wall."""

    site: factories.Site
    patient: Patient
    session_id: UUID
    route: Route
    at: datetime = NOW
    clients: dict[UUID, Client] = field(default_factory=dict)
    seen_at: dict[UUID, datetime] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return reverse("session", kwargs={"session": self.session_id})

    def client(self, by: User | None = None) -> Client:
        who = by or self.site.nurse
        # A screen that nobody touched for a while locks: the person signs in again.
        idle = self.at - self.seen_at.get(who.pk, self.at)
        if who.pk not in self.clients or idle > timedelta(minutes=5):
            self.clients[who.pk] = signed_in(who)
        self.seen_at[who.pk] = self.at
        return self.clients[who.pk]

    def wait(self, **span: float) -> "Chair":
        self.at += timedelta(**span)
        return self

    def open(self, query: str = "", by: User | None = None) -> Any:
        with time_machine.travel(self.at, tick=False):
            return self.client(by).get(self.url + query)

    def form(self, kind: str, query: str = "", by: User | None = None) -> dict[str, str]:
        """Return the hidden fields of one form, as the page has just made it."""
        return hidden_of(self.open(query, by), f"/{kind}/")

    def post(self, kind: str, form: dict[str, str], by: User | None = None) -> Any:
        with time_machine.travel(self.at, tick=False):
            url = reverse("session-event", kwargs={"session": self.session_id, "kind": kind})
            return self.client(by).post(url, form)

    def send(self, kind: str, *, query: str = "", by: User | None = None, **typed: str) -> Any:
        """Fill the form of one kind and send it."""
        return self.post(kind, {**self.form(kind, query, by), **typed}, by)

    def done(self, kind: str, **rest: Any) -> "Chair":
        """Fill, send, and insist that it was recorded."""
        response = self.send(kind, **rest)
        assert response.status_code == 302, (kind, faults_of(response))
        return self

    @property
    def row(self) -> SessionRow:
        return SessionRow.objects.for_clinic(self.site.clinic).get(pk=self.session_id)

    @property
    def state(self) -> SessionState:
        return state_of(self.row)

    def events(self) -> int:
        return (
            EventRow.objects.everywhere(because="counted by a test").filter(session=self.session_id).count()
        )

    # ------------------------------------------------------------ whole steps

    def identify_and_answer(self, **changes: str) -> "Chair":
        page = text_of(self.open())
        asked = set(re.findall(r'name="answer-(\w+)"', page))
        answers = {f"answer-{key}": ANSWERS.get(key, "yes") for key in asked}
        typed = {"record_number": self.patient.identifier, "born_on": "14-Mar-1981"}
        typed = typed if 'name="record_number"' in page else {}
        return self.done("gate", **{**typed, **answers, **changes})

    def measure(self, **changes: str) -> "Chair":
        return self.done("readings", **{**NORMAL, **changes})

    def check(self, **changes: str) -> "Chair":
        return self.done("worksheet_checked", **{**self.right_check(), **changes})

    def right_check(self) -> dict[str, str]:
        own = {"typed_devices": "2"} if self.route is Route.NASAL else {"typed_volume_mL": "0.72"}
        diluted = {"final_volume_mL": "50"} if self.route is Route.INTRAVENOUS else {}
        return {
            "product_id": PRODUCTS[self.route],
            "lot": "L-1",
            "checked_by": str(self.site.prescriber.pk),
            **own,
            **diluted,
        }

    def ready(self) -> "Chair":
        return self.identify_and_answer().measure().check()

    def start(self) -> "Chair":
        if self.route is Route.INTRAVENOUS:
            return self.done("infusion_started", lot="L-1", pump_rate_mL_per_h="75")
        if self.route is Route.NASAL:
            return self.done("devices_started", lot="L-1")
        return self.done("dose_given", lot="L-1")

    def to_observation(self) -> "Chair":
        self.ready().start()
        if self.route is Route.INTRAVENOUS:
            self.wait(minutes=40)
            self.done("infusion_stopped", complete="yes", reason="The dose is in.")
        if self.route is Route.NASAL:
            self.done("device_given", lot="L-1", complete="yes").wait(minutes=5)
            self.done("device_given", lot="L-1", complete="yes")
        return self

    def see_all_criteria(self) -> "Chair":
        page = text_of(self.open())
        asked = set(re.findall(r'name="met-(\w+)"', page))
        return self.done("criteria", **{f"met-{key}": "yes" for key in asked})


def chair(route: Route = Route.INTRAVENOUS, *, site: factories.Site | None = None, **who: Any) -> Chair:
    """Seat a patient who may be treated in the next chair, with an order for now; 36 mg, or 56 mg nasal."""
    site = site or factories.site()
    number: int | None = SessionRow.objects.for_clinic(site.clinic).count() + 1
    if number is not None and number > site.clinic.chairs:
        number = None  # the room is full: the patient waits without a chair
    patient = factories.patient(site, **who)
    factories.assess_fully(site, patient)
    factories.fill_form(site, patient, at=NOW - timedelta(minutes=2))
    if route is Route.NASAL and programmes_at(site.clinic):
        rems.admit(site, patient)
    options = advice_for(patient, as_of=NOW).options
    option = next(o for o in options if o.route is route and o.dose and o.dose.dose_mg in {36, 56})
    signed = factories.signed_order(
        site,
        patient,
        chair=number,
        option_id=option.id,
        product_id=PRODUCTS[route],
        overrides={finding.rule: "Decided in the test." for finding in option.blocked_by},
    )
    return Chair(site, patient, signed.session.pk, route)


@contextmanager
def undone() -> Iterator[None]:
    """Take back, at the end of the block, all that was written within it; what was before stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def faults_of(response: Any) -> str:
    """Return what a page says is wrong."""
    html = text_of(response) if response.content else ""
    found = re.findall(r'<div class="error-summary".*?</ul>', html, re.DOTALL) or re.findall(
        r"<main.*?</main>", html, re.DOTALL
    )
    words = " ".join(re.sub(r"<[^>]+>", " ", " ".join(found)).split())
    return f"{response.status_code} {words[:800]}"


def filled_inputs(html: str) -> list[str]:
    """Return every field of a page that holds something a person should enter: typed, chosen or ticked."""
    found = re.findall(r'<input[^>]*type="(?:text|password|email|file)"[^>]*value="[^"]+"[^>]*>', html)
    found += re.findall(r"<input[^>]*\schecked[^>]*>", html)
    found += re.findall(r"<option[^>]*\sselected[^>]*>", html)
    found += [
        area for area in re.findall(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL) if area.strip()
    ]
    return found


def inputs(html: str) -> int:
    """Count the fields of a page that a person fills."""
    return len(
        re.findall(r'<input[^>]*type="(?:text|password|email|file|radio|checkbox)"|<textarea|<select', html)
    )
