"""A synthetic clinic with many sessions under way, for the bench of readings; prints what a page would hold.

``python -m tools.bench.readings_site 100`` prints one line of JSON: the cookie of the nurse's sign-in, and of
each session its address, its patient and the version of its order, as the hidden fields of a form carry them.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

import django


def prepare(count: int) -> dict[str, object]:
    """Make ``count`` patients whose infusion began ten minutes ago, each with a whole gate behind it."""
    from django.test import Client
    from django.urls import reverse

    from posology.clinic.orders.stored import order_of
    from posology.treatment import EventKind
    from tests import factories

    now = datetime.now(UTC)
    site = factories.site()
    begun = now - timedelta(minutes=10)
    sessions = []
    for n in range(count):
        patient = factories.patient(site, given_name=f"Number {n}", at=now - timedelta(days=30))
        factories.assess_fully(site, patient, at=begun)
        session = factories.signed_order(site, patient, at=begun).session
        factories.pass_gate(site, session, at=begun)
        factories.event(
            site, session, EventKind.ADMINISTRATION_STARTED, at=begun, **factories.starting(session)
        )
        address = reverse("session-event", kwargs={"session": session.pk, "kind": "readings"})
        version = order_of(session.order).sha256()[:16]
        sessions.append({"address": address, "patient": str(patient.pk), "version": version})
    browser = Client()
    browser.force_login(site.nurse)
    return {"cookie": browser.cookies["sessionid"].value, "sessions": sessions}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(prepare(int(sys.argv[1]))))
