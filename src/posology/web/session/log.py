"""The log of a session as a person reads it, corrections beside what they correct."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from posology.clinic.care.chairside import Chairside
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.queries import event_of
from posology.knowledge import load_library
from posology.quantities import Quantity
from posology.treatment import EventKind, load_payload
from posology.treatment.copied import copied_forward
from posology.treatment.payloads import ReadingTaken
from posology.web.components import Chip, Event, EventList, Status
from posology.web.components.text import day_text
from posology.web.session.pad import readings_text, score_words
from posology.web.session.words import EVENTS, MOAA_S, SCALES, WAYS


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the log, and whether it may still be corrected."""

    id: UUID
    event: Event
    may_correct: bool


def log_of(chair: Chairside) -> tuple[Told, ...]:
    """Return every entry in the order in which things happened; a correction stands with what it corrects."""
    by_target = {str(r.pk): r for r in chair.rows}
    corrections: dict[str, EventRow] = {}
    for row in chair.rows:
        if row.kind == EventKind.CORRECTED:
            corrections[json.loads(row.payload)["event_id"]] = row
    refused = {c.event.id: c for c in chair.state.conflicts}
    copied = copied_forward(chair.state)
    told = [
        Told(
            row.pk,
            _event(row, corrections.get(str(row.pk)), refused.get(row.pk), chair, copied.get(row.pk)),
            True,
        )
        for row in by_target.values()
        if row.kind != EventKind.CORRECTED
    ]
    return tuple(sorted(told, key=lambda t: t.event.at))  # stable: of one moment, as they arrived


def event_list(log: tuple[Told, ...]) -> EventList:
    """Return the log as the component that shows it, in the order given."""
    return EventList(tuple(t.event for t in log))


def _event(
    row: EventRow,
    correction: EventRow | None,
    conflict: Any,
    chair: Chairside,
    same_as: datetime | None = None,
) -> Event:
    payload = json.loads(row.payload)
    chip = Chip(Status.CAUTION, "Conflict") if conflict else None
    if same_as is not None:
        chip = Chip(Status.CAUTION, "Same numbers")
    if correction is not None:
        chip = Chip(Status.CORRECTED)
    detail = detail_of(EventKind(row.kind), payload, chair)
    if conflict:
        detail = f"{detail} {conflict.why}".strip()
    if same_as is not None:
        earlier = _clock(same_as.isoformat(), chair)
        detail = f"{detail} Every number is that of {earlier}. Was each one read anew?".strip()
    return Event(
        at=row.occurred_at,
        what=what_of(EventKind(row.kind), payload, chair),
        detail=detail,
        by=row.author.full_name,
        chip=chip,
        arrived_at=row.recorded_at if event_of(row).is_late else None,
        corrected_by=_correction(row, correction, chair) if correction else "",
    )


def _correction(row: EventRow, correction: EventRow, chair: Chairside) -> str:
    says = json.loads(correction.payload)
    who = f"{correction.author.full_name}: {says['reason']}"
    if says.get("withdrawn"):
        return f"taken back. {who}"
    parts = []
    if says.get("payload"):
        kind = EventKind(row.kind)
        parts.append(detail_of(kind, says["payload"], chair) or what_of(kind, says["payload"], chair))
    if says.get("occurred_at"):
        parts.append(f"at {_clock(says['occurred_at'], chair)}")
    return f"{', '.join(parts)}. {who}"


def _clock(text: str, chair: Chairside) -> str:
    return (
        datetime.fromisoformat(text).astimezone(ZoneInfo(chair.session.patient.clinic.zone)).strftime("%H:%M")
    )


def what_of(kind: EventKind, says: Mapping[str, Any], chair: Chairside) -> str:
    """Name one entry in a few words."""
    if kind is EventKind.GATE_ANSWERED:
        return _gate(says, chair)
    if kind is EventKind.READING_TAKEN:
        return _reading(says, chair)
    if kind in {EventKind.NOTE_WRITTEN, EventKind.DRUG_GIVEN}:
        return f"{EVENTS[kind]}: {says['text']}"
    if kind is EventKind.DISCHARGE_CRITERION:
        return _criterion(says, chair)
    if kind is EventKind.SCALE_SCORED:
        return f"{SCALES[says['scale']]}: {_score(says)}"
    if kind is EventKind.DEVICE_GIVEN:
        return f"Device {says['number']} used" + ("" if says["complete"] else ", spray lost or partial")
    if kind is EventKind.SYMPTOMS_CHECKED:
        return f"{EVENTS[kind]}: {'yes' if says['present'] else 'none'}"
    if kind is EventKind.PRESSURE_DECIDED:
        return f"{EVENTS[kind]}: {dict(WAYS)[says['way']].lower()}"
    if kind is EventKind.ADVERSE_EVENT:
        return f"Adverse event: {says['term']}, grade {says['grade']}"
    return EVENTS[kind]


def _score(says: Mapping[str, Any]) -> str:
    if says["scale"] == "moaa_s":
        return f"{says['value']}, {MOAA_S[int(says['value'])].lower()}"
    return score_words(says["scale"], int(says["value"]))


def detail_of(kind: EventKind, says: Mapping[str, Any], chair: Chairside) -> str:
    """Say what an entry holds, each number with its unit."""
    teller = _DETAILS.get(kind)
    return teller(says, chair) if teller else str(says.get("reason") or says.get("text") or "")


def _mg(text: Any) -> str:
    return str(Quantity(Decimal(str(text)), "mg"))


def _typed(says: Mapping[str, Any]) -> str:
    born_on = day_text(date.fromisoformat(says["born_on"]))
    return f"Typed: record {says['record_number']}, born {born_on}"


def _gate(says: Mapping[str, Any], chair: Chairside) -> str:
    item = next((i for i in chair.gate if i.key == says["item"]), None)
    question = load_library().questions.questions.get(says["item"])
    asked = question.short if question else (item.sentence if item else says["item"])
    words = item.choices.get(says["answer"]) if item else None
    answer = "not known" if says["answer"] == "unknown" else (words or says["answer"]).lower()
    return f"{asked.rstrip('?')}: {answer}"


def _worksheet(says: Mapping[str, Any], chair: Chairside) -> str:
    product = load_library().products.products.get(says["product_id"])
    own = (
        f"{Quantity(Decimal(says['typed_volume_mL']), 'mL')} worked out"
        if says.get("typed_volume_mL")
        else f"{says.get('typed_devices')} devices counted"
    )
    who = chair.names.get(says["checked_by"], says["checked_by"])
    final = (
        f", diluted to {Quantity(Decimal(says['final_volume_mL']), 'mL')}"
        if says.get("final_volume_mL")
        else ""
    )
    return f"{product.title if product else says['product_id']}, lot {says['lot']}: {own} by {who}{final}"


def _started(says: Mapping[str, Any], chair: Chairside) -> str:
    parts = [_mg(says["dose_mg"])]
    if says.get("minutes"):
        parts.append(f"over {says['minutes']}\u00a0min")
    if says.get("devices"):
        parts.append(f"as {says['devices']} devices")
    if says.get("pump_rate_mL_per_h"):
        parts.append(f"pump at {Quantity(Decimal(says['pump_rate_mL_per_h']), 'mL/h')}")
    return f"{', '.join(parts)}, lot {says['lot']}"


def _rate(says: Mapping[str, Any], chair: Chairside) -> str:
    rate = says.get("rate_mg_per_min")
    shown = f"{Quantity(Decimal(rate), 'mg/min')}. " if rate else ""
    return f"{shown}{says.get('reason') or ''}".strip()


def _adverse(says: Mapping[str, Any], chair: Chairside) -> str:
    related = {"yes": "related to the dose", "no": "not related to the dose"}.get(
        says["related"], "relation not known"
    )
    serious = "serious" if says["serious"] else "not serious"
    return f"{serious}, {related}" + (f". {says['action']}" if says.get("action") else "")


def _reading(says: Mapping[str, Any], chair: Chairside) -> str:
    payload = load_payload(EventKind.READING_TAKEN, says)
    values = payload.values() if isinstance(payload, ReadingTaken) else {}
    confirmed = ", confirmed" if says.get("confirmed_extreme") else ""
    monitor = ", from the monitor" if says.get("from_monitor") else ""
    return f"{readings_text(values.items())}{confirmed}{monitor}"


def _criterion(says: Mapping[str, Any], chair: Chairside) -> str:
    sentence = chair.protocol.discharge.criteria.get(says["key"], says["key"])
    return f"{'Seen' if says['met'] else 'Not so'}: {sentence}"


_DETAILS: dict[EventKind, Any] = {
    EventKind.IDENTITY_CHECKED: lambda says, chair: _typed(says),
    EventKind.GATE_ANSWERED: lambda says, chair: says.get("note") or "",
    EventKind.GATE_OVERRIDDEN: lambda says, chair: f"{says['rule']}: {says['reason']}",
    EventKind.WORKSHEET_CHECKED: _worksheet,
    EventKind.ADMINISTRATION_STARTED: _started,
    EventKind.DOSE_GIVEN: _started,
    EventKind.DEVICE_GIVEN: lambda says, chair: (
        f"Lot {says['lot']}" + (f". {says['note']}" if says.get("note") else "")
    ),
    EventKind.INFUSION_RATE_CHANGED: _rate,
    EventKind.INFUSION_RESUMED: _rate,
    EventKind.READING_TAKEN: lambda says, chair: "",
    EventKind.NOTE_WRITTEN: lambda says, chair: "",
    EventKind.SYMPTOMS_CHECKED: lambda says, chair: says.get("which") or "",
    EventKind.DRUG_GIVEN: lambda says, chair: "",
    EventKind.SCALE_SCORED: lambda says, chair: "",
    EventKind.ADVERSE_EVENT: _adverse,
    EventKind.DISCHARGE_CRITERION: lambda says, chair: says.get("note") or "",
    EventKind.DISCHARGED: lambda says, chair: (
        "With an escort" if says["with_escort"] else "Without an escort"
    ),
}
