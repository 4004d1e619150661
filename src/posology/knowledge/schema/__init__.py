"""The shapes of the knowledge files, strict: an unknown key is refused, so a slip cannot pass in silence.

One room a kind of file; what all of them share stands in ``common``.
"""

from collections.abc import Mapping
from types import MappingProxyType

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

DECIDING_KINDS: Mapping[str, type[Header]] = MappingProxyType(
    {
        "sources": SourcesFile,
        "questions": QuestionsFile,
        "drugs": DrugsFile,
        "rules": RulesFile,
        "protocol": ProtocolFile,
        "products": ProductsFile,
        "measure": MeasureFile,
        "adjustments": AdjustmentsFile,
        "dosing-weights": DosingWeightsFile,
    }
)

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
