"""The first command of a newcomer says in one line what it cannot do, and the lock holds no address."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import lock

ROOT = Path(__file__).resolve().parents[3]


def bootstrap(folder: Path, *words: str, path: str | None = None, **environment: str):
    return subprocess.run(
        ["/bin/sh", folder / "tools/bootstrap", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path or os.environ["PATH"], **environment},
    )


@pytest.fixture
def checkout(tmp_path):
    """A checkout with nothing but what bootstrap reads."""
    (tmp_path / "tools").mkdir()
    for name in ("tools/bootstrap", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def only(tmp_path: Path, *programs: str) -> str:
    """A PATH that holds these programs and no others."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in programs:
        (place / name).symlink_to(shutil.which(name))
    return str(place)


def test_it_says_that_python_is_missing(checkout):
    done = bootstrap(checkout, PYTHON="/nowhere/python3")
    assert done.returncode == 1
    assert done.stderr == "posology: python3 is missing; run as root: apt-get install python3\n"


def test_it_refuses_an_old_python(checkout):
    old = checkout / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && { echo Python 3.9.2; exit; }\nexit 1\n')
    old.chmod(0o755)
    done = bootstrap(checkout, PYTHON=str(old))
    assert done.returncode == 1
    assert done.stderr.startswith("posology: Python 3.11 or newer is needed and Python 3.9.2 was found;")
    assert done.stderr.count("\n") == 1


def test_it_says_in_one_line_what_an_administrator_must_install(checkout, tmp_path):
    path = only(tmp_path, "dirname", "id")
    done = bootstrap(checkout, "--with", "chromium", path=path, PYTHON=sys.executable)
    assert done.returncode == 1
    assert done.stderr == (
        "posology: Chromium is missing and this account may not install it; "
        "run as root: apt-get install chromium fonts-liberation\n"
    )


def test_it_refuses_a_word_it_does_not_know(checkout):
    done = bootstrap(checkout, "--with", "kitchen")
    assert done.returncode == 1
    assert "knows --with chromium and --with postgresql, not '--with kitchen'" in done.stderr


def test_the_lock_belongs_to_pyproject():
    assert lock.check() == 0


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--find-links /srv/wheels",
        "thing @ file:///srv/thing.whl",
        "thing @ https://packages.example/thing.whl",
        "    # via -r /home/someone/requirements.txt",
    ],
)
def test_the_lock_may_hold_no_address_and_no_path(line, tmp_path, monkeypatch):
    planted = tmp_path / "requirements.lock"
    planted.write_text(f"{lock.LOCK.read_text()}{line}\n")
    monkeypatch.setattr(lock, "LOCK", planted)
    assert lock.check() == 1


def test_every_pin_in_the_lock_has_a_hash():
    pins = [
        block for block in lock.LOCK.read_text().split("\n") if "==" in block and not block.startswith(" ")
    ]
    assert len(pins) > 50
    assert all(pin.endswith("\\") for pin in pins)
