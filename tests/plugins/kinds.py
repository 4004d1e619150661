"""The kinds of tests: each folder under ``tests`` is one, and a run closes with how many of each it ran.

The kind is set as a marker, so that ``pytest -m integration`` works, and tests that mean something on
one database only are left out of runs on the other.
"""

import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KIND_OF_FOLDER = {
    "unit": "unit",
    "spec": "spec",
    "properties": "property",
    "golden": "golden",
    "differential": "differential",
    "knowledge": "knowledge",
    "integration": "integration",
    "browser": "browser",
}


def database() -> str:
    """The database of this run, by the same variable that a clinic sets."""
    return "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"


def kind_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "tests").parts
    if len(parts) < 2 or parts[0] not in KIND_OF_FOLDER:
        known = ", ".join(KIND_OF_FOLDER)
        raise pytest.UsageError(
            f"{path} stands in no folder of a kind of tests. Move it under one of {known}."
        )
    return KIND_OF_FOLDER[parts[0]]


def label(kind: str, on: str) -> str:
    return f"{kind} ({on})" if kind == "integration" else kind


class Tally:
    """Counts outcomes by kind, prints them, and leaves them in build/ for whoever joins two runs."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @pytest.hookimpl(tryfirst=True)  # before -m selects
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        other = "sqlite" if database() == "postgresql" else "postgres"
        left_out = [item for item in items if item.get_closest_marker(other)]
        for item in items:
            kind = self.kinds[item.nodeid] = kind_of(item.path)
            item.add_marker(kind)
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A test counts once: by its call, or by the setup or teardown that went wrong.
        if report.when == "call" or report.outcome != "passed":
            self.counts[label(self.kinds[report.nodeid], database())][report.outcome] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.counts:
            return
        name = os.environ.get("POSOLOGY_TEST_RUN") or database()
        place = ROOT / "build" / f"tests-{name}.json"
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(self.counts, indent=1) + "\n")
        terminalreporter.section(f"kinds of tests, on {database()}")
        for line in table(self.counts):
            terminalreporter.write_line(line)


def table(counts: dict[str, Counter[str]]) -> list[str]:
    """One line a kind, in the order of the folders."""
    order = list(KIND_OF_FOLDER.values())
    lines = []
    for kind in sorted(counts, key=lambda name: (order.index(name.split()[0]), "postgresql" in name)):
        outcomes = counts[kind]
        words = [f"{outcomes[word]} {word}" for word in ("passed", "failed", "skipped") if outcomes.get(word)]
        lines.append(f"  {kind:<26}{', '.join(words)}")
    return lines


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tally(), "posology-kinds")
