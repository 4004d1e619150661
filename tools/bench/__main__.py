"""Run the bench: commands from nothing, advice with its curves, and populations that are simulated.

``make bench`` runs all; ``make bench ARGS="cold"`` or ``ARGS="simulation W1 W5"`` runs a part. Figures are
ratios beside references that run in the same turn; what is asked of our own engine has a verdict.
"""

import argparse
import json
import sys
from pathlib import Path

from tools.bench import advice, cold, monitors, readings, simulation
from tools.bench.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parts = ("all", "cold", "advice", "monitors", "readings", "simulation")
    parser.add_argument("part", nargs="?", choices=parts, default="all")
    parser.add_argument("workload", nargs="*", choices=[*WORKLOADS, []], help="run only these workloads")
    parser.add_argument("--rounds", type=int, default=7, help="rounds in turn; at least 5 give a median")
    asked = parser.parse_args()
    kept: dict[str, object] = {}
    missed = []
    if asked.part in ("all", "cold"):
        measured = cold.measure(asked.rounds)
        cold.report(measured, asked.rounds)
        kept["cold start"] = {one.name: one.seconds for one in measured}
        missed += [one.name for one in measured if one.missed]
        print()
    if asked.part in ("all", "advice"):
        timed = advice.measure()
        advice.report(timed)
        kept["advice"] = {one.name: {"wall": one.wall, "processor": one.processor} for one in timed}
        missed += [one.name for one in timed if one.missed]
        print()
    if asked.part in ("all", "monitors"):
        heard = monitors.measure()
        monitors.report(heard)
        kept["monitors"] = [vars(one) for one in heard]
        missed += [one.name for one in heard if one.missed]
        print()
    if asked.part in ("all", "readings"):
        taken = readings.measure()
        readings.report(taken)
        kept["readings"] = [vars(one) for one in taken]
        missed += [one.name for one in taken if one.missed]
        print()
    if asked.part in ("all", "simulation"):
        outcomes = simulation.report(asked.rounds, asked.workload)
        kept["simulation"] = [one.raw for one in outcomes]
        missed += [
            f"{one.workload.name} {one.limit.members:,}" for one in outcomes if not simulation.kept(one)
        ]
    place = ROOT / "build" / "bench.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(kept, indent=1) + "\n")
    said = "every limit kept" if not missed else f"missed {', '.join(missed)}"
    print(f"bench: {said}; all times in {place.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
