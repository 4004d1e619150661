"""The site over real HTTP within the test's own process, and pages that listen to its stream."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from django.test import Client

from posology.clinic.accounts.models import User
from posology.server.handling import Handler
from posology.web.live.hub import HUB


@contextmanager
def served() -> Iterator[int]:
    """Serve over ASGI until the block ends, as the clinic's server does; yield the port."""
    door = socket.create_server(("127.0.0.1", 0))
    handler = Handler()
    config = uvicorn.Config(handler, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    try:
        yield int(door.getsockname()[1])
    finally:
        HUB.close()
        server.should_exit = True
        thread.join(timeout=20)
        handler.workers.close()
        door.close()


@dataclass
class Listener:
    """One open stream of one sign-in."""

    port: int
    client: Client
    patience_s: float = 15

    def __enter__(self) -> "Listener":
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience_s)
        cookies = "; ".join(f"{c.key}={c.value}" for c in self.client.cookies.values())
        self.line.request("GET", "/board/stream/", headers={"Cookie": cookies})
        self.answer = self.line.getresponse()
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self.line.close()

    def next(self) -> dict[str, Any] | None:
        """Return the next beat, or None at the end of the stream."""
        kind = ""
        for raw in self.answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "beat":
                beat: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return beat
            elif line.startswith("data: "):
                return None
        return None

    def until(self, wanted: Any) -> float:
        """Listen until a beat is as wanted; return how many seconds that took."""
        began = time.monotonic()
        while (beat := self.next()) is not None:
            if wanted(beat):
                return time.monotonic() - began
        raise AssertionError("The stream ended before it told what was waited for.")

    def until_the_end(self) -> float:
        """Listen until the stream ends; return how many seconds that took."""
        began = time.monotonic()
        while self.next() is not None:
            assert time.monotonic() - began < self.patience_s, "The stream goes on."
        return time.monotonic() - began


def browser_of(user: User) -> Client:
    """Return a browser that is signed in and has touched a page."""
    client = Client()
    client.force_login(user)
    client.get("/")
    return client
