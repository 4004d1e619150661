"""Run the workloads, each in a process of its own on one core, and say what was found beside its limit."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.published import MEASURED_ELSEWHERE, WHERE
from tools.bench.workloads import WORKLOADS, Limit, Workload, varying

ROOT = Path(__file__).resolve().parents[2]
OURS_ALLOWED, PEERS_ALLOWED = 1e-9, 1e-5
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
OURS, REUSED = "posology", "posology, reused memory"
STORED_FROM = 1_000_000  # so many patients are drawn by the parent, so that the draw does not count as memory


@dataclass(frozen=True)
class Row:
    """One engine at one workload."""

    engine: str
    median: float
    worst: float
    processor: float
    error: float | None
    members: int  # that it was really run on
    scale: float  # what its seconds are multiplied with to stand for all

    @property
    def full(self) -> float:
        return self.median * self.scale


@dataclass(frozen=True)
class Outcome:
    workload: Workload
    limit: Limit
    rows: tuple[Row, ...]
    peak_MB: float
    stores: Mapping[str, float] | None
    raw: Mapping[str, Any]

    @property
    def ours(self) -> Row:
        return self.rows[0]


def run(workload: Workload, limit: Limit, rounds: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        words = ["--rounds", str(rounds)]
        if limit.members >= STORED_FROM:
            file = Path(folder) / "patients.npz"
            np.savez(file, **varying(workload, limit.members))
            words += ["--patients", str(file)]
        done = subprocess.run(
            [sys.executable, "-m", "tools.bench.child", workload.name, str(limit.members), *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )
    if done.returncode != 0:
        raise SystemExit(f"{workload.name} ended with {done.returncode}:\n{done.stderr[-1500:]}")
    return outcome(workload, limit, json.loads(done.stdout))


def outcome(workload: Workload, limit: Limit, raw: Mapping[str, Any]) -> Outcome:
    """Turn what a child measured into rows; our engine stands first."""
    rows = []
    for engine, wall in raw["seconds"].items():
        size = raw["sizes"][engine]
        rows.append(
            Row(
                engine,
                statistics.median(wall),
                max(wall),
                statistics.median(raw["processor"][engine]),
                raw["errors"].get(engine),
                size,
                limit.members / size,
            )
        )
    return Outcome(workload, limit, tuple(rows), raw["peak_MB"], raw["stores"], raw)


# ---------------------------------------------------------------- verdicts
def exact_enough(row: Row) -> bool:
    """Say whether a row may be compared at all."""
    if row.error is None:  # the same engine again, into other memory
        return True
    return row.error <= (OURS_ALLOWED if row.engine == OURS else PEERS_ALLOWED)


def verdict(found: Outcome) -> str:
    """Say whether our engine kept its limit, by the clock on the wall."""
    ours, limit = found.ours, found.limit
    if not exact_enough(ours):
        return f"NOT EXACT ({ours.error:.0e}): not compared"
    if limit.seconds is None:
        return "no limit is set"
    words = []
    if ours.median <= limit.seconds:
        words.append(f"kept, limit {seconds(limit.seconds)}")
    elif ours.processor <= limit.seconds:
        words.append(
            f"MISSED on a busy machine, limit {seconds(limit.seconds)}; "
            f"its own work took {seconds(ours.processor)}"
        )
    else:
        words.append(f"MISSED, limit {seconds(limit.seconds)}")
    if limit.peak_MB is not None:
        kept = found.peak_MB <= limit.peak_MB
        words.append(f"{'kept' if kept else 'MISSED'}, {found.peak_MB:.0f} of {limit.peak_MB:.0f} MB at most")
    return "; ".join(words)


def kept(found: Outcome) -> bool:
    return "MISSED" not in verdict(found) and "NOT EXACT" not in verdict(found)


# ---------------------------------------------------------------- words
def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.{0 if value >= 0.1 else 1}f} ms"


def lines(found: Outcome) -> list[str]:
    """Return what is printed of one workload at one size."""
    workload, members = found.workload, found.limit.members
    said = [f"{workload.name}  {members:,} patients: {workload.says}"]
    said.append(f"  {'engine':<28}{'error':>9}{'median':>11}{'worst':>11}{'processor':>11}{'ratio':>9}")
    for row in found.rows:
        error = "" if row.error is None else f"{row.error:.0e}"
        measured = f"{seconds(row.full):>11}{seconds(row.worst * row.scale):>11}"
        measured += f"{seconds(row.processor * row.scale):>11}{row.full / found.ours.full:>7.1f} x"
        if not exact_enough(row):
            measured = "  not exact enough to be compared"
        scaled = f"  ({row.members:,} patients × {row.scale:g})" if row.scale != 1 else ""
        said.append(f"  {row.engine:<28}{error:>9}{measured}{scaled}")
    if found.stores:
        said.append(f"  {stores_line(found)}")
    for engine, time in MEASURED_ELSEWHERE.get((workload.name, members), {}).items():
        said.append(f"  {engine:<28}{'elsewhere':>9}  {time}")
    said.append(f"  verdict: {verdict(found)}")
    return said


def stores_line(found: Outcome) -> str:
    """Say how near our engine comes to the speed at which the machine stores numbers at all."""
    assert found.stores is not None
    size = next(iter(found.raw["sizes"].values())) * found.workload.looks * 8
    size *= 3 if found.workload.route == "film" else 2
    words = []
    for engine, memory in ((OURS, "fresh"), (REUSED, "reused")):
        best = min(next(found.raw["seconds"][row.engine] for row in found.rows if row.engine == engine))
        floor = found.stores[memory]
        words.append(f"{floor / best:.0%} of {size / floor / 1e9:.1f} GB/s into {memory} memory")
    return f"machine's own store limit, {size / 1e6:.0f} MB: {'; '.join(words)} (best of each)"


def report(rounds: int, wanted: Iterable[str] = ()) -> list[Outcome]:
    """Run and print the wanted workloads, all of them where none is named."""
    names = list(wanted) or list(WORKLOADS)
    print(
        f"simulation, one core, in turn, median of at least {rounds} and the worst; {WHERE} where it says so"
    )
    found = []
    for name in names:
        for limit in WORKLOADS[name].sizes:
            one = run(WORKLOADS[name], limit, rounds)
            found.append(one)
            print("\n".join(lines(one)), end="\n\n", flush=True)
    return found
