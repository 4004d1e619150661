"""Which test proves the control of which hazard, and how it went.

A proof carries ``@pytest.mark.hazard("H-05")`` or ``@pytest.mark.requirement("SR-10")``. The number of
cases that it tried, N, comes from what each of its parametrized cases counted itself
(``record_property("n", n)``), else from the marker (``n=1234``) or its docstring ("N = 1,234"), which
state it for the whole test. Outcomes are gathered in build/safety.json: id -> test -> outcome and N.
"""

import fcntl
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.kinds import ROOT, database

RECORD = ROOT / "build" / "safety.json"
ID = {"hazard": re.compile(r"H-\d\d"), "requirement": re.compile(r"SR-\d\d")}
N_IN_PROSE = re.compile(r"\bN\s*=\s*(\d[\d,]*)")


@dataclass
class Proof:
    """One test as a proof: which ids, what it says, how many cases, how it went on each database."""

    ids: tuple[str, ...]
    says: str
    stated: int | None  # N of the whole test, as written
    counted: int | None = None  # N of this parametrized case, as counted while it ran
    outcome: dict[str, str] = field(default_factory=dict)


def proof_of(item: pytest.Item) -> Proof | None:
    """Read the markers of a test; ``None`` for a test that proves no hazard."""
    ids: list[str] = []
    n: int | None = None
    for name, pattern in ID.items():
        for marker in item.iter_markers(name):
            for id_ in marker.args:
                if not isinstance(id_, str) or not pattern.fullmatch(id_):
                    raise pytest.UsageError(
                        f"{item.nodeid}: '{id_}' is no id of a {name}. Write it as in 'H-05'."
                    )
                ids.append(id_)
            n = marker.kwargs.get("n", n)
    if not ids:
        return None
    prose = getattr(item, "obj", None).__doc__ or ""
    if n is None and (stated := N_IN_PROSE.search(prose)):
        n = int(stated.group(1).replace(",", ""))
    return Proof(tuple(dict.fromkeys(ids)), prose.strip().split("\n")[0], n)


class Recorder:
    def __init__(self) -> None:
        self.proofs: dict[str, Proof] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        found = {item.nodeid: proof_of(item) for item in items}
        self.proofs = {nodeid: proof for nodeid, proof in found.items() if proof}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        proof = self.proofs.get(report.nodeid)
        if proof is None or (report.when != "call" and report.outcome == "passed"):
            return
        if proof.outcome.get(database()) != "failed":  # a failed teardown may not be covered up, nor cover up
            proof.outcome[database()] = report.outcome
        for name, value in report.user_properties:
            proof.counted = int(value) if name == "n" else proof.counted

    def pytest_sessionfinish(self) -> None:
        ran = {nodeid: proof for nodeid, proof in self.proofs.items() if proof.outcome}
        if ran:
            RECORD.parent.mkdir(exist_ok=True)
            with RECORD.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # runs beside this one add to the same record
                save(ran, RECORD)


def save(proofs: dict[str, Proof], place: Path) -> None:
    """Add the outcomes of this run to the record; a test that ran on two databases keeps both."""
    record: dict[str, dict[str, Any]] = json.loads(place.read_text()) if place.exists() else {}
    for nodeid, proof in proofs.items():
        for id_ in proof.ids:
            before = record.setdefault(id_, {}).get(nodeid, {})
            entry = {**asdict(proof), "outcome": {**before.get("outcome", {}), **proof.outcome}}
            del entry["ids"]
            record[id_][nodeid] = entry
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(), "posology-proofs")
