"""The one clock that pages read. In the demo it can be set ahead, to walk through a session of hours.

A clinic's clock cannot be moved: the setting is empty there, whatever the environment says.
"""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Return the present moment; in the demo, moved by the seconds that stand in the offset file."""
    moment = timezone.now()
    path = getattr(settings, "CLOCK_OFFSET_FILE", "")
    if not settings.DEMO or not path:
        return moment
    try:
        return moment + timedelta(seconds=int(Path(path).read_text()))
    except (OSError, ValueError):
        return moment
