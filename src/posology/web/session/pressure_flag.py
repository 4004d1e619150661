"""The one flag of a running session: what pressure, symptoms and saturation call for, and the next action."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from posology.clinic.care.chairside import Chairside
from posology.treatment import SessionPhase
from posology.treatment.pressure import (
    ChairLimits,
    Pressure,
    PressureStep,
    chair_limits,
    low_saturation,
    pressure_now,
)
from posology.web.components import Timer
from posology.web.components.text import NO_BREAK_SPACE, clock_text, pressure_text
from posology.web.session.form import Form
from posology.web.session.later_panels import decision_panel, symptoms_panel
from posology.web.session.panel import Panel

NONE = "\u2014"
_DOES = {
    PressureStep.REPEAT: ("caution", "Measure again"),
    PressureStep.PAUSE: ("hold", "Pause, and call the prescriber"),
    PressureStep.EMERGENCY: ("stop", "Stop the dose, and call for emergency help"),
}


@dataclass(frozen=True, slots=True)
class Flag:
    """What is to be done now, why, and the forms for it. It does nothing by itself."""

    tone: str  # caution, hold or stop; the icon has the same name
    action: str
    why: str
    repeat: Timer | None = None
    panels: tuple[Panel, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """The flags of this moment, the gravest first, and the limits that are watched, in words."""

    flags: tuple[Flag, ...]
    limits: str


def watched(chair: Chairside, form: Form, *, decides: bool) -> Watched | None:
    """Return what a session is watched by, or nothing where none of the drug was given or it is over."""
    if chair.before_the_dose or chair.is_over:
        return None
    limits = chair_limits(chair.protocol, chair.order.planned_on, chair.library)
    flags = (*_pressure_flags(chair, form, limits, decides=decides), *_saturation_flags(chair, limits))
    return Watched(flags, limits_text(limits))


def asks_for_symptoms(seen: Watched | None) -> bool:
    """Say whether a flag holds the question after symptoms."""
    return seen is not None and any(p.kind == "symptoms_checked" for f in seen.flags for p in f.panels)


def limits_text(limits: ChairLimits) -> str:
    """Say which limits hold, and which this site has not set."""
    parts = []
    if limits.systolic is None and limits.diastolic is None:
        parts.append("This site has set no limit of pressure; symptoms count at any pressure.")
    else:
        pair = f"{limits.systolic or NONE}/{limits.diastolic or NONE}{NO_BREAK_SPACE}mmHg"
        parts.append(f"Pressure is measured again above {pair}, the limit of this site.")
    if limits.saturation is not None:
        whose = "suggested, not set by this site" if limits.is_suggested else "the limit of this site"
        parts.append(f"Saturation is flagged below {limits.saturation}%, {whose}.")
    return " ".join(parts)


def _pressure_flags(chair: Chairside, form: Form, limits: ChairLimits, *, decides: bool) -> Iterator[Flag]:
    now = pressure_now(chair.state, limits)
    if now.step is PressureStep.CALM:
        return
    tone, action = _DOES[now.step]
    panels = [] if now.step is PressureStep.EMERGENCY else [symptoms_panel(form, folded=False)]
    if now.step is not PressureStep.REPEAT and decides:
        panels.append(decision_panel(form))
    if now.step is PressureStep.PAUSE and chair.state.phase is not SessionPhase.RUNNING:
        action = "The prescriber decides how it goes on"
    due = now.repeat_at
    timer = Timer(due, counts="down") if due is not None and due > chair.at else None
    yield Flag(tone, action, _why(now, chair), timer, tuple(panels))


def _why(now: Pressure, chair: Chairside) -> str:
    if now.step is PressureStep.EMERGENCY and now.symptoms is not None:
        seen = f"Symptoms at {_clock(now.symptoms.at, chair)}, whatever the pressure."
        return f"{seen} {_decided(now, chair)}".strip()
    if now.reading is None:
        return ""
    said = now.reading.payload
    pair = f"{pressure_text(said.systolic, said.diastolic)}{NO_BREAK_SPACE}mmHg"
    times = "again" if now.step is PressureStep.PAUSE else "once"
    return (
        f"{pair} at {_clock(now.reading.at, chair)}, {times} above the limit. {_decided(now, chair)}".strip()
    )


def _decided(now: Pressure, chair: Chairside) -> str:
    if now.decision is None:
        return ""
    said = now.decision
    who = chair.names.get(said.by, "The prescriber")
    return f"{who} decided at {_clock(said.at, chair)}: {said.payload.reason}"


def _saturation_flags(chair: Chairside, limits: ChairLimits) -> Iterator[Flag]:
    low = low_saturation(chair.state, limits)
    if low is not None:
        why = f"Saturation {low.payload.spo2}% at {_clock(low.at, chair)}, below {limits.saturation}%."
        yield Flag(
            "hold", "Rouse the patient, check the sensor, measure again; call for help if it stays", why
        )


def _clock(at: datetime, chair: Chairside) -> str:
    return clock_text(at, ZoneInfo(chair.session.patient.clinic.zone))
