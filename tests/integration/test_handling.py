"""Requests are answered on a few threads that stay, and each keeps its connection to the database."""

import gc
import http.client
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.core.signals import request_finished, request_started
from django.db.backends.signals import connection_created

from posology.server import handling
from posology.server.handling import THREADS, Workers
from tests import factories
from tests.integration.web.listening import browser_of, served

pytestmark = pytest.mark.integration


def test_a_request_takes_the_thread_with_the_fewest_requests():
    workers = Workers(3)
    with workers.one() as first, workers.one() as second, workers.one() as third:
        threads = {first.worker, second.worker, third.worker}
        assert len(threads) == 3
        with workers.one() as fourth:
            assert fourth.worker in threads
    with workers.one() as again:
        assert again.worker is first.worker
    workers.close()


def test_an_answer_that_streams_on_keeps_no_thread_from_others():
    workers = Workers(2)
    with workers.one() as board, workers.one() as reading:
        board.give_back()
        with workers.one() as another:
            assert another.worker is board.worker is not reading.worker
    with workers.one() as first, workers.one() as second:
        assert first.worker is not second.worker
    workers.close()


def test_closed_threads_take_nothing_more():
    workers = Workers(2)
    workers.close()
    with workers.one() as loan, pytest.raises(RuntimeError):
        loan.worker.submit(print)


@pytest.mark.django_db(transaction=True)
def test_many_requests_need_few_threads_and_as_few_connections():
    """Sixty requests at once and after another: no more threads than there are, one connection in each."""
    site = factories.site()
    cookies = "; ".join(f"{c.key}={c.value}" for c in browser_of(site.nurse).cookies.values())
    seen: list[str] = []
    made: list[str] = []

    def note_request(**_: object) -> None:
        seen.append(threading.current_thread().name)

    def note_connection(**_: object) -> None:
        made.append(threading.current_thread().name)

    def ask(port: int) -> int:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("GET", "/patients/", headers={"Cookie": cookies})
        status = line.getresponse().status
        line.close()
        return status

    with served() as port:
        request_started.connect(note_request)
        connection_created.connect(note_connection)
        try:
            with ThreadPoolExecutor(12) as people:
                statuses = list(people.map(ask, [port] * 60))
        finally:
            request_started.disconnect(note_request)
            connection_created.disconnect(note_connection)
    assert statuses == [200] * 60
    assert len(seen) == 60 and len(set(seen)) <= THREADS
    assert len(made) == len(set(made)) <= THREADS
    assert {name.rpartition("_")[0] for name in (*seen, *made)} <= {f"request-{n}" for n in range(THREADS)}


@pytest.mark.django_db(transaction=True)
def test_what_a_request_held_is_let_go_with_its_answer():
    """Without the collector, which stops everyone to find what only refers to itself; of a redirect."""
    cookies = "; ".join(f"{c.key}={c.value}" for c in browser_of(factories.site().nurse).cookies.values())
    requests: list[weakref.ref[ASGIRequest]] = []

    def note(sender: object, **rest: object) -> None:
        requests.extend(weakref.ref(one) for one in gc.get_objects() if type(one) is ASGIRequest)

    gc.collect()
    gc.disable()
    try:
        with served() as port:
            request_finished.connect(note)
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            line.request("GET", "/sign-in/", headers={"Cookie": cookies})
            assert line.getresponse().status == 302
            line.close()
        assert requests and [one() for one in requests if one() is not None] == []
    finally:
        request_finished.disconnect(note)
        gc.enable()


def test_forms_that_wait_for_a_far_database_take_more_threads():
    """More than a few in one queue, however it moves on: the next one takes another thread."""
    workers = Workers(3)
    with ExitStack() as open_:
        taken = [open_.enter_context(workers.one(form=True)).worker for _ in range(handling.FORMS_IN_TURN)]
        assert len(set(taken)) == 1
        assert open_.enter_context(workers.one(form=True)).worker is not taken[0]
    workers.close()


def test_forms_take_turns_on_one_thread_while_it_moves_on(monkeypatch):
    """A form that hangs holds up those that came at once with it; the next ones pass it by."""
    now = [100.0]
    monkeypatch.setattr(handling, "monotonic", lambda: now[0])
    workers = Workers(3)
    with workers.one(form=True) as first, workers.one() as page, workers.one(form=True) as second:
        assert second.worker is first.worker is not page.worker
        now[0] += 2 * handling.MOVES_WITHIN_S
        with workers.one(form=True) as third, workers.one(form=True) as fourth:
            assert len({first.worker, page.worker, third.worker}) == 3
            assert fourth.worker is not first.worker, "two wait there already"
    with workers.one(form=True) as again:
        assert again.worker is first.worker
    workers.close()
