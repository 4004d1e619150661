"""One clinic's board as it stands: its version, and what calls for a person.

The version is a hash of what the board shows, and not a count of commits: pages compare it with the one
they were made from, so a message that was lost, came twice or from another process does no harm.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from posology.clinic.accounts.models import User
from posology.clinic.care.board import ChairNow, Today, today
from posology.treatment.notices import Notice, notices
from posology.web.board.view_models import board_of

LOCKED = "-locked"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A clinic's board at the moment of reading; its notices can be asked for a while after."""

    version: str
    chairs: tuple[ChairNow, ...]

    def notices(self, *, at: datetime) -> tuple[Notice, ...]:
        """Return what calls for a person at a moment."""
        return notices(((c.number, c.due) for c in self.chairs), at=at, after=notice_after())


def notice_after() -> timedelta:
    """Return how late a thing must be to call for a person: a site setting with bounds."""
    return timedelta(minutes=getattr(settings, "NOTICE_AFTER_MINUTES", 2))


def snapshot_of(by: User, *, at: datetime) -> Snapshot:
    """Read the board of a person's clinic.

    Raises
    ------
    NotPermitted
        If this person may not see it.
    """
    seen = today(by, at=at)
    return Snapshot(version_of(seen, at=at), seen.chairs)


def version_of(seen: Today, *, at: datetime, locked: bool = False) -> str:
    """Return the version of what a board shows; it differs each minute, as fine as time is shown."""
    told = (
        f"{at:%Y-%m-%dT%H:%M}",
        board_of(seen, locked=False),
        [(x.session.pk, x.session.chair, x.session.scheduled_at, x.state.phase) for x in seen.lines],
        [(task.pk, task.owner_id, task.due_at) for task in seen.risks],
        [patient.pk for patient in seen.forms_due],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16] + (LOCKED if locked else "")


def notice_words(found: tuple[Notice, ...]) -> str:
    """Say all notices in one line, without a name: ``2 overdue in chairs 1, 3``."""
    if not found:
        return ""
    numbers = sorted({notice.chair for notice in found})
    chairs = f"{'chair' if len(numbers) == 1 else 'chairs'} {', '.join(map(str, numbers))}"
    return f"{len(found)} overdue in {chairs}"
