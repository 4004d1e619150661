"""What each kind of event holds. One strict model a kind; :data:`PAYLOADS` is the list.

A session is an append-only list of these. Nothing here decides: a payload says what a person did or
saw. A number that cannot be true of anyone is refused; whether it is usual is asked in ``events``.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from posology.treatment.fields import (
    SCALE_RANGE,
    Amount,
    Day,
    FieldFaultError,
    Moment,
    Payload,
    Related,
    Scale,
    Text,
    Whole,
    Word,
    YesNo,
)


class EventKind(StrEnum):
    """Everything that can happen in a session."""

    IDENTITY_CHECKED = "identity_checked"
    GATE_ANSWERED = "gate_answered"
    GATE_OVERRIDDEN = "gate_overridden"
    WORKSHEET_CHECKED = "worksheet_checked"
    ADMINISTRATION_STARTED = "administration_started"
    DEVICE_GIVEN = "device_given"
    INFUSION_RATE_CHANGED = "infusion_rate_changed"
    INFUSION_PAUSED = "infusion_paused"
    INFUSION_RESUMED = "infusion_resumed"
    INFUSION_STOPPED = "infusion_stopped"
    DOSE_GIVEN = "dose_given"
    READING_TAKEN = "reading_taken"
    SCALE_SCORED = "scale_scored"
    ADVERSE_EVENT = "adverse_event"
    DRUG_GIVEN = "drug_given"
    NOTE_WRITTEN = "note_written"
    SYMPTOMS_CHECKED = "symptoms_checked"
    PRESSURE_DECIDED = "pressure_decided"
    CORRECTED = "corrected"
    DISCHARGE_CRITERION = "discharge_criterion"
    DISCHARGE_OVERRIDDEN = "discharge_overridden"
    DISCHARGED = "discharged"
    SESSION_CANCELLED = "session_cancelled"


# ---------------------------------------------------------------- before the dose


class IdentityChecked(Payload):
    """Two identifiers, typed and not ticked (H-01)."""

    record_number: Word
    born_on: Day


class GateAnswered(Payload):
    """One question of the gate and its answer: yes, no, unknown, or a choice's key."""

    item: Word
    answer: Word
    note: Text | None = None


class GateOverridden(Payload):
    """A hold, or a gate answer, that a permitted person decided to pass."""

    rule: Word  # a rule id such as "rules-session/escort", or a gate item's key
    reason: Text


class WorksheetChecked(Payload):
    """What the second person worked out alone: the volume, or the number of devices."""

    product_id: Word
    lot: Word
    typed_volume_mL: Amount | None = None
    typed_devices: Whole | None = None
    final_volume_mL: Amount | None = None  # after dilution
    prepared_by: Word | None = None  # the event's author where it is left out
    checked_by: Word

    @model_validator(mode="after")
    def _checks_something(self) -> "WorksheetChecked":
        if (self.typed_volume_mL is None) == (self.typed_devices is None):
            raise FieldFaultError(
                "typed_volume_mL", "Type the volume in mL, or for nasal devices their number; one of the two."
            )
        return self


# ---------------------------------------------------------------- the dose


class AdministrationStarted(Payload):
    """The start of an infusion, or of a series of nasal devices.

    ``minutes`` is the planned time; dose over minutes gives the rate exactly where no decimal can hold it.
    """

    dose_mg: Amount
    lot: Word
    rate_mg_per_min: Amount | None = None
    minutes: Amount | None = None
    devices: Whole | None = None
    pump_rate_mL_per_h: Amount | None = None  # as read back from the pump

    @model_validator(mode="after")
    def _adds_up(self) -> "AdministrationStarted":
        infused = self.rate_mg_per_min is not None or self.minutes is not None
        if infused == (self.devices is not None):
            raise FieldFaultError(
                "rate_mg_per_min",
                "An infusion has a rate or minutes, a nasal dose has devices; give one of the two.",
            )
        if self.devices == 0:
            raise FieldFaultError(
                "devices", "The number of devices is 0, so nothing would be given. Enter the number."
            )
        if self.rate_mg_per_min is not None and self.minutes is not None:
            given = self.rate_mg_per_min * self.minutes
            if abs(given - self.dose_mg) * 100 > self.dose_mg:
                raise FieldFaultError(
                    "rate_mg_per_min",
                    f"Rate times minutes is {given} mg and the dose {self.dose_mg} mg. "
                    "Work the rate out again.",
                )
        return self


class DeviceGiven(Payload):
    """One nasal device, used. A lost or partial spray is recorded as such, never given again (S-STOP-07)."""

    number: Whole = Field(ge=1)
    lot: Word
    complete: YesNo
    note: Text | None = None


class InfusionRateChanged(Payload):
    """A new rate, from this moment."""

    rate_mg_per_min: Amount
    reason: Text | None = None


class InfusionPaused(Payload):
    """The infusion stands still."""

    reason: Text | None = None


class InfusionResumed(Payload):
    """The infusion runs again, at the rate before the pause unless a rate is given."""

    rate_mg_per_min: Amount | None = None


class InfusionStopped(Payload):
    """Nothing more is given: the infusion ended or was ended, or no further device follows."""

    reason: Text
    complete: YesNo | None = None


class DoseGiven(Payload):
    """A dose given in one moment: intramuscular or oral. It cannot be taken back."""

    dose_mg: Amount
    lot: Word


# ---------------------------------------------------------------- what is seen


class ReadingTaken(Payload):
    """Vital signs of one moment, mmHg, /min and %. What was not measured is left out, and never 0.

    ``from_monitor`` names the readings of a monitor that its author looked at and confirmed; empty where a
    person measured or typed them.
    """

    systolic: Whole | None = None
    diastolic: Whole | None = None
    heart_rate: Whole | None = None
    spo2: Whole | None = None
    respiratory_rate: Whole | None = None
    confirmed_extreme: YesNo = False
    from_monitor: tuple[UUID, ...] = Field(default=(), max_length=20)

    @model_serializer(mode="wrap")
    def _as_it_was_hashed(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the origin out where it is empty: entries of before had none, and their hashes must hold."""
        said: dict[str, Any] = write(self)
        if not self.from_monitor:
            said.pop("from_monitor", None)
        return said

    @model_validator(mode="after")
    def _can_be_true(self) -> "ReadingTaken":
        if not self.values():
            raise FieldFaultError("systolic", "The reading holds no value. Enter what was measured.")
        if self.systolic is not None and self.diastolic is not None and self.systolic <= self.diastolic:
            raise FieldFaultError(
                "systolic",
                f"Systolic {self.systolic} mmHg is not above diastolic {self.diastolic} mmHg, "
                "which cannot be. Measure again, or change the two over.",
            )
        if self.spo2 is not None and self.spo2 > 100:
            raise FieldFaultError(
                "spo2", f"The saturation is {self.spo2}%, above 100%, which cannot be. Measure again."
            )
        return self

    def values(self) -> dict[str, int]:
        """Return what was measured, by the question's key."""
        names = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate")
        return {n: getattr(self, n) for n in names if getattr(self, n) is not None}


class ScaleScored(Payload):
    """One score of a scale at the chair."""

    scale: Scale
    value: Whole

    @model_validator(mode="after")
    def _in_range(self) -> "ScaleScored":
        low, high = SCALE_RANGE[self.scale]
        if not low <= self.value <= high:
            raise FieldFaultError(
                "value", f"The score is {self.value}; this scale runs from {low} to {high}. Score it again."
            )
        return self


class AdverseEvent(Payload):
    """Grade, seriousness and relatedness are three fields (S-AE-31); none is worked out from another."""

    term: Word
    grade: Whole = Field(ge=1, le=5)
    serious: YesNo
    related: Related
    action: Text | None = None


class DrugGiven(Payload):
    """Another drug given in the session, in words."""

    text: Text


class NoteWritten(Payload):
    """A note."""

    text: Text


class SymptomsChecked(Payload):
    """Whether there are symptoms of an emergency: somebody looked and asked, whatever the pressure is."""

    present: YesNo
    which: Text | None = None


class PressureWay(StrEnum):
    """What a prescriber decides about a pressure above the site's limit, or about symptoms."""

    GO_ON = "go_on"
    WAIT = "wait"
    END = "end"


class PressureDecided(Payload):
    """A prescriber's decision how the session goes on; nothing is stopped or resumed by it."""

    way: PressureWay
    reason: Text


class Corrected(Payload):
    """A correction names an earlier event and replaces what it says, moves it, or withdraws it.

    The corrected event stays in the record beside it. ``payload`` is the whole new payload of the kind
    ``event_kind``; ``occurred_at`` moves the event to the moment at which it truly happened.
    """

    event_id: UUID
    reason: Text
    withdrawn: YesNo = False
    event_kind: EventKind | None = None
    payload: dict[str, Any] | None = None
    occurred_at: Moment | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "Corrected":
        changes = self.payload is not None or self.occurred_at is not None
        if self.withdrawn == changes:
            raise FieldFaultError(
                "withdrawn",
                "A correction withdraws the entry, or gives a new content or moment; one of the two.",
            )
        if (self.payload is None) != (self.event_kind is None):
            raise FieldFaultError(
                "event_kind",
                "A new content comes with event_kind, the kind of the entry it corrects. Give both.",
            )
        if self.event_kind is EventKind.CORRECTED:
            raise FieldFaultError(
                "event_kind", "A correction is not corrected; withdraw it and write a new one."
            )
        return self


# ---------------------------------------------------------------- the way home


class DischargeCriterion(Payload):
    """One of the protocol's criteria, seen to be met or not."""

    key: Word
    met: YesNo
    note: Text | None = None


class DischargeOverridden(Payload):
    """A prescriber lets the patient leave with criteria unmet, and says why."""

    reason: Text


class Discharged(Payload):
    """The patient leaves."""

    with_escort: YesNo


class SessionCancelled(Payload):
    """The session does not take place, or ends before any dose."""

    reason: Text


PAYLOADS: Mapping[EventKind, type[Payload]] = MappingProxyType(
    {
        EventKind.IDENTITY_CHECKED: IdentityChecked,
        EventKind.GATE_ANSWERED: GateAnswered,
        EventKind.GATE_OVERRIDDEN: GateOverridden,
        EventKind.WORKSHEET_CHECKED: WorksheetChecked,
        EventKind.ADMINISTRATION_STARTED: AdministrationStarted,
        EventKind.DEVICE_GIVEN: DeviceGiven,
        EventKind.INFUSION_RATE_CHANGED: InfusionRateChanged,
        EventKind.INFUSION_PAUSED: InfusionPaused,
        EventKind.INFUSION_RESUMED: InfusionResumed,
        EventKind.INFUSION_STOPPED: InfusionStopped,
        EventKind.DOSE_GIVEN: DoseGiven,
        EventKind.READING_TAKEN: ReadingTaken,
        EventKind.SCALE_SCORED: ScaleScored,
        EventKind.ADVERSE_EVENT: AdverseEvent,
        EventKind.DRUG_GIVEN: DrugGiven,
        EventKind.NOTE_WRITTEN: NoteWritten,
        EventKind.SYMPTOMS_CHECKED: SymptomsChecked,
        EventKind.PRESSURE_DECIDED: PressureDecided,
        EventKind.CORRECTED: Corrected,
        EventKind.DISCHARGE_CRITERION: DischargeCriterion,
        EventKind.DISCHARGE_OVERRIDDEN: DischargeOverridden,
        EventKind.DISCHARGED: Discharged,
        EventKind.SESSION_CANCELLED: SessionCancelled,
    }
)
