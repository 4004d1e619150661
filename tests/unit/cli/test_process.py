"""What the process loads, becomes and shows."""

import os
import subprocess
import sys
import time

import pytest

from tests.command_line import CASES


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("demo",), ["demo"]),
        (("demo", "--reset", "--port", "8123"), ["demo", "--reset", "--port", "8123"]),
        (
            ("serve", "--port", "9000", "--host", "127.0.0.1"),
            ["serve", "--port", "9000", "--host", "127.0.0.1"],
        ),
        (("monitor", "listen", "--port", "2575"), ["monitor-listen", "--port", "2575"]),
    ],
)
def test_serve_and_demo_become_the_servers_process(posology, monkeypatch, words, expected):
    become: list[list[str]] = []

    def execv(program: str, arguments: list[str]) -> None:
        become.append([program, *arguments])
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    posology(*words)
    assert become == [[sys.executable, sys.executable, "-m", "posology.server", *expected]]


def test_no_command_of_the_library_loads_django_or_the_server():
    code = (
        "import sys; sys.argv = ['posology', 'recommend', sys.argv[1], '--json']\n"
        "from posology.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in {'django', 'ninja', 'uvicorn'} or"
        " m.startswith(('posology.server', 'posology.web', 'posology.clinic', 'posology.api'))]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, CASES / "start-nasal.yaml"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_help_loads_nothing_heavy():
    """The time is measured by the bench; that which would cost it is asserted here."""
    code = (
        "import sys; sys.argv = ['posology', '--help']\n"
        "from posology.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "bad = [m for m in ('yaml', 'pydantic', 'rich', 'posology.knowledge') if m in sys.modules]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "recommend" in done.stdout
    assert time.monotonic() - began < 30


def test_a_terminal_of_few_letters_shows_something():
    done = subprocess.run(
        [sys.executable, "-m", "posology.cli", "score", "phq-9", "1,1,1,1,1,1,1,1,1"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"PHQ-9  9 of 27")
