"""Show every hazard and requirement with the tests that prove it, the N they tried, and how it went.

``python -m tools.safety`` runs the proofs on both databases first; ``--last`` reads what the last run left.
Exits with 1 when an id that tests/hazards.txt requires has no passing test, or when any proof failed.
"""

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "build" / "safety.json"
REQUIRED = ROOT / "tests" / "hazards.txt"


@dataclass(frozen=True)
class Proof:
    """One test function, its parameters folded together."""

    test: str
    says: str
    n: int | None
    cases: int
    outcome: dict[str, str]  # database -> passed | failed | skipped

    @property
    def ran(self) -> bool:
        """Whether it was run at all; a proof on records that stand elsewhere is skipped without them."""
        return bool(set(self.outcome.values()) - {"skipped"})

    @property
    def passed(self) -> bool:
        return self.ran and set(self.outcome.values()) <= {"passed", "skipped"}

    def line(self) -> str:
        tried = f"N {self.n:,}" if self.n is not None else "N not stated"
        cases = f", {self.cases} cases" if self.cases > 1 else ""
        outcome = ", ".join(f"{on} {how}" for on, how in sorted(self.outcome.items(), reverse=True))
        return f"       {self.test}\n         {tried}{cases}: {outcome}"


# Of the cases of one test the gravest outcome stands; one that ran says more than one that was skipped.
_GRAVER = ("skipped", "passed", "failed")


def required() -> dict[str, str]:
    """Read id -> title, in the order of the file."""
    lines = [line.split("#")[0].strip() for line in REQUIRED.read_text().splitlines()]
    return dict(line.split(maxsplit=1) for line in lines if line)


def folded(record: dict[str, dict]) -> list[Proof]:
    """Join the parametrized cases of each test: counted Ns are summed, the worst outcome stands."""
    by_test: dict[str, list[dict]] = {}
    for nodeid, entry in sorted(record.items()):
        by_test.setdefault(re.sub(r"\[.*\]$", "", nodeid), []).append(entry)
    proofs = []
    for test, entries in by_test.items():
        counted = sum(entry["counted"] or 0 for entry in entries)
        n = counted or entries[0]["stated"] or (len(entries) if len(entries) > 1 else None)
        outcome: dict[str, str] = {}
        for entry in entries:
            for on, how in entry["outcome"].items():
                outcome[on] = max(outcome.get(on, how), how, key=_GRAVER.index)
        proofs.append(Proof(test, entries[0]["says"], n, len(entries), outcome))
    return proofs


def report(*, brief: bool) -> int:
    """Print the table and return 0 when every required id is proved and no proof failed."""
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    titles = required()
    unproved = []
    for id_ in [*titles, *sorted(set(record) - set(titles))]:
        proofs = folded(record.get(id_, {}))
        ran = [proof for proof in proofs if proof.ran]
        proved = bool(ran) and all(proof.passed for proof in ran)
        if not proved and (id_ in titles or ran):
            unproved.append(id_)
        if not brief:
            verdict = "proved" if proved else "FAILED" if ran else "no proof"
            tests = "1 test " if len(proofs) == 1 else f"{len(proofs)} tests"
            print(f"{id_:<6} {titles.get(id_, ''):<50} {tests:>9}  {verdict}")
            print("".join(f"{proof.line()}\n" for proof in proofs), end="")
    print(f"hazards: {sum(id_ not in unproved for id_ in titles)} of {len(titles)} required ones are proved")
    if unproved:
        print(f"without a passing proof: {', '.join(unproved)}")
    return 1 if unproved else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make safety", description=__doc__.splitlines()[0])
    parser.add_argument("--last", action="store_true", help="read what the last run left; run nothing")
    if not parser.parse_args().last:
        subprocess.run([sys.executable, "-m", "tools.test", "--proofs"], cwd=ROOT)
        print()
    return report(brief=False)


if __name__ == "__main__":
    sys.exit(main())
