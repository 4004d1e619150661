"""Chromium driven by its own protocol alone: a page in it can really be hidden, and its timers really slow.

Playwright starts its browsers with every throttle off, and tells each page that it has the focus, so a hidden
tab is never hidden there. This speaks the DevTools protocol through a pipe and changes nothing of that.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.conftest import CHROMIUM


class Chromium:
    """One browser: calls, and their answers."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._left = b""
        self._number = 0

    def call(self, method: str, *, session: str = "", patience_s: float = 30, **params: Any) -> Any:
        """Send one call, and return what the browser answers to it."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": session} if session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
        raise AssertionError(f"Chromium did not answer {method} within {patience_s} s.")

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            read = os.read(self._from, 65536)
            assert read, "Chromium ended by itself."
            self._left += read
        raw, _, self._left = self._left.partition(b"\0")
        answer: dict[str, Any] = json.loads(raw)
        return answer

    def tab(self, url: str) -> "Tab":
        """Open a tab in front of the others."""
        target = self.call("Target.createTarget", url=url)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Tab(self, target, session)


class Tab:
    """One tab."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self.browser, self.target, self.session = browser, target, session

    def ask(self, expression: str) -> Any:
        """Return what an expression is in the page; looking neither wakes nor shows it."""
        answer = self.browser.call(
            "Runtime.evaluate", session=self.session, expression=expression, returnByValue=True
        )
        return answer["result"].get("value")

    def wait_for(self, expression: str, *, seconds: float) -> float:
        """Ask until it is true; return how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.ask(expression):
                return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"'{expression}' was not true within {seconds} s.")


@contextmanager
def chromium(folder: Path, *switches: str) -> Iterator[Chromium]:
    """Run a browser until the block ends."""
    theirs_in, to_browser = os.pipe()
    from_browser, theirs_out = os.pipe()

    def fixed() -> None:  # Chromium reads from 3 and writes to 4
        os.dup2(theirs_in, 10), os.dup2(theirs_out, 11)
        os.dup2(10, 3), os.dup2(11, 4)

    command = [CHROMIUM, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}"]
    command += ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    process = subprocess.Popen(
        [*command, *switches],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=fixed,
        close_fds=False,
    )
    os.close(theirs_in), os.close(theirs_out)
    try:
        yield Chromium(to_browser, from_browser)
    finally:
        process.terminate()
        process.wait(timeout=20)
        os.close(to_browser), os.close(from_browser)
