"""Posology: supervised ketamine and esketamine treatment of depression, each step with its reasons.

The public face of the library; it reads no clock, no database and no network. The names below are
loaded when first asked for, so that ``import posology`` costs nothing that is not used.

Posology supports, and never replaces, a clinician.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posology import pharmacology
    from posology.case import Case
    from posology.measures import score
    from posology.pharmacology import simulate
    from posology.protocols import assess
    from posology.recommendation import recommend
    from posology.treatment import replay, worksheet

__all__ = ["Case", "assess", "pharmacology", "recommend", "replay", "score", "simulate", "worksheet"]
__version__ = "0.1.0"

_WHERE = {
    "Case": "posology.case",
    "assess": "posology.protocols",
    "recommend": "posology.recommendation",
    "score": "posology.measures",
    "simulate": "posology.pharmacology",
    "replay": "posology.treatment",
    "worksheet": "posology.treatment",
}


def __getattr__(name: str) -> Any:
    if name == "pharmacology":
        return import_module("posology.pharmacology")
    if name not in _WHERE:
        raise AttributeError(f"module 'posology' has no attribute '{name}'")
    return getattr(import_module(_WHERE[name]), name)
