"""What the papers of a session say: the same fold as its page, written out for print. Judges nothing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from posology.clinic.care.chairside import Chairside
from posology.clinic.care.downtime import planned_sets
from posology.clinic.patients.models import Patient
from posology.clinic.rems.queries import Around
from posology.papers import Head
from posology.quantities import Quantity, elapsed
from posology.treatment import EventKind
from posology.web.components.text import clock_text, day_text, pressure_text, zone_text
from posology.web.options.order_text import sentence_of_order
from posology.web.outage.words import AFTERWARDS, EMERGENCY, LEAVING, UNTIL_TOMORROW, WITHOUT_THE_NETWORK
from posology.web.rems.view_models import said_setting
from posology.web.session import view_models
from posology.web.session.log import Told, log_of

# What stands in tables of its own, or is counted instead of listed.
_ELSEWHERE = ("reading_taken", "scale_scored", "gate_answered", "identity_checked", "discharge_criterion")
_LETTERED = (
    EventKind.INFUSION_PAUSED,
    EventKind.INFUSION_RESUMED,
    EventKind.INFUSION_STOPPED,
    EventKind.ADVERSE_EVENT,
    EventKind.DRUG_GIVEN,
    EventKind.DISCHARGED,
)
_LATEST = 6  # readings of a running session that its downtime sheet repeats


def head_of(title: str, patient: Patient | None, clinic: Any, *, at: datetime, foot: str = "") -> Head:
    """Return the head of a paper: the clinic, both identifiers, and when it was printed."""
    zone = ZoneInfo(clinic.zone)
    local = at.astimezone(zone)
    return Head(
        clinic=clinic.name,
        title=title,
        printed=f"{day_text(local.date())} {local:%H:%M} {zone_text(at, zone)}",
        person=_person(patient) if patient else (),
        training=settings.DEMO,
        foot=foot,
    )


def _person(patient: Patient) -> tuple[str, ...]:
    return (str(patient), f"Born {day_text(patient.born_on)}", f"ID {patient.identifier}")


# ---------------------------------------------------------------- the record


def record_data(chair: Chairside, *, at: datetime) -> Mapping[str, object]:
    """Return a session's record on paper."""
    zone, patient = _zone(chair), chair.session.patient
    signature = chair.session.order.signature
    log = log_of(chair)
    last = chair.rows[-1].hash[:16] if chair.rows else "no entry yet"
    signed = signature.at.astimezone(zone)
    return {
        "head": head_of("Session record", patient, patient.clinic, at=at, foot=f"Log {last}").data(),
        "order": sentence_of_order(chair.order, patient, zone=zone),
        "signed": f"Signed by {signature.by.full_name}, {day_text(signed.date())} {signed:%H:%M}. "
        f"Order hash {signature.sha256[:16]}. Times: {zone_text(at, zone)}.",
        "facts": [[label, value] for label, value in _facts(chair, zone)],
        "conflicts": [
            f"{clock_text(c.event.occurred_at, zone)} {c.event.kind.replace('_', ' ')}: {c.why}"
            for c in chair.state.conflicts
        ],
        "chart": _chart(chair, log, zone),
        "readings": _readings(chair, zone),
        "log": [_log_row(t, chair, zone) for t in _listed(chair, log)],
    }


def _facts(chair: Chairside, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    state = chair.state
    yield "Phase", view_models.phase_chip(chair).word
    if state.started_at is not None:
        until = min(chair.at, state.ended_at) if state.ended_at else chair.at
        least = "at least " if state.delivered_is_least else ""
        ordered = Quantity(chair.order.dose_mg, "mg")
        yield "Given", f"{least}{Quantity(state.delivered_mg(until), 'mg')} of {ordered}"
        ended = clock_text(state.ended_at, zone) if state.ended_at else "still running"
        yield "From, to", f"{clock_text(state.started_at, zone)}, {ended}"
        yield "Lots", ", ".join(state.lots)
    found = Around(chair.session.patient.clinic, [chair.session], at=chair.at).form(chair.session)
    said = found and said_setting(found)
    if said and not said.is_usual:
        why = said.because if said.counts else "no reason given, so it does not count"
        yield "Setting", f"{said.title}, said by {said.by} {clock_text(said.at, zone)}: {why}"
    answered = len(state.gate)
    yield "Asked before the dose", f"{answered} questions answered" if answered else "nothing yet"
    if state.discharge is not None:
        escort = "with" if state.discharge.payload.with_escort else "without"
        yield "Left", f"{clock_text(state.discharge.at, zone)}, {escort} an escort"
    if state.cancellation is not None:
        yield "Cancelled", state.cancellation.payload.reason


def _readings(chair: Chairside, zone: ZoneInfo) -> list[list[str]]:
    """Return each set of readings as it counts, corrections applied, and the sedation scores in between."""
    names = {row.pk: row.author.full_name for row in chair.rows}
    rows: list[tuple[datetime, list[str]]] = []
    for e in chair.state.readings:
        says = e.payload
        cells = [
            pressure_text(says.systolic, says.diastolic) if says.systolic or says.diastolic else "",
            f"{says.heart_rate}/min" if says.heart_rate is not None else "",
            f"{says.spo2}%" if says.spo2 is not None else "",
            f"{says.respiratory_rate}/min" if says.respiratory_rate is not None else "",
            "",
            names.get(e.event_id, ""),
        ]
        rows.append((e.at, [clock_text(e.at, zone), *cells]))
    for score in chair.state.scores:
        if score.payload.scale == "moaa_s":
            same = next((cells for at, cells in rows if at == score.at and not cells[5]), None)
            said = f"MOAA/S {score.payload.value}"
            if same is not None:
                same[5] = said
            else:
                empty = [clock_text(score.at, zone), "", "", "", "", said, names.get(score.event_id, "")]
                rows.append((score.at, empty))
    return [cells for _, cells in sorted(rows, key=lambda r: r[0])]


def _listed(chair: Chairside, log: Iterable[Told]) -> list[Told]:
    kinds = {row.pk: row.kind for row in chair.rows}
    odd = {c.event.id for c in chair.state.conflicts}
    return [t for t in log if kinds[t.id] not in _ELSEWHERE or t.event.corrected_by or t.id in odd]


def _log_row(told: Told, chair: Chairside, zone: ZoneInfo) -> list[str]:
    event = told.event
    what = ": ".join(part for part in (event.what, event.detail) if part)
    if event.corrected_by:
        what += f" [Corrected: {event.corrected_by}]"
    if event.arrived_at is not None:
        what += f" [Late: entered at {clock_text(event.arrived_at, zone)}]"
    return [clock_text(event.at, zone), what, event.by]


def _chart(chair: Chairside, log: Iterable[Told], zone: ZoneInfo) -> dict[str, Any] | None:
    state = chair.state
    if not state.readings and state.started_at is None:
        return None
    kinds = {row.pk: EventKind(row.kind) for row in chair.rows}
    moments = [e.at for e in state.readings] + [m for m in (state.started_at, state.ended_at) if m]
    first = min(moments) - timedelta(minutes=5)
    last = max(max(moments) + timedelta(minutes=10), first + timedelta(minutes=60))

    def minute(at: datetime) -> float:
        return round(elapsed(first, at).total_seconds() / 60, 2)

    whole = minute(last)
    step = next(s for s in (10, 15, 30, 60, 120, 10_000) if whole / s <= 12)
    marked = [t for t in log if kinds[t.id] in _LETTERED and 0 <= minute(t.event.at) <= whole]
    return {
        "minutes": whole,
        "ticks": [
            {"at": n, "label": clock_text(first + timedelta(minutes=n), zone)}
            for n in range(0, int(whole) + 1, step)
        ],
        "readings": [
            {
                "at": minute(e.at),
                "systolic": e.payload.systolic,
                "diastolic": e.payload.diastolic,
                "heart_rate": e.payload.heart_rate,
                "spo2": e.payload.spo2,
            }
            for e in state.readings
        ],
        "dose": [
            {"from": minute(d.start), "to": min(minute(d.end), whole), "label": str(d.amount)}
            for d in view_models.dose_steps(chair)
        ],
        "events": [
            {"at": minute(t.event.at), "letter": chr(ord("A") + n % 26), "label": t.event.what}
            for n, t in enumerate(marked)
        ],
    }


# ---------------------------------------------------------------- the downtime sheets


def pack_data(
    chairs: Iterable[tuple[int | None, Chairside | None]], clinic: Any, *, at: datetime
) -> Mapping[str, object]:
    """Return the downtime sheets: one a session, and a blank one for a chair without any."""
    sheets = [_sheet(number, chair) for number, chair in chairs]
    head = head_of("Downtime sheet", None, clinic, at=at)
    return {"head": head.data(), "sessions": sheets}


def _sheet(number: int | None, chair: Chairside | None) -> dict[str, object]:
    common = {
        "chair": f"Chair {number}" if number else "No chair yet",
        "rule": WITHOUT_THE_NETWORK,
        "phones": phones(),
        "later": AFTERWARDS,
    }
    if chair is None:
        return {
            **common,
            "person": [],
            "order": "",
            "recorded": [],
            "planned": [""] * 14,
            "stay": "",
            "criteria": [],
        }
    zone, patient, rules = _zone(chair), chair.session.patient, chair.protocol.discharge
    since = {"administration_end": "the end of the dose", "first_device": "the first device"}
    recorded = [" · ".join(c for c in cells[:6] if c) for cells in _readings(chair, zone)[-_LATEST:]]
    started = chair.state.started_at
    if started is not None:
        recorded.insert(0, f"dose started {clock_text(started, zone)}")
    return {
        **common,
        "chair": f"{common['chair']}, session {chair.order.session_number}, "
        f"{day_text(chair.session.scheduled_at.astimezone(zone).date())} "
        f"{clock_text(chair.session.scheduled_at, zone)}",
        "person": list(_person(patient)),
        "order": sentence_of_order(chair.order, patient, zone=zone),
        "recorded": recorded,
        "planned": list(planned_sets(chair.protocol.monitoring, minutes=chair.order.minutes)),
        "stay": f"Not before {rules.minimum_min} min after "
        f"{since.get(rules.clock_from, 'the dose')}, and only when each line is seen:",
        "criteria": list(rules.criteria.values()),
    }


def phones() -> list[str]:
    """Return the numbers that the site sets for its staff; empty where none is set."""
    return [one.strip() for one in settings.DOWNTIME_PHONES.split(";") if one.strip()]


# ---------------------------------------------------------------- for the patient


def leaving_data(chair: Chairside, *, at: datetime) -> Mapping[str, object]:
    """Return the sheet that the patient takes home; it says nothing of the illness."""
    patient = chair.session.patient
    today = (chair.state.discharged_at or at).astimezone(_zone(chair)).date()
    return {
        "head": head_of("For you to take home", patient, patient.clinic, at=at).data(),
        "heading": "After your treatment today",
        "opening": LEAVING["opening"],
        "until_tomorrow": [
            line.format(tomorrow=day_text(today + timedelta(days=1))) for line in UNTIL_TOMORROW
        ],
        "emergency_opening": LEAVING["emergency"],
        "emergency": list(EMERGENCY),
        "phone": settings.SITE_PHONE,
        "clinic": patient.clinic.name,
        "closing": LEAVING["closing"],
    }


def _zone(chair: Chairside) -> ZoneInfo:
    return ZoneInfo(chair.session.patient.clinic.zone)
