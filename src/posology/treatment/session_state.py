"""What a session is at the end of its events: the one shape that every view reads."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar
from uuid import UUID

from posology.treatment.events import Event
from posology.treatment.fields import Payload, Scale
from posology.treatment.infusion import Infusion, to_mg
from posology.treatment.payloads import (
    AdverseEvent,
    Corrected,
    DeviceGiven,
    DischargeCriterion,
    Discharged,
    DischargeOverridden,
    DoseGiven,
    DrugGiven,
    EventKind,
    GateAnswered,
    GateOverridden,
    IdentityChecked,
    NoteWritten,
    PressureDecided,
    ReadingTaken,
    ScaleScored,
    SessionCancelled,
    SymptomsChecked,
    WorksheetChecked,
)
from posology.treatment.states import SessionPhase

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class Entry(Generic[P]):
    """One event as it counts now, and the event as it was first written where a correction changed it."""

    kind: EventKind
    payload: P
    at: datetime
    by: str
    event_id: UUID
    recorded_at: datetime
    original: Event | None = None
    correction: Event | None = None

    @property
    def is_corrected(self) -> bool:
        """Whether it reads otherwise than it was first written."""
        return self.correction is not None


@dataclass(frozen=True, slots=True)
class Conflict:
    """An event that the table does not allow where it stands. It is kept, listed, and shown."""

    event: Event
    why: str
    counted: bool  # whether it changed the state all the same, as a dose that was given must


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An event that a correction took back; both stay readable."""

    event: Event
    correction: Event


@dataclass(frozen=True, slots=True)
class SessionState:
    """The fold of a session's events. The same events give the same state, in whatever order they came."""

    session_id: UUID | None = None
    phase: SessionPhase = SessionPhase.SCHEDULED
    identity: Entry[IdentityChecked] | None = None
    gate: tuple[Entry[GateAnswered], ...] = ()  # the latest answer to each item, in order of time
    gate_overrides: tuple[Entry[GateOverridden], ...] = ()
    worksheet: Entry[WorksheetChecked] | None = None
    administration_at: datetime | None = None  # the start as recorded; of nasal devices, before the first
    planned_dose_mg: Decimal | None = None
    planned_devices: int | None = None
    planned_minutes: Fraction | None = None
    infusions: tuple[Infusion, ...] = ()
    devices: tuple[Entry[DeviceGiven], ...] = ()
    doses: tuple[Entry[DoseGiven], ...] = ()
    ended_at: datetime | None = None
    ended_recorded_at: datetime | None = None  # the server's clock on the entry that ended it
    lots: tuple[str, ...] = ()
    readings: tuple[Entry[ReadingTaken], ...] = ()
    scores: tuple[Entry[ScaleScored], ...] = ()
    adverse_events: tuple[Entry[AdverseEvent], ...] = ()
    drugs: tuple[Entry[DrugGiven], ...] = ()
    notes: tuple[Entry[NoteWritten], ...] = ()
    symptoms: tuple[Entry[SymptomsChecked], ...] = ()
    pressure_decisions: tuple[Entry[PressureDecided], ...] = ()
    criteria: tuple[Entry[DischargeCriterion], ...] = ()  # the latest of each
    discharge_override: Entry[DischargeOverridden] | None = None
    discharge: Entry[Discharged] | None = None
    cancellation: Entry[SessionCancelled] | None = None
    corrections: tuple[Entry[Corrected], ...] = ()
    entries: tuple[Entry[Payload], ...] = ()  # everything that counts, in order of time: the event list
    withdrawn: tuple[Withdrawn, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    # ------------------------------------------------------------ questions that views ask

    @property
    def first_device_at(self) -> datetime | None:
        """When the first nasal device was used, whole or in part."""
        return self.devices[0].at if self.devices else None

    @property
    def started_at(self) -> datetime | None:
        """The moment at which the first of the drug went in, or ``None`` while none has."""
        moments = [i.started_at for i in self.infusions]
        moments += [d.at for d in self.devices] + [d.at for d in self.doses]
        return min(moments, default=None)

    @property
    def discharged_at(self) -> datetime | None:
        """When the patient left."""
        return self.discharge.at if self.discharge else None

    def gate_answer(self, item: str) -> Entry[GateAnswered] | None:
        """Return the answer that counts for one item of the gate."""
        return next((e for e in self.gate if e.payload.item == item), None)

    def criterion(self, key: str) -> Entry[DischargeCriterion] | None:
        """Return the latest word on one discharge criterion."""
        return next((e for e in self.criteria if e.payload.key == key), None)

    def latest_score(self, scale: Scale) -> Entry[ScaleScored] | None:
        """Return the latest score of one scale."""
        return next((e for e in reversed(self.scores) if e.payload.scale is scale), None)

    def overrides(self, *names: str) -> bool:
        """Return whether a permitted person passed one of these rules or gate items in this session."""
        return any(e.payload.rule in names for e in self.gate_overrides)

    @property
    def mg_per_device(self) -> Fraction | None:
        """What one device holds: the planned dose over the planned devices."""
        if self.planned_dose_mg is None or not self.planned_devices:
            return None
        return Fraction(self.planned_dose_mg) / self.planned_devices

    def delivered_exact(self, at: datetime) -> Fraction:
        """Return the mg of the drug that are in at a moment, without rounding.

        A lost or partial spray counts as nothing here, since how much went in is not known; then
        :attr:`delivered_is_least` is true and the amount is the least that was given.
        """
        infused = sum((i.delivered(at) for i in self.infusions), Fraction(0))
        whole = sum(1 for d in self.devices if d.payload.complete and d.at <= at)
        at_once = sum((Fraction(d.payload.dose_mg) for d in self.doses if d.at <= at), Fraction(0))
        return infused + whole * (self.mg_per_device or Fraction(0)) + at_once

    def delivered_mg(self, at: datetime) -> Decimal:
        """Return the mg that are in at a moment, to 0.001 mg."""
        return to_mg(self.delivered_exact(at))

    @property
    def delivered_is_least(self) -> bool:
        """Whether more may have gone in than is counted: a partial spray, or devices of unknown content."""
        partial = any(not d.payload.complete for d in self.devices)
        return partial or bool(self.devices and self.mg_per_device is None)
