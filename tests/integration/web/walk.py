"""A small synthetic world in which every address leads somewhere, and the ways to walk through it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from posology.clinic.accounts.models import User
from posology.clinic.care.queries import advice_for
from posology.clinic.outcomes.models import RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.visits.actions import plan_visits
from tests import factories, ledger, site_protocols
from tests.cases import NOW
from tests.rems import finalised


@dataclass(frozen=True)
class World:
    """One clinic with a patient who may be treated, one who is, and the ids that addresses need."""

    site: factories.Site
    patient: Patient  # fully assessed; nothing signed
    treated: Patient  # an order is signed, and a risk answer waits
    order_id: UUID
    session_id: UUID
    task_id: UUID
    option_id: str
    version_id: UUID  # a draft of the site's own protocol
    visit_id: UUID  # the next appointment of the treated
    final_id: UUID  # a finalised form of the treated
    lot_id: UUID  # a lot of the drug's ledger
    container_id: UUID  # a vial of it that was opened
    discrepancy_id: UUID  # a count that differs

    def kwargs_for(self, name: str) -> dict[str, Any]:
        """Return what the address of a page needs."""
        known: dict[str, dict[str, Any]] = {
            "patient": {"patient": self.patient.pk},
            "task": {"patient": self.treated.pk, "task": self.task_id},
            "assessment": {"patient": self.patient.pk, "part": "examination"},
            "import": {"patient": self.patient.pk},
            "elsewhere": {"patient": self.patient.pk},
            "eligibility": {"patient": self.patient.pk},
            "options": {"patient": self.patient.pk},
            "curves": {"patient": self.patient.pk},
            "curve": {"patient": self.patient.pk},
            "sign": {"patient": self.patient.pk, "option": self.option_id},
            "order": {"order": self.order_id},
            "rate": {"order": self.order_id},
            "session": {"session": self.session_id},
            "session-event": {"session": self.session_id, "kind": "note_written"},
            "session-record": {"session": self.session_id},
            "session-curve": {"session": self.session_id},
            "session-paper": {"session": self.session_id, "name": "record"},
            "session-late": {"session": self.session_id},
            "session-monitor": {"session": self.session_id},
            "session-monitor-now": {"session": self.session_id},
            "visit": {"visit": self.visit_id},
            "visit-calendar": {"visit": self.visit_id},
            "patient-visits": {"patient": self.treated.pk},
            "patient-visits-calendar": {"patient": self.treated.pk},
            "session-rems": {"session": self.session_id},
            "patient-rems": {"patient": self.treated.pk},
            "rems-pdf": {"final": self.final_id},
            "rems-json": {"final": self.final_id},
            "ledger-lot": {"entry": self.lot_id},
            "ledger-container": {"entry": self.container_id},
            "ledger-take-back": {"entry": self.container_id},
            "ledger-discrepancy": {"entry": self.discrepancy_id},
            "form": {"patient": self.patient.pk, "instrument": "phq-9"},
            "protocol": {"protocol": "ketamine-iv"},
            "rule": {"file": "rules-session", "rule": "heart-rate"},
            "alert": {"file": "rules-session", "rule": "heart-rate"},
            "knowledge-file": {"file": "rules-session"},
            "model": {"model": "ketamine-otto-2021"},
            "fact": {"fact": "PR-IV-01"},
            "trial": {"study": "lii-2023"},
            "source": {"source": "SPR-US"},
            "protocol-version": {"version": self.version_id},
            "protocol-draft": {"version": self.version_id},
        }
        return known.get(name, {})


def world(name: str = "Synthetic Clinic") -> World:
    """Make the world at ``NOW``."""
    site = factories.site(name)
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    treated = factories.patient(site, family_name="Example", given_name="Cid")
    factories.assess_fully(site, treated)
    factories.fill_form(site, treated, [2, 2, 2, 2, 2, 2, 2, 2, 1], at=NOW - timedelta(minutes=2))
    signed = factories.signed_order(site, treated, chair=1)
    task = RiskTask.objects.for_clinic(site.clinic).get(patient=treated)
    option = next(o for o in advice_for(patient, as_of=NOW).options if o.dose)
    draft = site_protocols.drafted(site, at=NOW)
    (visit,) = plan_visits(
        plan_id=uuid4(),
        patient=treated,
        first_on=NOW.date() + timedelta(days=3),
        clock=time(10),
        chair=None,
        count=1,
        by=site.nurse,
        at=NOW,
    )
    final = finalised(site, signed.session)
    ids = (signed.order.pk, signed.session.pk, task.pk, option.id, draft.pk, visit.pk, final.pk)
    lot = ledger.received(site)
    vial = ledger.opened(site, session=signed.session.pk)
    short = ledger.counted(site, 8)
    return World(site, patient, treated, *ids, lot.pk, vial.pk, short.pk)


def signed_in(user: User) -> Client:
    """Return a browser in which a person has signed in."""
    client = Client()
    client.force_login(user)
    return client


def addresses(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Yield every address of the site, from the URL configuration itself."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry)
        else:
            yield entry


def names() -> list[str]:
    """Return the name of every address."""
    return sorted({pattern.name or str(pattern.pattern) for pattern in addresses()})


def text_of(response: Any) -> str:
    """Return a page's text as it was sent."""
    return response.content.decode()


def hidden_of(response: Any, action: str = "") -> dict[str, str]:
    """Return the hidden fields of a page's form; ``action`` tells forms apart."""
    html = text_of(response)
    forms = re.findall(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", html, re.DOTALL)
    body = next(inner for target, inner in forms if action in target and "sign-out" not in target)
    fields = re.findall(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"", body)
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}
