"""Measure one workload at one size on one core, and print what was found as JSON.

A process of its own, so that its threads, its core and its memory are its own. Peak memory is read before
any peer is loaded.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench import ours
from tools.bench.workloads import WORKLOADS, Workload, completed, patients

# Patients that a peer runs where all would take minutes.
PEER_MEMBERS = {("W1", 1_000): 1_000, ("W3", 1_000): 1_000, ("W2", 10_000): 100}
PEER_MEMBERS_ELSE = 300


REPEATS, ENOUGH_S = 5, 0.5  # a short run is repeated within its round, until it has taken so long


@dataclass
class Times:
    """Seconds of each run: by the clock on the wall, and of the processor's own work."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, call: Callable[[], object]) -> None:
        start = time.perf_counter()
        for _ in range(REPEATS):
            began, worked = time.perf_counter(), time.process_time()
            call()
            self.wall.append(time.perf_counter() - began)
            self.processor.append(time.process_time() - worked)
            if time.perf_counter() - start > ENOUGH_S:
                break


def peak_MB() -> float:
    """Return the most memory this process ever held, MB; what its parent held before does not count."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6  # Linux counts in KiB
    raise SystemExit("This system does not tell the peak of memory (VmHWM). Run the bench on Linux.")


def one_core() -> int:
    """Keep to one core, the last that this process may use, and return its number."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def people(workload: Workload, n: int, stored: str | None) -> dict[str, np.ndarray]:
    """Return the patients, from a file where drawing them here would cost more memory than the workload."""
    if stored is None:
        return patients(workload, n)
    with np.load(stored) as file:
        return completed(workload, {name: file[name] for name in file.files})


def keeps_much(workload: Workload, n: int) -> bool:
    """Say whether memory decides how long it takes, so that fresh and reused memory are told apart."""
    return not workload.summaries and n >= 10_000


def measure(workload: Workload, n: int, rounds: int, stored: str | None) -> dict[str, Any]:
    p = people(workload, n, stored)
    call = ours.prepared(workload, p)
    call()
    found = call()
    memory = peak_MB()
    # From here on memory is not looked at any more.
    errors, runs, sizes = compared(workload, p, n, found)
    del found
    runs = {"posology": call} | runs
    if keeps_much(workload, n):
        into = ours.buffers(workload, p)
        runs["posology, reused memory"] = ours.curves(workload, p, into)
    for run in runs.values():
        run()
    times = {name: Times() for name in runs}
    for _ in range(rounds):  # in turn, so that a busy moment of the machine falls on all of them
        for name, run in runs.items():
            times[name].add(run)
    return {
        "workload": workload.name,
        "members": n,
        "errors": errors,
        "seconds": {name: one.wall for name, one in times.items()},
        "processor": {name: one.processor for name, one in times.items()},
        "sizes": sizes,
        "peak_MB": memory,
        "stores": floor(workload, n) if keeps_much(workload, n) else None,
    }


def compared(
    workload: Workload, p: Mapping[str, np.ndarray], n: int, found: Mapping[str, np.ndarray]
) -> tuple[dict[str, float], dict[str, Callable[[], object]], dict[str, int]]:
    """Judge all engines; return their errors, the peers' calls, and how many patients each runs."""
    from tools.bench import gate, peers  # SciPy and libroadrunner stay out of the memory that is measured

    size = min(n, PEER_MEMBERS.get((workload.name, n), PEER_MEMBERS_ELSE))
    runs = {name: make(workload, p, size) for name, make in peers.PEERS.items()}
    if workload.summaries:
        errors = {"posology": gate.summaries_error(workload, p, found)}
        errors |= {name: gate.peer_summaries_error(found, run()) for name, run in runs.items()}
    else:
        judged = gate.Judged(workload, p)
        errors = {"posology": judged.ours(found)}
        errors |= {name: judged.peer(run()) for name, run in runs.items()}
    return errors, dict(runs), {"posology": n, "posology, reused memory": n} | dict.fromkeys(runs, size)


def floor(workload: Workload, n: int) -> dict[str, float]:
    from tools.bench.stores import stores

    found = stores(workload.looks, n, 3 if workload.route == "film" else 2)
    return {"fresh": found.fresh, "reused": found.reused, "copied": found.copied}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("members", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patients", help="an .npz of parameters, in place of drawing them")
    asked = parser.parse_args()
    core = one_core()
    found = measure(WORKLOADS[asked.workload], asked.members, asked.rounds, asked.patients)
    print(json.dumps({**found, "core": core}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
