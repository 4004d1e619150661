"""The sums of a worksheet: mg to mL of vial to mL/h, or devices and rests.

Sums are exact fractions. What a syringe or a pump shows is rounded down to its step, and where that
leaves less than was ordered the sheet says how much.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from posology.knowledge.schema import Product, ProtocolFile
from posology.protocols.limits import limit_in
from posology.quantities import Quantity
from posology.treatment.bench import Bench
from posology.treatment.orders import Order
from posology.treatment.sheet import DeviceStep, Line, LineKind, Worksheet, WorksheetError

_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")


def volume_sheet(
    order: Order, protocol: ProtocolFile, product: Product, bench: Bench, final_volume_mL: Decimal | None
) -> Worksheet:
    """Work out what is drawn from a vial, diluted, and set on the pump."""
    strength = product.strength_mg_per_mL
    if strength is None:
        raise WorksheetError(f"The strength of {product.title} is not known, so no volume can be worked out.")
    volume = _vial_volume(order, product, strength, bench)
    drawn = volume * strength
    _check_dilution(order, product, volume, final_volume_mL, bench)
    final = final_volume_mL if final_volume_mL is not None else volume
    rate = _pump_rate(order.minutes, final, bench) if order.minutes else None
    lines = [*_dose_lines(order, protocol, bench), *_draw_lines(order, strength, volume, drawn)]
    if order.minutes and rate is not None:
        lines += _infusion_lines(order.minutes, drawn, volume, final, rate)
    return _sheet(
        order,
        product,
        bench,
        stated_as=f"Dose and strength are stated as {order.substance} base.",
        lines=tuple(lines),
        warnings=tuple(_short_draw(order, drawn, bench)),
        drawn_mg=drawn,
        vial_volume_mL=volume,
        final_volume_mL=final_volume_mL,
        rate_mL_per_h=rate,
    )


def _vial_volume(order: Order, product: Product, strength: Decimal, bench: Bench) -> Decimal:
    step = bench.number("volume_step", "mL")
    volume = int(Fraction(order.dose_mg) / Fraction(strength) / Fraction(step)) * step
    dose, least = Quantity(order.dose_mg, "mg"), Quantity(step, "mL")
    if volume == 0:
        raise WorksheetError(f"{dose} of {product.title} is less than {least}. Order a weaker vial.")
    if product.volume_mL is not None and volume > product.volume_mL:
        needed, held = Quantity(volume, "mL"), Quantity(product.volume_mL, "mL")
        raise WorksheetError(
            f"{dose} needs {needed}, and {product.title} holds {held}. Order a stronger vial."
        )
    return volume


def _check_dilution(
    order: Order, product: Product, volume: Decimal, final_volume_mL: Decimal | None, bench: Bench
) -> None:
    must = order.route in product.dilute_first
    if final_volume_mL is None:
        if must:
            raise WorksheetError(
                f"{product.title} may not be given undiluted by the {order.route} route (PR-PRD-03). "
                "Dilute it, and give the final volume in mL."
            )
        return
    if order.minutes is None:
        raise WorksheetError(
            f"A final volume is given, and a dose by the {order.route} route is not infused. Leave it out."
        )
    if not Decimal(final_volume_mL).is_finite() or final_volume_mL < volume:
        raise WorksheetError(
            f"The final volume is {final_volume_mL} mL, less than the {Quantity(volume, 'mL')} drawn "
            "from the vial. "
            "Give the whole volume after dilution."
        )
    least = volume * bench.number("dilute_first_ratio", "1")
    if must and final_volume_mL < least:
        raise WorksheetError(
            f"The final volume is {Quantity(final_volume_mL, 'mL')}; {product.title} needs at least an equal "
            f"volume of diluent, so {Quantity(least, 'mL')} or more (PR-PRD-03). Dilute it further."
        )


def _pump_rate(minutes: int, final: Decimal, bench: Bench) -> Decimal:
    step = bench.number("pump_rate_step", "mL/h")
    exact = Fraction(final) * 60 / minutes
    rate = int(exact / Fraction(step)) * step
    percent = bench.number("rate_balance_percent", "%")
    if rate == 0 or (exact - Fraction(rate)) * 100 > Fraction(percent) * exact:
        raise WorksheetError(
            f"{Quantity(final, 'mL')} over {minutes} min cannot be set on the pump within "
            f"{Quantity(percent, '%')}: "
            f"its step is {Quantity(step, 'mL/h')}. Dilute to a larger volume."
        )
    return rate


def _dose_lines(order: Order, protocol: ProtocolFile, bench: Bench) -> Iterator[Line]:
    dose = Quantity(order.dose_mg, "mg")
    if order.weight_kg is None:
        yield Line("Dose", "as ordered", str(dose), LineKind.DOSE, dose)
        return
    level, weight = Quantity(order.level, protocol.dose_basis), Quantity(order.weight_kg, "kg")
    step = Quantity(limit_in(protocol, "dose_step", "mg", bench.on), "mg")
    whole = Fraction(order.level) * Fraction(order.weight_kg) == Fraction(order.dose_mg)
    note = "" if whole else f"rounded down to a step of {step}"
    yield Line("Dose", f"{level} × {weight}", str(dose), LineKind.DOSE, dose, note)


def _draw_lines(order: Order, strength: Decimal, volume: Decimal, drawn: Decimal) -> Iterator[Line]:
    dose, vial = Quantity(order.dose_mg, "mg"), Quantity(volume, "mL")
    per_mL = Quantity(strength, "mg/mL")
    note = "" if drawn == order.dose_mg else "rounded down to what the syringe shows"
    yield Line("Volume from the vial", f"{dose} ÷ {per_mL}", str(vial), LineKind.VOLUME, vial, note)
    if drawn != order.dose_mg:
        held = Quantity(drawn, "mg")
        yield Line("In the syringe", f"{vial} × {per_mL}", str(held), LineKind.DOSE, held)


def _infusion_lines(
    minutes: int, drawn: Decimal, volume: Decimal, final: Decimal, rate: Decimal
) -> Iterator[Line]:
    held, whole, time = Quantity(drawn, "mg"), Quantity(final, "mL"), Quantity(Decimal(minutes), "min")
    if final != volume:
        diluent = Quantity(final - volume, "mL")
        words = f"{Quantity(volume, 'mL')} from the vial + {diluent} diluent"
        yield Line("Volume after dilution", words, str(whole), LineKind.VOLUME, whole)
    pump = Quantity(rate, "mL/h")
    exact = Fraction(final) * 60 / minutes == Fraction(rate)
    note = "" if exact else "rounded down to the pump's step"
    yield Line("Pump rate", f"{whole} ÷ {time} × 60 min/h", str(pump), LineKind.RATE, pump, note)
    exact_rate = Fraction(drawn) / minutes
    per_min = Quantity(_rounded(exact_rate), "mg/min")
    note = "" if Fraction(per_min.magnitude) == exact_rate else "rounded"
    yield Line("Dose rate", f"{held} ÷ {time}", str(per_min), LineKind.RATE, per_min, note)
    yield Line("End of the infusion", "at", str(time), LineKind.TIME, time, "after the start")


def _rounded(number: Fraction) -> Decimal:
    return Decimal(round(number * 10_000)) / 10_000  # to 4 decimals; a half goes to the even one


def _short_draw(order: Order, drawn: Decimal, bench: Bench) -> Iterator[str]:
    short = order.dose_mg - drawn
    percent = bench.number("rate_balance_percent", "%")
    if Fraction(short) * 100 > Fraction(percent) * Fraction(order.dose_mg):
        share = (short * 100 / order.dose_mg).quantize(Decimal("0.1"))
        yield (
            f"The syringe holds {Quantity(short, 'mg')} ({Quantity(share, '%')}) less than was ordered, "
            "since the vial is strong for this dose. A weaker vial measures it closer."
        )


def device_sheet(order: Order, protocol: ProtocolFile, product: Product, bench: Bench) -> Worksheet:
    """Work out how many devices are used, and when each may follow the one before."""
    holds = product.device_mg
    count = order.devices or 0
    if holds is None or holds * count != order.dose_mg or not 0 < count <= len(_ORDINALS):
        raise WorksheetError(
            f"{_count(count, 'device')} of {product.title} do not make {Quantity(order.dose_mg, 'mg')}. "
            "Write a new order."
        )
    rest = limit_in(protocol, "device_rest", "min", bench.on)
    steps = tuple(DeviceStep(n + 1, holds, n * rest, rest if n + 1 < count else None) for n in range(count))
    return _sheet(
        order,
        product,
        bench,
        stated_as=f"The dose is stated as {order.substance} base.",
        lines=tuple(_device_lines(order, holds, rest, steps)),
        devices=steps,
        drawn_mg=holds * count,
    )


def _device_lines(
    order: Order, holds: Decimal, rest_min: Decimal, steps: tuple[DeviceStep, ...]
) -> Iterator[Line]:
    dose, one = Quantity(order.dose_mg, "mg"), Quantity(holds, "mg")
    yield Line("Dose", "as ordered", str(dose), LineKind.DOSE, dose)
    counted = _count(len(steps), "device")
    yield Line("Devices", f"{dose} ÷ {one} a device", counted, LineKind.DOSE)
    for step in steps:
        at, word = Quantity(step.at_min, "min"), _ORDINALS[step.number - 1]
        first = step.number == 1
        words = "" if first else "after the first device; "
        rest = f"then rest {Quantity(step.rest_min, 'min')}" if step.rest_min is not None else "the last"
        how = "at" if first else "not before"
        yield Line(f"{word} device", how, str(at), LineKind.TIME, at, f"{words}{rest}")
    span = Quantity(steps[-1].at_min, "min")
    rests = len(steps) - 1
    if rests:
        words = f"{_count(rests, 'rest')} × {Quantity(rest_min, 'min')}"
        yield Line("First to last device", f"at least {words} =", str(span), LineKind.TIME, span)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _sheet(
    order: Order,
    product: Product,
    bench: Bench,
    *,
    stated_as: str,
    lines: tuple[Line, ...],
    drawn_mg: Decimal,
    warnings: tuple[str, ...] = (),
    vial_volume_mL: Decimal | None = None,
    final_volume_mL: Decimal | None = None,
    rate_mL_per_h: Decimal | None = None,
    devices: tuple[DeviceStep, ...] = (),
) -> Worksheet:
    return Worksheet(
        order_id=order.id,
        order_sha256=order.sha256(),
        substance=order.substance,
        route=order.route,
        product_id=order.product_id,
        product_title=product.title,
        stated_as=stated_as,
        lines=lines,
        warnings=warnings,
        dose_mg=order.dose_mg,
        drawn_mg=drawn_mg,
        vial_volume_mL=vial_volume_mL,
        final_volume_mL=final_volume_mL,
        rate_mL_per_h=rate_mL_per_h,
        minutes=order.minutes,
        devices=devices,
        second_person_percent=bench.number("second_person_percent", "%"),
        pump_check_percent=bench.number("pump_check_percent", "%"),
        facts=product.facts,
        sources=product.sources,
    )
