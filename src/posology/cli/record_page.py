"""What a FHIR record said, on the page: what was understood, and what was not."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from posology.cli.console import heading
from posology.cli.words import ago, count, day, safe
from posology.fhir import Import, NotUnderstood, Reason, Understood

_NEVER_FOLDED = frozenset({"medications"})
_IN_THE_HEADER = frozenset({"born_on", "sex"})


def print_record(out: Console, record: Import, as_of: datetime) -> None:
    """Print the newest of each thing understood, and everything that was not, by reason."""
    heading(out, "What the record said")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(no_wrap=True)
    asked = (one for one in record.understood if one.key not in _IN_THE_HEADER)
    for newest, earlier in _newest_first(asked):
        when = f"{day(newest.at.date())}, {ago(newest.at, as_of)}" if newest.at else ""
        more = f"   (and {earlier} earlier)" if earlier else ""
        table.add_row(Text(newest.what), Text(f"{safe(newest.shown)}{more}"), Text(when, style="dim"))
    out.print(table)
    _print_not_understood(out, record.not_understood)


def _newest_first(understood: Iterable[Understood]) -> Iterable[tuple[Understood, int]]:
    """Yield the newest entry of each kind with how many came earlier; each drug still taken is a kind."""
    groups: dict[str, list[Understood]] = {}
    for one in understood:
        ended = one.key == "medications" and ", ended" in one.shown
        name = "Drugs that have ended" if ended else one.shown if one.key in _NEVER_FOLDED else one.what
        groups.setdefault(f"{one.key}/{name}", []).append(one)
    for group in groups.values():
        ordered = sorted(group, key=lambda u: u.at.timestamp() if u.at else 0, reverse=True)
        yield ordered[0], len(ordered) - 1


def _print_not_understood(out: Console, left_out: Iterable[NotUnderstood]) -> None:
    by_reason: dict[Reason, list[NotUnderstood]] = {}
    for one in left_out:
        by_reason.setdefault(one.reason, []).append(one)
    titles = {
        Reason.UNREADABLE: "Could not be read: mend it, or ask again",
        Reason.UNLISTED: "Not known here: read it, and answer what it touches",
        Reason.SKIPPED: "Passed over",
    }
    for reason, title in titles.items():
        if reason in by_reason:
            heading(out, title)
            for line in _lines(by_reason[reason]):
                out.print(line)
    unused = by_reason.get(Reason.UNUSED, [])
    if unused:
        kinds: dict[str, int] = {}
        for one in unused:
            kinds[one.resource.split("/")[0]] = kinds.get(one.resource.split("/")[0], 0) + one.count
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        total = count(sum(kinds.values()), "resource")
        out.print()
        answers, were = ("answers", "was") if sum(kinds.values()) == 1 else ("answer", "were")
        out.print(Text(f"{total} {answers} no question here and {were} left aside: {told}.", style="dim"))


def _lines(entries: list[NotUnderstood]) -> Iterable[Text]:
    """Yield a line a reason with its resource, and one line for all problems whose codes answer nothing."""
    named = Counter(safe(one.what) for one in entries if one.what)
    if named:
        told = "; ".join(f"{what}{f' ({times} times)' if times > 1 else ''}" for what, times in named.items())
        yield Text(f"· Problems whose codes answer no question here: {told}.")
    alike: dict[str, list[NotUnderstood]] = {}
    for one in entries:
        if not one.what:
            alike.setdefault(one.why, []).append(one)
    for why, same in alike.items():
        where = same[0].resource if len(same) == 1 else f"{len(same)} times"
        yield Text.assemble(f"· {safe(why)}", (f"  {safe(where)}", "dim"))
