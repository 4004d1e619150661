"""The one timeline of a patient: scores, doses, peak pressures, and letters for what else happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from posology.clinic.care.overview import Overview
from posology.clinic.care.standing import OUTCOME
from posology.clinic.patients.models import Patient
from posology.measures import measure_of
from posology.quantities import Quantity
from posology.web.components import (
    Chart,
    DosePoint,
    EventPoint,
    Instrument,
    PressurePoint,
    ScoreBand,
    ScorePoint,
    timeline,
)
from posology.web.words import ROUTE, to_tenth

ROOM = timedelta(days=3)  # beside the first and the last thing, so that nothing is drawn on the edge


def timeline_of(patient: Patient, overview: Overview, *, now: datetime) -> Chart | None:
    """Draw a patient's timeline, or nothing where nothing has happened."""
    scores = [ScorePoint(s.at, s.total) for s in overview.case.scores_of(OUTCOME) if s.total is not None]
    doses, pressures, events = list(_doses(overview)), list(_pressures(overview)), list(_events(overview))
    moments = [p.at for points in (scores, doses, pressures, events) for p in points]
    if not moments:
        return None
    return timeline(
        id=f"timeline-{patient.pk}",
        start=min(moments) - ROOM,
        end=max(max(moments), now) + max(ROOM, (now - min(moments)) / 8),  # the bands' words stand there
        zone=ZoneInfo(patient.clinic.zone),
        instrument=_instrument(),
        scores=scores,
        doses=doses,
        pressures=pressures,
        events=events,
        now=now,
    )


def _instrument() -> Instrument:
    measure = measure_of(OUTCOME)
    bands = tuple(ScoreBand(b.low, b.high, b.label) for b in measure.bands)
    return Instrument(measure.short_title, min(b.low for b in bands), max(b.high for b in bands), bands)


def _doses(overview: Overview) -> Iterator[DosePoint]:
    for told in overview.sessions:
        if told.state.started_at is not None:
            given = told.state.delivered_mg(
                told.state.ended_at or told.state.discharged_at or told.state.started_at
            )
            dose = to_tenth(given) if told.state.ended_at else told.order.dose_mg
            yield DosePoint(
                told.state.started_at,
                Quantity(dose, "mg"),
                f"{told.order.substance}, {ROUTE[told.order.route]}",
            )


def _pressures(overview: Overview) -> Iterator[PressurePoint]:
    for told in overview.sessions:
        whole = [
            (e.payload.systolic, e.payload.diastolic, e.at)
            for e in told.state.readings
            if e.payload.systolic is not None and e.payload.diastolic is not None
        ]
        if whole:
            systolic, diastolic, at = max(whole)
            yield PressurePoint(at, systolic, diastolic)


def _events(overview: Overview) -> Iterator[EventPoint]:
    for told in overview.sessions:
        for event in told.state.adverse_events:
            yield EventPoint(event.at, f"Adverse event: {event.payload.term}, grade {event.payload.grade}")
    for decision in overview.decisions:
        yield EventPoint(
            decision.at, f"Decision: {'no dose' if decision.option_id else 'none of the options'}"
        )
    for told_order in overview.orders:
        for override in told_order.order.overrides:
            yield EventPoint(told_order.row.created_at, f"Hold passed: {override.rule}")
    for task in overview.tasks:
        yield EventPoint(task.raised_at, f"Risk answer, question {task.item}")
