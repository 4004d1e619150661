"""The demo as a real process under a real browser: made once, and copied for each file of tests.

Each file gets a server of its own on a free port, from a copy of the made clinic, with a clock that the
file may set ahead. Every process is stopped by its own id.
"""

import fcntl
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from posology.server.demo.people import SIGN_INS

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = (1280, 800), (390, 844)
PATIENCE = 300  # s, for the making of the demo on a busy machine
# What a page is expected to show may take as long as it takes to load one; five seconds are too few beside
# another run of tests. Nothing waits longer for it where it is there.
expect.set_options(timeout=30_000)  # ms


@dataclass
class Demo:
    """A running demo: where it is, its clock, and the process that answers."""

    url: str
    clock: Path
    pid: int

    def set_clock(self, minutes: float) -> None:
        """Set the demo's clock so many minutes ahead of the true one."""
        self.clock.write_text(str(round(minutes * 60)))

    def sign_in(self, context: BrowserContext, role: str) -> Page:
        """Open a page, and sign in as one of the printed accounts."""
        page = context.new_page()
        page.goto(f"{self.url}/sign-in/")
        fill_sign_in(page, role)
        return page


def pass_phrase_of(role: str) -> str:
    """Return the pass phrase that the demo prints for a role."""
    return next(known.pass_phrase for known in SIGN_INS if known.role == role)


def fill_sign_in(page: Page, role: str) -> None:
    """Fill in the form of the sign-in page, and send it."""
    page.locator("input[name=username]").fill(role)
    page.locator("input[name=password]").fill(pass_phrase_of(role))
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Run the demo from a folder, as ``posology demo`` does, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port, clock = _free_port(), folder / "clock"
    clock.write_text("0")
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "POSOLOGY_SITE_ZONE"}}
    environment |= {"POSOLOGY_DATA": str(folder), "POSOLOGY_CLOCK_OFFSET_FILE": str(clock)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "posology.server", "demo", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_it_answers(port, process, folder / "log")
            yield Demo(f"http://127.0.0.1:{port}", clock, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"The demo ended by itself:\n{log.read_text()}")
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            asked.request("GET", "/sign-in/")
            if asked.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            asked.close()
    raise AssertionError(f"The demo did not answer within {PATIENCE} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the demo once, for every run that was given the same folder; return its own, at rest."""
    given = os.environ.get("POSOLOGY_TEST_DEMO")
    place = Path(given) if given else tmp_path_factory.mktemp("demo")
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a run beside this one waits until it is made, and then copies it
        if not (place / "is-made").exists():
            shutil.rmtree(place / "made", ignore_errors=True)  # what was left half
            with running_demo(place / "made"):
                pass
            (place / "is-made").touch()
    return place / "made"


@pytest.fixture(scope="module")
def demo(made_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of this file's own: what is written in it stays in it."""
    folder = tmp_path_factory.mktemp("served") / "copy"
    shutil.copytree(made_demo, folder)
    with running_demo(folder) as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()
