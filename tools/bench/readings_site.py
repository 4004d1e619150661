"""Two synthetic clinics with many sessions under way, for the bench of readings.

``python -m tools.bench.readings_site 100`` prints a line of JSON: of each clinic the cookie of its nurse's
sign-in, and of each session that cookie, its address, its patient and the version of its order, as the hidden
fields of a form carry them. Each session has a chair of its own; a clinic has 50 at most.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

import django

CLINICS = 2


def prepare(count: int) -> dict[str, object]:
    """Make ``count`` patients whose infusion began ten minutes ago, each with a whole gate behind it."""
    told = [_clinic(f"Synthetic Clinic {n + 1}", count // CLINICS) for n in range(CLINICS)]
    return {
        "cookies": [cookie for cookie, _ in told],
        "sessions": [session for _, sessions in told for session in sessions],
    }


def _clinic(name: str, count: int) -> tuple[str, list[dict[str, str]]]:
    from django.test import Client
    from django.urls import reverse

    from posology.clinic.accounts.models import Clinic
    from posology.clinic.orders.stored import order_of
    from posology.clinic.sessions.actions import place_session
    from posology.treatment import EventKind
    from tests import factories

    now = datetime.now(UTC)
    site = factories.site(name)
    Clinic.objects.filter(pk=site.clinic.pk).update(chairs=count)
    browser = Client()
    browser.force_login(site.nurse)
    cookie = browser.cookies["sessionid"].value
    begun = now - timedelta(minutes=10)
    sessions = []
    for n in range(count):
        patient = factories.patient(site, given_name=f"Number {n}", at=now - timedelta(days=30))
        factories.assess_fully(site, patient, at=begun)
        session = factories.signed_order(site, patient, at=begun).session
        place_session(
            session_id=session.pk, chair=n + 1, scheduled_at=session.scheduled_at, by=site.nurse, at=begun
        )
        factories.pass_gate(site, session, at=begun)
        factories.event(
            site, session, EventKind.ADMINISTRATION_STARTED, at=begun, **factories.starting(session)
        )
        address = reverse("session-event", kwargs={"session": session.pk, "kind": "readings"})
        version = order_of(session.order).sha256()[:16]
        sessions.append(
            {"cookie": cookie, "address": address, "patient": str(patient.pk), "version": version}
        )
    return cookie, sessions


if __name__ == "__main__":
    django.setup()
    print(json.dumps(prepare(int(sys.argv[1]))))
