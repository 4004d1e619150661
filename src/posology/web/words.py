"""Words for what the library names by keys, the same on every page."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType

from posology.case import Answer, Choice, Fact, Origin
from posology.knowledge import Route
from posology.knowledge.schema import ProtocolFile, Question
from posology.quantities import Quantity
from posology.treatment import Order, SessionPhase
from posology.web.components.text import day_text

ROUTE: Mapping[Route, str] = MappingProxyType(
    {
        Route.INTRAVENOUS: "intravenous",
        Route.INTRAMUSCULAR: "intramuscular",
        Route.NASAL: "nasal",
        Route.ORAL: "by mouth",
        Route.SUBCUTANEOUS: "subcutaneous",
        Route.SUBLINGUAL: "sublingual",
    }
)

PHASE: Mapping[SessionPhase, str] = MappingProxyType(
    {
        SessionPhase.SCHEDULED: "Expected",
        SessionPhase.GATE: "Checks before the dose",
        SessionPhase.READY: "Ready for the dose",
        SessionPhase.RUNNING: "Dose running",
        SessionPhase.PAUSED: "Paused",
        SessionPhase.RESTING: "Rest between devices",
        SessionPhase.OBSERVING: "Observation",
        SessionPhase.DISCHARGED: "Left",
        SessionPhase.CANCELLED: "Cancelled",
    }
)

ORIGIN = MappingProxyType(
    {
        "patient": "told by the patient",
        "staff": "entered here",
        "chart": "from the chart",
        "device": "from a device",
        "file": "from an imported file",
    }
)

SEX = MappingProxyType({"female": "female", "male": "male", "other": "other", "unknown": "not known"})


def in_units(value: Quantity, units: tuple[str, ...]) -> str:
    """Show a quantity as it was entered, and in the other units people think in: ``72.5 kg (159.8 lb)``."""
    others = [str(Quantity(value.in_unit(u).quantize(Decimal("0.1")), u)) for u in units if u != value.unit]
    return f"{value} ({', '.join(others)})" if others else str(value)


def to_tenth(given_mg: Decimal) -> Decimal:
    """Cut an amount given to 0.1 mg, as pages show it: never above what went in, never 0 where some did."""
    return given_mg.quantize(Decimal("0.1"), ROUND_DOWN) or given_mg


def shown_answer(fact: Fact, question: Question) -> str:
    """Show an answer in the question's words."""
    value = fact.value
    if isinstance(value, Quantity):
        return in_units(value, question.units)
    if isinstance(value, Answer):
        never = question.kind == "day" and value is Answer.NO
        return "never" if never else {"yes": "yes", "no": "no", "unknown": "not known"}[value]
    if isinstance(value, Choice):
        return (question.choices or {}).get(value.key, str(value))
    if isinstance(value, date):
        return day_text(value)
    return str(value)


def route_words(protocol: ProtocolFile) -> str:
    """Name a protocol by its route and substance: ``Intravenous ketamine``."""
    return (
        f"{ROUTE[protocol.route].capitalize()} {protocol.substance}"
        if protocol.route is not Route.ORAL
        else f"Oral {protocol.substance}"
    )


def order_words(order: Order) -> str:
    """Name an order in one short line: ``ketamine 36 mg, intravenous``."""
    return f"{order.substance} {Quantity(order.dose_mg, 'mg')}, {ROUTE[order.route]}"


def origin_words(origin: Origin) -> str:
    """Say where a fact comes from; what finds it again stands behind."""
    return f"{ORIGIN[origin.kind]}{', ' + origin.detail if origin.detail and origin.kind == 'staff' else ''}"


def initials(family_name: str, given_name: str) -> str:
    """Return two letters, as the board shows a person."""
    return f"{given_name[:1]}{family_name[:1]}".upper()
