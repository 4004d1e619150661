"""Fuzz ten million orders through every door, and say what was refused and that nothing escaped.

``make fuzz`` runs them on all cores, in blocks of ten thousand; each block has its own seed, so that any can
be repeated alone (``--block``), and a run that was stopped goes on where it was (``--resume``). Exits with 1
when a dose got through that the oracle calls beyond a limit, or when a door crashed.
"""

import argparse
import multiprocessing
import sys

from tools.fuzz.running import BLOCK, ROOT, report, run, run_block


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
    parser.add_argument(
        "--grid", action="store_true", help="ask every rounding of every weight instead of orders"
    )
    given = parser.parse_args()
    if given.grid:
        from tools.fuzz.grid_running import report as report_grid
        from tools.fuzz.grid_running import run as run_grid

        return report_grid(run_grid(workers=given.workers))
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
