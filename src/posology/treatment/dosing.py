"""Policies of the running dose: the start as it was ordered, the next device, a new rate."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from posology.knowledge import Library, Route, load_library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.limits import check_rate, check_session_total, limit_in
from posology.quantities import Quantity, check_aware
from posology.treatment.infusion import minutes_between
from posology.treatment.orders import Order
from posology.treatment.payloads import AdministrationStarted, DoseGiven, EventKind
from posology.treatment.policies import NotAllowed, Obstacle
from posology.treatment.session_state import SessionState
from posology.treatment.sheet import Worksheet, check_pump
from posology.treatment.states import SessionPhase
from posology.treatment.worksheet import worksheet

STARTS_BY: dict[Route, EventKind] = {
    Route.INTRAVENOUS: EventKind.ADMINISTRATION_STARTED,
    Route.NASAL: EventKind.ADMINISTRATION_STARTED,
    Route.INTRAMUSCULAR: EventKind.DOSE_GIVEN,
    Route.ORAL: EventKind.DOSE_GIVEN,
    Route.SUBCUTANEOUS: EventKind.DOSE_GIVEN,
    Route.SUBLINGUAL: EventKind.DOSE_GIVEN,
}
"""By which event a dose of each route begins."""


def check_given_as_ordered(
    order: Order,
    state: SessionState,
    given: AdministrationStarted | DoseGiven,
    *,
    library: Library | None = None,
) -> None:
    """Refuse a start that is not what was ordered and checked: dose, lot, time, rate, pump, devices.

    Raises
    ------
    NotAllowed
        With every difference.
    CheckFailed
        If the pump shows another rate than the worksheet.
    LimitExceeded
        If the rate is the worksheet's but for a percentage, and that brings it above the highest.
    """
    checked = state.worksheet
    if checked is None:
        raise NotAllowed(
            (Obstacle("worksheet", "No second person has checked the worksheet. Ask a colleague."),)
        )
    said = checked.payload
    sheet = worksheet(
        order, product_id=said.product_id, library=library, final_volume_mL=said.final_volume_mL
    )
    found = [*_amount(sheet, given), *_lot(said.lot, given)]
    starts_by = (
        EventKind.ADMINISTRATION_STARTED if isinstance(given, AdministrationStarted) else EventKind.DOSE_GIVEN
    )
    if starts_by is not STARTS_BY[order.route]:
        found.append(
            Obstacle("route", f"A dose by the {order.route} route does not begin like this. Reload the page.")
        )
    if isinstance(given, AdministrationStarted):
        found += _as_planned(order, sheet, given)
    if found:
        raise NotAllowed(tuple(found))
    if isinstance(given, AdministrationStarted) and sheet.rate_mL_per_h is not None:
        check_pump(sheet, typed_rate_mL_per_h=given.pump_rate_mL_per_h)
        _check_highest_rate(order, sheet, given, library or load_library())


def _check_highest_rate(
    order: Order, sheet: Worksheet, given: AdministrationStarted, library: Library
) -> None:
    # What is set may differ from the sheet by a percentage; the limit may not (hazard H-12).
    protocol, pump = library.protocol(order.protocol_id), given.pump_rate_mL_per_h
    told = given.rate_mg_per_min if given.minutes is None else None
    for rate in (told, None if pump is None else sheet.mg_per_min_at(pump)):
        if rate is not None:
            check_rate(protocol, rate_mg_per_min=rate, weight_kg=order.weight_kg, on=order.planned_on)


def _amount(sheet: Worksheet, given: AdministrationStarted | DoseGiven) -> list[Obstacle]:
    if given.dose_mg in {sheet.drawn_mg, sheet.dose_mg}:
        return []
    is_, was = Quantity(given.dose_mg, "mg"), Quantity(sheet.drawn_mg, "mg")
    return [
        Obstacle("dose_mg", f"The dose is entered as {is_}, and {was} was prepared. Look at the worksheet.")
    ]


def _lot(checked_lot: str, given: AdministrationStarted | DoseGiven) -> list[Obstacle]:
    if given.lot == checked_lot:
        return []
    return [
        Obstacle("lot", f"The lot is '{given.lot}', and '{checked_lot}' was checked. Read the label again.")
    ]


def _as_planned(order: Order, sheet: Worksheet, given: AdministrationStarted) -> list[Obstacle]:
    found = []
    if given.devices != order.devices:
        found.append(Obstacle("devices", "The number of devices is not the order's. Look at the worksheet."))
    minutes, planned = given.minutes, sheet.rate_mg_per_min
    if minutes is None and given.rate_mg_per_min is not None and planned is not None:
        if abs(Fraction(given.rate_mg_per_min) - planned) * 100 > planned:
            found.append(Obstacle("rate_mg_per_min", "The rate is not the worksheet's. Set it again."))
    elif minutes != order.minutes:
        found.append(Obstacle("minutes", "The infusion time is not the order's. Look at the worksheet."))
    return found


def check_infusion_rate(
    order: Order,
    state: SessionState,
    rate_mg_per_min: Decimal | None,
    *,
    on: datetime,
    library: Library | None = None,
) -> None:
    """Refuse a new rate above the protocol's highest; ``None`` is the rate before the pause.

    The rate before the pause is asked too: one that paper told afterwards was never asked.

    Raises
    ------
    LimitExceeded
        If it is above the limit, or nothing of the dose is left.
    """
    running = state.infusions[-1] if state.infusions else None
    if running is not None:
        left = Fraction(running.dose_mg) - running.delivered(on)
        check_no_more_than_ordered(order, state, left, at=on)
    if rate_mg_per_min is not None:
        rate = Fraction(rate_mg_per_min)
    elif running is not None:
        rate = running.rate_before_pause
    else:
        return  # nothing runs and nothing is set; that it cannot follow is said by the transitions
    protocol = (library or load_library()).protocol(order.protocol_id)
    day = check_aware(on, what="moment").date()
    check_rate(protocol, rate_mg_per_min=rate, weight_kg=order.weight_kg, on=day)


def check_no_more_than_ordered(order: Order, state: SessionState, more_mg: Fraction, *, at: datetime) -> None:
    """Refuse what would bring a session above its order: a second dose, one device more.

    Raises
    ------
    LimitExceeded
        If it would, or if nobody knows how much is in already.
    """
    so_far = most_given(state, at)
    check_session_total(
        ordered_mg=order.dose_mg,
        so_far_mg=Fraction(order.dose_mg) if so_far is None else so_far,
        more_mg=more_mg,
    )


def most_given(state: SessionState, at: datetime) -> Fraction | None:
    """Return the most that may be in at a moment, mg; ``None`` where nobody knows.

    A lost or partial spray counts as its whole device here, and as nothing in what is shown as given.
    """
    used = [d.payload.complete for d in state.devices if d.at <= at]
    if not used:
        return state.delivered_exact(at)
    if state.mg_per_device is None:
        return None
    return state.delivered_exact(at) + used.count(False) * state.mg_per_device


def next_device_at(state: SessionState, protocol: ProtocolFile) -> datetime | None:
    """Return when the next device may be used at the earliest, or ``None`` where none is to follow."""
    started = state.administration_at
    planned = state.planned_devices
    if started is None or planned is None or len(state.devices) >= planned or state.ended_at is not None:
        return None
    if not state.devices:
        return started
    last = max(d.at for d in state.devices)
    rest = limit_in(protocol, "device_rest", "s", last.date())
    return last + timedelta(microseconds=int(rest * 1_000_000))


def check_may_give_device(state: SessionState, protocol: ProtocolFile, *, number: int, at: datetime) -> None:
    """Refuse a device out of turn, beyond the dose, or before the rest is over (hazard H-13).

    A lost or partial spray counts as its device and is never given again (S-STOP-07).

    Raises
    ------
    NotAllowed
        With the reason.
    """
    earliest = next_device_at(state, protocol)
    if earliest is None or state.phase not in {SessionPhase.RUNNING, SessionPhase.RESTING}:
        raise NotAllowed(
            (
                Obstacle(
                    "devices",
                    "No further device follows; a lost spray is not given again. Ask the prescriber.",
                ),
            )
        )
    expected = len(state.devices) + 1
    if number != expected:
        raise NotAllowed(
            (Obstacle("number", f"The next is device {expected}, not device {number}. Look again."),)
        )
    moment = check_aware(at, what="moment")
    if moment < earliest:
        left = minutes_between(moment, earliest)
        whole = -(-left.numerator // left.denominator)
        raise NotAllowed((Obstacle("rest", f"The rest is not over; {whole} min are left. Wait."),))


def may_give_device(state: SessionState, protocol: ProtocolFile, *, number: int, at: datetime) -> bool:
    """Return whether this device may be used at this moment."""
    try:
        check_may_give_device(state, protocol, number=number, at=at)
    except NotAllowed:
        return False
    return True
