"""A clinic's process that writes readings until it is killed: the program under test_kill.py.

``prepare`` makes sessions and prints their ids; ``write`` writes into each from a thread of its own and
prints a line for every acknowledged event, with the milliseconds it took; ``verify`` compares the store with
what was acknowledged. POSOLOGY_PACE_S is the time from one reading of a session to its next.
Event *n* of a session has the same id and content in every process, as a client sends it again.
"""

import json
import os
import random
import sys
import threading
import time
from datetime import timedelta
from uuid import UUID, uuid5

import django

django.setup()

from django.db import DatabaseError, InterfaceError, connection  # noqa: E402

from posology.clinic.accounts.models import User  # noqa: E402
from posology.clinic.audit.queries import verify_chain  # noqa: E402
from posology.clinic.care.session import record_event  # noqa: E402
from posology.clinic.sessions.models import EventRow, SessionRow  # noqa: E402
from posology.clinic.sessions.queries import chain_faults, state_of  # noqa: E402
from tests import factories  # noqa: E402
from tests.cases import NOW  # noqa: E402

PACE_S = float(os.environ.get("POSOLOGY_PACE_S", "0"))


def event_id(session: UUID, n: int) -> UUID:
    return uuid5(session, f"reading {n}")


def prepare(count: int) -> None:
    site = factories.site()
    for n in range(count):
        patient = factories.patient(site, given_name=f"Number {n}")
        factories.assess_fully(site, patient)
        print(factories.signed_order(site, patient).session.pk)


def write(starts: dict[str, int]) -> None:
    threads = [threading.Thread(target=_write_on, args=(UUID(s), n), daemon=True) for s, n in starts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _write_on(session: UUID, n: int) -> None:
    nurse = None
    turn = time.monotonic() + random.random() * PACE_S
    while True:
        time.sleep(max(0.0, turn - time.monotonic()))
        due, turn = max(turn, time.monotonic() - PACE_S), turn + PACE_S
        try:
            nurse = nurse or User.objects.select_related("clinic").get(role="nurse")
            _send(session, n, nurse)
        except (DatabaseError, InterfaceError):  # the database is away: send the same again
            connection.close()
            time.sleep(0.05)
            continue
        took = 1e3 * (time.monotonic() - due)
        os.write(1, f"{session} {n} {took:.1f}\n".encode())  # one write: a line is whole or absent
        n += 1


def _send(session: UUID, n: int, nurse: User) -> None:
    at = NOW + timedelta(seconds=n)
    record_event(
        session_id=session,
        event_id=event_id(session, n),
        kind="reading_taken",
        payload={"heart_rate": 60 + n % 40},
        occurred_at=at,
        by=nurse,
        at=at,
    )


def verify(acknowledged: dict[str, int]) -> None:
    """Print what was lost or doubled; events 0 … n-1 of each session were acknowledged."""
    lost = doubled = faults = extra = 0
    for session in SessionRow.objects.everywhere(because="test"):
        events = EventRow.objects.everywhere(because="test").filter(session=session, kind="reading_taken")
        rows = list(events.values_list("pk", flat=True))
        wanted = {event_id(session.pk, n) for n in range(acknowledged.get(str(session.pk), 0))}
        lost += len(wanted - set(rows))
        extra += len(set(rows) - wanted)  # stored, and killed before it could be acknowledged
        doubled += len(rows) - len(set(rows)) + len(rows) - len(state_of(session).readings)
        faults += len(chain_faults(session))
    with connection.cursor() as cursor:
        integrity = "ok"
        if connection.vendor == "sqlite":
            integrity = cursor.execute("PRAGMA integrity_check").fetchone()[0]
    audit = len(verify_chain().faults)
    told = {
        "lost": lost,
        "doubled": doubled,
        "chain": faults,
        "audit": audit,
        "integrity": integrity,
        "extra": extra,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    command, argument = sys.argv[1:]
    {"prepare": prepare, "write": write, "verify": verify}[command](json.loads(argument))
