"""What a long-running process does about its memory; it needs no settings and no database.

Python looks through everything that lives for what only refers to itself. In a server that is a pause of 50
to 90 ms every few seconds, in which nobody is answered, and nearly all of it was looked through before.
"""

import gc
from time import monotonic
from typing import Any

from posology.knowledge import load_library

YOUNG_AT_MOST = 10_000
"""How many new objects there are before the collector looks: a reading makes some hundred that last."""

THAW_EVERY_S = 3600.0
"""How often all that was set aside is looked through once more; until then it may hold what nobody uses."""


def set_aside() -> None:
    """Load the knowledge, and take what stays out of the collector's sight, now and after each full look.

    Each look through everything then meets only what is new since the last one, and once an hour all of it.
    """
    load_library()
    if _aside.between not in gc.callbacks:
        gc.callbacks.append(_aside.between)
    gc.set_threshold(YOUNG_AT_MOST, 10, 10)
    gc.collect()


class _Aside:
    """What the collector is told before and after it looks."""

    def __init__(self) -> None:
        self.thawed_at = monotonic()

    def between(self, phase: str, info: dict[str, Any]) -> None:
        if info["generation"] != 2:
            return
        if phase == "stop":
            gc.freeze()
        elif monotonic() - self.thawed_at >= THAW_EVERY_S:
            self.thawed_at = monotonic()
            gc.unfreeze()


_aside = _Aside()
