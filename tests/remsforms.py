"""Programme forms of synthetic nasal sessions for tests below the clinic's floor; no database, no clock."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from posology.knowledge.programmes import load_programmes
from posology.treatment import SessionState
from posology.treatment.rems import (
    Clinician,
    Enrolled,
    Form,
    PatientFacts,
    SiteFacts,
    Stated,
    Told,
)
from posology.treatment.rems_form import form_of
from tests.sessions import BORN, NAMES, PATIENT, Log, at, make_order, through_gate

PROGRAMME = load_programmes().files["rems-esketamine-us"]
STANDING = {name: uuid5(NAMES, name) for name in ("site", "address", "contact", "enrolment", "nurse-1")}
NURSE = Clinician(
    STANDING["nurse-1"],
    "Synthetic, Nurse",
    Stated(STANDING["contact"], "555 0100"),
    Stated(STANDING["contact"], "nurse@example.org"),
)
CRITERIA = (
    "alert",
    "dissociation_resolved",
    "breathing_normal",
    "blood_pressure_acceptable",
    "oxygen_at_baseline",
)


def told(state: SessionState, *, version: str = "2025", minute: float = 400, **changes: Any) -> Told:
    """Return everything that fills the form of a session."""
    usual: dict[str, Any] = {
        "state": state,
        "programme": PROGRAMME,
        "version": version,
        "patient": PatientFacts(
            PATIENT,
            "SYNTHETIC, Ada",
            BORN,
            "female",
            Enrolled(STANDING["enrolment"], date(2026, 11, 20), "E-1", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ),
        "site": SiteFacts(STANDING["site"], "Synthetic Clinic", UTC, Stated(STANDING["address"], "1 Street")),
        "people": {"nurse-1": NURSE},
        "answers": {},
        "at": at(minute),
    }
    return Told(**(usual | changes))


def form(log: Log, **changes: Any) -> Form:
    """Return the form of a session's log."""
    return form_of(told(log.state, **changes))


def started(*, devices: int = 2) -> Log:
    """Return a nasal session with its gate done and its devices given at 10 and 16 minutes."""
    log = through_gate(make_order("esketamine-nasal-us", "56"))
    log.add("administration_started", 10, dose_mg="56", lot="L-1", devices=2)
    for n in range(devices):
        log.add("device_given", 10 + 6 * n, number=n + 1, lot="L-1", complete=True)
    return log


def score(log: Log, minute: float, scale: str, value: int) -> None:
    """Score one scale."""
    log.add("scale_scored", minute, scale=scale, value=value)


def leave(log: Log, minute: float = 131, **met: float) -> Log:
    """See every criterion at its minute, or at the end, and let the patient go."""
    seen = sorted((met.get(key, minute), key) for key in CRITERIA)
    for when, key in seen:
        log.add("discharge_criterion", when, key=key, met=True)
    log.add("discharged", minute, with_escort=True)
    return log


def watched() -> Log:
    """Return a whole session on a usual day."""
    log = started()
    for minute in (50, 100, 128):
        log.reading(minute)
        score(log, minute, "dissociation", 0)
    return leave(log)


def answer(key: str, value: str) -> dict[str, Stated]:
    """Return one answer that a person gave for this session."""
    return {key: Stated(uuid5(NAMES, f"answer {key}"), value, at(300))}


def known_ids(log: Log, *more: UUID) -> set[UUID]:
    """Return every id that an origin may name: this session's events and the standing facts."""
    return {e.id for e in log.events} | set(STANDING.values()) | {PATIENT} | set(more)
