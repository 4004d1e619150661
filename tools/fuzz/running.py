"""The runner of the fuzz: blocks of orders, each with its own seed, spread over the cores."""

import json
import multiprocessing
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 10_000
WORST = 20  # findings that are kept word for word
Tally = dict[str, Counter[str]]


def run_block(task: tuple[int, int, bool, int]) -> tuple[int, Tally, list[str]]:
    """Run one block, and return what each door said how often, with what nobody should have seen."""
    seed, block, clinic, size = task
    from posology.quantities import DomainError
    from tools.fuzz.doors import DOORS, Escape, refusal

    doors = dict(DOORS)
    if clinic:
        from tools.fuzz.clinic import DOORS as CLINIC

        doors |= CLINIC
    chance = Random(f"{seed}/{block}")
    tally: Tally = {name: Counter() for name in doors}
    found: list[str] = []
    for name, (door, share) in doors.items():
        for n in range(share_of(share, size, block)):
            own = Random(chance.getrandbits(64))
            try:
                tally[name][door(own)] += 1
            except DomainError as error:
                tally[name][f"refused {refusal(error)}"] += 1
            except Escape as escape:
                tally[name]["ESCAPED"] += 1
                found.append(f"{name}, seed {seed}, block {block}, try {n}: ESCAPED {escape}"[:400])
            except Exception as fault:
                tally[name]["CRASHED"] += 1
                found.append(f"{name}, seed {seed}, block {block}, try {n}: CRASHED {fault!r}"[:400])
    return block, tally, found[:WORST]


def share_of(share: int, size: int, block: int) -> int:
    """Return how many of a block a door gets; what is less than one comes in some of the blocks."""
    whole, left = divmod(share * size, BLOCK)
    return whole + (1 if left and block % max(1, BLOCK // left) == 0 else 0)


def run(*, n: int, seed: int, workers: int, clinic: bool, place: Path | None = None, say: bool = True) -> Any:
    """Run blocks until ``n`` orders were tried, and return the joined tally and the findings."""
    size = min(n, BLOCK)
    kept = read_kept(place, seed)
    todo = [b for b in range(-(-n // size)) if b not in kept["blocks"]]
    began, done = time.monotonic(), 0
    tasks = ((seed, block, clinic, size) for block in todo)
    if workers == 1:
        results: Any = map(run_block, tasks)
        pool = None
    else:
        pool = multiprocessing.get_context("spawn").Pool(workers)
        results = pool.imap_unordered(run_block, tasks)
    for block, tally, found in results:
        done += 1
        kept["blocks"].append(block)
        kept["found"] = [*kept["found"], *found][:WORST]
        for name, said in tally.items():
            kept["tally"].setdefault(name, Counter()).update(said)
        if place is not None:
            place.parent.mkdir(exist_ok=True)
            place.write_text(json.dumps(kept) + "\n")
        if say and (done % 20 == 0 or done == len(todo)):
            tell_progress(kept, done, len(todo), size, time.monotonic() - began)
    if pool is not None:
        pool.close()
        pool.join()
    return kept


def read_kept(place: Path | None, seed: int) -> Any:
    """Return what an earlier run of this seed left, or nothing yet."""
    empty: Any = {"seed": seed, "blocks": [], "tally": {}, "found": []}
    if place is None or not place.exists():
        return empty
    kept = json.loads(place.read_text())
    if kept["seed"] != seed:
        return empty
    kept["tally"] = {name: Counter(said) for name, said in kept["tally"].items()}
    return kept


def tell_progress(kept: Any, done: int, of: int, size: int, seconds: float) -> None:
    bad = sum(said["ESCAPED"] + said["CRASHED"] for said in kept["tally"].values())
    rate = done * size / max(seconds, 0.001)
    left = (of - done) * size / max(rate, 1)
    print(f"  {done * size:>12,} orders, {rate:,.0f}/s, {left / 60:.0f} min left, {bad} found", flush=True)


def report(kept: Any) -> int:
    """Print a line a door and one a reason, and return 1 where something escaped or crashed."""
    total = sum(sum(said.values()) for said in kept["tally"].values())
    for name, said in kept["tally"].items():
        tried, refused = sum(said.values()), sum(n for k, n in said.items() if k.startswith("refused"))
        print(
            f"{name}: {tried:,} tried, {refused:,} refused, {said['passed']:,} passed, "
            f"{said['ESCAPED']} escaped"
        )
        print("    " + ", ".join(f"{reason} {n:,}" for reason, n in said.most_common() if reason != "passed"))
    for line in kept["found"]:
        print(line)
    escaped = sum(said["ESCAPED"] for said in kept["tally"].values())
    crashed = sum(said["CRASHED"] for said in kept["tally"].values())
    print(
        f"fuzz: {total:,} orders through {len(kept['tally'])} doors, seed {kept['seed']}: "
        f"{escaped} escaped, {crashed} crashed"
    )
    return 1 if escaped or crashed else 0
