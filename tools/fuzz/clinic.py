"""The doors of a running clinic: signing, starting, another rate, the web's forms; on a database of its own.

Each try is undone when it was judged, so that the next one finds the same patient at the same step. These
doors cost milliseconds, so they get the smaller share.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import uuid4

from tools.fuzz.oracle import beyond, exact, too_fast
from tools.fuzz.orders import TODAY, spoiled

_world: dict[str, Any] = {}


def ready() -> dict[str, Any]:
    """Return the clinic with one patient to sign for, one to start and one whose infusion runs; made once."""
    if _world:
        return _world
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posology.server.settings")
    from django.apps import apps

    if not apps.ready:  # a test has made a database already
        place = tempfile.mkdtemp(prefix="posology-fuzz-")
        os.environ["POSOLOGY_DATA"] = place
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        import logging

        from django.test.utils import setup_test_environment

        setup_test_environment()
        logging.disable(logging.CRITICAL)  # each refusal of a form would be a line
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    return made()


def made() -> dict[str, Any]:
    from tests import factories
    from tests.cases import NOW

    site = factories.site(f"Fuzz {uuid4().hex[:6]}")
    people = []
    for name in ("Signing", "Starting", "Running"):
        one = factories.patient(site, family_name=name)
        factories.assess_fully(site, one)
        factories.fill_form(site, one, at=NOW - timedelta(minutes=2))
        people.append(one)
    signing = factories.signing(site, people[0])
    starting, running = (factories.signed_order(site, p).session for p in people[1:])
    for session in (starting, running):
        factories.pass_gate(site, session, at=NOW)
    factories.event(site, running, "administration_started", at=NOW, **factories.starting(running))
    _world.update(
        site=site, signing=signing, starting=starting, running=running, now=NOW,
        start=factories.starting(starting), factories=factories,
    )  # fmt: skip
    return _world


def undone(door: Callable[[Random, dict[str, Any]], str]) -> Callable[[Random], str]:
    """Return the door, with everything that a try wrote taken back."""

    def tried(chance: Random) -> str:
        world = ready()
        from django.db import transaction

        with transaction.atomic():
            try:
                return door(chance, world)
            finally:
                transaction.set_rollback(True)

    tried.__doc__ = door.__doc__
    return tried


def _escape(reason: str | None, what: object) -> str:
    from tools.fuzz.doors import Escape

    if reason is not None:
        raise Escape(f"{reason}: {what}")
    return "passed"


def judged_order(row: Any) -> str | None:
    """Lay what the database holds of an order before the oracle."""
    from posology.clinic.orders.stored import order_of

    order = order_of(row)
    return beyond(
        order.protocol_id, TODAY, dose_mg=order.dose_mg, weight_kg=order.weight_kg, level=order.level,
        minutes=order.minutes, devices=order.devices,
    )  # fmt: skip


def sign(chance: Random, world: dict[str, Any]) -> str:
    """Sign an option of which the level, the minutes or the product was changed on the way."""
    from posology.clinic.care.actions import sign_order

    usual = world["signing"]
    one = spoiled(chance)
    option = usual["option_id"]
    if chance.random() < 0.8:
        option = f"{one.protocol}/start/{one.level}" + chance.choice(
            ("", "/40", "/60", "/1", f"/{one.minutes}")
        )
    said = {**usual, "option_id": option, "order_id": uuid4()}
    if chance.random() < 0.3:
        said["product_id"] = chance.choice(("ketamine-10", "ketamine-100", "esketamine-device-28", "none"))
    if chance.random() < 0.1:
        said["typed_identifier"] = "another"
    signed = sign_order(**said)
    return _escape(judged_order(signed.order), option)


def start(chance: Random, world: dict[str, Any]) -> str:
    """Start an infusion that is not what was ordered: another dose, rate, lot, time."""
    given = dict(world["start"])
    right_mg = Decimal(given["dose_mg"])
    one = spoiled(chance)
    field = chance.choice(
        ("dose_mg", "minutes", "pump_rate_mL_per_h", "lot", "devices", "nothing", "dose_mg")
    )
    value = {
        "dose_mg": chance.choice(
            (str(one.dose_mg), str(right_mg * 10), str(right_mg / 10), str(right_mg + 1))
        ),
        "minutes": chance.choice((4, 39, 41, 400, one.minutes)),
        "pump_rate_mL_per_h": chance.choice(("750", "7.5", "76.6", "NaN", str(chance.randrange(1, 2000)))),
        "lot": "ANOTHER",
        "devices": 2,
        "nothing": None,
    }[field]
    if field != "nothing":
        given[field] = value
    world["factories"].event(
        world["site"], world["starting"], "administration_started", at=world["now"], **given
    )
    dose = exact(Decimal(str(given["dose_mg"])))
    wrong = (
        None
        if dose == right_mg and given.get("devices") is None and given["lot"] == world["start"]["lot"]
        else "not as ordered"
    )
    return _escape(wrong, given)


def rate(chance: Random, world: dict[str, Any]) -> str:
    """Change the rate of a running infusion to anything."""
    value = chance.choice(("0.9", "1.8", "1.81", "18", "0.09", "0", "-1", "NaN", "1e2", "", "９"))
    if chance.random() < 0.6:
        value = str(chance.randrange(1, 4000) / 1000)
    at = world["now"] + timedelta(minutes=5)
    world["factories"].event(
        world["site"], world["running"], "infusion_rate_changed", at=at, rate_mg_per_min=value, reason="Fuzz."
    )
    return _escape(too_fast("ketamine-iv", TODAY, mg_per_min=Decimal(value), weight_kg=Decimal(72)), value)


def form(chance: Random, world: dict[str, Any]) -> str:
    """Send the page's own form of a start or a rate, its fields typed by a hand that slips."""
    import time_machine
    from django.test import Client
    from django.urls import reverse

    from posology.clinic.sessions.models import EventRow

    on = chance.choice(("starting", "running"))
    session, minutes = world[on], 0 if on == "starting" else 5
    kind = {"starting": "infusion_started", "running": "infusion_rate_changed"}[on]
    with time_machine.travel(world["now"] + timedelta(minutes=minutes), tick=False):
        client = Client()
        client.force_login(world["site"].nurse)
        from tests.integration.web.walk import hidden_of

        page = client.get(reverse("session", kwargs={"session": session.pk}))
        hidden = hidden_of(page, f"/{kind}/") if f"/{kind}/" in page.content.decode() else {}
        typed = chance.choice(
            ("75", "750", "7.5", "75,0", "７５", "NaN", "", "0", "-75", "1e2", "0.9", "150", "151")
        )
        sent = {
            **hidden,
            "lot": "SYNTHETIC-1",
            "pump_rate_mL_per_h": typed,
            "rate_mg_per_min": typed,
            "reason": "Fuzz.",
        }
        before = EventRow.objects.everywhere(because="counted by the fuzz").filter(session=session).count()
        answer = client.post(reverse("session-event", kwargs={"session": session.pk, "kind": kind}), sent)
        after = EventRow.objects.everywhere(because="counted by the fuzz").filter(session=session).count()
    if answer.status_code >= 500:
        raise RuntimeError(f"{answer.status_code} for {typed!r}")
    if after == before:
        return f"refused form ({answer.status_code})"
    if on == "running":
        # The pump shows mL/h of the syringe that was prepared: 36 mg in 50 mL.
        mg_per_min = Fraction(typed) * 36 / 50 / 60
        return _escape(too_fast("ketamine-iv", TODAY, mg_per_min=mg_per_min, weight_kg=Decimal(72)), typed)
    return _escape(None if Decimal(typed) == 75 else "the pump shows another rate", typed)


DOORS: dict[str, tuple[Callable[[Random], str], int]] = {
    "signing (sign_order)": (undone(sign), 2),
    "start of a session (record_event)": (undone(start), 1),
    "a new rate in a session (record_event)": (undone(rate), 1),
    "the forms of the session's page": (undone(form), 1),
}
