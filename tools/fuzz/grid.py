"""Every rounding between a weight and a pump, exhaustively, before an independent judge (hazard H-12).

Weights 30.0 to 250.0 kg by 0.1, and beside each weight at which a dose grows by one step: every listed level
of every active protocol (a phase has none of its own), on every day its limits changed, in measuring steps of
0.1 to 2.5 mg by 0.05. Then what is drawn, diluted and set, and what a pump is told. ``tools.fuzz.rounding``
judges in whole numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.limits import LimitExceeded
from posology.protocols.limits import dose as dose_room
from posology.protocols.limits import rate as rate_room
from posology.recommendation.doses import propose_dose
from posology.treatment import WorksheetError, worksheet
from tools.fuzz import rounding as judge
from tools.fuzz.doors import LIBRARY, NOW, order_of
from tools.fuzz.oracle import bounds
from tools.fuzz.orders import TODAY, Tried

WEIGHTS = range(300, 2501)  # tenths of a kilogram
STEPS = range(10, 251, 5)  # hundredths of a milligram: what a site may measure in, by 0.05 mg
VOLUME_STEPS = (1, 2, 5, 10)  # hundredths of a millilitre
PUMP_STEPS = (1, 10, 100)  # hundredths of mL/h
OWN_STEP, OWN_VOLUME, OWN_PUMP = 50, 1, 10  # the product's own; a test holds them against its files
FINALS = (None, 5000, 10_000, 25_000)  # hundredths of a millilitre; None is undiluted
MINUTES = (40, 45, 60, 100)  # that are in use, from the shortest to the longest a site may choose
TYPED = (Fraction(1), Fraction(1, 10), Fraction(1, 100), Fraction(1, 10**6))  # last digits of a typed rate
SLOW = 1000  # min, where the rate is not the question


class Task(NamedTuple):
    """One piece of the grid; ``thin`` leaves one in so many of its weights, doses and boundaries."""

    part: str
    protocol: str
    on: date = TODAY
    step: int = OWN_STEP
    product: str = ""
    volume_step: int = OWN_VOLUME
    thin: int = 1
    seed: int = 1


def some(task: Task, all_: Sequence[Any], *salt: object) -> Sequence[Any]:
    """Return all, or one in ``thin`` from a seeded place on; never none of some."""
    if task.thin == 1 or not all_:
        return all_
    first = Random(f"{task.seed}/{task}/{salt}").randrange(min(task.thin, len(all_)))
    return all_[first :: task.thin]


def decimal(units: int, in_one: int) -> Decimal:
    return Decimal(units) / in_one


def stepped(values: Any, name: str, step: Decimal) -> Any:
    dated = values[name]
    return {**values, name: {day: value.model_copy(update={"value": step}) for day, value in dated.items()}}


@lru_cache(maxsize=8192)
def library_of(protocol: str, step: int, volume_step: int, pump_step: int) -> Library:
    """Return the knowledge of a site that measures in these steps."""
    file, shelf = LIBRARY.protocols[protocol], LIBRARY.products
    bench = stepped(shelf.values, "volume_step", decimal(volume_step, 100))
    bench = stepped(bench, "pump_rate_step", decimal(pump_step, 100))
    changed = file.model_copy(update={"values": stepped(file.values, "dose_step", decimal(step, 100))})
    return replace(
        LIBRARY,
        protocols={**LIBRARY.protocols, protocol: changed},
        products=shelf.model_copy(update={"values": bench}),
    )


def protocol_of(task: Task) -> ProtocolFile:
    return library_of(task.protocol, task.step, OWN_VOLUME, OWN_PUMP).protocols[task.protocol]


def levels_of(task: Task) -> tuple[int, ...]:
    return judge.limits(task.protocol, task.on).levels


def weights(task: Task, level: int, *, near: bool) -> Iterator[int]:
    """Yield the grid's weights, and the three around each boundary, in units of the judge."""
    tenth = judge.KG // 10
    for tenths in some(task, WEIGHTS, level):
        yield tenths * tenth
    if near:
        low, high = WEIGHTS[0] * tenth, WEIGHTS[-1] * tenth
        edges = tuple(judge.boundaries(level, task.step, low, high))
        for edge in edges if task.step == OWN_STEP else some(task, edges, level):
            yield from (edge - 1, edge, edge + 1)


def allowed(protocol: ProtocolFile, dose: Decimal, kg: Decimal | None, **more: Any) -> bool:
    """Ask the limits; the doors' own question, with no answer of its own."""
    try:
        dose_room.check_dose(protocol, dose_mg=dose, weight_kg=kg, **{"devices": None, **more})
    except LimitExceeded:
        return False
    return True


# ---------------------------------------------------------------- the parts: each yields None or the wrong
def doses(task: Task) -> Iterator[str | None]:
    """Work every dose out; it is the largest multiple not above, it is allowed, and one step more is not."""
    protocol, ceiling = protocol_of(task), judge.limits(task.protocol, task.on).ceiling
    minutes = SLOW if protocol.route == "intravenous" else None
    for level in levels_of(task):
        for weight in weights(task, level, near=True):
            said, kg = decimal(level, 1000), decimal(weight, judge.KG)
            right = judge.dose_of(level, weight, task.step)
            try:
                got = dose_room.dose_for_level(protocol, said, kg, task.on)
            except LimitExceeded:
                got = Decimal(0)
            what = (
                f"{task.protocol} {task.on}: {said} mg/kg × {kg} kg by {decimal(task.step, 100)} mg is {got}"
            )
            if got != decimal(right, 100):
                yield f"{what} mg and not {decimal(right, 100)} mg"
            elif judge.is_over(right, ceiling, weight):
                yield f"{what} mg, above the ceiling"
            else:
                yield None
            more = {"level": said, "minutes": minutes, "on": task.on}
            if right and not allowed(protocol, decimal(right, 100), kg, **more):
                yield f"{what} mg, and is refused"
            up = decimal(right + task.step, 100)
            yield f"{what} mg, and {up} mg is allowed too" if allowed(protocol, up, kg, **more) else None


def infusions(task: Task) -> Iterator[str | None]:
    """Infuse every dose in every time: refused exactly where it is faster than the highest rate.

    At the product's own step every minute from 1 to the longest; at others the minutes around the limit.
    """
    protocol, rate = protocol_of(task), judge.limits(task.protocol, task.on).rate
    assert rate is not None
    for level in levels_of(task):
        for weight in weights(task, level, near=False):
            said, kg = decimal(level, 1000), decimal(weight, judge.KG)
            dose = judge.dose_of(level, weight, task.step)
            edge = -(-dose * judge.KG * 10**4 // (rate * weight))
            times = range(1, MINUTES[-1] + 1) if task.step == OWN_STEP else range(max(1, edge - 1), edge + 2)
            for minutes in times if dose else ():
                right = not judge.too_fast(dose, minutes, rate, weight)
                got = allowed(protocol, decimal(dose, 100), kg, level=said, minutes=minutes, on=task.on)
                what = f"{task.protocol} {task.on}: {decimal(dose, 100)} mg, {kg} kg in {minutes} min"
                yield None if got == right else f"{what}: allowed {got}"


def prepared(
    task: Task, one: judge.Prepared, final: int | None, minutes: int | None, pump: int
) -> str | None:
    """Prepare one dose, and return what is wrong with its sheet."""
    library = library_of(task.protocol, one.step, task.volume_step, pump)
    route = library.protocols[task.protocol].route
    vial = judge.vials(task.protocol)[task.product]
    kg = decimal(one.tenths, 10)
    asked = Tried(
        task.protocol, task.on, decimal(one.level, 1000), decimal(one.dose, 100), kg, minutes, None, "grid"
    )
    right = judge.draw(vial, one.dose, route, task.volume_step, final, minutes, pump)
    try:
        sheet = worksheet(
            order_of(asked, task.product),
            product_id=task.product,
            library=library,
            final_volume_mL=None if final is None else decimal(final, 100),
        )
    except WorksheetError as refused:
        return None if right is None else f"{task}: {one}, {final}, {minutes}, {pump}: {refused}"
    except LimitExceeded as refused:
        return f"{task}: {one}, {final}, {minutes}, {pump}: {refused}"
    what = f"{task}: {one}, {final}, {minutes}, {pump}: {sheet.vial_volume_mL} mL, {sheet.rate_mL_per_h} mL/h"
    if right is None:
        return f"{what}, where no sheet may be"
    drawn = decimal(right.volume * vial.strength, 100)
    rate = None if right.rate is None else decimal(right.rate, 100)
    if (sheet.vial_volume_mL, sheet.drawn_mg, sheet.rate_mL_per_h) != (
        decimal(right.volume, 100),
        drawn,
        rate,
    ):
        return f"{what}, and not {right}"
    if drawn > asked.dose_mg:
        return f"{what}: more than the dose"
    ceiling = judge.limits(task.protocol, task.on).rate
    if right.rate is None or ceiling is None:
        return None
    weight = one.tenths * judge.KG // 10
    if judge.pumped_too_fast(Fraction(right.rate, 100), vial, right, ceiling, weight):
        return f"{what}: the pump gives more than the highest rate"
    shown = next(line.amount for line in sheet.lines if line.label == "Dose rate")
    if shown is None or Fraction(shown.magnitude) * 10**7 > ceiling * one.tenths:
        return f"{what}: it shows {shown}, more than the highest rate"
    return None


def sheets_of_weights(task: Task) -> Iterator[str | None]:
    """Prepare every weight × level at the product's own steps, in the listed times, diluted and not."""
    times = MINUTES if LIBRARY.protocols[task.protocol].route == "intravenous" else (None,)
    for level in levels_of(task):
        for tenths in some(task, WEIGHTS, level):
            dose = judge.dose_of(level, tenths * judge.KG // 10, task.step)
            one = judge.Prepared(dose, level, tenths, task.step, 1)
            for minutes in times:
                for final in (None, 5000) if minutes else (None,):
                    yield prepared(task, one, final, minutes, OWN_PUMP)


def sheets_of_doses(task: Task) -> Iterator[str | None]:
    """Prepare every distinct dose of all weights, levels and steps, on every bench.

    What is drawn and set rests on the dose and not on the weight behind it, so each dose is prepared once,
    for the lightest who can get it.
    """
    infused = LIBRARY.protocols[task.protocol].route == "intravenous"
    times: Sequence[int | None] = MINUTES if infused else (None,)
    for one in some(task, judge.distinct(task.protocol, task.on, WEIGHTS, STEPS)):
        for minutes in times:
            for final in FINALS if infused else (None,):
                for pump in PUMP_STEPS if infused else (OWN_PUMP,):
                    yield prepared(task, one, final, minutes, pump)


def typed_rates(task: Task) -> Iterator[str | None]:
    """Type a new rate of the pump, one digit below and above the highest: refused where it is above."""
    protocol, vial = protocol_of(task), judge.vials(task.protocol)[task.product]
    ceiling = judge.limits(task.protocol, task.on).rate
    assert ceiling is not None
    for level in (levels_of(task)[0], levels_of(task)[-1]):
        for tenths in some(task, WEIGHTS, level):
            weight, kg = tenths * judge.KG // 10, decimal(tenths, 10)
            dose = judge.dose_of(level, weight, task.step)
            asked = Tried(
                task.protocol, task.on, decimal(level, 1000), decimal(dose, 100), kg, MINUTES[0], None, ""
            )
            for final in FINALS:
                right = judge.draw(vial, dose, protocol.route, OWN_VOLUME, final, MINUTES[0], OWN_PUMP)
                if right is None:
                    continue
                sheet = worksheet(
                    order_of(asked, task.product),
                    product_id=task.product,
                    final_volume_mL=None if final is None else decimal(final, 100),
                )
                top = Fraction(ceiling * tenths * 60 * right.final, 10**7 * right.volume * vial.strength)
                for digit in TYPED:
                    for rate in (top // digit * digit, top // digit * digit + digit):
                        typed = Decimal(rate.numerator) / rate.denominator
                        fits = not judge.pumped_too_fast(rate, vial, right, ceiling, weight)
                        got = may_run(protocol, sheet.mg_per_min_at(typed), kg, task.on)
                        what = f"{task.protocol}: {kg} kg, {right} of {task.product}, {typed} mL/h"
                        yield None if got == fits else f"{what}: allowed {got}"


def may_run(protocol: ProtocolFile, mg_per_min: Decimal | None, kg: Decimal, on: date) -> bool:
    assert mg_per_min is not None
    if mg_per_min == 0:
        return True  # a rate of nothing is refused before any limit
    try:
        rate_room.check_rate(protocol, rate_mg_per_min=mg_per_min, weight_kg=kg, on=on)
    except LimitExceeded:
        return False
    return True


def shown_rates(task: Task) -> Iterator[str | None]:
    """Read the rate that a proposal shows: never more than the highest, however it is rounded."""
    protocol, ceiling = protocol_of(task), judge.limits(task.protocol, task.on).rate
    assert ceiling is not None
    for level in levels_of(task):
        for tenths in some(task, WEIGHTS, level):
            kg = decimal(tenths, 10)
            weight = DosingWeight(kg, "actual", NOW, "Actual body weight.", kg)
            for minutes in MINUTES:
                proposed = propose_dose(
                    protocol, decimal(level, 1000), weight=weight, minutes=minutes, library=LIBRARY, as_of=NOW
                )
                told = proposed.steps[-1].result
                shown = Fraction(told.split("\u00a0")[0])
                over = shown * 10**7 > ceiling * tenths
                yield f"{kg} kg, {proposed.dose_mg} mg in {minutes} min shown as {told}" if over else None


def totals(task: Task) -> Iterator[str | None]:
    """Ask every listed total, whatever the weight, with 0 to 6 devices: only those that make it may be."""
    protocol = LIBRARY.protocols[task.protocol]
    limits = bounds(task.protocol, task.on)
    assert limits is not None
    for level in sorted(limits.levels):
        said = Decimal(judge.whole(level))
        for kg in (None, *(decimal(tenths, 10) for tenths in some(task, WEIGHTS))):
            got = dose_room.dose_for_level(protocol, said, kg, task.on)
            yield None if got == said else f"{task.protocol}: {said} mg for {kg} kg is {got} mg"
        for devices in (None, *range(7)):
            right = devices is not None and devices * limits.step == level
            got_it = allowed(protocol, said, None, level=said, minutes=None, devices=devices, on=task.on)
            yield None if got_it == right else f"{task.protocol}: {devices} for {said} mg: allowed {got_it}"


PARTS: dict[str, Callable[[Task], Iterator[str | None]]] = {
    "doses": doses,
    "infusions": infusions,
    "sheets of every weight": sheets_of_weights,
    "sheets of every dose and bench": sheets_of_doses,
    "rates typed at the pump": typed_rates,
    "rates that are shown": shown_rates,
    "totals": totals,
}


def tasks(*, thin: int = 1, thin_sheets: int = 1, seed: int = 1) -> Iterator[Task]:
    """Yield the grid in pieces; thinned, the product's own step keeps every boundary."""
    more, sheets = {"thin": thin, "seed": seed}, {"thin": thin_sheets, "seed": seed}
    infused = [p for p in judge.by_weight() if judge.limits(p, TODAY).rate is not None]
    for protocol in judge.by_weight():
        for product in judge.vials(protocol):
            for volume_step in VOLUME_STEPS:
                yield Task(
                    "sheets of every dose and bench",
                    protocol,
                    product=product,
                    volume_step=volume_step,
                    **sheets,
                )
            yield Task("sheets of every weight", protocol, product=product, **more)
        for on in judge.days(protocol, TODAY):
            for step in STEPS:
                yield Task("doses", protocol, on, step, **more)
                if protocol in infused:
                    yield Task("infusions", protocol, on, step, **more)
    for protocol in infused:
        for product in judge.vials(protocol):
            yield Task("rates typed at the pump", protocol, product=product, **more)
        yield Task("rates that are shown", protocol, **more)
    for protocol in judge.by_total():
        yield Task("totals", protocol, **more)
