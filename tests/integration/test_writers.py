"""Writers beside readers and checkpoints, on the engine that is shipped: the file stays whole."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from itertools import cycle
from uuid import UUID, uuid4

import pytest
from django.db import connection
from pysqlite3 import dbapi2 as shipped

from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.session import record_event
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.queries import chain_faults, state_of
from tests import factories
from tests.cases import NOW

MINUTES = float(os.environ.get("POSOLOGY_WRITER_MINUTES", "0.05"))  # 10 for the published figure
WRITERS = 4
CHECKPOINTS = ("PASSIVE", "FULL", "RESTART", "TRUNCATE")


@pytest.mark.faults
@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("H-36")
def test_the_file_stays_whole_under_writers_and_checkpoints(record_property):
    """Four people write, two connections read, two move the log into the file in each way that there is.

    The race that damages a file (engines before 3.51.3) needs a writer that begins a log anew while
    another connection moves it: N counts those moments, and entries beside them.
    """
    site, sessions = factories.site(), []
    for n in range(WRITERS):
        patient = factories.patient(site, given_name=f"Number {n}")
        factories.assess_fully(site, patient)
        sessions.append(factories.signed_order(site, patient).session)
    name = connection.settings_dict["NAME"]
    until = time.monotonic() + MINUTES * 60
    told: list[UUID] = []
    moved: list[str] = []
    faults: list[Exception] = []

    def writing(session) -> Callable[[], None]:
        def once() -> None:
            key = uuid4()
            given = {"heart_rate": 60 + len(told) % 40}
            record_event(session_id=session.pk, event_id=key, kind="reading_taken", payload=given,
                         occurred_at=NOW, by=site.nurse, at=NOW)  # fmt: skip
            told.append(key)

        return once

    def moving() -> Callable[[], None]:
        ways = cycle(CHECKPOINTS)

        def once() -> None:
            way = next(ways)
            with closing(shipped.connect(name, timeout=20)) as line:
                busy, _, _ = line.execute(f"PRAGMA wal_checkpoint({way})").fetchone()
            if not busy:
                moved.append(way)
            time.sleep(0.01)

        return once

    def reading() -> None:
        assert not chain_faults(sessions[len(told) % WRITERS])
        time.sleep(0.05)

    def again_and_again(act: Callable[[], None]) -> None:
        try:
            while time.monotonic() < until and not faults:
                act()
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    acts = [*(writing(s) for s in sessions), moving(), moving(), reading, reading]
    threads = [threading.Thread(target=again_and_again, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert moved and told
    with closing(shipped.connect(name)) as line:
        assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = EventRow.objects.everywhere(because="test").values_list("pk", flat=True)
    assert set(told) <= set(rows) and len(set(told)) == len(told)
    assert sum(len(state_of(s).readings) for s in sessions) == len(told)
    assert [chain_faults(s) for s in sessions] == [()] * WRITERS
    assert verify_chain().holds
    print(f"{len(told)} entries beside {len(moved)} checkpoints in {MINUTES} min")
    record_property("n", len(told) + len(moved))
