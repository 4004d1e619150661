"""What the events of one session tell a programme's form: pressures, effects, minutes, criteria."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from posology.knowledge.schema.programmes import FormField
from posology.treatment.due import DUE_BEFORE
from posology.treatment.fields import Scale
from posology.treatment.payloads import EventKind, ReadingTaken
from posology.treatment.rems import Ask, Filled, Missing, Origin, OriginKind, Told, event_origins, not_known
from posology.treatment.session_state import Entry

_CRITERION = EventKind.DISCHARGE_CRITERION
_SCALES = {Scale.MOAA_S: "MOAA/S", Scale.CADSS: "CADSS", Scale.DISSOCIATION: "bedside rating"}


def filled(key: str, field: FormField, value: str, origins: Iterable[Origin], **more: object) -> Filled:
    """Return a field with its value."""
    return Filled(key, field.label, field.part, value, origins=tuple(origins), **more)  # type: ignore[arg-type]


def gap(key: str, field: FormField, missing: Missing) -> Filled:
    """Return a field that nobody has told yet."""
    return Filled(key, field.label, field.part, missing=missing)


def answered(key: str, field: FormField, told: Told, why: str, ask: Ask) -> Filled:
    """Return what a person was asked for this session, or the gap."""
    said = told.answers.get(key)
    if said is None:
        return gap(key, field, not_known(field, why, ask))
    shown = {"yes": "Yes", "no": "No"}.get(said.value, said.value)
    if ask is Ask.WHY_NOT:
        shown = f"Not taken: {said.value}"
    if ask is Ask.MINUTES:
        shown = f"{said.value} min"
    return filled(key, field, shown, [Origin(OriginKind.ANSWER, said.id, said.at)])


def from_gate(key: str, field: FormField, told: Told) -> Filled:
    """Return the answer that the gate of this session was given."""
    assert field.question is not None
    said = told.state.gate_answer(field.question)
    value = {"yes": "Yes", "no": "No"}.get(said.payload.answer) if said else None
    if said is None or value is None:
        why = (
            "The gate of this session has no answer to it." if said is None else "It was answered: not known."
        )
        return answered(key, field, told, why, Ask.YES_NO)
    listed = told.drugs.get(field.drug_class or "", ())
    flag = f"The drug list of that session has: {', '.join(listed)}." if listed and value == "No" else ""
    return filled(key, field, value, event_origins([said]), flag=flag)


# ---------------------------------------------------------------- the dose and its minutes


def dose(key: str, field: FormField, told: Told) -> Filled:
    """Return the dose that went in: one of those that the form prints, or another with its amount."""
    state = told.state
    if not state.devices or state.started_at is None:
        return gap(key, field, not_known(field, "No device is recorded.", Ask.LINK))
    until = state.ended_at or state.discharged_at
    if until is None:
        return gap(key, field, not_known(field, "The dose is not ended yet.", Ask.LINK))
    mg = state.delivered_mg(until)
    partial = [d for d in state.devices if not d.payload.complete]
    amount = f"{mg.normalize():f} mg"
    detail = ""
    if partial:
        numbers = ", ".join(str(d.payload.number) for d in partial)
        detail = f"At least {amount}: device {numbers} was lost or partial."
    usual = mg in field.usual_mg and not partial
    return filled(
        key, field, amount if usual else f"Other: {amount}", event_origins(state.devices), detail=detail
    )


def lots(key: str, field: FormField, told: Told) -> Filled:
    """Return the lots of the devices that were used."""
    devices = told.state.devices
    if not devices:
        return gap(key, field, not_known(field, "No device is recorded.", Ask.LINK))
    named = dict.fromkeys(d.payload.lot for d in devices)
    return filled(key, field, ", ".join(named), event_origins(devices))


def treatment_on(key: str, field: FormField, told: Told) -> Filled:
    """Return the site's day on which the first device was used."""
    day = told.treatment_on
    if day is None or not told.state.devices:
        return gap(key, field, not_known(field, "No device is recorded.", Ask.LINK))
    return filled(key, field, day.isoformat(), event_origins(told.state.devices[:1]))


def minutes_monitored(key: str, field: FormField, told: Told) -> Filled:
    """Return the minutes from the first device to the end of monitoring; flag a stay below the minimum."""
    state = told.state
    if state.first_device_at is None or state.discharge is None:
        why = "The monitoring has not ended." if state.first_device_at else "No device is recorded."
        return gap(key, field, not_known(field, why, Ask.LINK))
    minutes, least = told.minute_of(state.discharge.at), told.number("monitoring_minimum")
    flag = f"{minutes} min is below the {least} min that the programme asks for." if minutes < least else ""
    return filled(key, field, f"{minutes} min", event_origins([state.devices[0], state.discharge]), flag=flag)


def minutes_ready(key: str, field: FormField, told: Told) -> Filled:
    """Return when the patient would have been ready, where the entries can tell it.

    They tell it if every criterion was seen to be met before the minimum was over, or if one was seen *not*
    met when it was over. Criteria that were first looked at when the minimum was over tell nothing of how
    long they had been met, so a person is asked.
    """
    state = told.state
    if state.first_device_at is None or state.discharge is None:
        return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
    since = state.ended_at or state.first_device_at  # what was seen before the last device says nothing
    looks: list[Entry[Any]] = [e for e in state.entries if e.kind is _CRITERION and e.at >= since]
    seen = [e for e in looks if e.payload.key in field.criteria]
    ready = _all_met_at(seen, field.criteria)
    least = told.number("monitoring_minimum")
    if ready is not None:
        minute = told.minute_of(ready.at)
        unmet_late = [e for e in seen if not e.payload.met and told.minute_of(e.at) >= least]
        if minute < least or unmet_late:
            return filled(key, field, f"{minute} min", event_origins([ready]))
    why = "The criteria were first seen to be met when the minimum was over."
    return answered(key, field, told, why, Ask.MINUTES)


def _all_met_at(seen: list[Entry[Any]], wanted: Iterable[str]) -> Entry[Any] | None:
    """Return the entry from which on every criterion stayed met; ``None`` where they never were all met."""
    met: set[str] = set()
    since: Entry[Any] | None = None
    for entry in seen:
        says = entry.payload
        met = met | {says.key} if says.met else met - {says.key}
        if met != set(wanted):
            since = None
        elif since is None:
            since = entry
    return since


# ---------------------------------------------------------------- pressure


def pressure_before(key: str, field: FormField, told: Told) -> Filled:
    """Return the last blood pressure before the first device."""
    start = told.state.first_device_at
    taken = [e for e in told.state.readings if _has_pressure(e) and start is not None and e.at <= start]
    why = "No blood pressure was read before the first device."
    return _pressure(key, field, told, taken[-1] if taken else None, why)


def pressure_at_40(key: str, field: FormField, told: Told) -> Filled:
    """Return the blood pressure nearest to its minute, from two minutes before to some time after."""
    minute = told.number("pressure_at")
    chosen = _at_40(told, minute)
    why = f"No blood pressure was read about {minute} min after the first device."
    return _pressure(key, field, told, chosen, why)


def pressure_at_end(key: str, field: FormField, told: Told) -> Filled:
    """Return the last blood pressure before the patient left, which is none of those before it."""
    left = told.state.discharged_at
    if left is None:
        return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
    first = _at_40(told, told.number("pressure_at"))
    after = first.at if first else told.state.first_device_at
    taken = [e for e in told.state.readings if _has_pressure(e) and after and after < e.at <= left]
    why = "No blood pressure was read after the one at about 40 min."
    return _pressure(key, field, told, taken[-1] if taken else None, why)


def _at_40(told: Told, minute: int) -> Entry[ReadingTaken] | None:
    start = told.state.first_device_at
    if start is None:
        return None
    target = start + timedelta(minutes=minute)
    latest = target + timedelta(minutes=told.number("pressure_at_within"))
    near = [
        e
        for e in told.state.readings
        if _has_pressure(e) and target - DUE_BEFORE <= e.at <= latest and _not_after_leaving(e, told)
    ]
    return min(near, key=lambda e: abs(e.at - target), default=None)


def _not_after_leaving(entry: Entry[Any], told: Told) -> bool:
    left = told.state.discharged_at
    return left is None or entry.at <= left


def _has_pressure(entry: Entry[ReadingTaken]) -> bool:
    return entry.payload.systolic is not None and entry.payload.diastolic is not None


def _pressure(key: str, field: FormField, told: Told, entry: Entry[ReadingTaken] | None, why: str) -> Filled:
    if entry is None:
        return answered(key, field, told, why, Ask.WHY_NOT)
    minute = told.minute_of(entry.at)
    start = told.state.first_device_at
    when = "before the first device" if start is None or entry.at <= start else f"at {minute} min"
    value = f"{entry.payload.systolic}/{entry.payload.diastolic} mmHg"
    return filled(key, field, value, event_origins([entry]), detail=when)


# ---------------------------------------------------------------- effects


def criteria_met(key: str, field: FormField, told: Told) -> Filled:
    """Return whether every criterion of a field was seen to be met when the patient left."""
    found = [told.state.criterion(c) for c in field.criteria]
    seen = [e for e in found if e is not None]
    if any(not e.payload.met for e in seen):
        unmet = [e for e in seen if not e.payload.met]
        return filled(key, field, "No", event_origins(unmet))
    if told.state.discharge is not None and len(seen) == len(field.criteria):
        return filled(key, field, "Yes", event_origins(seen))
    return answered(key, field, told, "Not every criterion of it was looked at.", Ask.YES_NO)


def effect(key: str, field: FormField, told: Told) -> Filled:
    """Return whether an effect was seen: by a score, or by an adverse event of that name."""
    start = told.state.first_device_at
    scores = [
        (e, any(s.scale == e.payload.scale and s.counts(e.payload.value) for s in field.signs))
        for e in told.state.scores
        if start is not None and e.at > start and e.payload.scale in {s.scale for s in field.signs}
    ]
    named = _events(told, lambda term: term.casefold() in {t.casefold() for t in field.terms})
    hits = [*(e for e, counts in scores if counts), *named]
    if hits:
        first = min(e.at for e in hits)
        return filled(
            key, field, "Yes", event_origins(hits), detail=f"{_span(told, scores, first)}{_words(named)}"
        )
    if told.state.discharge is None:
        return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
    closing = [c for c in map(told.state.criterion, field.criteria) if c is not None and c.payload.met]
    if scores:
        return filled(key, field, "No", event_origins([e for e, _ in scores]))
    said = told.answers.get(key)
    if not field.signs and closing and said is None:
        origins = event_origins([*closing, told.state.discharge])
        return filled(key, field, "No", origins, by_silence=True)
    return answered(key, field, told, "No entry of this session tells of it.", Ask.YES_NO)


def serious_event(key: str, field: FormField, told: Told) -> Filled:
    """Return whether an adverse event of this session was called serious."""
    serious = [e for e in told.state.adverse_events if e.payload.serious]
    if serious:
        return filled(key, field, "Yes", event_origins(serious), detail=_words(serious).strip())
    if told.state.discharge is None:
        return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
    return filled(key, field, "No", event_origins([told.state.discharge]), by_silence=True)


def serious_account(key: str, field: FormField, told: Told) -> Filled:
    """Return the account of a serious event, where there was one."""
    serious = [e for e in told.state.adverse_events if e.payload.serious]
    if serious:
        return answered(key, field, told, "A serious event is recorded, and its account is not.", Ask.TEXT)
    if told.state.discharge is None:
        return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
    return filled(key, field, "None to give", event_origins([told.state.discharge]))


def _events(told: Told, wanted: Callable[[str], bool]) -> list[Entry[Any]]:
    start = told.state.first_device_at
    return [
        e for e in told.state.adverse_events if wanted(e.payload.term) and start is not None and e.at >= start
    ]


def _words(events: Iterable[Entry[Any]]) -> str:
    return "".join(f" {e.payload.term}, grade {e.payload.grade}." for e in events)


def _span(told: Told, scores: list[tuple[Entry[Any], bool]], first: datetime) -> str:
    """Return from when to when a scale told of it; its end only where a later score says so."""
    hits = [e for e, counts in scores if counts]
    text = f"From {told.minute_of(first)} min."
    if not hits:
        return text
    worst = sorted({f"{_SCALES[e.payload.scale]} {e.payload.value}" for e in hits})
    gone = [
        e
        for e, counts in scores
        if not counts and e.at > hits[-1].at and e.payload.scale == hits[-1].payload.scale
    ]
    end = f" Gone at {told.minute_of(gone[0].at)} min." if gone else " Its end is not scored."
    return f"{text} Scores: {', '.join(worst)}.{end}"
