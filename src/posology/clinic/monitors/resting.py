"""What an entry of a session says of a monitor must be so: its readings are in the session, and say that."""

from posology.clinic.monitors.actions import MonitorRefused
from posology.clinic.monitors.proposals import FIELD, whole_of
from posology.clinic.monitors.queries import rows_by_id
from posology.clinic.sessions.models import SessionRow
from posology.hl7v2 import Sign
from posology.treatment.payloads import ReadingTaken


def check_rests_on(session: SessionRow, payload: object) -> None:
    """Refuse an entry that names readings of a monitor which are not this session's, or say otherwise.

    Raises
    ------
    MonitorRefused
        Naming what differs.
    """
    if not isinstance(payload, ReadingTaken) or not payload.from_monitor:
        return
    rows = rows_by_id(session, payload.from_monitor)
    if len(rows) != len(set(payload.from_monitor)):
        raise MonitorRefused(
            "The entry rests on a monitor's reading that is not in this session, so nothing was recorded. "
            "Look at the monitor and enter what it shows."
        )
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
