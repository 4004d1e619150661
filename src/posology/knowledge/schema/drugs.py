"""Ingredients, the names and codes they go by, and the classes that rules speak of."""

from typing import Literal

from posology.knowledge.schema.common import Certainty, Header, Strict, Texts


class Drug(Strict):
    """One ingredient, the names it goes by, and the classes that rules speak of (none is an answer too).

    ``rxnorm_products`` are codes of its products; ``atc`` are codes of WHO's index, a combination's
    standing with each of its ingredients.
    """

    names: Texts = ()
    rxnorm: str | None = None
    rxnorm_products: Texts = ()
    atc: Texts = ()
    classes: Texts = ()
    code_certainty: Certainty | None = None
    atc_certainty: Certainty | None = None


class DrugClass(Strict):
    """A group of drugs that rules speak of.

    ``atc`` are beginnings of ATC codes, all of whose drugs are of the class. They add the class and
    never check a drug: what is in the group and not in the list stays among those not checked.
    """

    title: str
    atc: Texts = ()


class DrugsFile(Header):
    """Ingredients, their names and codes, and their classes."""

    kind: Literal["drugs"]
    classes: dict[str, DrugClass]
    drugs: dict[str, Drug]
