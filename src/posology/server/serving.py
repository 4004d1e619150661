"""One process that answers requests: SQLite has one writer, and more processes need PostgreSQL."""

import socket
import sys
from threading import Thread
from types import FrameType

import uvicorn

from posology.server.memory import set_aside
from posology.web import clock
from posology.web.live.hub import HUB


def answer_requests(*, host: str = "127.0.0.1", port: int = 8000, door: socket.socket | None = None) -> None:
    """Serve over ASGI until the process is told to stop; ``door`` is a socket that listens already."""
    config = uvicorn.Config(
        "posology.server.asgi:application",
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=10,  # s; a page that hears nothing any more holds nobody up
    )
    config.load()  # before the event loop runs: what is checked at the start asks the database
    set_aside()
    clock.keep_steady()
    sys.setswitchinterval(0.001)  # s; a reading waits for no page, and no board, that computes for long
    Server(config).run(sockets=[door] if door else None)


class Server(uvicorn.Server):
    """uvicorn, ending the open streams when it is told to stop: it would wait for them for ever."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        Thread(target=HUB.close, daemon=True).start()  # a handler of a signal may wait for no lock
        super().handle_exit(sig, frame)
