"""The checkpoints of a course as the page shows them: what is asked, since when, and from which source."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from posology.recommendation import Advice, Prompt
from posology.web.components import Evidence


@dataclass(frozen=True, slots=True)
class ShownCheckpoint:
    """One question put to the prescriber. It has no button: it chooses nothing and stops nothing."""

    title: str
    due_on: date
    is_due: bool
    say: str
    asks: Evidence
    limit: str


def checkpoints_of(advice: Advice) -> tuple[ShownCheckpoint, ...]:
    """Return the checkpoints of the advice, those due first."""
    return tuple(_shown(advice))


def _shown(advice: Advice) -> Iterator[ShownCheckpoint]:
    for protocol in advice.protocols:
        for prompt in protocol.prompts:
            asks = _evidence(prompt, protocol.report.protocol_id)
            yield ShownCheckpoint(prompt.title, prompt.due_on, prompt.is_due, prompt.say, asks, prompt.limit)


def _evidence(prompt: Prompt, protocol_id: str) -> Evidence:
    first = prompt.citations[0]
    return Evidence(
        prompt.do,
        first.certainty.value,
        ", ".join(c.source for c in prompt.citations),
        ", ".join(first.facts),
        reverse("protocol", args=[protocol_id]),
    )
