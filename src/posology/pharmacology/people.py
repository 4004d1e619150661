"""The person for whom a model is run: what a model scales with, and what it must refuse.

Nothing is guessed. What is not known stays ``None``; a model that needs it says so.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from posology.pharmacology.errors import OutsideDomain


class ChildPugh(StrEnum):
    """Class of liver impairment."""

    NONE = "none"
    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Person:
    """What a model may ask about one person.

    Attributes
    ----------
    weight_kg, age_years : float or None
        Actual body weight (kg) and age (years).
    child_pugh : ChildPugh or None
        Liver impairment; None if nobody has looked.
    pregnant, dialysis, intensive_care : bool or None
        Whether one of these holds; None if it is not known.
    study_population : str or None
        ``asian`` or ``japanese`` where a difference between study populations is asked for; never by default.
    drugs : tuple of str
        Interacting drugs by the id under which the covariates file names them.
    """

    weight_kg: float | None = None
    age_years: float | None = None
    child_pugh: ChildPugh | None = None
    pregnant: bool | None = None
    dialysis: bool | None = None
    intensive_care: bool | None = None
    study_population: str | None = None
    drugs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value, unit in (("weight", self.weight_kg, "kg"), ("age", self.age_years, "years")):
            if value is not None and not (isfinite(value) and value > 0):
                raise OutsideDomain(f"The {name} is {value:g} {unit}, which no person has. Give it anew.")
