"""The checkpoints of a course on the page: what is due and what lies ahead, with dates and sources."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from posology.cli.console import heading
from posology.cli.words import day, safe
from posology.recommendation import Advice, Prompt


def print_checkpoints(out: Console, advice: Advice) -> None:
    """Print the questions put to the prescriber; nothing where there are none."""
    if not advice.prompts:
        return
    heading(out, "Checkpoints")
    for prompt in advice.prompts:
        _print_one(out, prompt)


def _print_one(out: Console, prompt: Prompt) -> None:
    word, style = ("◆ DUE", "bold yellow") if prompt.is_due else ("◇ AHEAD", "dim")
    out.print(Text.assemble((word, style), "  ", (f"{prompt.title}: {day(prompt.due_on)}", "bold")))
    body = Text(safe(prompt.say))
    body.append(f"\n{prompt.do}")
    if prompt.limit:
        body.append(f"\n{prompt.limit}")
    sources = ", ".join(f"{c.source} [{c.certainty.value}]" for c in prompt.citations)
    facts = ", ".join(dict.fromkeys(f for c in prompt.citations for f in c.facts))
    body.append(f"\n{sources}  ({facts})", style="dim")
    out.print(Padding(body, (0, 0, 0, 4)))
