"""The server starts on safe settings, a safe engine and a database that keeps its word, or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.sqlite3 import base
from django.db.utils import ConnectionHandler

from posology.clinic.accounts.models import User
from posology.clinic.audit.triggers import install, remove
from posology.server import start
from posology.server.checks import (
    database_keeps_what_it_acknowledges,
    faults_of,
    settings_are_safe,
    unsafe_settings,
)
from posology.server.database_url import SQLITE_PRAGMAS, UnreadableUrl, database_settings
from posology.server.secrets import NO_KEY, make_key_file, secret_key
from posology.server.sqlite.engine import UnsafeEngine, check_engine, running_engine
from posology.server.start import StartRefused, check_start
from tests.plugins.kinds import ROOT
from tests.postgres import SETTINGS, cluster

GOOD_KEY = "kq0WJ3vX9s-7uYb2LzTn4RfGh8mPc6dEaQ1iVoSt"


# ---------------------------------------------------------------- the engine


@pytest.mark.hazard("H-36", n=16)
@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False), ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True),
        ((3, 44, 9), True), ((3, 45, 9), False), ((3, 49, 2), False), ((3, 50, 6), False),
        ((3, 50, 7), True), ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True),
        ((3, 52, 0), True), ((3, 53, 4), True), ((4, 0, 0), True), ((3, 6, 23), False),
    ],
)  # fmt: skip
def test_an_engine_that_can_damage_a_file_is_refused(version, safe):
    """N = 16 versions around each edge, backports included."""
    if safe:
        check_engine(version)
    else:
        with pytest.raises(UnsafeEngine, match="pysqlite3"):
            check_engine(version)


@pytest.mark.sqlite
@pytest.mark.hazard("H-36", n=1)
@pytest.mark.django_db(transaction=True)
def test_the_version_is_asked_of_the_live_connection():
    """An old engine planted under the running connection: the check sees it (N = 1)."""
    connection.ensure_connection()
    connection.connection.create_function("sqlite_version", 0, lambda: "3.40.1")
    try:
        assert any("3.40.1" in fault for fault in faults_of(connection))
        assert [e.id for e in database_keeps_what_it_acknowledges(databases=["default"])] == ["posology.E001"]
    finally:
        connection.close()


OLD_ENGINE = "import sys; sys.modules['pysqlite3'] = None; from posology.server.__main__ import main; "


@pytest.mark.sqlite
@pytest.mark.hazard("H-36", n=2)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_the_process_does_not_start_on_an_old_engine(command, tmp_path):
    """Python's own engine in place of the shipped one: exit code 2 and a sentence (N = 2 commands)."""
    own = tuple(int(part) for part in _own_engine().split("."))
    done = _python(f"{OLD_ENGINE} sys.exit(main(['{command}']))", tmp_path)
    try:
        check_engine(own)
    except UnsafeEngine as refusal:
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert str(refusal) in done.stderr
    else:
        assert "SQLite engine" not in done.stderr  # this machine's own engine is safe


def _own_engine() -> str:
    return subprocess.run(
        [sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"],
        capture_output=True,
        text=True,
    ).stdout.strip()


def _python(code: str, data: Path, **environment: str) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "SECRET_KEY", "POSOLOGY_DEMO"}}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**clean, "POSOLOGY_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_shipped_engine_stands_in_place_of_pythons_own():
    assert base.Database.__name__ == "pysqlite3.dbapi2"
    assert base.Database.sqlite_version_info == running_engine()
    check_engine(running_engine())


# ---------------------------------------------------------------- the live database


PLANTED = {
    "journal_mode": "delete",
    "synchronous": "normal",
    "foreign_keys": "off",
    "mmap_size": "1048576",
    "recursive_triggers": "off",
}


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("H-35", n=len(PLANTED) + 1)
def test_a_pragma_that_differs_on_the_live_connection_is_refused(settings):
    """Each promise broken in turn on the open connection: refused N of N."""
    settings.SECRET_KEY = GOOD_KEY
    assert set(PLANTED) == set(SQLITE_PRAGMAS)
    check_start()
    for name, value in PLANTED.items():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}={value}")
        with pytest.raises(StartRefused, match=f"SQLite's {name} is"):
            check_start()
        assert len(faults_of(connection)) == 1
    connection.close()
    connection.ensure_connection()
    before, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
    with pytest.raises(StartRefused, match="IMMEDIATE"):
        check_start()
    connection.transaction_mode = before
    check_start()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("H-35", n=4)
def test_a_postgresql_that_forgets_is_refused(settings, monkeypatch):
    """synchronous_commit off or local on the connection, fsync and full pages off on the server: N = 4."""
    settings.SECRET_KEY = GOOD_KEY
    check_start()
    for value in ("off", "local"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET synchronous_commit = {value}")
        with pytest.raises(StartRefused, match="synchronous_commit"):
            check_start()
        connection.close()
    for name in ("fsync", "full_page_writes"):
        monkeypatch.setitem(SETTINGS, name, "off")
    with cluster() as server:
        handler = ConnectionHandler({"default": database_settings(server.url, test_file=Path("unused"))})
        found = faults_of(handler["default"])
        handler["default"].close()
    assert [fault.split()[1] for fault in found] == ["fsync", "full_page_writes"]


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_serve_without_its_triggers(settings):
    settings.SECRET_KEY = GOOD_KEY
    remove(connection)
    try:
        with pytest.raises(StartRefused, match="audit triggers are missing"):
            check_start()
    finally:
        install(connection)
    check_start()


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_serve_a_database_of_another_version(settings, monkeypatch):
    settings.SECRET_KEY = GOOD_KEY
    monkeypatch.setattr(start.MigrationExecutor, "migration_plan", lambda *_: [("one", False)])
    with pytest.raises(StartRefused, match="migrate"):
        check_start()


def test_a_clinics_records_are_never_flushed(settings, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "/var/lib/posology/clinic.sqlite3")
    with pytest.raises(CommandError, match="never flushed"):
        call_command("flush", interactive=False)


# ---------------------------------------------------------------- settings


UNSAFE = {
    "DEBUG": (True, "DEBUG"),
    "SECRET_KEY": (NO_KEY, "SECRET_KEY"),
    "SESSION_COOKIE_SECURE": (False, "http"),
    "CSRF_COOKIE_SECURE": (False, "http"),
    "SESSION_COOKIE_HTTPONLY": (False, "scripts"),
    "ALLOWED_HOSTS": (["*"], "ALLOWED_HOSTS"),
}


@pytest.mark.hazard("H-71", n=9)
@pytest.mark.django_db
def test_each_unsafe_setting_stops_the_start(settings):
    """Each in turn, and three weak keys: does not start, N of N."""
    settings.SECRET_KEY, settings.DEBUG, settings.ALLOWED_HOSTS = GOOD_KEY, False, ["clinic.example"]
    assert unsafe_settings() == settings_are_safe() == []
    cases = [*((n, v, w) for n, (v, w) in UNSAFE.items())]
    cases += [("SECRET_KEY", weak, "SECRET_KEY") for weak in ("short", "a" * 50, GOOD_KEY[:39])]
    for name, value, word in cases:
        before = getattr(settings, name)
        setattr(settings, name, value)
        with pytest.raises(StartRefused, match=word):
            check_start()
        setattr(settings, name, before)
    check_start()


@pytest.mark.hazard("H-71", n=3)
@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"POSOLOGY_DEBUG": "1"}, "DEBUG"),
        ({"POSOLOGY_HTTPS": "0"}, "http"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
    ],
)
def test_an_unsafe_environment_stops_the_process(environment, word, tmp_path):
    """N = 3: exit code 2, one sentence, no traceback."""
    code = "import sys; from posology.server.__main__ import main; sys.exit(main(['serve']))"
    done = _python(code, tmp_path, **environment)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert word in done.stderr


def test_passwords_are_hashed_with_argon2():
    from posology.server import settings as own

    assert own.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path):
    assert secret_key("", tmp_path / "data") == ""
    kept = make_key_file(tmp_path / "data")
    key = secret_key("", tmp_path / "data")
    assert len(key) >= 40
    assert kept.stat().st_mode & 0o777 == 0o600
    assert secret_key("", make_key_file(tmp_path / "data").parent) == key
    assert secret_key("from the environment", tmp_path / "data") == "from the environment"


def test_a_database_address_is_read(tmp_path):
    lite = database_settings(f"sqlite:///{tmp_path}/new/clinic.sqlite3", test_file=Path("t"))
    assert lite["NAME"] == f"{tmp_path}/new/clinic.sqlite3"
    assert (tmp_path / "new").is_dir()
    big = database_settings(
        "postgres://a%40b:p%2Fw@db.example:5433/clinic?sslmode=require", test_file=Path("t")
    )
    assert (big["USER"], big["PASSWORD"], big["HOST"], big["PORT"]) == ("a@b", "p/w", "db.example", "5433")
    assert big["OPTIONS"] == {"prepare_threshold": 5, "sslmode": "require"}
    for told, kept in (("off", None), ("20", 20)):
        pooled = database_settings(f"postgres://u:w@host/b?prepare_threshold={told}", test_file=Path("t"))
        assert pooled["OPTIONS"] == {"prepare_threshold": kept}


@pytest.mark.parametrize(
    "url",
    ["", "mysql://secret/b", "sqlite://", "sqlite:///", "postgres://u:secret@host", "secret"]
    + [f"postgres://u:secret@host/b?prepare_threshold={told}" for told in ("no", "-1", "1.5", "²")],
)
def test_an_address_that_cannot_be_read_is_refused_without_repeating_it(url):
    with pytest.raises(UnreadableUrl) as refused:
        database_settings(url, test_file=Path("t"))
    assert "secret" not in str(refused.value)


# ---------------------------------------------------------------- the first people, headers


@pytest.mark.django_db(transaction=True)
def test_nobody_can_sign_in_on_a_fresh_install():
    assert not User.objects.exists()


def test_a_person_is_made_from_the_machine_itself(tmp_path):
    code = "import sys; from posology.server.__main__ import main; sys.exit(main(sys.argv[1:]))"
    words = ["add-person", "--clinic", "Synthetic Clinic", "--zone", "America/Denver"]
    words += ["--role", "administrator", "--username", "ada", "--full-name", "Synthetic, Ada"]
    environment = {
        **os.environ,
        "POSOLOGY_DATA": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/c.sqlite3",
    }

    def run(*arguments: str, line: str = "") -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(
            command,
            input=line,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )

    assert run("migrate").returncode == 0
    made = run(*words, line="a long pass phrase\n")
    assert (made.returncode, made.stdout) == (
        0, "Synthetic, Ada can sign in at Synthetic Clinic as administrator, with the name ada.\n",
    )  # fmt: skip
    for line, word in (("a long pass phrase\n", "exists already"), ("short\n", "too short")):
        again = run(*words[:-3], "ada" if "exists" in word else "bea", *words[-2:], line=line)
        assert (again.returncode, word in again.stderr, "Traceback" in again.stderr) == (2, True, False)


@pytest.mark.requirement("SR-30")
@pytest.mark.requirement("SR-31")
@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/sign-in", "/no-such-page", "/static/web/nothing.css"])
def test_every_answer_carries_its_headers(client, address):
    response = client.get(address)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_static_file_is_served_whole_and_once(client):
    address = "/static/web/css/tokens.css"
    whole = client.get(address)
    assert (whole.status_code, whole.streaming, whole["Content-Type"]) == (
        200,
        False,
        'text/css; charset="utf-8"',
    )
    assert whole.content == (ROOT / "src/posology/web" / address[1:]).read_bytes()
    assert "Access-Control-Allow-Origin" not in whole
    assert client.get(address, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    assert client.head(address).content == b""
    assert client.get(address, headers={"Range": "bytes=0-9"}).content == whole.content[:10]
