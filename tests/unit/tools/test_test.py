"""Runs beside each other: all of them count, and none that was lost is taken for a success."""

import sys

import pytest

from tools import test as running

OK, BROKEN = "raise SystemExit(0)", "raise SystemExit(3)"


class Script:
    """A run that executes a line of Python instead of pytest."""

    def __init__(self, name, code, log):
        self.name, self.code, self.log = name, code, log

    def command(self, words, expression):
        return [sys.executable, "-c", self.code], {}


@pytest.fixture
def script(tmp_path):
    return lambda name, code: Script(name, code, tmp_path / f"{name}.log")


def test_each_run_leaves_its_code(script, capfd):
    others = [script("b", "print('said beside')"), script("c", BROKEN)]
    assert running.run_beside([script("a", OK), *others], [], None) == [0, 0, 3]
    assert "said beside" in capfd.readouterr().out


def test_a_failure_before_the_eyes_does_not_stop_the_others(script):
    assert running.run_beside([script("a", BROKEN), script("b", OK)], [], None) == [3, 0]


def test_a_run_that_was_killed_has_failed(script):
    killed = script("b", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert running.run_beside([script("a", OK), killed], [], None)[1] != 0


def test_a_run_that_never_began_has_failed(script):
    missing = script("b", OK)
    missing.command = lambda words, expression: (["/no/such/program"], {})
    assert running.run_beside([script("a", OK), missing], [], None) == [0, 1]
    assert "b could not begin" in missing.log.read_text()


def test_that_nothing_was_selected_is_no_failure(script):
    nothing = script("b", "raise SystemExit(5)")
    assert running.run_beside([script("a", OK), nothing], [], None) == [0, 0]


def test_whoever_is_free_takes_the_next(script, capfd):
    wait = "import time; time.sleep(0.5); print('slow')"
    others = [script(name, f"print('said {name}')") for name in "cde"]
    assert running.run_beside([script("a", wait), script("b", OK), *others], [], None) == [0] * 5
    said = capfd.readouterr().out
    assert all(f"said {name}" in said for name in "cde")


def test_together_the_runs_take_every_test_and_each_of_the_browser_once():
    first, _ = running.BUT_THE_BROWSER.command([], None)
    pages, environment = running.PAGES.command([], "hazard or requirement")
    journeys, _ = running.JOURNEYS.command([], None)
    assert first[-2:] == ["-m", "(not browser)"]
    assert pages[-3:] == ["tests/browser/test_pages.py", "-m", "(hazard or requirement)"]
    assert journeys[-2:] == ["tests/browser", "--ignore=tests/browser/test_pages.py"]
    assert environment["POSOLOGY_TEST_RUN"] == "browser-pages"
    assert "DATABASE_URL" not in environment


def test_each_run_has_a_folder_and_counts_of_its_own():
    runs = (running.POSTGRESQL, running.BUT_THE_BROWSER, running.PAGES, running.JOURNEYS)
    assert len({run.command([], None)[1]["POSOLOGY_DATA"] for run in runs}) == 4
    assert len({run.name for run in runs}) == 4
