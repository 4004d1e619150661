"""The worksheet as it is shown and printed; a dose and a volume look different (hazard H-04)."""

from datetime import tzinfo
from decimal import Decimal

from posology.clinic.orders.models import OrderRow
from posology.protocols.dosing_weight import POLICY_WORDS
from posology.quantities import Quantity
from posology.treatment import DeviceStep, Line, Order, Worksheet
from posology.web import components
from posology.web.components import Fact, WorksheetStep


def sheet_of(sheet: Worksheet, order: Order, row: OrderRow, *, zone: tzinfo) -> components.Worksheet:
    """Return the sheet of one order from the product in the hand."""
    patient = row.patient
    return components.Worksheet(
        title="Worksheet",
        patient=str(patient),
        identifier=patient.identifier,
        born_on=patient.born_on,
        product=sheet.product_title,
        stated_as=sheet.stated_as,
        facts=_facts(order, zone),
        steps=() if sheet.devices else tuple(_step(line) for line in sheet.lines if line.amount is not None),
        devices=tuple(_device(step) for step in sheet.devices),
        total=Quantity(sheet.dose_mg, "mg") if sheet.devices else None,
        warnings=sheet.warnings,
        grounds=f"{', '.join(sheet.facts)} · {', '.join(sheet.sources)}. Order {str(order.id)[:8]}, "
        f"hash {sheet.order_sha256[:16]}.",
    )


def _facts(order: Order, zone: tzinfo) -> tuple[Fact, ...]:
    facts = [Fact("Ordered", Quantity(order.dose_mg, "mg"), on=order.planned_on)]
    if order.weight_kg is not None and order.weight_at is not None:
        facts.append(
            Fact(
                "Weight",
                Quantity(order.weight_kg, "kg"),
                on=order.weight_at.astimezone(zone).date(),
                origin=POLICY_WORDS.get(order.weight_policy or "", order.weight_policy or ""),
            )
        )
        facts.append(Fact("The same in pounds", _pounds(order.weight_kg)))
    return tuple(facts)


def _pounds(weight_kg: Decimal) -> Quantity:
    return Quantity(Quantity(weight_kg, "kg").in_unit("[lb_av]").quantize(Decimal("0.1")), "[lb_av]")


def _step(line: Line) -> WorksheetStep:
    assert line.amount is not None
    return WorksheetStep(line.label, (line.expression,), line.amount, line.note)


def _device(step: DeviceStep) -> components.DeviceStep:
    after = (
        "At the start"
        if not step.at_min
        else f"Not before {Quantity(step.at_min, 'min')} from the first device"
    )
    rest = f"Then rest {Quantity(step.rest_min, 'min')}." if step.rest_min is not None else "The last."
    return components.DeviceStep(step.number, Quantity(step.holds_mg, "mg"), after, rest)
