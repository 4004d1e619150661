"""The curves of a session: what was planned in grey, what was given as the strong line, up to now.

Beneath them two shapes, each with the sentence that says what it is not. Nothing here calls for a reading or
spares one; the plan of readings is another part of the page.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from posology.case import Case
from posology.clinic.care.chairside import Chairside
from posology.clinic.sessions.queries import sessions_of, states_of
from posology.pharmacology.effects import Rise, dissociation_shape, pressure_shape
from posology.pharmacology.lettering import exactly, shown
from posology.pharmacology.passport import analyte_name, passport, short_name
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Regimen
from posology.pharmacology.stages import FloatArray
from posology.quantities import DomainError, Quantity, elapsed
from posology.recommendation.curve_people import Subject, subject_of
from posology.recommendation.curves import rest_of
from posology.recommendation.dose_curves import HOURS_SHOWN, Curve, curve_of, look_times, planned
from posology.treatment.given import given_until
from posology.treatment.rises import measured_rise
from posology.web.curves.picture import (
    Entry,
    Path,
    Picture,
    Scale,
    curve_paths,
    dose_marks,
    drawn,
    hour_ticks,
    level_of,
    top_of,
    value_ticks,
)
from posology.web.curves.view_models import Figure, for_whom, key_of
from posology.web.words import to_tenth

_HEIGHT, _LOW = 200, 110


@dataclass(frozen=True)
class Shape:
    """One shape beside the curve: its picture, what it is, what it is not; or why there is none."""

    title: str
    picture: Picture | None
    says: tuple[str, ...]
    is_not: str = ""
    refused: str = ""


@dataclass(frozen=True)
class SessionCurves:
    """Everything that is shown of a session's curve."""

    figure: Figure
    key: tuple[Entry, ...]
    shapes: tuple[Shape, ...]
    drawn: Regimen | None = None  # whose curve is the strong line: of what was given, once something was


@dataclass(frozen=True)
class _Session:
    """What is drawn: the plan, what was given, and until when, h from the first of the drug."""

    plan: Regimen
    given: Regimen | None
    now_h: float | None  # None before the dose
    until_h: float
    until: datetime
    is_over: bool
    refused: str  # why what was given is not drawn


def session_curves(chair: Chairside, case: Case, *, as_of: datetime) -> SessionCurves:
    """Return the curves of a session as it stands."""
    zone = ZoneInfo(chair.session.patient.clinic.zone)
    try:
        told = _session(chair, as_of)
        subject = subject_of(case, as_of=as_of, library=chair.library)
        plan = curve_of(told.plan, subject, until_h=told.until_h)
        given, refused = _given(told, plan)
    except DomainError as refusal:
        return SessionCurves(Figure("", None, refused=str(refusal)), (), ())
    lines = tuple(filter(None, (_amounts(told, chair), refused, for_whom(plan, zone))))
    figure = Figure(
        "",
        _picture(told, plan, given),
        says=lines,
        notes=passport((given or plan).simulation).remarks,
        model_id=plan.simulation.model.id,
        model_name=short_name(plan.simulation.model),
        site=plan.simulation.site,
    )
    shapes = (_dissociation(told, subject.person), _pressure(told, plan, subject.person, chair))
    drawn_of = (given or plan).simulation.regimen
    return SessionCurves(figure, _key(told, plan, given), shapes, drawn_of)


def _session(chair: Chairside, as_of: datetime) -> _Session:
    order, state = chair.order, chair.state
    plan = planned(
        order.substance,
        order.route,
        order.dose_mg,
        minutes=order.minutes,
        devices=order.devices,
        rest_minutes=rest_of(order.protocol_id, order.route, chair.library, as_of=as_of),
    )
    until = min(chair.at, state.discharged_at) if state.discharged_at else chair.at
    if state.started_at is None:
        return _Session(plan, None, None, HOURS_SHOWN, until, False, "")
    now_h = elapsed(state.started_at, until).total_seconds() / 3600
    try:
        given, refused = given_until(state, substance=order.substance, route=order.route, at=until), ""
    except DomainError as refusal:
        given, refused = None, str(refusal)
    is_over = state.ended_at is not None
    return _Session(plan, given, now_h, max(HOURS_SHOWN, now_h), until, is_over, refused)


def _given(told: _Session, plan: Curve) -> tuple[Curve | None, str]:
    """Return the curve of what was given up to now, or why it is not drawn."""
    if told.given is None or not told.now_h:
        return None, told.refused
    looks = look_times(told.given, until_h=told.until_h)
    looks = np.unique(np.concatenate([looks[looks < told.now_h - 1e-6], [told.now_h]]))
    subject = Subject(plan.simulation.person, plan.weighed_at)
    try:
        return curve_of(told.given, subject, t_h=looks, plan=told.plan), ""
    except DomainError as refusal:
        return None, str(refusal)


def _amounts(told: _Session, chair: Chairside) -> str:
    planned_mg = f"Planned: {Quantity(chair.order.dose_mg, 'mg')}."
    if told.given is None:
        return planned_mg
    # Cut to a tenth as everywhere on the page; the record has it exactly.
    given = to_tenth(chair.state.delivered_mg(told.until))
    return f"{planned_mg} Given{'' if told.is_over else ' so far'}: {Quantity(given, 'mg')}."


# ---------------------------------------------------------------- the picture


def _picture(told: _Session, plan: Curve, given: Curve | None) -> Picture:
    simulation = plan.simulation
    name = analyte_name(simulation.analytes[0], simulation.regimen.substance)
    scale = Scale(0.0, told.until_h, top_of(one for one in (plan, given) if one is not None), _HEIGHT)
    if given is None:
        paths = curve_paths(plan, scale)
    else:
        line = drawn(plan)
        paths = (*curve_paths(given, scale)[:-1], scale.line(line.t_h, line.middle, "plan"))
        paths = (*paths, curve_paths(given, scale)[-1])
    word, across = hour_ticks(scale)
    return Picture(
        id="session-curve-picture",
        told=_described(told, plan, given, name),
        unit=f"ng/mL {name}, {simulation.site} blood",
        axis=f"{word} since the first of the drug",
        height=_HEIGHT,
        paths=paths,
        up=value_ticks(scale),
        across=across,
        doses=dose_marks(told.given or told.plan, scale),
        level=level_of(plan.level, scale),
        now_x="" if told.now_h is None else scale.x(told.now_h),
    )


def _described(told: _Session, plan: Curve, given: Curve | None, name: str) -> str:
    peak = plan.peak
    words = (
        f"Concentration of {name} in {plan.simulation.site} blood. Planned: highest at about "
        f"{exactly(round(peak.tmax_h * 60))} min with {shown(peak.Cmax_ng_per_mL)} ng/mL."
    )
    if given is None:
        return words
    last = given.simulation.median_ng_per_mL(given.simulation.analytes[0])[-1]
    minutes = exactly(round((told.now_h or 0) * 60))
    return f"{words} Given: {shown(float(last))} ng/mL after {minutes} min, the median of simulated persons."


def _key(told: _Session, plan: Curve, given: Curve | None) -> tuple[Entry, ...]:
    entries = key_of((given or plan,))
    if given is None:
        return entries
    named = tuple(replace(e, label=f"given: {e.label}") if e.kind == "middle" else e for e in entries)
    return (Entry("plan", "planned, median"), *named)


# ---------------------------------------------------------------- the shapes


def _shaped(told: _Session) -> tuple[Regimen, str]:
    """Return whose shape is drawn: of what was given once no more is given, of the plan until then."""
    if told.is_over and told.given is not None:
        return told.given, "Of what was given."
    return told.plan, "Of the planned dose."


def _dissociation(told: _Session, person: Person) -> Shape:
    title = "Dissociation-like effect"
    regimen, whose = _shaped(told)
    looks = look_times(regimen, until_h=told.until_h)
    try:
        shape = dissociation_shape(regimen, person, looks)
    except DomainError as refusal:
        return Shape(title, None, (), refused=str(refusal))
    bands = tuple((b.percent, b.low, b.high) for b in shape.bands)
    unit = f"multiples of {shape.unit}"
    picture = _small(told, "dissociation", regimen, looks, shape.typical, bands, unit, title)
    remarks = tuple(remark.sentence for remark in shape.remarks)
    whose += " The line is the typical person, the area the middle 80 % of simulated persons."
    return Shape(title, picture, (whose, shape.says, *remarks), shape.is_not)


def _pressure(told: _Session, plan: Curve, person: Person, chair: Chairside) -> Shape:
    title = "Rise of systolic blood pressure"
    regimen, whose = _shaped(told)
    looks = look_times(regimen, until_h=told.until_h)
    own = own_rises(chair)
    try:
        shape = pressure_shape(regimen, person, looks, model=plan.simulation.model.id, own=own)
    except DomainError as refusal:
        return Shape(title, None, (), refused=str(refusal))
    bands = ((80.0, shape.low, shape.high),) if len(own) > 1 else ()
    unit = "mmHg over baseline"
    picture = _small(told, "pressure", regimen, looks, shape.systolic_mmHg, bands, unit, title)
    if bands:
        whose += " The area lies between the smallest and the largest of the patient's own sessions."
    height = f"Its height is from {shape.height_from}; its form from {shape.driven_by}."
    return Shape(title, picture, (whose, shape.says, height), shape.is_not)


def own_rises(chair: Chairside) -> tuple[Rise, ...]:
    """Return the highest rises in the patient's earlier sessions, as they were measured."""
    here = chair.session
    rows = [
        row for row in sessions_of(here.patient) if row.pk != here.pk and row.scheduled_at < here.scheduled_at
    ]
    found = (measured_rise(state) for state in states_of(rows, until=chair.at).values())
    return tuple(Rise(one.systolic, one.diastolic) for one in found if one is not None)


def _small(
    told: _Session,
    id: str,
    regimen: Regimen,
    t_h: FloatArray,
    line: FloatArray,
    bands: tuple[tuple[float, FloatArray, FloatArray], ...],
    unit: str,
    title: str,
) -> Picture:
    tops = [float(line.max()), *(float(high.max()) for percent, _, high in bands if percent <= 80.0)]
    scale = Scale(0.0, told.until_h, max(1e-6, max(tops)) * 1.3, _LOW)  # room for a word above
    paths: list[Path] = []
    for percent, low, high in bands:
        if percent == 80.0:
            paths.append(scale.area(t_h, np.maximum(low, 0.0), np.maximum(high, 0.0), "band-80"))
    paths.append(scale.line(t_h, np.maximum(line, 0.0), "middle"))
    word, across = hour_ticks(scale)
    top = int(np.argmax(line))
    return Picture(
        id=f"session-{id}",
        told=f"{title}: highest at about {exactly(round(float(t_h[top]) * 60))} min, {unit}.",
        unit=unit,
        axis=f"{word} since the first of the drug",
        height=_LOW,
        paths=tuple(paths),
        up=value_ticks(scale),
        across=across,
        doses=dose_marks(regimen, scale),
        now_x="" if told.now_h is None else scale.x(told.now_h),
    )
