"""The runner of the grid: its pieces spread over the cores, and what each part asked and found."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from tools.fuzz.grid import FINALS, MINUTES, PARTS, PUMP_STEPS, STEPS, VOLUME_STEPS, WEIGHTS, Task, tasks
from tools.fuzz.orders import TODAY
from tools.fuzz.rounding import by_weight, distinct, limits, vials
from tools.fuzz.running import WORST


class Told(NamedTuple):
    """How often each part asked, how often the answer was wrong, and some of those word for word."""

    asked: Counter[str]
    wrong: Counter[str]
    found: list[str]


def run_task(task: Task) -> tuple[str, int, int, list[str]]:
    """Ask one piece of the grid; a crash is a finding like any other."""
    asked, found = 0, []
    try:
        for said in PARTS[task.part](task):
            asked += 1
            if said is not None:
                found.append(said)
    except Exception as fault:
        found.append(f"{task}: CRASHED {fault!r}")
    return task.part, asked, len(found), found[:WORST]


def run(pieces: Iterable[Task] | None = None, *, workers: int = 1, say: bool = True) -> Told:
    """Ask the whole grid, or the pieces that are given."""
    todo = list(tasks() if pieces is None else pieces)
    told = Told(Counter(), Counter(), [])
    began = time.monotonic()
    pool = multiprocessing.get_context("spawn").Pool(workers) if workers > 1 else None
    results: Any = map(run_task, todo) if pool is None else pool.imap_unordered(run_task, todo)
    for done, (part, asked, wrong, found) in enumerate(results, start=1):
        told.asked[part] += asked
        told.wrong[part] += wrong
        told.found.extend(found[: WORST - len(told.found)])
        if say and (done % 20 == 0 or done == len(todo)):
            seconds = time.monotonic() - began
            n, bad = told.asked.total(), told.wrong.total()
            print(f"  {done} of {len(todo)} pieces, {n:,} asked, {seconds:,.0f} s, {bad} found", flush=True)
    if pool is not None:
        pool.close()
        pool.join()
    return told


def combinations() -> int:
    """Return for how many weights × levels × steps × products × benches × dilutions × times sheets stand."""
    count = 0
    for protocol in by_weight():
        infused = limits(protocol, TODAY).rate is not None
        ways = len(MINUTES) * len(FINALS) * len(PUMP_STEPS) if infused else 1
        doses = sum(one.times for one in distinct(protocol, TODAY, WEIGHTS, STEPS))
        count += doses * len(vials(protocol)) * len(VOLUME_STEPS) * ways
    return count


def report(told: Told) -> int:
    """Print a line a part, and return 1 where anything was wrong."""
    for part, asked in told.asked.items():
        print(f"{part}: {asked:,} asked, {told.wrong[part]} wrong")
    for line in told.found:
        print(line)
    wrong = told.wrong.total()
    print(f"grid: {told.asked.total():,} roundings asked, {wrong} wrong")
    print(
        f"its sheets of every dose and bench stand for {combinations():,} combinations of weight, level, "
        "step, product, bench, dilution and time"
    )
    return 1 if wrong else 0
