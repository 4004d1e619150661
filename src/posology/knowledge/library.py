"""The whole of the knowledge, checked across files and hashed: what every decision stands on.

The hash of each file goes into every order that was made from it, so that a later edit can never
pass for the text that was signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from posology.knowledge.errors import KnowledgeError, NotInForce
from posology.knowledge.schema import (
    AdjustmentsFile,
    Cited,
    DosingWeightsFile,
    DrugsFile,
    Header,
    MeasureFile,
    ProductsFile,
    ProtocolFile,
    QuestionsFile,
    RulesFile,
    Source,
    Value,
)
from posology.quantities import convert


@dataclass(frozen=True, slots=True)
class KnowledgeStamp:
    """Which text of which file decided: id, version and the hash of its bytes."""

    id: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Library:
    """All knowledge files of one set, by kind."""

    sources: Mapping[str, Source]
    questions: QuestionsFile
    drugs: DrugsFile
    rules: tuple[RulesFile, ...]
    protocols: Mapping[str, ProtocolFile]
    products: ProductsFile
    measures: Mapping[str, MeasureFile]
    adjustments: AdjustmentsFile
    dosing_weights: DosingWeightsFile
    stamps: Mapping[str, KnowledgeStamp]
    sha256: str

    def protocol(self, protocol_id: str) -> ProtocolFile:
        """Return one protocol.

        Raises
        ------
        KnowledgeError
            If there is none of that id; the message lists those there are. If it names what is refused
            here, the message says why.
        """
        refusal = self.products.refusals.get(protocol_id)
        if refusal is not None:
            raise KnowledgeError(f"{refusal.say} {refusal.do} ({', '.join(refusal.facts)})")
        try:
            return self.protocols[protocol_id]
        except KeyError:
            known = ", ".join(sorted(self.protocols))
            raise KnowledgeError(
                f"There is no protocol '{protocol_id[:60]}'. Those known are: {known}."
            ) from None

    def in_place_of(self, protocol_id: str) -> str:
        """Return the id of the site's own protocol that replaces one of the product's, or that id itself."""
        mine = (p.id for p in self.protocols.values() if p.based_on == protocol_id and p.status == "active")
        return next(mine, protocol_id)

    def overdue(self, on: date) -> tuple[str, ...]:
        """Return the ids of the files whose review is due on or before ``on``."""
        return tuple(sorted(i for i, f in self._headers() if f.review_due <= on))

    def _headers(self) -> Iterable[tuple[str, Header]]:
        yield from self.protocols.items()
        yield from self.measures.items()
        for one in (
            self.questions,
            self.drugs,
            self.products,
            self.adjustments,
            self.dosing_weights,
            *self.rules,
        ):
            yield one.id, one


def in_force(values: Mapping[date, Value], *, on: date) -> Value:
    """Return the value that holds on a day: the latest whose effective day is not after it.

    Raises
    ------
    NotInForce
        If ``on`` lies before the first effective day.
    """
    days = [day for day in values if day <= on]
    if not days:
        raise NotInForce(
            f"No value was in force on {on}; the first holds from {min(values)}. Choose a later day."
        )
    return values[max(days)]


def number_in_force(
    values: Mapping[str, Mapping[date, Value]], name: str, *, on: date, unit: str | None = None
) -> Decimal:
    """Return one number of a file that holds on a day, in ``unit`` if one is named.

    Raises
    ------
    NotInForce
        If ``on`` lies before its first effective day.
    KnowledgeError
        If the file has no such value, or it is not one number with a unit.
    """
    if name not in values:
        raise KnowledgeError(f"The value '{name}' is missing. Add it under values.")
    value = in_force(values[name], on=on)
    if not isinstance(value.value, Decimal) or value.unit is None:
        raise KnowledgeError(f"The value '{name}' is not one number with a unit. Mend the file.")
    return value.value if unit is None else convert(value.value, value.unit, unit)


def citations_in(model: Any) -> Iterable[Cited]:
    """Yield everything in a file that cites: values, rules, statements, phases, to any depth."""
    if isinstance(model, Cited):
        yield model
    if hasattr(model, "__pydantic_fields__"):
        for name in type(model).model_fields:
            yield from citations_in(getattr(model, name))
    elif isinstance(model, Mapping):
        for value in model.values():
            yield from citations_in(value)
    elif isinstance(model, tuple | list):
        for value in model:
            yield from citations_in(value)
