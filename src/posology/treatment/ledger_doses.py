"""What sessions gave, as the ledger reads it: a view of their events, never stored a second time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

from posology.knowledge import Substance
from posology.treatment.infusion import Infusion
from posology.treatment.ledger import Dose, Lot
from posology.treatment.payloads import AdministrationStarted, EventKind
from posology.treatment.session_state import SessionState

# What is seen, asked or said moves no drug: a ledger replays a session without it, to the same doses.
MOVES_NOTHING = frozenset(
    {
        EventKind.IDENTITY_CHECKED,
        EventKind.GATE_ANSWERED,
        EventKind.GATE_OVERRIDDEN,
        EventKind.READING_TAKEN,
        EventKind.SCALE_SCORED,
        EventKind.ADVERSE_EVENT,
        EventKind.DRUG_GIVEN,
        EventKind.NOTE_WRITTEN,
        EventKind.SYMPTOMS_CHECKED,
        EventKind.PRESSURE_DECIDED,
        EventKind.DISCHARGE_CRITERION,
        EventKind.DISCHARGE_OVERRIDDEN,
    }
)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one event gave on one day, mg, exactly."""

    at: datetime
    lot: str
    mg: Fraction
    by: str
    is_least: bool = False
    goes_on: bool = False
    began_at: datetime | None = None


def doses_of(
    state: SessionState,
    *,
    session: UUID,
    product_id: str,
    substance: Substance,
    day_ends: Callable[[datetime], datetime],
    at: datetime,
) -> tuple[Dose, ...]:
    """Return what a session gave by ``at``, a dose an event and day, each with the lot that the event names.

    Parameters
    ----------
    state : SessionState
        The replay of its events, corrections included.
    session, product_id, substance
        Of the session and its order; the product that was checked at the bench goes before the order's.
    day_ends : callable
        When the calendar day of a moment is over where the clinic is. What runs in after that is a dose of
        the next day.
    at : datetime
        Until when, aware.

    Returns
    -------
    tuple of Dose
        In order of time. Their sum is ``state.delivered_mg(at)`` to the microgram: what rounding takes from
        one it gives to the next. What is told of a day that is over does not depend on ``at``.
    """
    product = state.worksheet.payload.product_id if state.worksheet else product_id
    starts = [(e.payload, e.by) for e in state.entries if isinstance(e.payload, AdministrationStarted)]
    infused = [(says, by) for says, by in starts if says.devices is None]
    parts: list[_Part] = []
    for (says, by), infusion in zip(infused, state.infusions, strict=True):
        parts += _days_of(infusion, says.lot, by, day_ends, at)
    each = state.mg_per_device
    for device in state.devices:
        known = device.payload.complete and each is not None
        mg = each if known and each is not None else Fraction(0)
        parts.append(_Part(device.at, device.payload.lot, mg, device.by, is_least=not known))
    parts += [_Part(d.at, d.payload.lot, Fraction(d.payload.dose_mg), d.by) for d in state.doses]
    told: list[Dose] = []
    exact, so_far = Fraction(0), 0
    for part in sorted((p for p in parts if p.at <= at), key=lambda p: p.at):
        exact += part.mg
        amount = round(exact * 1000) - so_far
        so_far += amount
        lot = Lot(product, part.lot)
        told.append(
            Dose(
                session, lot, substance, part.at, amount, part.is_least, part.by, part.goes_on, part.began_at
            )
        )
    return tuple(told)


def _days_of(
    infusion: Infusion, lot: str, by: str, day_ends: Callable[[datetime], datetime], at: datetime
) -> Iterator[_Part]:
    """Yield what ran in on each day up to ``at``; its first day also while nothing has."""
    stands_still = infusion.runs_out_at() or infusion.changes[-1].at  # nothing runs in from then on
    start, before = infusion.started_at, Fraction(0)
    while True:
        midnight = day_ends(start).astimezone(UTC)  # as every other moment of the ledger
        is_last = midnight > min(at, stands_still)
        by_now = infusion.delivered(at if is_last else midnight)
        is_first = start == infusion.started_at
        if is_first or by_now > before:
            yield _Part(
                at=start if is_first else _runs_from(infusion, start),
                lot=lot,
                mg=by_now - before,
                by=by,
                goes_on=not is_last and infusion.delivered(stands_still) > by_now,
                began_at=None if is_first else infusion.started_at,
            )
        if is_last:
            return
        start, before = midnight, by_now


def _runs_from(infusion: Infusion, start: datetime) -> datetime:
    """Return when an infusion ran for the first time from a moment on."""
    rate = [change.mg_per_min for change in infusion.changes if change.at <= start][-1]
    return start if rate else next(c.at for c in infusion.changes if c.at > start and c.mg_per_min)
