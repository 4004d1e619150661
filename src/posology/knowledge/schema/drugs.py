"""Ingredients, the names and codes they go by, and the classes that rules speak of."""

from typing import Literal

from posology.knowledge.schema.common import Certainty, Header, Strict, Texts


class Drug(Strict):
    """One ingredient, the names it goes by, and the classes that rules speak of (none is an answer too)."""

    names: Texts = ()
    rxnorm: str | None = None
    atc: str | None = None
    classes: Texts = ()
    code_certainty: Certainty | None = None


class DrugClass(Strict):
    """A group of drugs that rules speak of."""

    title: str


class DrugsFile(Header):
    """Ingredients, their names and codes, and their classes."""

    kind: Literal["drugs"]
    classes: dict[str, DrugClass]
    drugs: dict[str, Drug]
