"""The checks that hold the house up: each is shown a planted fault and must refuse it."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent

# Line that would read the wall clock or make a moment without a zone, and the rule that must name it.
NAIVE_OR_CLOCK = [
    ("datetime.datetime.now()", "DTZ005"),
    ("datetime.datetime.now(datetime.UTC)", "TID251"),
    ("datetime.datetime.utcnow()", "DTZ003"),
    ("datetime.datetime.today()", "DTZ002"),
    ("datetime.datetime(2026, 3, 29, 2, 30)", "DTZ001"),
    ("datetime.datetime.fromtimestamp(0)", "DTZ006"),
    ("datetime.datetime.strptime('02:30', '%H:%M')", "DTZ007"),
    ("datetime.date.today()", "DTZ011"),
    ("datetime.date.fromtimestamp(0)", "DTZ012"),
    ("time.time()", "TID251"),
]


def lint(code: str, *, at: str) -> str:
    command = [BIN / "ruff", "check", "--no-cache", "--output-format", "concise", "--stdin-filename", at, "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, cwd=ROOT).stdout


@pytest.mark.hazard("H-31")
@pytest.mark.parametrize("floor", ["quantities", "case", "protocols", "treatment", "clinic/sessions"])
def test_no_floor_below_the_doors_makes_a_naive_moment_or_reads_the_clock(floor, record_property):
    """The linter refuses every naive moment and every look at the clock below the doors."""
    for expression, rule in NAIVE_OR_CLOCK:
        code = f'"""Planted."""\n\nimport datetime\nimport time\n\nMOMENT = {expression}\nLATER = time\n'
        assert f" {rule} " in lint(code, at=f"src/posology/{floor}/planted.py"), expression
    record_property("n", len(NAIVE_OR_CLOCK))


def test_the_doors_may_read_the_clock_with_its_zone():
    code = '"""Planted."""\n\nimport datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n'
    assert "All checks passed" in lint(code, at="src/posology/web/planted.py")


@pytest.fixture(scope="module")
def copied_source(tmp_path_factory):
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src/posology", place / "posology", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


@pytest.mark.parametrize(
    ("floor", "line"),
    [
        ("quantities", "import django.conf"),
        ("knowledge", "import urllib.request"),
        ("fhir", "import socket"),
        ("treatment", "import sqlite3"),
        ("quantities", "from posology.case import Case"),
        ("protocols", "import posology.measures"),
        ("measures", "import posology.recommendation"),
    ],
)
def test_an_import_that_goes_up_or_out_is_refused(copied_source, floor, line):
    planted = copied_source / "posology" / floor / "planted.py"
    planted.write_text(f"{line}\n")
    command = [BIN / "lint-imports", "--no-cache", "--no-logo"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=copied_source,
        env={**os.environ, "PYTHONPATH": str(copied_source)},
    )
    planted.unlink()
    assert done.returncode == 1, done.stdout
    assert f"posology.{floor}.planted" in done.stdout


def test_the_contract_about_the_outside_names_every_floor_below_the_clinic():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (outside,) = [contract for contract in contracts if contract["type"] == "forbidden"]
    packages = {place.parent.name for place in (ROOT / "src/posology").glob("*/__init__.py")}
    below = packages - {"clinic", "web", "api", "cli", "server"}
    assert set(outside["source_modules"]) == {f"posology.{name}" for name in below}


def test_a_package_that_stands_on_no_floor_is_refused(copied_source):
    attic = copied_source / "posology/attic"
    attic.mkdir()
    (attic / "__init__.py").touch()
    done = subprocess.run(
        [BIN / "lint-imports", "--no-cache", "--no-logo"],
        capture_output=True,
        text=True,
        cwd=copied_source,
        env={**os.environ, "PYTHONPATH": str(copied_source)},
    )
    shutil.rmtree(attic)
    assert done.returncode == 1
    assert "attic" in done.stdout
