"""What sessions gave, as the ledger reads it: a view of their events, never stored a second time."""

from datetime import datetime
from fractions import Fraction
from uuid import UUID

from posology.knowledge import Substance
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


def doses_of(
    state: SessionState, *, session: UUID, product_id: str, substance: Substance, at: datetime
) -> tuple[Dose, ...]:
    """Return what a session gave by ``at``, a dose an event, each with the lot that the event names.

    Parameters
    ----------
    state : SessionState
        The replay of its events, corrections included.
    session, product_id, substance
        Of the session and its order; the product that was checked at the bench goes before the order's.
    at : datetime
        Until when, aware.

    Returns
    -------
    tuple of Dose
        In order of time. Their sum is ``state.delivered_mg(at)`` to the microgram: what rounding takes from
        one it gives to the next.
    """
    product = state.worksheet.payload.product_id if state.worksheet else product_id
    starts = [(e.payload, e.by) for e in state.entries if isinstance(e.payload, AdministrationStarted)]
    infused = [(says, by) for says, by in starts if says.devices is None]
    parts: list[tuple[datetime, str, Fraction, bool, str]] = [
        (infusion.started_at, says.lot, infusion.delivered(at), False, by)
        for (says, by), infusion in zip(infused, state.infusions, strict=True)
    ]
    each = state.mg_per_device
    for device in state.devices:
        known = device.payload.complete and each is not None
        mg = each if known and each is not None else Fraction(0)
        parts.append((device.at, device.payload.lot, mg, not known, device.by))
    parts += [(d.at, d.payload.lot, Fraction(d.payload.dose_mg), False, d.by) for d in state.doses]
    told: list[Dose] = []
    exact, so_far = Fraction(0), 0
    for moment, lot, mg, is_least, by in sorted((p for p in parts if p[0] <= at), key=lambda p: p[0]):
        exact += mg
        amount = round(exact * 1000) - so_far
        so_far += amount
        told.append(Dose(session, Lot(product, lot), substance, moment, amount, is_least, by))
    return tuple(told)
