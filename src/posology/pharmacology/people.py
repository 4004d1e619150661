"""The person for whom a model is run: what a model scales with, and what it must refuse.

Nothing is guessed. What is not known stays ``None``; a model that needs it says so.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from posology.pharmacology.errors import OutsideDomain

STUDY_POPULATIONS = ("asian", "japanese")
"""Groups of persons that the studies tell apart."""


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
    kidney_impaired : bool or None
        Whether the kidneys are impaired without dialysis; None if it is not known.
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
    kidney_impaired: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "child_pugh", _one_of(self.child_pugh))
        for state in ("pregnant", "dialysis", "intensive_care", "kidney_impaired"):
            object.__setattr__(self, state, _yes_or_no(state, getattr(self, state)))
        object.__setattr__(self, "drugs", _named(self.drugs))
        if self.study_population not in (None, *STUDY_POPULATIONS):
            raise OutsideDomain(
                f"There is no study population '{str(self.study_population)[:30]}' here, so no difference is "
                f"known. Give {' or '.join(STUDY_POPULATIONS)}, or none."
            )
        for name, value, unit in (("weight", self.weight_kg, "kg"), ("age", self.age_years, "years")):
            if value is not None and not (isfinite(value) and value > 0):
                raise OutsideDomain(f"The {name} is {value:g} {unit}, which no person has. Give it anew.")


# What a model refuses is asked of these answers. One in another form than they have would be passed over in
# silence, so each is brought into its form here, or refused.
def _one_of(value: object) -> ChildPugh | None:
    if value is None or isinstance(value, ChildPugh):
        return value
    if value in tuple(ChildPugh):
        return ChildPugh(str(value))
    raise OutsideDomain(
        f"There is no Child-Pugh class '{str(value)[:30]}', so nothing can be checked against it. Give "
        f"{', '.join(ChildPugh)}, or None if nobody has looked."
    )


def _yes_or_no(name: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool", "bool_"):  # an answer out of an array of NumPy
        return bool(value)
    raise OutsideDomain(
        f"{name} is '{str(value)[:30]}', which is neither yes nor no, so it cannot be checked. Give True or "
        "False, or None if it is not known."
    )


def _named(drugs: object) -> tuple[str, ...]:
    if isinstance(drugs, list | tuple) and all(isinstance(one, str) for one in drugs):
        return tuple(drugs)
    raise OutsideDomain(
        f"The drugs are '{str(drugs)[:30]}', which is no list of names, so they cannot be looked up. Give a "
        "tuple of names."
    )
