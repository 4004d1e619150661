"""What a liver, a drug or a study population changes in a model, and for whom no model is run at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from posology.knowledge.schema.pk import PkModelFile
from posology.pharmacology.domain import Remark
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Regimen


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What the covariates change.

    Attributes
    ----------
    changes : mapping of str to float
        Multipliers by parameter.
    remarks : tuple of Remark
        What must be said beside the curve.
    """

    changes: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def adjust(file: PkModelFile, person: Person, regimen: Regimen) -> Adjusted:
    """Return what is known of this person's liver and drugs as changes of the model's parameters."""
    return Adjusted()
