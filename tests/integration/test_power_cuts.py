"""The power goes, anywhere: every entry that was acknowledged is on the disk, and the file is whole."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from django.db import connection
from pysqlite3 import dbapi2 as shipped

from posology.clinic.sessions.models import EventRow
from posology.server.database_url import SQLITE_PRAGMAS
from tests import factories, power

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

CUTS = int(os.environ.get("POSOLOGY_POWER_CUTS", "200"))  # 10,000 for the published figure
ENTRIES = 40
TABLE = EventRow._meta.db_table
PAGES_TO_CHECKPOINT = 60  # few, so that the power also goes while the log is moved into the file


def kept_statements(site: factories.Site, session: UUID) -> list[tuple[str, list[str]]]:
    """Record a session's entries by the real action; return each with the statements that wrote it."""
    made = []
    for number in range(ENTRIES):
        said: list[str] = []
        connection.connection.set_trace_callback(said.append)
        entry = factories.event(site, session, "note_written", text=f"Entry {number}.").event.pk
        connection.connection.set_trace_callback(None)
        once = dict.fromkeys(said)  # the engine tells a statement again for each trigger that it sets off
        made.append((entry.hex, [one for one in once if not one.startswith(("--", "SELECT", "PRAGMA"))]))
    return made


@contextmanager
def as_it_was(folder: Path) -> Iterator[Path]:
    """Copy the database of this test into a folder, whole and closed."""
    path = folder / "clinic.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    with closing(shipped.connect(path)) as line:
        line.execute("PRAGMA journal_mode=wal")
    yield path


def played(path: Path, entries: list[tuple[str, list[str]]], **planted: object) -> power.Diary:
    """Write the same entries again, by the same statements and pragmas, on a disk with a diary."""
    diary = power.Diary(path.name)
    line, _disk = power.connect(path, diary, SQLITE_PRAGMAS | planted)
    line.create_scalar_function("posology_sha256", lambda text: hashlib.sha256(text.encode()).hexdigest())
    line.create_scalar_function("posology_actor", lambda: "system:tests")
    line.create_scalar_function("posology_purpose", lambda: "")
    line.execute(f"PRAGMA wal_autocheckpoint={PAGES_TO_CHECKPOINT}")
    found = {name: line.pragma(name) for name in SQLITE_PRAGMAS}
    assert found == {name: planted.get(name, value) for name, value in SQLITE_PRAGMAS.items()}
    diary.steps.clear()
    for entry, statements in entries:
        for statement in statements:
            line.execute(statement)
        diary.tell(entry)
    ended = len(diary.steps)
    line.close()
    del diary.steps[ended:]  # the power goes while it runs, not after it was closed
    return diary


def fate(folder: Path, files: dict[str, bytes], told: set[str]) -> tuple[int, bool]:
    """Start again on what is left: how many acknowledged entries are lost, and whether the file is whole."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (name,) = [name for name in files if not name.endswith(("-wal", "-journal"))]
    try:
        with closing(shipped.connect(folder / name)) as line:
            whole = line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = line.execute(f"SELECT id FROM {TABLE}").fetchall()  # noqa: S608  (our own name)
    except shipped.DatabaseError:
        return len(told), False
    finally:
        for left in folder.iterdir():
            left.unlink()
    return len(told - {row[0] for row in rows}), whole


def cut(before: bytes, diary: power.Diary, folder: Path, times: int) -> tuple[int, int]:
    """Cut the power at so many places; return in how many something was lost, and the file not whole."""
    folder.mkdir()
    chance, lost, broken = Random(35), 0, 0
    for number in range(times):
        place = chance.randint(1, len(diary.steps))
        way = power.WAYS[number % len(power.WAYS)]
        files = power.after_cut({diary.name: before}, diary, place, way=way, chance=chance)
        missing, whole = fate(folder, files, diary.told_before(place))
        lost, broken = lost + bool(missing), broken + (not whole)
    return lost, broken


@pytest.fixture
def entries():
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    return site, factories.signed_order(site, patient).session


@pytest.mark.faults
@pytest.mark.hazard("H-35")
def test_what_was_acknowledged_outlives_a_power_cut(entries, tmp_path, record_property):
    """Writes since the last sync dropped, kept, reordered or torn, anywhere in a run: lost 0, corrupt 0.

    The test of the test: the same run with a sync less (NORMAL), and with none (OFF), is seen to lose.
    """
    with as_it_was(tmp_path) as path:
        before = path.read_bytes()
        wrote = kept_statements(*entries)
        diary = played(path, wrote)
        assert len(diary.told_before(len(diary.steps))) == ENTRIES
        assert {s.file for s in diary.steps if s.what == "sync"} == {path.name, f"{path.name}-wal"}
        assert cut(before, diary, tmp_path / "disk", CUTS) == (0, 0)
        for name, planted in (("normal", 1), ("off", 0)):
            for left in tmp_path.glob("clinic.sqlite3*"):
                left.unlink()
            path.write_bytes(before)
            lost, broken = cut(before, played(path, wrote, synchronous=planted), tmp_path / name, 60)
            assert lost > 0, name
            print(f"synchronous={name}: entries lost in {lost} of 60 cuts, file not whole in {broken}")
    record_property("n", CUTS)
