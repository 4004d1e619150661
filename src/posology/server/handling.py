"""Requests on a few threads that stay, each with its connection to the database.

Django's own handler makes a thread and a connection for each request, and changes threads at each middleware.
That took longer than most answers: on SQLite the last connection to close writes the whole log back, and
PostgreSQL starts a process and proves a password anew.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from contextvars import copy_context
from time import monotonic
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import connections
from django.http import FileResponse
from django.urls import set_script_prefix

THREADS = 4
"""How many requests are computed or wait for the database at once; the rest wait in their order."""

FORMS_IN_TURN = 4
"""How many forms may wait for one thread: where the database is far away, more threads wait for it better."""

MOVES_WITHIN_S = 0.02
"""For how long a form may hold up the thread of the forms before the next one takes another."""


class Loan:
    """A thread that a request has until its answer is made; what streams afterwards counts no more."""

    def __init__(self, requests: dict[ThreadPoolExecutor, int], worker: ThreadPoolExecutor) -> None:
        self.worker = worker
        self._requests = requests
        self._is_back = False
        requests[worker] += 1

    def give_back(self) -> None:
        """Count the thread as free of this request; a second time changes nothing."""
        if not self._is_back:
            self._is_back = True
            self._requests[self.worker] -= 1


class Workers:
    """Threads that each do one thing at a time; a request takes the one with the fewest requests.

    Forms take the first thread one after another for as long as it moves on. They would wait for each other
    anyhow, and halfway through their work: at SQLite for its one writer, at PostgreSQL for the interpreter,
    which each of them hands over a dozen times.
    """

    def __init__(self, count: int = THREADS) -> None:
        self._requests = {ThreadPoolExecutor(1, f"request-{n}"): 0 for n in range(count)}
        self._first = next(iter(self._requests))
        self._moved_at = 0.0

    @contextmanager
    def one(self, *, form: bool = False) -> Iterator[Loan]:
        """Lend a thread to a request until its end at the latest; called by the event loop alone."""
        loan = Loan(self._requests, self._worker(form))
        try:
            yield loan
        finally:
            loan.give_back()
            if loan.worker is self._first:
                self._moved_at = monotonic()

    def _worker(self, form: bool) -> ThreadPoolExecutor:
        if form:
            if not self._requests[self._first]:
                self._moved_at = monotonic()
            if self._requests[self._first] < FORMS_IN_TURN and monotonic() - self._moved_at < MOVES_WITHIN_S:
                return self._first
        # Pages leave the thread of the forms alone where another is as free.
        return min(reversed(self._requests), key=lambda one: self._requests[one])

    def close(self) -> None:
        """End the threads, and the connections that they keep."""
        for worker in self._requests:
            worker.submit(connections.close_all)
            worker.shutdown()


class Handler(ASGIHandler):
    """Django's handler, with all of a request in one thread: the middleware and the pages are not async.

    A request goes to its thread once, from the signal that it began to the one that it ended. Django's own
    handler goes there three times, and watches meanwhile whether the browser left, which ends nothing here.
    """

    def __init__(self) -> None:
        self.load_middleware(is_async=False)
        self.workers = Workers()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is spoken here, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with self.workers.one(form=scope["method"] == "POST") as loan, closing(body):
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(loan.worker, copy_context().run, self.answer, scope, body)
            if not response.streaming:
                await self.send_response(response, send)
                return
            loan.give_back()  # a board that listens for hours keeps nobody waiting
            async with ThreadSensitiveContext(executor=loan.worker):
                await self._stream(response, receive, send)

    def answer(self, scope: dict[str, Any], body: Any) -> Any:
        """Return the answer to a request; called in its thread. One that streams is not yet closed."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, fault = self.create_request(scope, body)
        response: Any = fault if request is None else self.get_response(request)
        response._handler_class = type(self)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
            if request is not None:
                vars(request).clear()  # it holds what holds it: let go now, and not when the collector looks
        return response

    async def _stream(self, response: Any, receive: Any, send: Any) -> None:
        """Send an answer for as long as there is any and the browser listens."""
        tasks = [
            asyncio.ensure_future(self.send_response(response, send)),
            asyncio.ensure_future(self.listen_for_disconnect(receive)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError, RequestAborted):
                    await task
            await sync_to_async(response.close)()
