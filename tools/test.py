"""Run the whole suite on SQLite, beside it what touches the database on PostgreSQL, and say what was run.

``python -m tools.test`` runs everything; words after it go to pytest (``make test ARGS="tests/unit -x"``).
``--faults`` takes the tests that kill, cut and fill; ``--proofs`` those that prove a hazard or a requirement.
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tests.plugins.kinds import table
from tools import safety

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
NO_TESTS = 5  # pytest's exit code when nothing was selected
SELECTIONS = {"--faults": "faults", "--proofs": "hazard or requirement"}


def command_of(words: list[str], expression: str | None, *, on: str) -> tuple[list[str], dict[str, str]]:
    """Return how pytest is called on one database: the words, and the environment."""
    command = [sys.executable, "-m", "pytest", "-q", "--durations=15", "--durations-min=5", *words]
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment["POSOLOGY_DATA"] = str(BUILD / f"test-data-{on}")  # never this account's own clinic
    if on == "postgresql":
        stored = "(integration or postgres)"
        expression = f"{stored} and ({expression})" if expression else stored
        command = [sys.executable, "-m", "tests.postgres", "--", *command]
    if expression:
        command += ["-m", expression]
    return command, environment


def run_both(words: list[str], expression: str | None) -> list[int]:
    """Run pytest on both databases at once and return the exit codes.

    What SQLite's run says is shown as it is said, the other's when both are over.
    """
    BUILD.mkdir(exist_ok=True)
    said = BUILD / "tests-postgresql.log"
    with said.open("w") as log:
        command, environment = command_of(words, expression, on="postgresql")
        beside = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True
        )
        try:
            command, environment = command_of(words, expression, on="sqlite")
            first = subprocess.run(command, cwd=ROOT, env=environment).returncode
        finally:
            if sys.exc_info()[0] is not None:
                beside.terminate()
            second = beside.wait()
    print(f"\non postgresql\n{said.read_text()}", flush=True)
    return [0 if code == NO_TESTS else code for code in (first, second)]


def counted() -> dict[str, Counter[str]]:
    """Join the counts that the runs left behind."""
    joined: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for on in ("sqlite", "postgresql"):
        place = BUILD / f"tests-{on}.json"
        if place.exists():
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
    codes = run_both(words, expression)

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
