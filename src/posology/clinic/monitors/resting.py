"""What an entry of a session says of a monitor must be so, and be what a person could have confirmed.

This is asked of every entry, by whatever door it comes, at the moment at which it is stored. Whoever looked
at nothing, as a page without the network, confirms nothing.
"""

from collections.abc import Collection
from datetime import datetime

from posology.clinic.monitors.actions import MonitorRefused
from posology.clinic.monitors.models import MonitorReading
from posology.clinic.monitors.proposals import FIELD, by_moment, proposals, whole_of
from posology.clinic.monitors.queries import rows_by_id
from posology.clinic.sessions.models import SessionRow
from posology.hl7v2 import Sign
from posology.treatment import FINAL, Event
from posology.treatment.payloads import Corrected, ReadingTaken


def check_rests_on(session: SessionRow, event: Event) -> None:
    """Refuse an entry that names readings of a monitor which it cannot rest on, or says otherwise.

    Raises
    ------
    MonitorRefused
        If they are not this session's, as all in quarantine are; are old, flagged, without a value, half a
        pressure or not of one moment; say something else; if the session is over; or in a correction.
    """
    payload = event.payload
    if isinstance(payload, Corrected) and (payload.payload or {}).get("from_monitor"):
        raise MonitorRefused(
            "A correction is told by a person and rests on no monitor, so nothing was recorded. Enter the "
            "right numbers by hand."
        )
    if not isinstance(payload, ReadingTaken) or not payload.from_monitor:
        return
    if session.phase in FINAL:
        raise MonitorRefused(
            "This session is over, so no reading of a monitor is confirmed in it. Enter it by hand."
        )
    rows = rows_by_id(session, payload.from_monitor)
    if len(rows) != len(set(payload.from_monitor)):
        raise MonitorRefused(
            "The entry rests on a monitor's reading that is not in this session, so nothing was recorded. "
            "Look at the monitor and enter what it shows."
        )
    _check_sound(rows.values(), event.recorded_at)
    told = {
        FIELD[Sign(row.sign)]: whole_of(row.value)
        for row in rows.values()
        if row.value is not None and Sign(row.sign) in FIELD
    }
    if told != payload.values():
        raise MonitorRefused(
            "The entry says other numbers than the monitor's readings that it names, so nothing was "
            "recorded. Enter them by hand, or confirm what the monitor sent."
        )


def _check_sound(rows: Collection[MonitorReading], at: datetime) -> None:
    """Refuse readings of which the page would not offer one at this moment."""
    found = proposals([*rows], at=at)
    refused = " ".join(f"{p.row.sent or p.row.sign}: {p.why_not}" for p in found if p.why_not)
    if not refused and len(by_moment(found)) > 1:
        refused = "The monitor's readings are not of one moment."
    if refused:
        raise MonitorRefused(f"Nothing was recorded. {refused} Look at the monitor and enter what it shows.")
