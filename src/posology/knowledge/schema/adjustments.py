"""How a course may go on, by response and tolerability."""

from typing import Literal

from pydantic import Field

from posology.knowledge.schema.common import Cited, Dated, Header, Level, Statement, Strict, Texts


class NextOption(Strict):
    """One way to go on, when it is worth showing, and what speaks for and against it.

    ``effective`` is the last dose of the course that a response followed, ``start`` the protocol's own first
    dose where that is lower; ``restart`` begins the protocol's phases anew.
    """

    id: str
    dose: Literal["hold", "lower", "same", "raise", "effective", "start", "end"]
    interval: Literal["shorten", "keep", "lengthen", "restart", "none"]
    title: str
    response: Texts  # states in which it is shown
    tolerability: Texts
    phases: Texts = ()
    pauses: tuple[Literal["none", "missed", "long"], ...] = ("none", "missed")  # since the last session
    for_: tuple[Statement, ...] = Field(alias="for")
    against: tuple[Statement, ...]


class Asked(Cited):
    """What the course itself asks of somebody, whatever the patient answered: its level, and what to do."""

    title: str
    level: Level
    do: str


class EarlierCourse(Strict):
    """What is said beside a first dose where doses of earlier courses are on record."""

    helped: tuple[Statement, ...]  # for the dose that helped
    helped_at_another: tuple[Statement, ...]  # against another dose than that
    helped_by_another_route: tuple[Statement, ...]  # for; no dose is carried over
    began_again: tuple[Statement, ...]  # against, at the dose that helped
    in_vain: tuple[Statement, ...]  # against, where no dose on record helped


class AdjustmentsFile(Header):
    """How a course may go on, by response and tolerability."""

    kind: Literal["adjustments"]
    values: dict[str, Dated]
    missed_session: Asked  # where the protocol's phase has no rule of its own
    long_break: Asked
    death: Asked
    beside_every_raise: tuple[Statement, ...] = Field(min_length=1)
    earlier_course: EarlierCourse
    options: tuple[NextOption, ...]
