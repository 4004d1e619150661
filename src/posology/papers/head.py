"""What stands at the head of every paper, in the form in which ``templates/house.typ`` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """The head and foot of a paper: whose it is, where it was made, when, and whether it is for training.

    Parameters
    ----------
    clinic : str
        The site's name.
    title : str
        What the paper is, in a few words.
    printed : str
        Moment and zone at which it was made, as people read it.
    person : tuple of str
        A person's name and at least two identifiers; empty for a paper about no person.
    training : bool
        Whether the data are made up: then every page carries a mark that says so.
    foot : str
        A few words at the foot of each page, such as the hash of what it was made from.
    """

    clinic: str
    title: str
    printed: str
    person: tuple[str, ...] = ()
    training: bool = False
    foot: str = ""

    def data(self) -> Mapping[str, object]:
        """Return it as the part ``head`` of a paper's data."""
        return {
            "clinic": self.clinic,
            "title": self.title,
            "printed": self.printed,
            "person": list(self.person),
            "training": self.training,
            "foot": self.foot,
        }
