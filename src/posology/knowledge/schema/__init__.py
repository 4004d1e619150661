"""The shapes of the knowledge files, strict: an unknown key is refused, so a slip cannot pass in silence.

One room a kind of file; what all of them share stands in ``common``. A room is opened when one of its names
is first asked for: who draws a curve does not wait for the shapes of protocols and rules.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posology.knowledge.schema.adjustments import AdjustmentsFile, Asked, NextOption
    from posology.knowledge.schema.common import (
        Certainty,
        Cited,
        Dated,
        Header,
        Level,
        Number,
        ProtocolStatement,
        Role,
        Route,
        Statement,
        Strict,
        Substance,
        Texts,
        Value,
        Whole,
    )
    from posology.knowledge.schema.dosing_weights import DosingWeightsFile, WeightPolicy
    from posology.knowledge.schema.drugs import Drug, DrugClass, DrugsFile
    from posology.knowledge.schema.measures import AnswerChoice, Band, Item, MeasureFile, RiskItem
    from posology.knowledge.schema.products import Product, ProductsFile, Refusal
    from posology.knowledge.schema.protocols import (
        Checkpoint,
        Discharge,
        Missed,
        Monitoring,
        OlderAdults,
        Phase,
        ProtocolFile,
    )
    from posology.knowledge.schema.questions import Bounds, CodeList, Part, Question, QuestionsFile
    from posology.knowledge.schema.rules import AppliesTo, Compare, Condition, Rule, RulesFile
    from posology.knowledge.schema.sources import Source, SourcesFile

    DECIDING_KINDS: Mapping[str, type[Header]]

_ROOMS = {
    "adjustments": "AdjustmentsFile Asked NextOption",
    "common": "Certainty Cited Dated Header Level Number ProtocolStatement Role Route Statement Strict "
    "Substance Texts Value Whole",
    "dosing_weights": "DosingWeightsFile WeightPolicy",
    "drugs": "Drug DrugClass DrugsFile",
    "measures": "AnswerChoice Band Item MeasureFile RiskItem",
    "products": "Product ProductsFile Refusal",
    "protocols": "Checkpoint Discharge Missed Monitoring OlderAdults Phase ProtocolFile",
    "questions": "Bounds CodeList Part Question QuestionsFile",
    "rules": "AppliesTo Compare Condition Rule RulesFile",
    "sources": "Source SourcesFile",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}
_DECIDING = {
    "sources": "SourcesFile",
    "questions": "QuestionsFile",
    "drugs": "DrugsFile",
    "rules": "RulesFile",
    "protocol": "ProtocolFile",
    "products": "ProductsFile",
    "measure": "MeasureFile",
    "adjustments": "AdjustmentsFile",
    "dosing-weights": "DosingWeightsFile",
}


def __getattr__(name: str) -> Any:
    if name == "DECIDING_KINDS":
        found: Any = MappingProxyType({kind: __getattr__(shape) for kind, shape in _DECIDING.items()})
    elif name in _WHERE:
        found = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    else:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = found
    return found


__all__ = [
    "DECIDING_KINDS",
    "AdjustmentsFile",
    "AnswerChoice",
    "AppliesTo",
    "Asked",
    "Band",
    "Bounds",
    "Certainty",
    "Checkpoint",
    "Cited",
    "CodeList",
    "Compare",
    "Condition",
    "Dated",
    "Discharge",
    "DosingWeightsFile",
    "Drug",
    "DrugClass",
    "DrugsFile",
    "Header",
    "Item",
    "Level",
    "MeasureFile",
    "Missed",
    "Monitoring",
    "NextOption",
    "Number",
    "OlderAdults",
    "Part",
    "Phase",
    "Product",
    "ProductsFile",
    "ProtocolFile",
    "ProtocolStatement",
    "Question",
    "QuestionsFile",
    "Refusal",
    "RiskItem",
    "Role",
    "Route",
    "Rule",
    "RulesFile",
    "Source",
    "SourcesFile",
    "Statement",
    "Strict",
    "Substance",
    "Texts",
    "Value",
    "WeightPolicy",
    "Whole",
]
