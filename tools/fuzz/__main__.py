"""Fuzz ten million orders through every door, and say what was refused and that nothing escaped.

``make fuzz`` runs them on all cores, in blocks of ten thousand; each block has its own seed, so that any can
be repeated alone (``--block``), and a run that was stopped goes on where it was (``--resume``). Exits with 1
when a dose got through that the oracle calls beyond a limit, or when a door crashed.
"""

import argparse
import json
import multiprocessing
import sys
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000_000, help="how many orders")
    parser.add_argument("--seed", type=int, default=1, help="which orders")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count(), help="how many processes")
    parser.add_argument("--block", type=int, help="repeat this block alone")
    parser.add_argument("--library-only", action="store_true", help="leave the clinic's doors out")
    parser.add_argument(
        "--resume", action="store_true", help="go on with a run of this seed that was stopped"
    )
    given = parser.parse_args()
    clinic = not given.library_only
    if given.block is not None:
        block, tally, found = run_block((given.seed, given.block, clinic, BLOCK))
        return report({"seed": given.seed, "blocks": [block], "tally": tally, "found": found})
    place = ROOT / "build" / f"fuzz-{given.seed}.json"
    if not given.resume:
        place.unlink(missing_ok=True)
    return report(run(n=given.n, seed=given.seed, workers=given.workers, clinic=clinic, place=place))


if __name__ == "__main__":
    sys.exit(main())
