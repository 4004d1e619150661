"""How a course may go on, by response and tolerability."""

from typing import Literal

from pydantic import Field

from posology.knowledge.schema.common import Dated, Header, Statement, Strict, Texts


class NextOption(Strict):
    """One way to go on, when it is worth showing, and what speaks for and against it."""

    id: str
    dose: Literal["hold", "lower", "same", "raise", "end"]
    interval: Literal["shorten", "keep", "lengthen", "none"]
    title: str
    response: Texts  # states in which it is shown
    tolerability: Texts
    phases: Texts = ()
    for_: tuple[Statement, ...] = Field(alias="for")
    against: tuple[Statement, ...]


class AdjustmentsFile(Header):
    """How a course may go on, by response and tolerability."""

    kind: Literal["adjustments"]
    values: dict[str, Dated]
    options: tuple[NextOption, ...]
