"""The heartbeat of a session's page, the page that stands in for it, and where its queue arrives."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.middleware.csrf import get_token

from posology.clinic.care.chairside import Chairside, chairside
from posology.clinic.care.rejoin import Answer, Answered, Late, take_late
from posology.clinic.sessions.queries import board, session_for
from posology.papers import render
from posology.quantities import DomainError, read_day
from posology.web.components import Frame
from posology.web.outage.papers import leaving_data, pack_data, record_data
from posology.web.outage.sent import Queue, QueueUnreadable, Unread, read_queue
from posology.web.page import now_of, open_patient, person, show

WORKER = "web/js/offline-worker.js"
OPEN = {Answered.REFUSED.value, Answered.ASKED.value, Answered.CONFLICT.value}  # a person deals with these


def beat(request: HttpRequest) -> HttpResponse:
    """Say that the server is there, what time it is, who is signed in, and the token of the next form."""
    return JsonResponse(
        {"now": now_of(request).isoformat(), "user": str(person(request).pk), "token": get_token(request)}
    )


def shell(request: HttpRequest) -> HttpResponse:
    """Show the page that stands in for a session's while there is no network; it knows no name of anyone."""
    return show(request, "outage/shell.html", {"frame": Frame(demo=settings.DEMO), "now": None})


def worker(request: HttpRequest) -> HttpResponse:
    """Hand out the script that stands between a session's page and the network."""
    with open(str(finders.find(WORKER)), encoding="utf-8") as file:
        response = HttpResponse(file.read(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/sessions/"
    return response


def late(request: HttpRequest, session: UUID) -> HttpResponse:
    """Take a device's queue, and answer for each entry what became of it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    by, now = person(request), now_of(request)
    row = session_for(by, session)
    try:
        queue = read_queue(request.body)
    except QueueUnreadable as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=422)
    if queue.user != str(by.pk):
        return JsonResponse(
            {
                "sentence": "These entries were made by another person, and are sent by nobody else. "
                "Ask that person to sign in at this device."
            },
            status=409,
        )
    read = [entry for entry in queue.entries if isinstance(entry, Late)]
    taken = take_late(session_id=row.pk, entries=read, page_patient_id=queue.patient, by=by, at=now)
    answers = _answers(queue, taken)
    return JsonResponse({"answers": answers, "open": sum(one["became"] in OPEN for one in answers)})


def _answers(queue: Queue, taken: Iterable[Answer]) -> list[dict[str, Any]]:
    """Return what a device is told of each entry: the place where it was sent, and what became of it."""
    rest, answers = iter(taken), []
    for place, (name, one) in enumerate(zip(queue.ids, queue.entries, strict=True)):
        if isinstance(one, Unread):
            became, sentence = Answered.REFUSED, one.sentence
        else:
            answer = next(rest)
            became, sentence = answer.became, answer.sentence
        answers.append({"place": place, "id": name, "became": became.value, "sentence": sentence})
    return answers


# ---------------------------------------------------------------- papers


def paper(request: HttpRequest, session: UUID, name: str) -> HttpResponse:
    """Print one paper of a session: its record, its downtime sheet, or what the patient takes home."""
    if name not in {"record", "downtime", "leaving"}:
        raise Http404
    now = now_of(request)
    chair = chairside(person(request), session, at=now)
    opened = open_patient(request, chair.session.patient_id, page=f"paper-{name}", of=())
    if name == "downtime":
        pack = pack_data([(chair.session.chair, chair)], opened.patient.clinic, at=now)
        return _pdf(render("downtime-pack", pack), "downtime-sheet")
    if name == "record":
        return _pdf(render("session-record", record_data(chair, at=now)), "session-record")
    return _pdf(render("leaving", leaving_data(chair, at=now)), "take-home")


def packs(request: HttpRequest) -> HttpResponse:
    """Print the downtime sheets of a day, one a session and a blank one for each chair without any."""
    by, now = person(request), now_of(request)
    zone = ZoneInfo(by.clinic.zone)
    day = _day(request.GET.get("day", "")) or now.astimezone(zone).date()
    lines = board(by.clinic, day)
    chairs: list[tuple[int | None, Chairside | None]] = []
    for line in lines:
        if line.session.phase not in {"discharged", "cancelled"}:
            open_patient(request, line.session.patient_id, page="paper-downtime", of=())
            chairs.append((line.session.chair, chairside(by, line.session.pk, at=now)))
    taken = {number for number, _ in chairs}
    chairs += [(n, None) for n in range(1, by.clinic.chairs + 1) if n not in taken]
    chairs.sort(key=lambda one: one[0] or 999)
    return _pdf(render("downtime-pack", pack_data(chairs, by.clinic, at=now)), f"downtime-{day.isoformat()}")


def _day(text: str) -> date | None:
    try:
        return read_day(text, what="day") if text else None
    except DomainError as fault:
        raise BadRequest(str(fault)) from None


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
