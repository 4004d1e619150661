"""Run the whole suite on SQLite, beside it what touches PostgreSQL, then the browser, and say what ran.

``python -m tools.test`` runs everything; words after it go to pytest (``make test ARGS="tests/unit -x"``).
``--faults`` takes the tests that kill, cut and fill; ``--proofs`` those that prove a hazard or a requirement.
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.plugins.kinds import table
from tools import safety

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
NO_TESTS = 5  # pytest's exit code when nothing was selected
SELECTIONS = {"--faults": "faults", "--proofs": "hazard or requirement"}


@dataclass(frozen=True)
class Run:
    """One call of pytest: what it is called, on which database, and what it leaves to others."""

    name: str  # also of the counts that it leaves in build/
    on: str = "sqlite"
    only: str = ""  # an expression of markers
    paths: tuple[str, ...] = ()

    def command(self, words: list[str], expression: str | None) -> tuple[list[str], dict[str, str]]:
        """Return how pytest is called: the words, and the environment."""
        command = [sys.executable, "-m", "pytest", "-q", "--durations=15", "--durations-min=5"]
        command += [*self.paths, *words]
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environment["POSOLOGY_DATA"] = str(
            BUILD / f"test-data-{self.name}"
        )  # never this account's own clinic
        environment["POSOLOGY_TEST_RUN"] = self.name
        if self.on == "postgresql":
            command = [sys.executable, "-m", "tests.postgres", "--", *command]
        asked = " and ".join(f"({one})" for one in (self.only, expression) if one)
        return ([*command, "-m", asked] if asked else command), environment

    @property
    def log(self) -> Path:
        """Where its words are kept while it runs beside another."""
        return BUILD / f"tests-{self.name}.log"


POSTGRESQL = Run("postgresql", on="postgresql", only="integration or postgres")
EVERYTHING = Run("sqlite")
# The browser is slow, and a core is free when one of the databases is through: its tests come last, in two
# parts, and each part is taken by whoever is free.
BUT_THE_BROWSER = Run("sqlite", only="not browser")
PAGES = Run("browser-pages", paths=("tests/browser/test_pages.py",))
JOURNEYS = Run("browser-journeys", paths=("tests/browser", "--ignore=tests/browser/test_pages.py"))


class Beside(threading.Thread):
    """Takes one run after another from the list that it shares, each with a log of its own."""

    def __init__(self, first: Run, left: deque[Run], words: list[str], expression: str | None) -> None:
        super().__init__(daemon=True)
        self.first, self.left, self.words, self.expression = first, left, words, expression
        self.codes: dict[str, int] = {}
        self.logs: list[Path] = []
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self) -> None:
        one: Run | None = self.first
        while one is not None and not self._stopped:
            self.logs.append(one.log)
            with one.log.open("w") as log:
                self._one(one, log)
            one = next_of(self.left)

    def _one(self, one: Run, log: TextIO) -> None:
        command, environment = one.command(self.words, self.expression)
        try:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True
            )
        except OSError as error:
            log.write(f"{one.name} could not begin: {error}\n")
            return
        self.codes[one.name] = self._process.wait()

    def stop(self) -> None:
        """End the run that is going on, by its own process id, and begin no other."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()


def next_of(left: deque[Run]) -> Run | None:
    """Take the next run that nobody has taken yet."""
    try:
        return left.popleft()
    except IndexError:
        return None


def run_beside(runs: list[Run], words: list[str], expression: str | None) -> list[int]:
    """Run the first before the reader's eyes and the second beside it; whoever is free takes the next.

    A run that left no exit code, because it never began or was torn down, counts as failed.
    """
    BUILD.mkdir(exist_ok=True)
    first, second, *others = runs
    left = deque(others)
    beside = Beside(second, left, words, expression)
    beside.start()
    codes: dict[str, int] = {}
    try:
        one: Run | None = first
        while one is not None:
            command, environment = one.command(words, expression)
            print(f"\n{one.name}", flush=True)
            codes[one.name] = subprocess.run(command, cwd=ROOT, env=environment).returncode
            one = next_of(left)
        beside.join()
    finally:
        beside.stop()
    for log in beside.logs:
        print(f"\n{log.stem.removeprefix('tests-')}\n{log.read_text()}", flush=True)
    ended = {**codes, **beside.codes}
    return [0 if (code := ended.get(one.name, 1)) == NO_TESTS else code for one in runs]


def counted() -> dict[str, Counter[str]]:
    """Join the counts that the runs left behind."""
    joined: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for place in sorted(BUILD.glob("tests-*.json")):
        for kind, outcomes in json.loads(place.read_text()).items():
            joined[kind].update(outcomes)
    return joined


def main() -> int:
    words = sys.argv[1:]
    expression = None
    if words and words[0] in SELECTIONS:
        expression = SELECTIONS[words.pop(0)]
    whole = not words and expression is None

    for left_over in (*BUILD.glob("tests-*.json"), BUILD / "safety.json"):
        left_over.unlink(missing_ok=True)
    runs = [EVERYTHING, POSTGRESQL] if words else [BUT_THE_BROWSER, POSTGRESQL, JOURNEYS, PAGES]
    codes = run_beside(runs, words, expression)

    counts = counted()
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
