"""How far blood pressure rose over its own baseline in a session: measured, never simulated."""

from dataclasses import dataclass

from posology.treatment.session_state import SessionState


@dataclass(frozen=True, slots=True)
class MeasuredRise:
    """The highest systolic and diastolic pressure over the last one before the dose, mmHg."""

    systolic: int
    diastolic: int


def measured_rise(state: SessionState) -> MeasuredRise | None:
    """Return the highest rises of one session.

    Returns
    -------
    MeasuredRise or None
        ``None`` where nothing was given, or pressure was not taken both before and after the first of the
        drug. It is below 0 where pressure only fell.
    """
    start = state.started_at
    if start is None:
        return None
    taken = [
        (entry.at, entry.payload.systolic, entry.payload.diastolic)
        for entry in state.readings
        if entry.payload.systolic is not None and entry.payload.diastolic is not None
    ]
    before = [pair for pair in taken if pair[0] <= start]
    after = [pair for pair in taken if pair[0] > start]
    if not before or not after:
        return None
    _, systolic, diastolic = max(before, key=lambda pair: pair[0])
    return MeasuredRise(
        max(high for _, high, _ in after) - systolic, max(low for _, _, low in after) - diastolic
    )
