"""Curves beside the options, another dose on paper, and what a session gave: looked at, and never stored."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from posology.case import Case
from posology.clinic.care.chairside import chairside
from posology.clinic.care.queries import advice_of, at_site, case_of
from posology.clinic.patients.models import Patient
from posology.clinic.patients.queries import patient_for
from posology.clinic.protocols.queries import library_at
from posology.knowledge import Library
from posology.quantities import DomainError
from posology.recommendation import Advice
from posology.recommendation.curves import curves_for
from posology.web.components import Crumbs, Link
from posology.web.curves import view_models
from posology.web.curves.session_figure import session_curves
from posology.web.curves.trying import trial_of
from posology.web.looks import note_look
from posology.web.options.view_models import of_protocol
from posology.web.page import OpenPatient, now_of, open_patient, person, show
from posology.web.session.views import tells_an_altered_order


@dataclass(frozen=True, slots=True)
class _Advised:
    """A patient's case with what is advised for it, at one moment."""

    advice: Advice
    case: Case
    library: Library
    as_of: datetime
    zone: ZoneInfo


def _advised(patient: Patient, now: datetime) -> _Advised:
    case, library = case_of(patient, as_of=now), library_at(patient.clinic, now)
    return _Advised(
        advice_of(patient, case, as_of=now, library=library),
        case,
        library,
        at_site(patient, now),
        ZoneInfo(patient.clinic.zone),
    )


def curves(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show the planned curve of each option: a part of the options page, or a page where no script runs."""
    if _is_part(request):
        found, opened = _looked_at(request, patient, page="curves"), None
    else:
        opened = open_patient(request, patient, page="curves", of=())
        found = opened.patient
    here = _advised(found, now_of(request))
    options = of_protocol(here.advice, request.GET.get("protocol", "")).options
    drawn = curves_for(options, here.case, as_of=here.as_of, library=here.library)
    context = {
        "figures": view_models.figures_of(options, drawn, zone=here.zone),
        "closing": view_models.CLOSING_WORDS,
        "patient": found,
    }
    if opened is None:
        return show(request, "curves/options.html", context)
    return opened.show("curves/options_page.html", {**context, "crumbs": _crumbs(opened, "Planned curves")})


def curve(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show the curve of another dose; a dose that cannot be drawn is refused in one sentence (422)."""
    if _is_part(request):
        found, opened = _looked_at(request, patient, page="curve"), None
    else:
        opened = open_patient(request, patient, page="curve", of=())
        found = opened.patient
    here = _advised(found, now_of(request))
    context = {"patient": found, "closing": view_models.CLOSING_WORDS}
    status = 200
    try:
        asked = {name: str(value) for name, value in request.GET.items()}
        trial = trial_of(
            here.advice, here.case, asked, library=here.library, as_of=here.as_of, zone=here.zone
        )
        context |= {"trial": trial, "answer": trial.answer}
        status = 422 if trial.answer.refused else 200
    except DomainError as refusal:
        context |= {"answer": view_models.Figure("", None, refused=str(refusal))}
        status = 422
    if opened is None:
        whole = request.GET.get("part") == "panel"
        return show(request, "curves/try.html" if whole else "curves/answer.html", context, status=status)
    context |= {"crumbs": _crumbs(opened, "Another dose")}
    return opened.show("curves/try_page.html", context, status=status)


@tells_an_altered_order
def session_curve(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show what was planned and what was given as curves: a part of the session page, or a page."""
    now = now_of(request)
    chair = chairside(person(request), session, at=now)
    patient = chair.session.patient
    context = {
        "chair": chair,
        "session": chair.session,
        "patient": patient,
        "shown": session_curves(chair, case_of(patient, as_of=now), as_of=at_site(patient, now)),
        "closing": view_models.CLOSING_WORDS,
    }
    if _is_part(request):
        note_look(patient_id=patient.pk, page="session-curve", by=person(request), at=now)
        return show(request, "curves/session.html", context)
    opened = open_patient(request, patient.pk, page="session-curve", of=())
    return opened.show("curves/session_page.html", context)


def _is_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _looked_at(request: HttpRequest, patient_id: UUID, *, page: str) -> Patient:
    """Return a patient of the person's own clinic for a part of a page, and note the look."""
    found = patient_for(person(request), patient_id)
    note_look(patient_id=found.pk, page=page, by=person(request), at=now_of(request))
    return found


def _crumbs(opened: OpenPatient, here: str) -> Crumbs:
    return Crumbs(
        (Link(str(opened.patient), opened.url("patient")), Link("Options", opened.url("options"))), here
    )
