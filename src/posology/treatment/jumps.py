"""Tenfold jumps against the last reading: a digit lost or one too many, asked about at once (hazard H-42).

It drops nothing: once a person has confirmed the value, it is kept as it was read.
"""

from posology.treatment.events import FieldFault, NeedsConfirmation
from posology.treatment.payloads import ReadingTaken
from posology.treatment.session_state import SessionState

TENFOLD = 10
"""What one digit more or less makes of a number: arithmetic, no clinical limit."""


def jumps(state: SessionState, reading: ReadingTaken) -> tuple[FieldFault, ...]:
    """Return each value that is ten times the last one, or a tenth of it, or beyond.

    Parameters
    ----------
    state : SessionState
        The session before the reading.
    reading : ReadingTaken
        The new one.

    Returns
    -------
    tuple of FieldFault
        A question a value; empty where nothing was read before.
    """
    found = []
    for name, value in reading.values().items():
        before = next((v for e in reversed(state.readings) if (v := e.payload.values().get(name))), None)
        if before and (value >= TENFOLD * before or TENFOLD * value <= before):
            words = "oxygen saturation" if name == "spo2" else name.replace("_", " ")
            sentence = f"{words.capitalize()}: {value} now and {before} before, a tenfold jump. "
            found.append(FieldFault(name, sentence + "Look again; confirm it if it is so."))
    return tuple(found)


def check_no_jump(state: SessionState, reading: ReadingTaken) -> None:
    """Ask for a second look at a tenfold jump that nobody has confirmed.

    Raises
    ------
    NeedsConfirmation
        With a question a value.
    """
    found = jumps(state, reading)
    if found and not reading.confirmed_extreme:
        raise NeedsConfirmation(found)
