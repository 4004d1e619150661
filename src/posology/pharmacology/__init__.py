"""What a dose becomes in this person: published models, run exactly, with their bands and their limits.

Knows models, regimens and populations; no rule, no order, no patient's record. Nothing here sets a dose or
waives a measurement. Needs NumPy; the floors above ask for it only where a curve is wanted. The names below
are loaded when first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posology.knowledge.schema.common import Route, Substance
    from posology.pharmacology.choice import chosen_model, dissociation_range, primary_model, second_opinion
    from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
    from posology.pharmacology.people import ChildPugh, Person
    from posology.pharmacology.regimens import Dose, Regimen, devices, infusion, rate_profile, single
    from posology.pharmacology.simulation import Simulation, simulate

_ROOMS = {
    "posology.knowledge.schema.common": "Route Substance",
    "posology.pharmacology.choice": "chosen_model dissociation_range primary_model second_opinion",
    "posology.pharmacology.errors": "Mixed ModelError OutsideDomain",
    "posology.pharmacology.people": "ChildPugh Person",
    "posology.pharmacology.regimens": "Dose Regimen devices infusion rate_profile single",
    "posology.pharmacology.simulation": "Simulation simulate",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "ChildPugh",
    "Dose",
    "Mixed",
    "ModelError",
    "OutsideDomain",
    "Person",
    "Regimen",
    "Route",
    "Simulation",
    "Substance",
    "chosen_model",
    "devices",
    "dissociation_range",
    "infusion",
    "primary_model",
    "rate_profile",
    "second_opinion",
    "simulate",
    "single",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_WHERE[name]), name)
