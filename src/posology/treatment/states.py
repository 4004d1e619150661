"""The phases of a session and the one table of how an event leads from one to the next.

A step is *regular*, or *irregular*: a dose recorded where none was allowed (from a tablet that did
not hear of a cancellation, or after a correction took the worksheet away). Policies refuse an
irregular step before it happens. When it has happened all the same, the record must show the drug
that is in the patient, so the fold takes the step and lists the conflict. What stands nowhere in
the table changes nothing and is listed as a conflict too; nothing is ever lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from posology.treatment.payloads import EventKind


class SessionPhase(StrEnum):
    """Where a session stands."""

    SCHEDULED = "scheduled"
    GATE = "gate"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    RESTING = "resting"  # between nasal devices
    OBSERVING = "observing"
    DISCHARGED = "discharged"
    CANCELLED = "cancelled"


FINAL = frozenset({SessionPhase.DISCHARGED, SessionPhase.CANCELLED})


@dataclass(frozen=True, slots=True)
class Step:
    """Where an event leads, and whether a policy would have let it."""

    to: SessionPhase
    irregular: bool = False


P, K = SessionPhase, EventKind

# Who moves a phase on; the test asks that every phase has one, or is final.
OWNERS: Mapping[SessionPhase, str] = MappingProxyType(
    {
        P.SCHEDULED: "nurse",
        P.GATE: "nurse",
        P.READY: "nurse",
        P.RUNNING: "nurse",
        P.PAUSED: "prescriber",
        P.RESTING: "nurse",
        P.OBSERVING: "nurse",
        P.DISCHARGED: "final",
        P.CANCELLED: "final",
    }
)

# Seen or said at any time, the time after the end included; the phase stays.
_ANYWHERE = (
    *(K.READING_TAKEN, K.SCALE_SCORED, K.ADVERSE_EVENT, K.DRUG_GIVEN, K.NOTE_WRITTEN, K.CORRECTED),
    *(K.SYMPTOMS_CHECKED, K.PRESSURE_DECIDED),
)


def _table() -> dict[tuple[SessionPhase, EventKind], Step]:
    table = {(phase, kind): Step(phase) for phase in P for kind in _ANYWHERE}

    def regular(kind: EventKind, to: SessionPhase, *phases: SessionPhase) -> None:
        table.update({(phase, kind): Step(to) for phase in phases})

    for kind in (K.IDENTITY_CHECKED, K.GATE_ANSWERED, K.GATE_OVERRIDDEN):
        regular(kind, P.GATE, P.SCHEDULED, P.GATE)
        regular(kind, P.READY, P.READY)
    regular(K.WORKSHEET_CHECKED, P.READY, P.GATE, P.READY)
    regular(K.ADMINISTRATION_STARTED, P.RUNNING, P.READY)
    regular(K.DOSE_GIVEN, P.OBSERVING, P.READY)
    regular(K.DEVICE_GIVEN, P.RESTING, P.RUNNING, P.RESTING)
    regular(K.INFUSION_RATE_CHANGED, P.RUNNING, P.RUNNING)
    regular(K.INFUSION_RATE_CHANGED, P.PAUSED, P.PAUSED)
    regular(K.INFUSION_PAUSED, P.PAUSED, P.RUNNING)
    regular(K.INFUSION_RESUMED, P.RUNNING, P.PAUSED)
    regular(K.INFUSION_STOPPED, P.OBSERVING, P.RUNNING, P.PAUSED, P.RESTING)
    regular(K.DISCHARGE_CRITERION, P.OBSERVING, P.OBSERVING)
    regular(K.DISCHARGE_OVERRIDDEN, P.OBSERVING, P.OBSERVING)
    regular(K.DISCHARGED, P.DISCHARGED, P.OBSERVING)
    regular(K.SESSION_CANCELLED, P.CANCELLED, P.SCHEDULED, P.GATE, P.READY)

    # A dose that was recorded is in the patient, whatever the phase said.
    for phase in (P.SCHEDULED, P.GATE, P.CANCELLED, P.OBSERVING, P.DISCHARGED):
        table[phase, K.ADMINISTRATION_STARTED] = Step(P.RUNNING, irregular=True)
    for phase in (P.SCHEDULED, P.GATE, P.READY, P.CANCELLED):
        table[phase, K.DEVICE_GIVEN] = Step(P.RESTING, irregular=True)
        table.setdefault((phase, K.DOSE_GIVEN), Step(P.OBSERVING, irregular=True))
    for phase in (P.RUNNING, P.PAUSED, P.RESTING, P.OBSERVING, P.DISCHARGED):
        table.setdefault((phase, K.DEVICE_GIVEN), Step(phase, irregular=True))
        table[phase, K.DOSE_GIVEN] = Step(phase, irregular=True)
    return table


TRANSITIONS: Mapping[tuple[SessionPhase, EventKind], Step] = MappingProxyType(_table())


def step(phase: SessionPhase, kind: EventKind) -> Step | None:
    """Return where an event leads from a phase, or ``None`` where it leads nowhere."""
    return TRANSITIONS.get((phase, kind))


def as_mermaid() -> str:
    """Return the table as a Mermaid state diagram: what moves the phase, irregular steps marked."""
    lines = ["stateDiagram-v2", f"    [*] --> {P.SCHEDULED}"]
    arrows: dict[tuple[SessionPhase, SessionPhase, bool], list[str]] = {}
    for (phase, kind), to in TRANSITIONS.items():
        if to.to is not phase:
            arrows.setdefault((phase, to.to, to.irregular), []).append(kind.replace("_", " "))
    for (phase, to_phase, irregular), kinds in arrows.items():
        words = ", ".join(kinds)
        lines.append(f"    {phase} --> {to_phase} : {words}{' (irregular)' if irregular else ''}")
    lines.append(f"    {P.RESTING} --> {P.OBSERVING} : last planned device")
    lines += [f"    {phase} --> [*]" for phase in P if phase in FINAL]
    return "\n".join(lines) + "\n"
