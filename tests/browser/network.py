"""A cable between a browser and the demo that a test may pull and put back, or hold one request in."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Cable:
    """Passes bytes on while it is whole; pulled, it breaks what runs and takes nothing new."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._whole = True
        self._held: bytes | None = None
        self._let_on = threading.Event()
        self.holds = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """Break it."""
        with self._lock:
            self._whole = False
            broken, self._open = self._open, set()
        for one in broken:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def put_back(self) -> None:
        """Mend it."""
        self._whole = True

    def hold(self, path: str) -> None:
        """Keep each form that goes to this path in the cable; ``holds`` is set once one is there."""
        self._let_on.clear()
        self.holds.clear()
        self._held = path.encode()

    def let_on(self) -> None:
        """Pass on what is held."""
        self._held = None
        self._let_on.set()

    def close(self) -> None:
        self.let_on()
        self.pull()
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self._whole:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _wait_if_held(self, data: bytes) -> None:
        first = data.split(b"\r\n", 1)[0]
        if self._held and first.startswith(b"POST ") and self._held in first:
            self.holds.set()  # a browser whose idle connection the server has closed sends it once more
            self._let_on.wait()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._wait_if_held(data)
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(one)
        one.close()


@contextmanager
def cable_to(url: str) -> Iterator[Cable]:
    """Lay a cable to a server on this machine."""
    cable = Cable(int(url.rsplit(":", 1)[1]))
    try:
        yield cable
    finally:
        cable.close()
