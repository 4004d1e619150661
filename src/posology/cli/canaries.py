"""``posology check-knowledge --canaries``: does every rule still speak? Run it every night (hazard H-18)."""

import time
from datetime import UTC, datetime
from pathlib import Path

from posology.canary import Watch, watch
from posology.cli.given import CommandError, read_as_of
from posology.cli.knowledge import knowledge_of
from posology.cli.plain import print_json

SILENT = 2  # exit code where a rule did not answer


def run_canaries(folder: Path | None, as_of: str | None, *, as_json: bool) -> int:
    """Ask every canary, and return 2 where a rule does not answer as it is written."""
    moment = read_as_of(as_of) if as_of else datetime.now(UTC)
    library, background = knowledge_of(folder)
    if background is None:
        raise CommandError(
            f"{folder}: there are no canaries in it. Give a folder with background/canaries.yaml."
        )
    began = time.monotonic()
    found = watch(background.canaries, library, as_of=moment)
    if as_json:
        print_json({"asked": found.asked, "rules": found.rules, "silent": found.silent})
    else:
        _print(found, time.monotonic() - began)
    return SILENT if found.silent else 0


def _print(found: Watch, seconds: float) -> None:
    from rich.text import Text

    from posology.cli.console import console

    out = console()
    by_rule: dict[str, list[str]] = {}
    for silence in found.silent:
        by_rule.setdefault(silence.rule, []).append(silence.sentence)
    for rule, sentences in by_rule.items():
        more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
        out.print(Text(f"{rule}: {sentences[0]}{more}", style="bold red"), soft_wrap=True)
    if found.silent:
        rules = len(by_rule)
        out.print(
            Text(
                f"{rules} of {found.rules} rules did not answer as written down. Treat nobody by them until "
                "somebody has found out why.",
                style="bold red",
            ),
            soft_wrap=True,
        )
        return
    out.print(f"Every rule answered: {found.rules} rules, {found.asked} questions, {seconds:.1f} s.")
