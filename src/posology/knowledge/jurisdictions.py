"""What is said where: sentences and sources that belong to one jurisdiction stay out of the others.

A label is not law elsewhere. Where a sentence cites the labels of several jurisdictions for one drug, the own
one stands for all of them; where only another's was read, it is shown, and its title says whose it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from posology.knowledge.schema import Source, Statement

_Said = TypeVar("_Said", bound=Statement)


def said_in(statements: Iterable[_Said], jurisdiction: str) -> tuple[_Said, ...]:
    """Return the statements that are said in a jurisdiction, in their order."""
    return tuple(s for s in statements if not s.jurisdictions or jurisdiction in s.jurisdictions)


def sources_in(cited: Sequence[str], sources: Mapping[str, Source], jurisdiction: str) -> tuple[str, ...]:
    """Return the sources to show in a jurisdiction, at least one of those cited.

    Parameters
    ----------
    cited : sequence of str
        Source ids.
    sources : mapping of str to Source
        The documents by id.
    jurisdiction : str
        Whose clinic asks.

    Returns
    -------
    tuple of str
        Without another's label of a drug whose own label is cited too, and without the rules, schemes and
        announcements of another, unless nothing else would be left.
    """
    own_labels = {sources[s].label_of for s in cited if is_own(sources[s], jurisdiction)} - {None}
    labels = [
        s
        for s in cited
        if is_own(sources[s], jurisdiction)
        or (sources[s].label_of is not None and sources[s].label_of not in own_labels)
    ]
    return tuple(labels) or tuple(cited)


def is_own(source: Source, jurisdiction: str) -> bool:
    """Answer whether a document is anyone's, or of this jurisdiction."""
    return not source.jurisdictions or jurisdiction in source.jurisdictions
