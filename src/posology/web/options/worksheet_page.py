"""The worksheet as it is shown and printed; a dose and a volume look different (hazard H-04)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal

from posology.clinic.orders.models import OrderRow
from posology.knowledge import Library, Route
from posology.protocols.dosing_weight import POLICY_WORDS
from posology.quantities import Quantity
from posology.treatment import DeviceStep, Line, Order, Worksheet
from posology.web import components
from posology.web.components import Chain, Fact, WorksheetStep
from posology.web.grounds import chain_of, chain_of_values


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


def chain_of_sheet(sheet: Worksheet, order: Order, library: Library) -> Chain:
    """Return what the sheet's numbers rest on: the dose's limits, the product, the steps of the bench."""
    on = order.planned_on
    protocol, product = library.protocol(order.protocol_id), library.products.products[sheet.product_id]
    of_dose = chain_of_values(_of_dose(order), protocol.values, library, on=on)
    of_bench = chain_of_values(_of_bench(sheet), library.products.values, library, on=on)
    return replace(
        chain_of(product, library=library, label="The numbers rest on", where=product.title),
        values=(*of_dose.values, *of_bench.values),
    )


def _of_dose(order: Order) -> Iterator[str]:
    yield from ("dose_ceiling", "dose_levels", "dose_step")
    if order.minutes:
        yield from ("infusion_minutes", "rate_ceiling")
    if order.route is Route.NASAL:
        yield "device_rest"


def _of_bench(sheet: Worksheet) -> Iterator[str]:
    if sheet.vial_volume_mL is not None:
        yield from ("volume_step", "second_person_percent")
    if sheet.final_volume_mL is not None:
        yield "dilute_first_ratio"
    if sheet.rate_mL_per_h is not None:
        yield from ("pump_rate_step", "rate_balance_percent", "pump_check_percent")


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
