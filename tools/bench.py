"""Measure how long commands take from nothing, as ratios beside a named reference.

The reference is the bare interpreter (``python -c pass``). All commands run in turn (A B C, A B C, ...), so
that a busy moment of the machine falls on all of them; the median of the rounds is reported.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REFERENCE = "python -c pass"


@dataclass(frozen=True)
class Measured:
    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def commands() -> dict[str, list[str | Path]]:
    found: dict[str, list[str | Path]] = {
        REFERENCE: [sys.executable, "-c", "pass"],
        "posology --help": [BIN / "posology", "--help"],
    }
    golden = sorted((ROOT / "tests/golden").rglob("*.yaml"))
    cases = [path for path in golden if "expected" not in path.name]
    if cases:
        found[f"posology recommend {cases[0].name}"] = [BIN / "posology", "recommend", cases[0]]
        found[f"posology recommend --json {cases[0].name}"] = [
            BIN / "posology",
            "recommend",
            "--json",
            cases[0],
        ]
    return found


def once(command: list[str | Path]) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    if done.returncode != 0:
        raise SystemExit(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-1500:]}"
        )
    return time.perf_counter() - began


def measure(rounds: int) -> list[Measured]:
    wanted = commands()
    for command in wanted.values():  # once unmeasured, so that all files are in the disk cache for all
        once(command)
    seconds: dict[str, list[float]] = {name: [] for name in wanted}
    for _ in range(rounds):
        for name, command in wanted.items():
            seconds[name].append(once(command))
    return [Measured(name, tuple(times)) for name, times in seconds.items()]


def report(measured: list[Measured], rounds: int) -> None:
    reference = measured[0].median
    print(
        f"cold start, median of {rounds} in turn; Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    print(f"{'command':<52}{'median':>9}{'worst':>9}{'ratio':>8}")
    for one in measured:
        ratio = f"{one.median / reference:.1f} x"
        print(f"{one.name:<52}{one.median * 1000:>6.0f} ms{max(one.seconds) * 1000:>6.0f} ms{ratio:>8}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    measured = measure(asked.rounds)
    report(measured, asked.rounds)
    place = ROOT / "build" / "bench.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({one.name: one.seconds for one in measured}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
