"""What the forms at the chair send, turned into events. Reads and names; judges nothing.

One table says which fields each kind of form has. A blank field is left out, never sent as a zero or a no.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest

from posology.clinic.care.chairside import Chairside
from posology.clinic.care.together import Entered, FormRefused
from posology.clinic.sessions.models import EventRow
from posology.quantities import QuantityError, read_number
from posology.treatment import (
    EventError,
    EventKind,
    FieldFault,
    GateItem,
    GateKind,
    NeedsConfirmation,
    NotAllowed,
    load_payload,
    read_payload,
)
from posology.treatment.jumps import jumps
from posology.treatment.payloads import ReadingTaken
from posology.web.moments import latest_clock
from posology.web.reading import typed_day
from posology.web.session.form import Form, FormFaults
from posology.web.session.words import ANOTHER

EMPTY = "Nothing is entered here. Fill it in."
BEFORE_THE_SESSION = timedelta(hours=2)
"""How long before a session its first entry may lie across midnight; an engineering default."""

TEXT, YES_NO = "text", "yes-no"

# Which fields the form of each kind has: how they are read, and whether they may be left out ("?").
FIELDS: Mapping[str, Mapping[str, str]] = {
    "worksheet_checked": {
        "product_id": TEXT,
        "lot": TEXT,
        "typed_volume_mL": TEXT + "?",
        "typed_devices": TEXT + "?",
        "final_volume_mL": TEXT + "?",
        "checked_by": TEXT,
    },
    "infusion_started": {"lot": TEXT, "pump_rate_mL_per_h": TEXT},
    "devices_started": {"lot": TEXT},
    "dose_given": {"lot": TEXT},
    "device_given": {"number": TEXT, "lot": TEXT, "complete": YES_NO, "note": TEXT + "?"},
    "infusion_rate_changed": {"pump_rate_mL_per_h": TEXT, "reason": TEXT + "?"},
    "infusion_paused": {"reason": TEXT + "?"},
    "infusion_resumed": {},
    "infusion_stopped": {"reason": TEXT, "complete": YES_NO},
    "adverse_event": {"term": TEXT, "grade": TEXT, "serious": YES_NO, "related": TEXT, "action": TEXT + "?"},
    "drug_given": {"text": TEXT},
    "note_written": {"text": TEXT},
    "symptoms_checked": {"present": YES_NO, "which": TEXT + "?"},
    "pressure_decided": {"way": TEXT, "reason": TEXT},
    "gate_overridden": {"rule": TEXT, "reason": TEXT},
    "discharge_overridden": {"reason": TEXT},
    "discharged": {"with_escort": YES_NO},
    "session_cancelled": {"reason": TEXT},
}
# The boxes of the reading pad, row by row; an odd value is confirmed by its row.
ROWS = (("systolic", "diastolic"), ("heart_rate",), ("spo2",), ("respiratory_rate",))
READINGS = tuple(name for row in ROWS for name in row)
SCALES = ("moaa_s", "dissociation", "nausea")
# What a form of this kind is, where its name is not the event's own.
EVENT_OF = {
    "infusion_started": EventKind.ADMINISTRATION_STARTED,
    "devices_started": EventKind.ADMINISTRATION_STARTED,
}
# A group of the gate: all of it as it stands there, or each line by itself.
ALL_SO, ONE_BY_ONE = "so", "apart"
COMPOSED = ("gate", "readings", "criteria", "corrected")
KINDS = frozenset({*FIELDS, *COMPOSED})


def entered(form: Form, chair: Chairside, *, zone: tzinfo) -> tuple[Entered, ...]:
    """Return the events of a form.

    Raises
    ------
    FormFaults
        With the faults noted in the form.
    """
    at = _moment(form, chair, zone)
    if form.kind in COMPOSED:
        events = tuple(_COMPOSERS[form.kind](form, chair, at, zone))
    else:
        payload = {**_simple(form), **_settings(form, chair)}
        if form.kind == "infusion_rate_changed":
            payload.pop("pump_rate_mL_per_h", None)
        kind = EventKind(EVENT_OF.get(form.kind, form.kind))
        # A device told with its time was used already; a start is only ever taken live (hazard H-28).
        late = kind is EventKind.DEVICE_GIVEN and at is not None
        events = (Entered(_id(form), kind, payload, at, happened_before=late),)
    if form.faults or form.sentences:
        raise FormFaults
    return events


def note_refusal(form: Form, events: tuple[Entered, ...], refusal: FormRefused) -> None:
    """Write each fault and each question beside the field it is about."""
    prefixes = {event.event_id: _field_names(form, event) for event in events}
    for told, into in ((refusal.faults, form.faults), (refusal.questions, form.questions)):
        for event_id, group in told.items():
            for fault in group:
                into[prefixes[event_id](fault.field)] = sentence_of(fault)
    if unplaced := form.faults.pop("payload", ""):
        form.sentences.append(unplaced)


def sentence_of(fault: FieldFault) -> str:
    """Return a fault as it stands beside its own field: without the field's name before it."""
    said = fault.message.removeprefix(f"{fault.field}: ")
    return EMPTY if said.endswith("is missing. Add it.") else said[:1].upper() + said[1:]


def note_questions(form: Form, question: NeedsConfirmation) -> None:
    """Write each question beside the field it is about."""
    for fault in question.faults:
        form.questions[fault.field] = sentence_of(fault)


def note_obstacles(form: Form, refusal: NotAllowed) -> None:
    """Write each obstacle beside its field where the form has one, and over the form otherwise."""
    for obstacle in refusal.obstacles:
        if obstacle.key in FIELDS.get(form.kind, {}):
            form.faults[obstacle.key] = obstacle.sentence
        else:
            form.sentences.append(obstacle.sentence)


# ---------------------------------------------------------------- reading


def _id(form: Form, name: str = "id") -> UUID:
    try:
        return UUID(form.value(name))
    except ValueError:
        raise BadRequest("The form carries no id, so a second send could not be told from a first.") from None


def _moment(form: Form, chair: Chairside, zone: tzinfo) -> datetime | None:
    """Return when it happened where a time was typed; nothing means now.

    A time that still lies ahead means yesterday only where the session reaches back to yesterday: else
    a slip of the finger would lay a reading before the patient came, and nobody would be asked.
    """
    text = form.value("clock").strip()
    if not text:
        return None
    try:
        moment = latest_clock(text, now=chair.at, zone=zone)
    except QuantityError as fault:
        form.faults["clock"] = str(fault)
        return None
    began = min([chair.session.scheduled_at, *(row.occurred_at for row in chair.rows)]) - BEFORE_THE_SESSION
    if moment < began and moment.astimezone(zone).date() < chair.at.astimezone(zone).date():
        form.faults["clock"] = (
            f"{text} still lies ahead today, and yesterday this session had not begun. "
            "Write the time at which it was, or leave it empty for now."
        )
        return None
    return moment


def _simple(form: Form) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for name, how in FIELDS[form.kind].items():
        text = form.value(name).strip()
        if text:
            payload[name] = text == "yes" if how.startswith(YES_NO) and text in {"yes", "no"} else text
        elif not how.endswith("?"):
            form.faults[name] = EMPTY
    return payload


def _settings(form: Form, chair: Chairside) -> dict[str, Any]:
    """Return what the order and the checked worksheet say; settings, not observations."""
    sheet = chair.sheet
    if form.kind == "infusion_started":
        return {"dose_mg": sheet.drawn_mg if sheet else chair.order.dose_mg, "minutes": chair.order.minutes}
    if form.kind == "devices_started":
        return {"dose_mg": chair.order.dose_mg, "devices": chair.order.devices}
    if form.kind == "dose_given":
        return {"dose_mg": sheet.drawn_mg if sheet else chair.order.dose_mg}
    if form.kind == "infusion_rate_changed":
        return _new_rate(form, chair)
    if form.kind == "adverse_event" and form.value("term") == ANOTHER:
        return _in_own_words(form)
    return {}


def _in_own_words(form: Form) -> dict[str, Any]:
    """Return what happened where it is none of the words on the page."""
    text = form.value("another_term").strip()
    if not text:
        form.faults["another_term"] = EMPTY
    return {"term": text}


def _new_rate(form: Form, chair: Chairside) -> dict[str, Any]:
    try:
        typed = read_number(form.value("pump_rate_mL_per_h"), what="pump rate")
    except QuantityError as fault:
        form.faults["pump_rate_mL_per_h"] = str(fault)
        return {}
    rate = chair.sheet.mg_per_min_at(typed) if chair.sheet else None
    return {"rate_mg_per_min": rate}  # in the event's own unit; the pump's is only how it was read


def _gate(form: Form, chair: Chairside, at: datetime | None, zone: tzinfo) -> Iterator[Entered]:
    if any(form.value(name).strip() for name in ("record_number", "born_on")):
        payload = {}
        for name in ("record_number", "born_on"):
            payload[name] = form.value(name).strip()
            if not payload[name]:
                form.faults[name] = EMPTY
        payload["born_on"] = _birth_day(form, payload["born_on"])
        yield Entered(_id(form, "id-identity"), EventKind.IDENTITY_CHECKED, payload, at)
    for item in chair.gate:
        answer = _answer(form, item)
        if item.kind is GateKind.ANSWER and answer:
            yield Entered(
                _id(form, f"id-{item.key}"),
                EventKind.GATE_ANSWERED,
                {"item": item.key, "answer": answer, **_note(form, f"note-{item.key}")},
                at,
            )
    if not any(
        v.strip()
        for k, v in form.typed.items()
        if k in {"record_number", "born_on"} or k.startswith("answer-") or v == ALL_SO
    ):
        form.sentences.append("Nothing is answered yet. Type the two identifiers, or answer a question.")


def together_name(group: str) -> str:
    """Return the name of the choice by which a whole group of the gate is answered."""
    return f"together-{group}"


def _answer(form: Form, item: GateItem) -> str:
    """Return the answer to one question: its own, or that of its group where all of the group is so.

    The id beside it says that the question stood on the page that was looked at; without one, nothing was
    read out and nothing is answered.
    """
    own, name = form.value(f"answer-{item.key}"), together_name(item.group)
    if not item.group or form.value(name) != ALL_SO or not form.value(f"id-{item.key}"):
        return own
    if own and own != item.usual:
        form.faults[name] = "All of this is so, and one line is answered otherwise. Answer them one by one."
    return item.usual


def _birth_day(form: Form, text: str) -> str:
    """Return the typed day as the library writes days; it may be typed as the banner shows it."""
    try:
        return typed_day(text, what="birth day").isoformat() if text else text
    except QuantityError as fault:
        form.faults["born_on"] = str(fault)
        return text


def _note(form: Form, name: str) -> dict[str, str]:
    text = form.value(name).strip()
    return {"note": text} if text else {}


def _readings(form: Form, chair: Chairside, at: datetime | None, zone: tzinfo) -> Iterator[Entered]:
    payload: dict[str, Any] = {n: form.value(n).strip() for n in READINGS if form.value(n).strip()}
    scored = [scale for scale in SCALES if form.value(scale)]
    if not payload and not scored:
        form.sentences.append("Nothing is entered yet. Enter at least one reading.")
    if payload:
        payload["confirmed_extreme"] = _all_confirmed(form, chair, payload)
        yield Entered(_id(form), EventKind.READING_TAKEN, payload, at)
    for scale in scored:
        said = {"scale": scale, "value": form.value(scale)}
        yield Entered(_id(form, f"id-{scale}"), EventKind.SCALE_SCORED, said, at)


def confirm_name(row: tuple[str, ...], typed: Mapping[str, Any]) -> str:
    """Return the name of the tick that confirms a row: it names the values, so that it confirms no others."""
    return "confirm_" + "_".join(str(typed.get(name, "")).strip() for name in row) + f"_{row[0]}"


def _all_confirmed(
    form: Form, chair: Chairside, payload: Mapping[str, Any], before: Mapping[str, str] | None = None
) -> bool:
    """Say whether each value that is asked about was confirmed by its own tick, or stood there before."""
    odd = _asked_about(chair, payload)
    asked = {name for name in odd if (before or {}).get(name) != payload[name]}
    rows = [row for row in ROWS if asked & set(row)]
    return bool(odd) and all(form.value(confirm_name(row, payload)) in {"yes", "on"} for row in rows)


def _asked_about(chair: Chairside, payload: Mapping[str, Any]) -> set[str]:
    """Return the values that are looked at twice: beyond the usual, or a tenfold jump against the last."""
    asked: set[str] = set()
    try:
        read_payload(EventKind.READING_TAKEN, payload)
    except NeedsConfirmation as question:
        asked = {fault.field for fault in question.faults}
    except EventError:
        return set()  # what is wrong with it is told when it is recorded
    reading = load_payload(EventKind.READING_TAKEN, payload)
    if isinstance(reading, ReadingTaken):
        asked |= {fault.field for fault in jumps(chair.state, reading)}
    return asked


def _criteria(form: Form, chair: Chairside, at: datetime | None, zone: tzinfo) -> Iterator[Entered]:
    seen = 0
    for key in chair.protocol.discharge.criteria:
        answer = form.value(f"met-{key}")
        if answer in {"yes", "no"}:
            seen += 1
            said = {"key": key, "met": answer == "yes"}
            yield Entered(_id(form, f"id-{key}"), EventKind.DISCHARGE_CRITERION, said, at)
    if not seen:
        form.sentences.append("Nothing is answered yet. Say for each line whether it is so.")


def _corrected(form: Form, chair: Chairside, at: datetime | None, zone: tzinfo) -> Iterator[Entered]:
    """A correction withdraws an entry, or gives its whole content or its time anew; the old one stays."""
    target = next((row for row in chair.rows if str(row.pk) == form.value("subject")), None)
    if target is None:
        raise BadRequest("The entry to correct is not in this session.")
    if not form.value("reason").strip():
        form.faults["reason"] = EMPTY
    payload: dict[str, Any] = {"event_id": str(target.pk), "reason": form.value("reason").strip() or "-"}
    if form.value("how") == "withdraw":
        payload["withdrawn"] = True
    elif form.value("how") == "change":
        _new_content(form, chair, target, payload)
        if at is not None:
            payload["occurred_at"] = at.isoformat()
        if len(payload) == 2:
            form.sentences.append("Nothing new is entered. Enter the right content, the right time, or both.")
    else:
        form.faults["how"] = "Say what is to be done with the entry."
    yield Entered(_id(form), EventKind.CORRECTED, payload, None)


def values_of(chair: Chairside, row: EventRow) -> dict[str, str]:
    """Return the values of a reading as they count now; empty for any other entry."""
    entry = next((e for e in chair.state.readings if e.event_id == row.pk), None)
    return {name: str(value) for name, value in entry.payload.values().items()} if entry else {}


def righted(form: Form, before: Mapping[str, str]) -> dict[str, str]:
    """Return a reading as it will count: what was typed, and what was right before."""
    typed = {n: form.value(n).strip() for n in READINGS if form.value(n).strip()}
    return {**before, **typed} if typed else {}


def _new_content(form: Form, chair: Chairside, target: EventRow, payload: dict[str, Any]) -> None:
    kind, before = EventKind(target.kind), values_of(chair, target)
    content: dict[str, Any] = {}
    if kind is EventKind.READING_TAKEN:
        content = dict(righted(form, before))
        if content:
            content["confirmed_extreme"] = _all_confirmed(form, chair, content, before)
    elif kind is EventKind.SCALE_SCORED:
        content = {"scale": form.value("scale"), "value": form.value("value")} if form.value("value") else {}
    elif kind in {EventKind.NOTE_WRITTEN, EventKind.DRUG_GIVEN} and form.value("text").strip():
        content = {"text": form.value("text").strip()}
    if content:
        payload["event_kind"], payload["payload"] = kind.value, content


_COMPOSERS: Mapping[str, Callable[..., Iterator[Entered]]] = {
    "gate": _gate,
    "readings": _readings,
    "criteria": _criteria,
    "corrected": _corrected,
}


def _field_names(form: Form, event: Entered) -> Callable[[str], str]:
    """Return how a field of an event is called in the form that sent it."""
    if event.kind is EventKind.GATE_ANSWERED:
        return lambda name: f"answer-{event.payload['item']}"
    if event.kind is EventKind.SCALE_SCORED:
        return lambda name: str(event.payload["scale"])
    if event.kind is EventKind.DISCHARGE_CRITERION:
        return lambda name: f"met-{event.payload['key']}"
    return lambda name: name
