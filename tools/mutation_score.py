"""The kept figures of ``make mutants``: the file in which they stand, and the page that is made from it.

To try every change takes hours, so the figures are kept with their day and commit, and the page is made from
them without trying anything. Which survivors are accepted, and why, stands in one place and is read anew.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "tests" / "accepted-mutants.yaml"
KEPT = ROOT / "tests" / "mutation-score.yaml"

# Limits must reach 100 percent.
LIMITS = ("protocols/limits/*", "treatment/dosing.py")
Change = tuple[str, str]  # the function, and the changed line: what stood there => what stands in its place

_HEAD = (
    "# Written by `make mutants ARGS=--keep`, by file below src/posology; `make docs` makes its page of it.\n"
)
_INTRODUCTION = """# Mutation score

How much of a change to the code that decides on a dose would be noticed. `make mutants` makes one small
change at a time (a sign turned, a number off by one, a word spoiled, an argument left out) in a copy, and
asks the tests and the strict types. A change that nothing notices could slip in unseen.

*Accepted* are changes after which nothing differs; each was looked at, and its reason stands below. *Left*
are the others that nothing noticed. The share is of all but the accepted, rounded down. Limits must reach
100 %, all together 95 %. A row speaks of the code of its commit, not of what changed since.
[How to try again](../how-to/try-the-tests.md).
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the changes of one file."""

    tried_on: date
    commit: str
    command: str
    by_tests: int
    by_types: int
    not_noticed: tuple[Change, ...]

    def accepted(self, reasons: Mapping[Change, str]) -> int:
        """Return how many changes were not noticed and accepted."""
        return sum(change in reasons for change in self.not_noticed)


@dataclass(frozen=True, slots=True)
class Sum:
    """The figures of one file or of several together."""

    by_tests: int
    by_types: int
    accepted: int
    left: int

    @classmethod
    def of(cls, rows: Iterable[Row], reasons: Mapping[Change, str]) -> "Sum":
        """Return the figures of these rows together."""
        rows = tuple(rows)
        unseen, fine = sum(len(r.not_noticed) for r in rows), sum(r.accepted(reasons) for r in rows)
        tests, types = sum(r.by_tests for r in rows), sum(r.by_types for r in rows)
        return cls(tests, types, fine, unseen - fine)

    @property
    def tried(self) -> int:
        """How many changes were tried."""
        return self.by_tests + self.by_types + self.accepted + self.left

    @property
    def share(self) -> float:
        """Percent that was noticed of all but the accepted, rounded down: 100 is said of all alone."""
        asked = self.tried - self.accepted
        return math.floor(1000 * (asked - self.left) / asked) / 10 if asked else 100.0


def is_limit(name: str) -> bool:
    """Answer whether a file is one of those that must reach 100 percent."""
    return any(fnmatch(name, pattern) for pattern in LIMITS)


def accepted(place: Path = ACCEPTED) -> dict[Change, str]:
    """Return the survivors that were looked at, with the reason of each."""
    if not place.exists():
        return {}
    listed = yaml.safe_load(place.read_text()) or []
    return {(one["function"], one["change"]): one["reason"] for one in listed}


def kept(place: Path = KEPT) -> dict[str, Row]:
    """Return the rows that were kept, by file."""
    if not place.exists():
        return {}
    return {name: _read(row) for name, row in (yaml.safe_load(place.read_text()) or {}).items()}


def keep(rows: Mapping[str, Row], place: Path = KEPT) -> None:
    """Write these rows beside those of other files, which stay as they were."""
    merged = {name: _written(row) for name, row in sorted({**kept(place), **rows}.items())}
    place.write_text(_HEAD + yaml.safe_dump(merged, sort_keys=False, allow_unicode=True, width=110))


def _read(row: dict[str, Any]) -> Row:
    changes = tuple((one["function"], one["change"]) for one in row["not_noticed"])
    return Row(**{**row, "not_noticed": changes})


def _written(row: Row) -> dict[str, Any]:
    changes = [{"function": function, "change": change} for function, change in row.not_noticed]
    return {**asdict(row), "not_noticed": changes}


# ---------------------------------------------------------------- the page


def page(rows: Mapping[str, Row], reasons: Mapping[Change, str]) -> Iterator[str]:
    """Yield the lines of the page; a file in which there was nothing to change has no row."""
    rows = {name: row for name, row in rows.items() if Sum.of([row], reasons).tried}
    yield _INTRODUCTION
    yield _line("file", "tried", "by a test", "by the types", "accepted", "left", "noticed", "on", "commit")
    yield f"|---|{'---:|' * 6}---|---|"
    limits = {name: row for name, row in rows.items() if is_limit(name)}
    others = {name: row for name, row in rows.items() if name not in limits}
    for name, row in (*limits.items(), *others.items()):
        yield _figures(f"`{name}`", [row], reasons, str(row.tried_on), f"`{row.commit}`")
    yield _figures("**limits**", limits.values(), reasons)
    yield _figures("**all**", rows.values(), reasons)
    whole = Sum.of(rows.values(), reasons)
    yield (
        f"\nOf the {whole.tried - whole.by_types:,} that the types let pass, a test "
        f"noticed {whole.by_tests:,}."
    )
    yield "\n## By which command\n"
    for command in dict.fromkeys(row.command for row in rows.values()):
        yield f"- `{command}`: {', '.join(f'`{n}`' for n, row in rows.items() if row.command == command)}"
    unseen = [change for row in rows.values() for change in row.not_noticed]
    yield "\n## Left\n"
    yield from _listed([change for change in unseen if change not in reasons])
    yield "\n## Accepted\n"
    for change in dict.fromkeys(change for change in unseen if change in reasons):
        yield from _listed([change])
        yield f"  {' '.join(reasons[change].split())}"


def _figures(name: str, rows: Iterable[Row], reasons: Mapping[Change, str], *when: str) -> str:
    found = Sum.of(rows, reasons)
    numbers = (found.tried, found.by_tests, found.by_types, found.accepted, found.left)
    return _line(name, *(f"{n:,}" for n in numbers), f"{found.share:.1f} %", *(when or ("", "")))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _listed(changes: list[Change]) -> Iterator[str]:
    if not changes:
        yield "None."
    for function, change in changes:
        yield f"- `{function.removeprefix('posology.')}`  \n  ``{change}``"
