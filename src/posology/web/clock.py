"""The one clock that pages read. In the demo it can be set ahead, to walk through a session of hours.

A clinic's clock cannot be moved: the setting is empty there, whatever the environment says. Once a server
serves, the clock is steady: a step of the machine's own moves it no more, and is told.
"""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from posology.web.steady import Steady, Stepped, seconds_since_start

_steady: Steady | None = None


def keep_steady() -> None:
    """Go by a steady clock from now on; called once, by the process that serves."""
    global _steady
    _steady = Steady(timezone.now, seconds_since_start)


def last_step() -> Stepped | None:
    """Return the last step of the machine's clock since the server started."""
    return _steady.steps[-1] if _steady is not None and _steady.steps else None


def now() -> datetime:
    """Return the present moment; in the demo, moved by the seconds that stand in the offset file."""
    moment = timezone.now() if _steady is None else _steady.now()
    path = getattr(settings, "CLOCK_OFFSET_FILE", "")
    if not settings.DEMO or not path:
        return moment
    try:
        return moment + timedelta(seconds=int(Path(path).read_text()))
    except (OSError, ValueError):
        return moment
