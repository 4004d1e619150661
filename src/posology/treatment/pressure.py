"""Blood pressure during a session: what the last readings call for, and who goes on from there.

Symptoms come first: at any pressure they mean stop and call for help (S-BP-05, S-STOP-02). A number above
the site's own limit asks to measure again, and still above it, to pause until a prescriber has decided
(S-BP-23). No authority sets the limit (S-BP-20), so there is none until a site has signed its own. Nothing
here stops an infusion: a person does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from posology.knowledge import Library, Role, number_in_force
from posology.knowledge.schema import ProtocolFile
from posology.treatment.payloads import PressureDecided, PressureWay, ReadingTaken, SymptomsChecked
from posology.treatment.policies import NotAllowed, Obstacle
from posology.treatment.session_state import Entry, SessionState

SYSTOLIC, DIASTOLIC, REPEAT = "intra_session_systolic", "intra_session_diastolic", "intra_session_repeat"
SATURATION = "saturation_alert"
_SUGGESTED = ("rules-session", "saturation_low")  # one number for before the dose and during it (S-RES-03)


class PressureStep(StrEnum):
    """What pressure and symptoms call for now."""

    CALM = "calm"
    REPEAT = "repeat"  # above the limit once: measure again
    PAUSE = "pause"  # above it again: pause, and a prescriber decides
    EMERGENCY = "emergency"  # symptoms at any value: stop, and call for help


WAITS_FOR_PRESCRIBER = frozenset({PressureStep.PAUSE, PressureStep.EMERGENCY})


@dataclass(frozen=True, slots=True)
class ChairLimits:
    """The limits by which a session is watched, as the site signed them; ``None`` where it has none.

    ``saturation`` is the site's own, or the one that its sources suggest (``is_suggested``).
    """

    systolic: Decimal | None
    diastolic: Decimal | None
    repeat_min: Decimal | None
    saturation: Decimal | None
    is_suggested: bool

    def is_above(self, reading: ReadingTaken) -> bool:
        """Return whether a reading lies above the limit in either of its two values."""
        return _above(reading.systolic, self.systolic) or _above(reading.diastolic, self.diastolic)

    def answers(self, reading: ReadingTaken) -> bool:
        """Return whether a reading holds each value that has a limit; half of one ends no flow."""
        pairs = ((reading.systolic, self.systolic), (reading.diastolic, self.diastolic))
        return all(value is not None for value, limit in pairs if limit is not None)


@dataclass(frozen=True, slots=True)
class Pressure:
    """Where the flow stands: its step, the reading and the moments behind it."""

    step: PressureStep = PressureStep.CALM
    reading: Entry[ReadingTaken] | None = None
    repeat_at: datetime | None = None  # when to measure again, where the site says after how many minutes
    symptoms: Entry[SymptomsChecked] | None = None
    decision: Entry[PressureDecided] | None = None


def chair_limits(protocol: ProtocolFile, on: date, library: Library) -> ChairLimits:
    """Return the limits of a protocol's text on a day.

    Parameters
    ----------
    protocol : ProtocolFile
        As it was signed; a site's own text holds what the site set.
    on : date
        The day of the session.
    library : Library
        Where the suggested limit of saturation stands.
    """
    own = _own(protocol, SATURATION, "%", on)
    return ChairLimits(
        _own(protocol, SYSTOLIC, "mm[Hg]", on),
        _own(protocol, DIASTOLIC, "mm[Hg]", on),
        _own(protocol, REPEAT, "min", on),
        own if own is not None else _suggested(library, on),
        own is None,
    )


def pressure_now(state: SessionState, limits: ChairLimits) -> Pressure:
    """Return what the readings, symptoms and decisions since the first of the drug call for.

    A decision to go on takes the flow back to its start; what is then above the limit is seen anew. Symptoms
    that passed do not, nor does a lower pressure after a second high one: that is the prescriber's to say.
    What was written after a decision was not known to it, so it counts after it, whenever it happened.
    """
    now = Pressure()
    for entry in _as_known(_since_the_dose(state)):
        says = entry.payload
        if isinstance(says, ReadingTaken):
            now = _read(now, entry, limits)
        elif isinstance(says, SymptomsChecked):
            step = PressureStep.EMERGENCY if says.present else now.step
            now = replace(now, step=step, symptoms=entry)
        elif isinstance(says, PressureDecided):
            now = Pressure(decision=entry) if says.way is PressureWay.GO_ON else replace(now, decision=entry)
    return now


def _as_known(entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Return entries by their time, each after every decision that was written before it."""
    told = tuple(entries)
    decided = [e for e in told if isinstance(e.payload, PressureDecided)]

    def counts_from(entry: Entry[Any]) -> datetime:
        return max([entry.at, *(d.at for d in decided if d.recorded_at < entry.recorded_at)])

    return sorted(told, key=lambda e: (counts_from(e), e.recorded_at))


def check_prescriber_decided(
    state: SessionState, protocol: ProtocolFile, at: datetime, library: Library
) -> None:
    """Refuse to bring in more of the drug while a prescriber has not decided to go on.

    Raises
    ------
    NotAllowed
        If pressure was above the site's limit twice, or there were symptoms, since the last decision.
    """
    step = pressure_now(state, chair_limits(protocol, at.date(), library)).step
    if step in WAITS_FOR_PRESCRIBER:
        why = (
            "There were symptoms" if step is PressureStep.EMERGENCY else "Pressure was above the limit twice"
        )
        sentence = f"{why}, so no more is given until a prescriber has decided to go on. Call the prescriber."
        raise NotAllowed((Obstacle("pressure", sentence, Role.PRESCRIBER),))


def low_saturation(state: SessionState, limits: ChairLimits) -> Entry[ReadingTaken] | None:
    """Return the latest reading of saturation where it lies below the limit."""
    latest = next((e for e in reversed(state.readings) if e.payload.spo2 is not None), None)
    if latest is None or limits.saturation is None or latest.payload.spo2 is None:
        return None
    return latest if latest.payload.spo2 < limits.saturation else None


def _since_the_dose(state: SessionState) -> Iterator[Entry[Any]]:
    began = state.administration_at or state.started_at
    entries: list[Entry[Any]] = [*state.readings, *state.symptoms, *state.pressure_decisions]
    if began is not None:
        yield from (entry for entry in entries if entry.at >= began)


def _read(now: Pressure, entry: Entry[ReadingTaken], limits: ChairLimits) -> Pressure:
    reading = entry.payload
    if now.step is PressureStep.EMERGENCY or (reading.systolic is None and reading.diastolic is None):
        return now
    if not limits.is_above(reading):
        # After a second high reading a lower one does not start the drug again: a prescriber does (S-BP-23).
        waits = now.step is PressureStep.PAUSE or not limits.answers(reading)
        return now if waits else replace(now, step=PressureStep.CALM, reading=entry, repeat_at=None)
    again = now.step in {PressureStep.REPEAT, PressureStep.PAUSE}
    if again:
        return replace(now, step=PressureStep.PAUSE, reading=entry, repeat_at=None)
    wait = limits.repeat_min
    at = entry.at + timedelta(minutes=float(wait)) if wait is not None else None
    return replace(now, step=PressureStep.REPEAT, reading=entry, repeat_at=at)


def _above(value: int | None, limit: Decimal | None) -> bool:
    return value is not None and limit is not None and value > limit


def _own(protocol: ProtocolFile, name: str, unit: str, on: date) -> Decimal | None:
    dated = protocol.values.get(name)
    if not dated or on < min(dated):
        return None
    return number_in_force(protocol.values, name, on=on, unit=unit)


def _suggested(library: Library, on: date) -> Decimal | None:
    file, name = _SUGGESTED
    values = next((rules.values for rules in library.rules if rules.id == file), {})
    return number_in_force(values, name, on=on, unit="%") if name in values else None
