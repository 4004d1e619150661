"""The whole order as one sentence that can be read aloud: who, what, how much, how, when, and from what."""

from datetime import date, tzinfo

from posology.clinic.patients.models import Patient
from posology.knowledge import Route, Substance, load_library
from posology.protocols.dosing_weight import POLICY_WORDS
from posology.quantities import Quantity
from posology.recommendation import Option
from posology.treatment import Order
from posology.web.components import text

# How each route is said aloud.
SAID = {
    Route.INTRAVENOUS: "into a vein",
    Route.INTRAMUSCULAR: "into a muscle",
    Route.NASAL: "into the nose",
    Route.ORAL: "by mouth",
    Route.SUBCUTANEOUS: "under the skin",
    Route.SUBLINGUAL: "under the tongue",
}


_WHOLE_HYPHEN = "\u2011"  # a day never breaks over two lines of the sentence


def day_text(day: date) -> str:
    """Write a day so that no line breaks inside it."""
    return text.day_text(day).replace("-", _WHOLE_HYPHEN)


def weekday_text(day: date) -> str:
    """Write a day with its weekday so that no line breaks inside it."""
    return text.weekday_text(day).replace("-", _WHOLE_HYPHEN)


def sentence_of_option(option: Option, patient: Patient, *, product_id: str, zone: tzinfo) -> str:
    """Return the sentence of an option that gives a dose."""
    assert option.dose is not None
    weight = option.dose.weight
    return _sentence(
        patient,
        option.substance,
        option.route,
        dose=Quantity(option.dose.dose_mg, "mg"),
        level=Quantity(option.dose.level, option.dose.basis),
        weight=Quantity(weight.kg, "kg") if weight else None,
        policy=weight.policy if weight else None,
        weighed_on=weight.measured_at.astimezone(zone).date() if weight else None,
        minutes=option.dose.minutes,
        devices=option.dose.devices,
        product_id=product_id,
        number=option.session_number,
        on=option.next_on,
    )


def sentence_of_order(order: Order, patient: Patient, *, zone: tzinfo) -> str:
    """Return the sentence of a signed order; the same words as before it was signed."""
    return _sentence(
        patient,
        order.substance,
        order.route,
        dose=Quantity(order.dose_mg, "mg"),
        level=Quantity(order.level, order.basis),
        weight=Quantity(order.weight_kg, "kg") if order.weight_kg is not None else None,
        policy=order.weight_policy,
        weighed_on=order.weight_at.astimezone(zone).date() if order.weight_at else None,
        minutes=order.minutes,
        devices=order.devices,
        product_id=order.product_id,
        number=order.session_number,
        on=order.planned_on,
    )


def _sentence(
    patient: Patient,
    substance: Substance,
    route: Route,
    *,
    dose: Quantity,
    level: Quantity,
    weight: Quantity | None,
    policy: str | None,
    weighed_on: date | None,
    minutes: int | None,
    devices: int | None,
    product_id: str,
    number: int | None,
    on: date | None,
) -> str:
    who = f"For {patient}, born {day_text(patient.born_on)}, record {patient.identifier}"
    what = f"{dose} of {substance.value} {SAID[route]}"
    if minutes:
        what += f" over {minutes}\u00a0minutes"
    if devices:
        what += f", as {devices}\u00a0devices one after the other" if devices > 1 else ", as 1\u00a0device"
    why = ""
    if weight and weighed_on:
        words = POLICY_WORDS.get(policy or "", policy or "")
        why = f"which is {level} for {weight} ({words}), weighed on {day_text(weighed_on)}"
    product = load_library().products.products.get(product_id)
    source = f"from {product.title}" if product else ""
    when = f"as session {number} on {weekday_text(on)}" if number and on else ""
    return ", ".join(part for part in (f"{who}: {what}", why, source, when) if part) + "."
