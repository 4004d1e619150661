"""The stream of an open board, and the one line of notices in the head of every other page."""

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from posology.web.live.hub import HUB
from posology.web.live.rights import Ticket
from posology.web.live.snapshots import notice_words, snapshot_of
from posology.web.middleware import is_locked
from posology.web.page import now_of, person

MOST_EACH = 6  # streams of one person: a few screens, and some that the network has not given up yet
MOST = 200  # streams of one process; further pages ask again by themselves
RECONNECT_MS = 2000


def stream(request: HttpRequest) -> HttpResponseBase:
    """Answer with beats for as long as the page is open and the person may look."""
    check_same_origin(request)
    user = person(request)
    if HUB.count(user.pk) >= MOST_EACH or HUB.total() >= MOST:
        return HttpResponse("Too many open boards. This page asks for itself.\n", status=429)
    ticket = Ticket(request.session.session_key or "", user.pk, user.clinic_id)
    answer = StreamingHttpResponse(_beats(ticket), content_type="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers would hold the beats back
    return answer


async def _beats(ticket: Ticket) -> AsyncIterator[bytes]:
    # The connection that looked the person up belongs to this request, which lasts hours: give it back.
    await sync_to_async(connections.close_all)()
    mine = HUB.join(ticket)
    try:
        yield f"retry: {RECONNECT_MS}\n\n".encode()
        while (beat := await mine.next()) is not None:
            yield f"event: beat\ndata: {beat}\n\n".encode()
        yield b"event: end\ndata: end\n\n"
    finally:
        HUB.leave(mine)


def check_same_origin(request: HttpRequest) -> None:
    """Refuse a stream that another site's page asks for (requirement SR-32).

    Raises
    ------
    PermissionDenied
        If the browser says that the request does not come from a page of ours.
    """
    own = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin", own) != own:
        raise PermissionDenied
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise PermissionDenied


def notices(request: HttpRequest) -> HttpResponse:
    """Answer with what calls for a person, in one line without names; a locked screen is told it too."""
    now = now_of(request)
    late = snapshot_of(person(request), at=now).notices(at=now)
    return JsonResponse({"count": len(late), "words": notice_words(late), "locked": is_locked(request)})
