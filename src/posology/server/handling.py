"""Requests on a few threads that stay, each with its connection to the database.

Django's own handler makes a thread and a connection for each request, and changes threads at each middleware.
That took longer than most answers: on SQLite the last connection to close writes the whole log back, and
PostgreSQL starts a process and proves a password anew.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

THREADS = 8
"""How many requests are computed or wait for the database at once; the rest wait in their order."""


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


_LOAN: ContextVar[Loan] = ContextVar("loan")


class Workers:
    """Threads that each do one thing at a time; a request takes the one with the fewest requests."""

    def __init__(self, count: int = THREADS) -> None:
        self._requests = {ThreadPoolExecutor(1, f"request-{n}"): 0 for n in range(count)}

    @contextmanager
    def one(self) -> Iterator[Loan]:
        """Lend a thread to a request until its end at the latest; called by the event loop alone."""
        loan = Loan(self._requests, min(self._requests, key=lambda one: self._requests[one]))
        try:
            yield loan
        finally:
            loan.give_back()

    def close(self) -> None:
        """End the threads, and the connections that they keep."""
        for worker in self._requests:
            worker.submit(connections.close_all)
            worker.shutdown()


class Handler(ASGIHandler):
    """Django's handler, with all of a request in one thread: the middleware and the pages are not async."""

    def __init__(self) -> None:
        self.load_middleware(is_async=False)
        self.workers = Workers()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is spoken here, not {scope['type']}.")
        with self.workers.one() as loan:
            _LOAN.set(loan)
            async with ThreadSensitiveContext(executor=loan.worker):
                await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, made from the first middleware to the page in the request's thread."""
        try:
            return await sync_to_async(self.get_response)(request)
        finally:
            _LOAN.get().give_back()  # a board that listens for hours keeps nobody waiting
