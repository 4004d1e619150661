"""The heartbeat of a session's page, the page that stands in for it, and where its queue arrives."""

from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.middleware.csrf import get_token

from posology.clinic.care.rejoin import Answered, take_late
from posology.clinic.sessions.queries import session_for
from posology.web.components import Frame
from posology.web.outage.sent import QueueUnreadable, read_queue
from posology.web.page import now_of, person, show

WORKER = "web/js/offline-worker.js"


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
        user, patient, entries = read_queue(request.body)
    except QueueUnreadable as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=422)
    if user != str(by.pk):
        return JsonResponse(
            {
                "sentence": "These entries were made by another person, and are sent by nobody else. "
                "Ask that person to sign in at this device."
            },
            status=409,
        )
    answers = take_late(session_id=row.pk, entries=entries, page_patient_id=patient, by=by, at=now)
    return JsonResponse(
        {
            "answers": [{"id": str(a.id), "became": a.became.value, "sentence": a.sentence} for a in answers],
            "open": sum(a.became in {Answered.REFUSED, Answered.ASKED, Answered.CONFLICT} for a in answers),
        }
    )
