"""Sentences of the knowledge files turned into reasons with their citations."""

from collections.abc import Iterable

from posology.knowledge import Library
from posology.knowledge.jurisdictions import said_in
from posology.knowledge.schema import Statement
from posology.protocols import cite
from posology.recommendation.options import Reason


def reasons(statements: Iterable[Statement], library: Library, jurisdiction: str) -> tuple[Reason, ...]:
    """Return each statement that is said in a jurisdiction as a reason, with its citations resolved."""
    return tuple(Reason(s.say, cite(s, library, jurisdiction)) for s in said_in(statements, jurisdiction))
