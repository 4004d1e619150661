"""Runs beside each other: all of them count, and none that was lost is taken for a success."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

import pytest

from tools import test as running

ROOT = Path(running.ROOT)
OK, BROKEN = "raise SystemExit(0)", "raise SystemExit(3)"
# A run that says when it is ready, and then waits to be ended.
WAITS = "import pathlib, sys, time; pathlib.Path({place!r}).touch(); time.sleep(600)"


class Script:
    """A run that executes a line of Python instead of pytest."""

    def __init__(self, name, code, log):
        self.name, self.code, self.log = name, code, log

    def command(self, words, expression):
        return [sys.executable, "-c", self.code], {}


@pytest.fixture
def script(tmp_path):
    return lambda name, code: Script(name, code, tmp_path / f"{name}.log")


def lane(one, *, beside=True):
    return running.Lane(one, deque(), [], None, beside=beside)


# ---------------------------------------------------------------- the lanes
def test_each_run_leaves_its_code(script, capfd):
    others = [script("b", "print('said beside')"), script("c", BROKEN)]
    assert running.run_beside([script("a", OK), *others], [], None) == [0, 0, 3]
    assert "said beside" in capfd.readouterr().out


def test_a_failure_before_the_eyes_does_not_stop_the_others(script):
    assert running.run_beside([script("a", BROKEN), script("b", OK)], [], None) == [3, 0]


def test_a_run_that_was_killed_has_failed(script):
    killed = script("b", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert running.run_beside([script("a", OK), killed], [], None)[1] == -signal.SIGKILL


@pytest.mark.parametrize("place", [0, 1])
def test_a_run_that_never_began_was_lost_in_either_lane(script, place, capfd):
    runs = [script("a", OK), script("b", OK)]
    runs[place].command = lambda words, expression: (["/no/such/program"], {})
    codes = running.run_beside(runs, [], None)
    assert codes[place] is None and codes[1 - place] == 0
    assert f"{runs[place].name} could not begin" in capfd.readouterr().out


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lane_that_breaks_loses_its_runs_and_no_other(script, tmp_path):
    unwritable = Script("b", OK, tmp_path / "no-such-folder" / "b.log")
    assert running.run_beside([script("a", OK), unwritable, script("c", OK)], [], None) == [0, None, 0]


def test_whoever_is_free_takes_the_next(script, capfd):
    wait = "import time; time.sleep(0.5); print('slow')"
    others = [script(name, f"print('said {name}')") for name in "cde"]
    assert running.run_beside([script("a", wait), script("b", OK), *others], [], None) == [0] * 5
    said = capfd.readouterr().out
    assert all(f"said {name}" in said for name in "cde")


# ---------------------------------------------------------------- what a run is held to
@pytest.mark.parametrize(
    ("code", "left_counts", "may_be_empty", "held_to"),
    [
        (0, True, False, 0),
        (0, False, False, 1),  # ended well, and nothing shows that it ran anything
        (None, True, True, 1),  # never began, or was lost
        (-9, True, True, 9),  # killed
        (1, True, True, 1),
        (5, False, True, 0),  # nothing was selected
        (5, False, False, 1),  # nothing was there to select from
    ],
)
def test_a_success_has_to_be_shown(tmp_path, code, left_counts, may_be_empty, held_to):
    counts = tmp_path / "tests-x.json"
    if left_counts:
        counts.write_text("{}")
    assert running.verdict(code, counts, may_be_empty=may_be_empty) == held_to


def test_the_counts_of_all_runs_are_joined(tmp_path):
    places = [tmp_path / name for name in ("a", "b", "none")]
    places[0].write_text(json.dumps({"unit": {"passed": 3}, "browser": {"failed": 1}}))
    places[1].write_text(json.dumps({"browser": {"passed": 2}}))
    assert running.counted(places) == {"unit": {"passed": 3}, "browser": {"failed": 1, "passed": 2}}


# ---------------------------------------------------------------- the end before the end
def started(place):
    until = time.monotonic() + 60
    while not place.exists():
        assert time.monotonic() < until, "the run did not begin"
        time.sleep(0.02)


def test_a_lane_that_is_stopped_ends_its_run_and_begins_no_other(tmp_path, script):
    begun = tmp_path / "begun"
    one = lane(script("a", WAITS.format(place=str(begun))))
    one.left.append(script("b", OK))
    thread = threading.Thread(target=one.go)
    thread.start()
    started(begun)
    one.stop()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert one.codes["a"] != 0 and "b" not in one.codes


def test_a_lane_that_was_stopped_before_it_began_begins_nothing(script):
    one = lane(script("a", OK))
    one.stop()
    one.go()
    assert one.codes == {}


def test_whoever_ends_the_runner_ends_what_it_runs(tmp_path):
    """SIGTERM to the runner alone: both runs are ended, each by its own process id."""
    places = [tmp_path / name for name in "ab"]
    code = f"""
import os, sys
from pathlib import Path
from tools import test as running

class Waits:
    def __init__(self, place):
        self.name, self.log, self.place = place.name, Path(f"{{place}}.log"), place
    def command(self, words, expression):
        said = f"import os, pathlib, time; p = pathlib.Path({{str(self.place)!r}}); "
        said += "q = p.with_suffix('.new'); q.write_text(str(os.getpid())); q.rename(p); time.sleep(600)"
        return [sys.executable, "-c", said], dict(os.environ)

running.run_beside([Waits(Path(place)) for place in {[str(p) for p in places]!r}], [], None)
"""
    runner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        for place in places:
            started(place)
        runner.terminate()
        assert runner.wait(timeout=60) == 128 + signal.SIGTERM
    finally:
        runner.kill()
        runner.wait()
    for place in places:
        with pytest.raises(ProcessLookupError):
            os.kill(int(place.read_text()), 0)


def test_ctrl_c_reaches_what_runs_though_it_was_ignored_before(script, capfd):
    """A shell that begins something in the background has it ignore Ctrl-C, and so all that it begins."""
    asks = (
        "import signal; print('heard' if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN else 'deaf')"
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running.run_beside([script("a", asks), script("b", asks)], [], None)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # and it is as it was
    finally:
        signal.signal(signal.SIGINT, before)
    said = capfd.readouterr().out
    assert said.count("heard") == 2 and "deaf" not in said


# ---------------------------------------------------------------- the parts
def test_every_file_of_tests_is_in_one_part_on_sqlite_and_in_no_second():
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(files) > 100
    on_sqlite = [run for run in running.PARTS if run.on == "sqlite"]
    twice_or_never = [file for file in files if sum(run.takes(file) for run in on_sqlite) != 1]
    assert twice_or_never == []
    assert all(run.only == "" for run in on_sqlite)  # a marker would leave something out


def test_a_new_folder_is_taken_by_the_rest():
    assert [run.name for run in running.PARTS if run.takes("tests/new/test_x.py") and not run.only] == [
        "the-rest"
    ]


def test_the_run_on_postgresql_reads_every_file_that_marks_a_test_for_it(tmp_path):
    texts = {
        "integration/test_a.py": "",
        "unit/test_b.py": "@pytest.mark.unit",
        "unit/test_c.py": "@pytest.mark.postgres",
        "properties/deep/test_d.py": "pytestmark = [pytest.mark.integration]",
    }
    for name, text in texts.items():
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / name).write_text(text)
    found = running.on_postgresql(tmp_path / "tests")
    assert found == ("tests/integration", "tests/properties/deep/test_d.py", "tests/unit/test_c.py")


def test_each_part_names_what_stands_there():
    named = [path for run in running.PARTS for path in (*run.paths, *run.without)]
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_a_part_is_called_with_what_it_takes_and_what_it_leaves():
    run = running.Run("x", paths=("tests/browser",), without=("tests/browser/test_pages.py",))
    words, environment = run.command([], "hazard or requirement")
    left = "--ignore=tests/browser/test_pages.py"
    assert words[-4:] == ["tests/browser", left, "-m", "(hazard or requirement)"]
    assert environment["POSOLOGY_TEST_RUN"] == "x"
    assert "DATABASE_URL" not in environment


def test_each_run_has_a_folder_and_counts_of_its_own():
    runs = running.PARTS
    assert len({run.command([], None)[1]["POSOLOGY_DATA"] for run in runs}) == len(runs)
    assert len({run.counts for run in runs}) == len({run.log for run in runs}) == len(runs)
