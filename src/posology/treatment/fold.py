"""One step of the fold: what one event, in its turn, changes in the state of a session."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from posology.treatment.events import Event
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


class Fold:
    """The state so far, held open. :meth:`take` folds one more event in; :meth:`result` closes it.

    Lists are appended to and frozen once at the end, so that a long session costs no more an event than
    a short one.
    """

    def __init__(self) -> None:
        self.session_id: UUID | None = None
        self.phase = SessionPhase.SCHEDULED
        self.plain: dict[str, Any] = {}  # single fields of the state
        self.lists: dict[str, list[Entry[Any]]] = defaultdict(list)
        self.keyed: dict[str, dict[str, Entry[Any]]] = defaultdict(dict)  # the latest of each key
        self.infusions: list[Infusion] = []
        self.device_numbers: set[int] = set()
        self.lots: dict[str, None] = {}
        self.conflicts: list[Conflict] = []

    def take(self, event: Event, *, original: Event | None = None, correction: Event | None = None) -> None:
        """Fold one event into the state, or list it as a conflict where it can have no effect."""
        to = self._step(event)
        why = self._why_refused(event) if to else f"It does not follow from '{self.phase}'."
        if to is None or why:
            self.conflicts.append(Conflict(event, why or "", counted=False))
            return
        self._note_what_is_odd(event, irregular=to.irregular)
        entry: Entry[Any] = Entry(
            event.kind,
            event.payload,
            event.occurred_at,
            event.author,
            event.id,
            event.recorded_at,
            original,
            correction,
        )
        self.phase, self.session_id = to.to, event.session_id
        self.lists["entries"].append(entry)
        _EFFECTS[event.kind](self, entry)

    def result(self, *, withdrawn: tuple[Withdrawn, ...], conflicts: tuple[Conflict, ...]) -> SessionState:
        """Return the state with everything that could not be taken, in order of time."""
        listed = (*self.conflicts, *conflicts)
        in_order = sorted(
            listed, key=lambda c: (c.event.occurred_at, c.event.id.int, c.event.recorded_at, c.why)
        )
        many: dict[str, Any] = {name: tuple(entries) for name, entries in self.lists.items()}
        many |= {name: tuple(entries.values()) for name, entries in self.keyed.items()}
        return SessionState(
            session_id=self.session_id,
            phase=self.phase,
            infusions=tuple(self.infusions),
            lots=tuple(self.lots),
            withdrawn=withdrawn,
            conflicts=tuple(in_order),
            **self.plain,
            **many,
        )

    @property
    def planned_devices(self) -> int | None:
        """How many devices the dose is given in, as the start said."""
        planned: int | None = self.plain.get("planned_devices")
        return planned

    def _step(self, event: Event) -> Step | None:
        amid_infusion = bool(self.infusions) and self.planned_devices is None
        if event.kind is EventKind.DEVICE_GIVEN and amid_infusion:
            return Step(self.phase, irregular=True)
        return step(self.phase, event.kind)

    def _why_refused(self, event: Event) -> str | None:
        says = event.payload
        if isinstance(says, DeviceGiven) and says.number in self.device_numbers:
            return f"Device {says.number} is recorded already; a device is used once."
        if event.kind in _OF_INFUSIONS and not self.infusions:
            return "It speaks of an infusion, and none is running."
        return None

    def _note_what_is_odd(self, event: Event, *, irregular: bool) -> None:
        says = event.payload
        if irregular:
            why = f"A dose is recorded in '{self.phase}', where none may be given. It is counted."
            self.conflicts.append(Conflict(event, why, counted=True))
        elif isinstance(says, DeviceGiven) and says.number != len(self.device_numbers) + 1:
            why = f"Device {says.number} is recorded, and not all before it are. It is counted."
            self.conflicts.append(Conflict(event, why, counted=True))

    # ------------------------------------------------------------ effects

    def add_latest(self, name: str, key: str, entry: Entry[Any]) -> None:
        """Put an entry in the place of the earlier one with the same key, and at the end."""
        self.keyed[name].pop(key, None)
        self.keyed[name][key] = entry

    def start(self, entry: Entry[AdministrationStarted]) -> None:
        """Begin an infusion, or a series of devices."""
        says = entry.payload
        self.plain |= {
            "administration_at": entry.at,
            "planned_dose_mg": says.dose_mg,
            "planned_devices": says.devices,
            "ended_at": None,
            "ended_recorded_at": None,
        }
        self.lots[says.lot] = None
        if says.devices is not None:
            return
        minutes = Fraction(says.minutes) if says.minutes is not None else None
        rate = Fraction(says.dose_mg) / minutes if minutes else Fraction(says.rate_mg_per_min or 0)
        self.infusions.append(Infusion(says.dose_mg, (RateChange(entry.at, rate),)))
        self.plain["planned_minutes"] = Fraction(says.dose_mg) / rate

    def change_rate(self, at: datetime, mg_per_min: Fraction) -> None:
        """Change the rate of the infusion that is running."""
        self.infusions[-1] = self.infusions[-1].changed(at, mg_per_min)

    def new_rate(self, entry: Entry[InfusionRateChanged]) -> None:
        """Set a new rate; in a pause it is the rate at which the infusion will resume."""
        self.change_rate(entry.at, Fraction(entry.payload.rate_mg_per_min))
        if self.phase is SessionPhase.PAUSED:
            self.change_rate(entry.at, Fraction(0))

    def resume(self, entry: Entry[InfusionResumed]) -> None:
        """Run again at the given rate, or at the one before the pause."""
        given = entry.payload.rate_mg_per_min
        before = self.infusions[-1].rate_before_pause
        self.change_rate(entry.at, Fraction(given) if given is not None else before)

    def end(self, entry: Entry[Any]) -> None:
        """Note when the administration ended, by both clocks."""
        self.plain |= {"ended_at": entry.at, "ended_recorded_at": entry.recorded_at}

    def stop(self, entry: Entry[Any]) -> None:
        """End the administration."""
        if self.infusions:
            self.change_rate(entry.at, Fraction(0))
        self.end(entry)

    def device(self, entry: Entry[DeviceGiven]) -> None:
        """Count a device; the last of the planned ones ends the administration."""
        self.lists["devices"].append(entry)
        self.device_numbers.add(entry.payload.number)
        self.lots[entry.payload.lot] = None
        in_series = self.phase is SessionPhase.RESTING
        if (
            in_series
            and self.planned_devices is not None
            and len(self.device_numbers) >= self.planned_devices
        ):
            self.phase = SessionPhase.OBSERVING
            self.end(entry)
        elif not in_series and self.plain.get("ended_at") is not None:
            self.end(entry)

    def dose(self, entry: Entry[DoseGiven]) -> None:
        """Count a dose given in one moment."""
        self.lists["doses"].append(entry)
        self.lots[entry.payload.lot] = None
        if self.phase in {SessionPhase.OBSERVING, SessionPhase.DISCHARGED}:
            self.end(entry)


# What speaks of a running infusion, and of nothing else.
_OF_INFUSIONS = frozenset(
    {EventKind.INFUSION_RATE_CHANGED, EventKind.INFUSION_PAUSED, EventKind.INFUSION_RESUMED}
)


def _order_of_conflicts(conflict: Conflict) -> tuple[datetime, int, datetime, str]:
    event = conflict.event
    return event.occurred_at, event.id.int, event.recorded_at, conflict.why


def _keep(name: str) -> Callable[[Fold, Entry[Any]], None]:
    return lambda fold, entry: fold.lists[name].append(entry)


def _set(name: str) -> Callable[[Fold, Entry[Any]], None]:
    return lambda fold, entry: fold.plain.__setitem__(name, entry)


def _answered(fold: Fold, entry: Entry[GateAnswered]) -> None:
    fold.add_latest("gate", entry.payload.item, entry)


def _criterion(fold: Fold, entry: Entry[DischargeCriterion]) -> None:
    fold.add_latest("criteria", entry.payload.key, entry)


def _paused(fold: Fold, entry: Entry[Any]) -> None:
    fold.change_rate(entry.at, Fraction(0))


_EFFECTS: dict[EventKind, Callable[[Fold, Entry[Any]], None]] = {
    EventKind.IDENTITY_CHECKED: _set("identity"),
    EventKind.GATE_ANSWERED: _answered,
    EventKind.GATE_OVERRIDDEN: _keep("gate_overrides"),
    EventKind.WORKSHEET_CHECKED: _set("worksheet"),
    EventKind.ADMINISTRATION_STARTED: Fold.start,
    EventKind.DEVICE_GIVEN: Fold.device,
    EventKind.INFUSION_RATE_CHANGED: Fold.new_rate,
    EventKind.INFUSION_PAUSED: _paused,
    EventKind.INFUSION_RESUMED: Fold.resume,
    EventKind.INFUSION_STOPPED: Fold.stop,
    EventKind.DOSE_GIVEN: Fold.dose,
    EventKind.READING_TAKEN: _keep("readings"),
    EventKind.SCALE_SCORED: _keep("scores"),
    EventKind.ADVERSE_EVENT: _keep("adverse_events"),
    EventKind.DRUG_GIVEN: _keep("drugs"),
    EventKind.NOTE_WRITTEN: _keep("notes"),
    EventKind.SYMPTOMS_CHECKED: _keep("symptoms"),
    EventKind.PRESSURE_DECIDED: _keep("pressure_decisions"),
    EventKind.CORRECTED: _keep("corrections"),
    EventKind.DISCHARGE_CRITERION: _criterion,
    EventKind.DISCHARGE_OVERRIDDEN: _set("discharge_override"),
    EventKind.DISCHARGED: _set("discharge"),
    EventKind.SESSION_CANCELLED: _set("cancellation"),
}
