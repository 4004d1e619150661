"""Hands at a screen: they tap, or use the keyboard alone; every tap and every key is counted.

A tap chooses, moves, opens or sends. The characters of a number or a name are keys: they are counted by
themselves, for nobody can give a pressure in fewer of them than it has. How long a person would take is
the time that the pages took, and 1.1 s for each tap and 0.28 s for each key: pointing and an average typist
in the keystroke-level model of Card, Moran and Newell (1980).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Locator, Page

S_A_TAP, S_A_KEY = 1.1, 0.28
LATENCY_MS = 300
FURTHEST = 400  # presses of Tab from the top of a page to its last control


@dataclass
class Counted:
    """What one piece of work took."""

    taps: int = 0
    keys: int = 0
    page_s: float = 0.0

    @property
    def seconds(self) -> float:
        """The time a person would take."""
        return self.page_s + S_A_TAP * self.taps + S_A_KEY * self.keys


@dataclass
class Hands:
    """One person's hands; ``keyboard`` for a person who touches nothing but the keyboard."""

    page: Page
    keyboard: bool = False
    counted: Counted | None = None

    @contextmanager
    def work(self) -> Iterator[Counted]:
        """Count what is done within the block."""
        began, counted = time.monotonic(), Counted()
        self.counted = counted
        yield counted
        self.counted, counted.page_s = None, time.monotonic() - began

    def _tapped(self) -> None:
        if self.counted:
            self.counted.taps += 1

    def choose(self, where: str, name: str, value: str) -> None:
        """Choose one answer of a question."""
        group = f'{where} input[type=radio][name="{name}"]'
        wanted = self.page.locator(f'{group}[value="{value}"]')
        if not self.keyboard:
            one = f'{where} label:has(input[type=radio][name="{name}"][value="{value}"])'
            self.page.locator(one).first.tap()
        else:
            self._reach(f"{group}")
            self.page.keyboard.press("Space")
            for _ in range(self.page.locator(group).count()):
                if wanted.is_checked():
                    break
                self.page.keyboard.press("ArrowDown")
        self._tapped()
        assert wanted.is_checked(), (name, value)

    def type(self, box: str, text: str) -> None:
        """Go to a box and type."""
        self.go_to(box)
        self.type_on(text)

    def go_to(self, box: str) -> None:
        """Go to a box: one tap, or Tab until it has the focus."""
        if self.keyboard:
            self._reach(box)
        else:
            self.page.locator(box).first.tap()
        self._tapped()

    def type_on(self, text: str) -> None:
        """Type into the box that has the focus."""
        self.page.keyboard.type(text)
        if self.counted:
            self.counted.keys += len(text)

    def next_box(self) -> None:
        """Go on to the next box; on glass the page goes on by itself when a number is whole."""
        if self.keyboard:
            self.page.keyboard.press("Tab")

    def open(self, details: str) -> None:
        """Unfold what is folded."""
        summary = f"{details} > summary"
        if self.keyboard:
            self._reach(summary)
            self.page.keyboard.press("Enter")
        else:
            self.page.locator(summary).first.tap()
        self._tapped()

    def send(self, button: str, *, until: Literal["commit", "domcontentloaded"] = "domcontentloaded") -> None:
        """Send a form, and wait for the page that answers."""
        with self.page.expect_navigation(wait_until=until) as sent:
            if self.keyboard:
                self._reach(button)
                self.page.keyboard.press("Enter")
            else:
                self.page.locator(button).first.tap()
        self._tapped()
        assert sent.value.ok, self.page.locator(
            ".error-summary, .field-error, .notice-body"
        ).all_inner_texts()

    def _reach(self, selector: str) -> None:
        """Press Tab until one of these has the focus."""
        for _ in range(FURTHEST):
            if _has_focus(self.page, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by the keyboard")


def _has_focus(page: Page, selector: str) -> bool:
    return bool(page.evaluate("wanted => document.activeElement?.matches(wanted)", selector))


def slow_network(page: Page) -> None:
    """Put 300 ms on the way of every request of a page."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1},
    )


def shown(where: Locator) -> str:
    """Return what a person reads of a part of the page."""
    return " ".join(where.inner_text().split())
