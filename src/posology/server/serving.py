"""One process that answers requests: SQLite has one writer, and more processes need PostgreSQL."""

import socket

import uvicorn


def answer_requests(*, host: str = "127.0.0.1", port: int = 8000, door: socket.socket | None = None) -> None:
    """Serve over ASGI until the process is told to stop; ``door`` is a socket that listens already."""
    config = uvicorn.Config(
        "posology.server.asgi:application",
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        lifespan="off",
    )
    config.load()  # before the event loop runs: what is checked at the start asks the database
    uvicorn.Server(config).run(sockets=[door] if door else None)
