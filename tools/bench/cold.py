"""Measure how long commands take from nothing, as ratios beside a named reference.

The reference is the bare interpreter (``python -c pass``). All commands run in turn (A B C, A B C, ...), so
that a busy moment of the machine falls on all of them; the median of the rounds is reported.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
REFERENCE = "python -c pass"
# A curve with the band of 1,000 persons, its page, and a second model beside it.
SIMULATE = (
    "simulate --substance ketamine --route intravenous --dose-mg 35 --minutes 40 --weight-kg 70 --age 40"
)
BAND = "posology simulate, band of 1,000"
BAND_JSON = f"{BAND}, --json"
LIMITS_S = {BAND: 0.5, BAND_JSON: 0.5}


@dataclass(frozen=True)
class Measured:
    name: str
    seconds: tuple[float, ...]  # by the clock on the wall
    processor: tuple[float, ...]  # of the processor's own work

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def limit_s(self) -> float | None:
        return LIMITS_S.get(self.name)

    @property
    def missed(self) -> bool:
        return self.limit_s is not None and self.median > self.limit_s


def commands() -> dict[str, list[str | Path]]:
    found: dict[str, list[str | Path]] = {
        REFERENCE: [sys.executable, "-c", "pass"],
        "posology --help": [BIN / "posology", "--help"],
        BAND: [BIN / "posology", *SIMULATE.split()],
        BAND_JSON: [BIN / "posology", *SIMULATE.split(), "--json"],
    }
    golden = sorted((ROOT / "tests/golden").rglob("*.yaml"))
    cases = [path for path in golden if "expected" not in path.name]
    if cases:
        name, case = cases[0].name, cases[0]
        found[f"posology recommend {name}"] = [BIN / "posology", "recommend", case]
        found[f"posology recommend --json {name}"] = [BIN / "posology", "recommend", "--json", case]
    return found


def worked() -> float:
    """Return the processor's seconds of all commands that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def once(command: list[str | Path]) -> tuple[float, float]:
    began, before = time.perf_counter(), worked()
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    if done.returncode != 0:
        raise SystemExit(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-1500:]}"
        )
    return time.perf_counter() - began, worked() - before


def measure(rounds: int) -> list[Measured]:
    wanted = commands()
    for command in wanted.values():  # once unmeasured, so that all files are in the disk cache for all
        once(command)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
    for _ in range(rounds):
        for name, command in wanted.items():
            seconds[name].append(once(command))
    return [
        Measured(name, tuple(wall for wall, _ in times), tuple(own for _, own in times))
        for name, times in seconds.items()
    ]


def report(measured: list[Measured], rounds: int) -> None:
    reference = measured[0].median
    print(
        f"cold start, median of {rounds} in turn; Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    print(f"{'command':<68}{'median':>9}{'worst':>9}{'processor':>11}{'ratio':>8}")
    for one in measured:
        ratio = f"{one.median / reference:.1f} x"
        limit, own = "", statistics.median(one.processor)
        if one.limit_s is not None:
            limit = f"  {'MISSED' if one.missed else 'kept'}, limit {one.limit_s * 1000:.0f} ms"
            if one.missed and own <= one.limit_s:
                limit += "; a busy machine, its own work keeps it"
        times = (
            f"{one.median * 1000:>6.0f} ms{max(one.seconds) * 1000:>6.0f} ms{own * 1000:>8.0f} ms{ratio:>8}"
        )
        print(f"{one.name:<68}{times}{limit}")
