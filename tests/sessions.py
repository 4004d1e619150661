"""Orders and sessions for tests of the library's floor of treatment; no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from posology.case import Answer
from posology.knowledge import load_library
from posology.protocols import History
from posology.protocols.findings import Report
from posology.protocols.limits import dose_for_level
from posology.treatment import (
    Event,
    EventKind,
    Identifiers,
    Order,
    SessionState,
    Signature,
    Start,
    gate_items,
    read_payload,
    replay,
    worksheet,
)

DAY = date(2026, 11, 24)
T0 = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
NAMES = UUID("6c1d3c1e-5a5b-4c1c-9d0e-0d5f2f1f7a11")  # the name space of the ids made here
PATIENT, SESSION = uuid5(NAMES, "patient"), uuid5(NAMES, "session")
BORN = date(1981, 3, 14)

VIALS = ("ketamine-10", "ketamine-50", "ketamine-100")
MINUTES = {"ketamine-iv": 40}


def make_order(
    protocol_id: str = "ketamine-iv",
    level: str | Decimal = "0.5",
    weight_kg: str | Decimal | None = "72",
    *,
    product_id: str | None = None,
    minutes: int | None = None,
    **changes: Any,
) -> Order:
    """Make the order of a synthetic patient, its dose computed as everywhere."""
    library = load_library()
    protocol = library.protocol(protocol_id)
    by_weight = protocol.dose_basis == "mg/kg"
    weight = Decimal(weight_kg) if by_weight and weight_kg is not None else None
    dose_mg = dose_for_level(protocol, Decimal(level), weight, DAY)
    fields: dict[str, Any] = {
        "id": uuid5(NAMES, "order"),
        "patient_id": PATIENT,
        "protocol_id": protocol_id,
        "protocol_version": protocol.version,
        "protocol_sha256": library.stamps[protocol_id].sha256,
        "knowledge_sha256": library.sha256,
        "substance": protocol.substance,
        "route": protocol.route,
        "dose_mg": dose_mg,
        "level": Decimal(level),
        "basis": protocol.dose_basis,
        "weight_kg": weight,
        "weight_policy": "actual" if weight else None,
        "weight_at": T0 - timedelta(hours=1) if weight else None,
        "minutes": minutes if minutes is not None else MINUTES.get(protocol_id),
        "devices": int(dose_mg / 28) if protocol.route == "nasal" else None,
        "product_id": product_id or protocol.products[0],
        "phase": "induction",
        "session_number": 1,
        "planned_on": DAY,
        "option_id": f"{protocol_id}/start/{level}",
    }
    return Order(**(fields | changes))


def at(minutes: float) -> datetime:
    """Return the moment so many minutes after the session opened."""
    return T0 + timedelta(minutes=minutes)


@dataclass
class Log:
    """A session's events as a device would make them, one after the other."""

    events: list[Event] = field(default_factory=list)
    session_id: UUID = SESSION
    name: str = "log"

    def add(
        self, kind: str, minutes: float, /, *, author: str = "nurse-1", lag_s: float = 1, **data: Any
    ) -> Event:
        """Add one event that happened so many minutes after the session opened."""
        number = len(self.events) + 1
        event = Event(
            id=uuid5(NAMES, f"{self.name}-{number}"),
            session_id=self.session_id,
            sequence=number,
            kind=EventKind(kind),
            payload=read_payload(kind, data),
            occurred_at=at(minutes),
            recorded_at=at(minutes) + timedelta(seconds=lag_s),
            author=author,
        )
        self.events.append(event)
        return event

    def reading(self, minutes: float, **changes: Any) -> None:
        """Add a whole set of usual readings, sedation included."""
        usual = {"systolic": 124, "diastolic": 78, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14}
        self.add("reading_taken", minutes, **(usual | changes))
        self.add("scale_scored", minutes, scale="moaa_s", value=5)

    @property
    def state(self) -> SessionState:
        return replay(self.events)


def usual_answer(key: str) -> str:
    """Return the answer to a gate item with which a dose may be given."""
    if key == "suicidal_ideation":
        return "none"
    return "no" if key in {"urinary_symptoms", "intoxicated_or_withdrawing", "pregnant"} else "yes"


def through_gate(order: Order, *, without: Iterable[str] = (), until_worksheet: bool = True) -> Log:
    """Return a session whose gate is done, with the named items left out, up to the second person's check."""
    left_out = set(without)
    log = Log()
    if "identity" not in left_out:
        log.add("identity_checked", 0, record_number="A-100", born_on=BORN.isoformat())
    for item in gate_items(load_library().protocol(order.protocol_id)):
        if item.kind == "answer" and item.key not in left_out:
            log.add("gate_answered", 1, item=item.key, answer=usual_answer(item.key))
    if "baseline_readings" not in left_out:
        log.reading(2)
    if until_worksheet and "worksheet" not in left_out:
        check_worksheet(log, order)
    return log


def check_worksheet(log: Log, order: Order, **changes: Any) -> None:
    """Add the second person's check, as it should be."""
    final = {"final_volume_mL": "50"} if order.minutes else {}
    sheet = worksheet(
        order, product_id=order.product_id, final_volume_mL=Decimal(50) if order.minutes else None
    )
    typed = (
        {"typed_volume_mL": str(sheet.vial_volume_mL)}
        if sheet.vial_volume_mL is not None
        else {"typed_devices": len(sheet.devices)}
    )
    said = {"product_id": order.product_id, "lot": "L1", "checked_by": "nurse-2", **typed, **final}
    log.add("worksheet_checked", 5, **(said | changes))


def start_of(order: Order, state: SessionState, moment: datetime, **changes: Any) -> Start:
    """Return everything the start is judged by, as it should be."""
    fields: dict[str, Any] = {
        "order": order,
        "signature": Signature(order.sha256(), "prescriber-1", T0 - timedelta(minutes=30)),
        "state": state,
        "report": Report(order.protocol_id, "US", moment, (), ()),
        "patient": Identifiers(PATIENT, "A-100", BORN),
        "at": moment,
        "history": History(()),
        "can_be_pregnant": Answer.UNKNOWN,
    }
    return Start(**(fields | changes))


def infusion(order: Order | None = None, *, started: float = 10, minutes: float = 40) -> Log:
    """Return a session whose infusion ran through and was ended."""
    order = order or make_order()
    log = through_gate(order)
    log.add("administration_started", started, dose_mg=str(order.dose_mg), lot="L1", minutes=order.minutes)
    log.add("infusion_stopped", started + minutes, reason="The infusion is through.", complete=True)
    return log


def all_criteria(log: Log, protocol_id: str, minutes: float) -> None:
    """Add every discharge criterion as met."""
    for key in load_library().protocol(protocol_id).discharge.criteria:
        log.add("discharge_criterion", minutes, key=key, met=True)
