"""One step of the fold: what one event, in its turn, changes in the state of a session."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

from posology.treatment.events import Event
from posology.treatment.fields import Payload
from posology.treatment.infusion import Infusion, RateChange
from posology.treatment.payloads import (
    AdministrationStarted,
    DeviceGiven,
    DischargeCriterion,
    DoseGiven,
    EventKind,
    GateAnswered,
    InfusionRateChanged,
    InfusionResumed,
)
from posology.treatment.session_state import Conflict, Entry, SessionState, Withdrawn
from posology.treatment.states import SessionPhase, Step, step

_P = TypeVar("_P", bound=Payload)


@dataclass(slots=True)
class Fold:
    """The state so far. :meth:`take` folds one more event in; :meth:`result` hands the state over."""

    state: SessionState = field(default_factory=SessionState)
    conflicts: list[Conflict] = field(default_factory=list)

    def take(self, event: Event, *, original: Event | None = None, correction: Event | None = None) -> None:
        """Fold one event into the state, or list it as a conflict where it can have no effect."""
        to = self._step(event)
        why = self._why_refused(event) if to else f"It does not follow from '{self.state.phase}'."
        if to is None or why:
            self.conflicts.append(Conflict(event, why or "", counted=False))
            return
        self._note_what_is_odd(event, irregular=to.irregular)
        entry = Entry(
            event.payload, event.occurred_at, event.author, event.id, event.recorded_at, original, correction
        )
        self.state = replace(self.state, phase=to.to, session_id=event.session_id)
        _EFFECTS[event.kind](self, entry)

    def result(self, *, withdrawn: tuple[Withdrawn, ...], conflicts: tuple[Conflict, ...]) -> SessionState:
        """Return the state with everything that could not be taken, in order of time."""
        listed = (*self.conflicts, *conflicts)
        in_order = sorted(
            listed, key=lambda c: (c.event.occurred_at, c.event.id.int, c.event.recorded_at, c.why)
        )
        return replace(self.state, withdrawn=withdrawn, conflicts=tuple(in_order))

    def _step(self, event: Event) -> Step | None:
        amid_infusion = bool(self.state.infusions) and self.state.planned_devices is None
        if event.kind is EventKind.DEVICE_GIVEN and amid_infusion:
            return Step(self.state.phase, irregular=True)
        return step(self.state.phase, event.kind)

    def _why_refused(self, event: Event) -> str | None:
        says = event.payload
        if isinstance(says, DeviceGiven) and any(d.payload.number == says.number for d in self.state.devices):
            return f"Device {says.number} is recorded already; a device is used once."
        infusing = event.kind in _OF_INFUSIONS and not self.state.infusions
        if infusing:
            return "It speaks of an infusion, and none is running."
        return None

    def _note_what_is_odd(self, event: Event, *, irregular: bool) -> None:
        says = event.payload
        if irregular:
            why = f"A dose is recorded in '{self.state.phase}', where none may be given. It is counted."
            self.conflicts.append(Conflict(event, why, counted=True))
        elif isinstance(says, DeviceGiven) and says.number != len(self.state.devices) + 1:
            why = (
                f"Device {says.number} is recorded, and those before it are not all recorded. It is counted."
            )
            self.conflicts.append(Conflict(event, why, counted=True))

    # ------------------------------------------------------------ effects

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        self.state = replace(self.state, **changes)

    def add(self, name: str, entry: Entry[Any]) -> None:
        """Append an entry to one of the state's lists."""
        self.set(**{name: (*getattr(self.state, name), entry)})

    def add_latest(self, name: str, entry: Entry[_P], key: Callable[[_P], str]) -> None:
        """Append an entry in the place of the earlier one with the same key."""
        others = tuple(e for e in getattr(self.state, name) if key(e.payload) != key(entry.payload))
        self.set(**{name: (*others, entry)})

    def use_lot(self, lot: str) -> None:
        """Note a lot that a dose came from."""
        if lot not in self.state.lots:
            self.set(lots=(*self.state.lots, lot))

    def start(self, entry: Entry[AdministrationStarted]) -> None:
        """Begin an infusion, or a series of devices."""
        says = entry.payload
        self.set(
            administration_at=entry.at,
            planned_dose_mg=says.dose_mg,
            planned_devices=says.devices,
            ended_at=None,
        )
        self.use_lot(says.lot)
        if says.devices is not None:
            return
        minutes = Fraction(says.minutes) if says.minutes is not None else None
        rate = Fraction(says.dose_mg) / minutes if minutes else Fraction(says.rate_mg_per_min or 0)
        infusion = Infusion(says.dose_mg, (RateChange(entry.at, rate),))
        self.set(infusions=(*self.state.infusions, infusion), planned_minutes=Fraction(says.dose_mg) / rate)

    def change_rate(self, at: datetime, mg_per_min: Fraction) -> None:
        """Change the rate of the infusion that is running."""
        *earlier, running = self.state.infusions
        self.set(infusions=(*earlier, running.changed(at, mg_per_min)))

    def new_rate(self, entry: Entry[InfusionRateChanged]) -> None:
        """Set a new rate; in a pause it is the rate at which the infusion will resume."""
        rate = Fraction(entry.payload.rate_mg_per_min)
        self.change_rate(entry.at, rate)
        if self.state.phase is SessionPhase.PAUSED:
            self.change_rate(entry.at, Fraction(0))

    def resume(self, entry: Entry[InfusionResumed]) -> None:
        """Run again at the given rate, or at the one before the pause."""
        given = entry.payload.rate_mg_per_min
        self.change_rate(
            entry.at, Fraction(given) if given is not None else self.state.infusions[-1].rate_before_pause
        )

    def stop(self, entry: Entry[Any]) -> None:
        """End the administration."""
        if self.state.infusions:
            self.change_rate(entry.at, Fraction(0))
        self.set(ended_at=entry.at)

    def device(self, entry: Entry[DeviceGiven]) -> None:
        """Count a device; the last of the planned ones ends the administration."""
        self.add("devices", entry)
        self.use_lot(entry.payload.lot)
        planned = self.state.planned_devices
        in_series = self.state.phase is SessionPhase.RESTING
        if in_series and planned is not None and len(self.state.devices) >= planned:
            self.set(phase=SessionPhase.OBSERVING, ended_at=entry.at)
        elif not in_series and self.state.ended_at is not None:
            self.set(ended_at=entry.at)

    def dose(self, entry: Entry[DoseGiven]) -> None:
        """Count a dose given in one moment."""
        self.add("doses", entry)
        self.use_lot(entry.payload.lot)
        if self.state.phase in {SessionPhase.OBSERVING, SessionPhase.DISCHARGED}:
            self.set(ended_at=entry.at)


# What speaks of a running infusion, and of nothing else.
_OF_INFUSIONS = frozenset(
    {EventKind.INFUSION_RATE_CHANGED, EventKind.INFUSION_PAUSED, EventKind.INFUSION_RESUMED}
)


def _item(says: GateAnswered) -> str:
    return says.item


def _key(says: DischargeCriterion) -> str:
    return says.key


def _keep(name: str) -> Callable[[Fold, Entry[Any]], None]:
    return lambda fold, entry: fold.add(name, entry)


def _latest(name: str) -> Callable[[Fold, Entry[Any]], None]:
    return lambda fold, entry: fold.set(**{name: entry})


_EFFECTS: dict[EventKind, Callable[[Fold, Entry[Any]], None]] = {
    EventKind.IDENTITY_CHECKED: _latest("identity"),
    EventKind.GATE_ANSWERED: lambda fold, entry: fold.add_latest("gate", entry, _item),
    EventKind.GATE_OVERRIDDEN: _keep("gate_overrides"),
    EventKind.WORKSHEET_CHECKED: _latest("worksheet"),
    EventKind.ADMINISTRATION_STARTED: Fold.start,
    EventKind.DEVICE_GIVEN: Fold.device,
    EventKind.INFUSION_RATE_CHANGED: Fold.new_rate,
    EventKind.INFUSION_PAUSED: lambda fold, entry: fold.change_rate(entry.at, Fraction(0)),
    EventKind.INFUSION_RESUMED: Fold.resume,
    EventKind.INFUSION_STOPPED: Fold.stop,
    EventKind.DOSE_GIVEN: Fold.dose,
    EventKind.READING_TAKEN: _keep("readings"),
    EventKind.SCALE_SCORED: _keep("scores"),
    EventKind.ADVERSE_EVENT: _keep("adverse_events"),
    EventKind.DRUG_GIVEN: _keep("drugs"),
    EventKind.NOTE_WRITTEN: _keep("notes"),
    EventKind.CORRECTED: _keep("corrections"),
    EventKind.DISCHARGE_CRITERION: lambda fold, entry: fold.add_latest("criteria", entry, _key),
    EventKind.DISCHARGE_OVERRIDDEN: _latest("discharge_override"),
    EventKind.DISCHARGED: _latest("discharge"),
    EventKind.SESSION_CANCELLED: _latest("cancellation"),
}
