"""Run the whole suite on SQLite, and again on PostgreSQL what touches the database; say what ran.

The suite is parted, and two lanes take one part after another, the longest first: one before the reader's
eyes, one beside it. ``python -m tools.test`` runs everything; words after it go to pytest
(``make test ARGS="tests/unit -x"``). ``--faults`` takes the tests that kill, cut and fill; ``--proofs``
those that prove a hazard or a requirement. ``--published`` tries them on the numbers that docs/proofs.md
tells (hours; see tools/published.py), where CI tries few.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from tests.plugins.kinds import table
from tools import safety
from tools.published import published

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
NO_TESTS = 5  # pytest's exit code when nothing was selected
FAILED = 1
PATIENCE_S = 15  # for a run that was told to end, before it is told more sternly
SELECTIONS = {"--faults": "faults", "--proofs": "hazard or requirement"}


@dataclass(frozen=True)
class Run:
    """One call of pytest: what it is called, on which database, and what it takes."""

    name: str  # also of the counts and the words that it leaves in build/
    on: str = "sqlite"
    only: str = ""  # an expression of markers
    paths: tuple[str, ...] = ()  # none: everything
    without: tuple[str, ...] = ()

    def command(self, words: list[str], expression: str | None) -> tuple[list[str], dict[str, str]]:
        """Return how pytest is called: the words, and the environment."""
        command = [sys.executable, "-m", "pytest", "-q", "--durations=15", "--durations-min=5"]
        command += [*self.paths, *(f"--ignore={path}" for path in self.without), *words]
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environment["POSOLOGY_DATA"] = str(
            BUILD / f"test-data-{self.name}"
        )  # never this account's own clinic
        environment["POSOLOGY_TEST_RUN"] = self.name
        if self.on == "postgresql":
            command = [sys.executable, "-m", "tests.postgres", "--", *command]
        asked = " and ".join(f"({one})" for one in (self.only, expression) if one)
        return ([*command, "-m", asked] if asked else command), environment

    def takes(self, file: str) -> bool:
        """Say whether a file of tests is in this run, by its path from the root."""

        def within(path: str) -> bool:
            return file == path or file.startswith(f"{path}/")

        return (not self.paths or any(map(within, self.paths))) and not any(map(within, self.without))

    @property
    def log(self) -> Path:
        """Where its words are kept while it runs beside another."""
        return BUILD / f"tests-{self.name}.log"

    @property
    def counts(self) -> Path:
        """Where pytest leaves the count of what it ran."""
        return BUILD / f"tests-{self.name}.json"


def parted(apart: Sequence[Run]) -> list[Run]:
    """Add the run that takes every file which none of these takes, so that a new folder is never left out."""
    taken = tuple(path for one in apart if one.on == "sqlite" for path in one.paths)
    return [*apart, Run("the-rest", without=taken)]


def on_postgresql(tests: Path) -> tuple[str, ...]:
    """Return the paths that the run on PostgreSQL reads: whatever folder or file can hold a test for it.

    To read all of the others only to leave them out takes longer than the shortest part.
    """
    named = re.compile(r"\bmark\.(?:integration|postgres)\b")
    files = [file for file in sorted(tests.rglob("*.py")) if named.search(file.read_text())]
    whole = tests / "integration"
    chosen = [whole, *(file for file in files if whole not in file.parents)]
    return tuple(path.relative_to(tests.parent).as_posix() for path in chosen)


EVERYTHING = Run("sqlite")
POSTGRESQL = Run("postgresql", on="postgresql", only="integration or postgres")
PAGES = "tests/browser/test_pages.py"
# The longest first and the shortest last, so that the two lanes end at about the same time, and no two
# browsers run for longer than they must. Each part costs a start of its own.
PARTS = parted(
    [
        Run("integration", paths=("tests/integration",)),
        replace(POSTGRESQL, paths=on_postgresql(ROOT / "tests")),
        Run("properties", paths=("tests/properties",)),
        Run("unit", paths=("tests/unit",)),
        Run("browser-journeys", paths=("tests/browser",), without=(PAGES,)),
        Run("browser-pages", paths=(PAGES,)),
        Run("knowledge", paths=("tests/knowledge",)),
    ]
)


class Lane:
    """Takes one run after another from the list that it shares, until none is left or it is stopped."""

    def __init__(
        self, first: Run, left: deque[Run], words: list[str], expression: str | None, *, beside: bool
    ) -> None:
        self.first, self.left, self.words, self.expression = first, left, words, expression
        self.beside = beside  # its words go to a log, and are shown in whole at the end
        self.codes: dict[str, int] = {}
        self.logs: list[Path] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._beginning = threading.Lock()  # nothing begins once it was told to stop

    def go(self) -> None:
        """Run what there is to run. A run that leaves no exit code here never ended, or never began."""
        one: Run | None = self.first
        while one is not None and not self._stopped:
            if self.beside:
                with one.log.open("wb") as log:
                    self.logs.append(one.log)
                    self._take(one, log.fileno())
            else:
                print(f"\n{one.name}", flush=True)
                self._take(one, None)
            one = next_of(self.left)

    def _take(self, one: Run, out: int | None) -> None:
        command, environment = one.command(self.words, self.expression)
        with self._beginning:
            if self._stopped:
                return
            try:
                self._process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment,
                    stdout=out,
                    stderr=None if out is None else subprocess.STDOUT,
                )
            except OSError as error:
                said = f"{one.name} could not begin: {error}\n".encode()
                os.write(sys.stdout.fileno() if out is None else out, said)
                return
        self.codes[one.name] = self._process.wait()

    def stop(self) -> None:
        """End the run that is going on, by its own process id, and begin no other."""
        with self._beginning:
            self._stopped = True
        if self._process is not None:
            end(self._process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End one process: as by Ctrl-C, on which pytest takes its servers down, and else more sternly."""
    for notice in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(notice)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE_S)


def next_of(left: deque[Run]) -> Run | None:
    """Take the next run that nobody has taken yet."""
    try:
        return left.popleft()
    except IndexError:
        return None


def _end_quietly(signum: int, frame: FrameType | None) -> None:
    sys.exit(128 + signum)


def run_beside(runs: Sequence[Run], words: list[str], expression: str | None) -> list[int | None]:
    """Run the first before the reader's eyes and the second beside it; whoever is free takes the next.

    Returns the exit code of each; ``None`` for one that never began or was lost.
    """
    BUILD.mkdir(exist_ok=True)
    first, second, *others = runs
    left = deque(others)
    seen = Lane(first, left, words, expression, beside=False)
    beside = Lane(second, left, words, expression, beside=True)
    thread = threading.Thread(target=beside.go, daemon=True)
    # Whoever ends this ends what it runs. Ctrl-C means something here even where whoever began this in the
    # background had it ignored: what runs would inherit that, the tests of Ctrl-C among it.
    handlers = {signal.SIGTERM: _end_quietly, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        thread.start()
        seen.go()
        thread.join()
    finally:
        for lane in (seen, beside):
            lane.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    for log in beside.logs:
        print(f"\n{log.stem.removeprefix('tests-')}\n{log.read_text(errors='replace')}", flush=True)
    ended = {**seen.codes, **beside.codes}
    return [ended.get(one.name) for one in runs]


def verdict(code: int | None, counts: Path, *, may_be_empty: bool) -> int:
    """Return the exit code that a run is held to: a success has to be shown, and is never supposed.

    A run that was lost has failed; so has one that ended well and left no count of what it ran, and one
    that found no tests where nothing was selected.
    """
    if code == NO_TESTS:
        return 0 if may_be_empty else FAILED
    if code == 0:
        return 0 if counts.exists() else FAILED
    return FAILED if code is None else abs(code)


def counted(places: Iterable[Path]) -> dict[str, Counter[str]]:
    """Join the counts that the runs left behind."""
    joined: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for place in places:
        for kind, outcomes in (json.loads(place.read_text()) if place.exists() else {}).items():
            joined[kind].update(outcomes)
    return joined


def main() -> int:
    words = sys.argv[1:]
    expression = None
    if words and words[0] in SELECTIONS:
        expression = SELECTIONS[words.pop(0)]
    if "--published" in words:
        words.remove("--published")
        os.environ.update(published(os.environ))
    whole = not words and expression is None

    for left_over in (*BUILD.glob("tests-*.json"), BUILD / "safety.json"):
        left_over.unlink(missing_ok=True)
    runs = [EVERYTHING, POSTGRESQL] if words else PARTS
    with tempfile.TemporaryDirectory(prefix="posology-test-demo-") as shared:
        os.environ["POSOLOGY_TEST_DEMO"] = shared  # the browser's runs make one demo there, and copy it
        ended = run_beside(runs, words, expression)
    codes = []
    for one, code in zip(runs, ended, strict=True):
        held_to = verdict(code, one.counts, may_be_empty=not whole)
        if held_to:
            print(f"{one.name} failed: {'it was lost' if code is None else f'exit code {code}'}")
        codes.append(held_to)

    counts = counted(one.counts for one in runs)
    totals = sum(counts.values(), Counter[str]())
    print("\nwhat was run")
    print("\n".join(table(counts)))
    if whole:
        codes.append(safety.report(brief=True))
    if not totals:
        print("no test was selected")
        return max(codes) or NO_TESTS
    print(f"tests: {totals['passed']} passed, {totals['failed']} failed")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
