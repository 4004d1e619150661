"""Run the whole suite on SQLite, beside it what touches PostgreSQL and then the browser, and say what ran.

``python -m tools.test`` runs everything; words after it go to pytest (``make test ARGS="tests/unit -x"``).
``--faults`` takes the tests that kill, cut and fill; ``--proofs`` those that prove a hazard or a requirement.
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

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

    def command(self, words: list[str], expression: str | None) -> tuple[list[str], dict[str, str]]:
        """Return how pytest is called: the words, and the environment."""
        command = [sys.executable, "-m", "pytest", "-q", "--durations=15", "--durations-min=5", *words]
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
# The browser is slow and the databases are not: it runs when PostgreSQL is through, beside the rest.
BUT_THE_BROWSER, BROWSER = Run("sqlite", only="not browser"), Run("browser", only="browser")


class Beside(threading.Thread):
    """Runs one after another in the background, each with a log of its own."""

    def __init__(self, runs: list[Run], words: list[str], expression: str | None) -> None:
        super().__init__(daemon=True)
        self.runs, self.words, self.expression = runs, words, expression
        self.codes: dict[str, int] = {}
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self) -> None:
        for one in self.runs:
            command, environment = one.command(self.words, self.expression)
            with one.log.open("w") as log:
                if self._stopped:
                    return
                try:
                    self._process = subprocess.Popen(
                        command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True
                    )
                except OSError as error:
                    log.write(f"{one.name} could not begin: {error}\n")
                    continue
                self.codes[one.name] = self._process.wait()

    def stop(self) -> None:
        """End the run that is going on, by its own process id, and begin no other."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()


def run_beside(first: Run, others: list[Run], words: list[str], expression: str | None) -> list[int]:
    """Run ``first`` before the reader's eyes and the others in the background; return the exit codes.

    A run in the background that left no exit code, because it never began or was torn down, counts as failed.
    """
    BUILD.mkdir(exist_ok=True)
    beside = Beside(others, words, expression)
    beside.start()
    try:
        command, environment = first.command(words, expression)
        codes = [subprocess.run(command, cwd=ROOT, env=environment).returncode]
        beside.join()
    finally:
        beside.stop()
    for one in others:
        if one.log.exists():
            print(f"\n{one.name}\n{one.log.read_text()}", flush=True)
        codes.append(beside.codes.get(one.name, 1))
    return [0 if code == NO_TESTS else code for code in codes]


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
    if words:
        codes = run_beside(EVERYTHING, [POSTGRESQL], words, expression)
    else:
        codes = run_beside(BUT_THE_BROWSER, [POSTGRESQL, BROWSER], words, expression)

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
