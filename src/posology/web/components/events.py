"""The event list: what happened in a session, in order, with late, corrected and unsent entries marked."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from posology.web.components.status import Chip


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log: when, what, by whom. A corrected entry stays readable beside its correction."""

    at: datetime
    what: str
    detail: str = ""
    by: str = ""
    chip: Chip | None = None
    arrived_at: datetime | None = None
    corrected_by: str = ""


@dataclass(frozen=True, slots=True)
class EventList:
    """The log of one session. Times are of the site's zone."""

    template: ClassVar[str] = "web/components/event_list.html"
    events: tuple[Event, ...]
    label: str = "What happened"
    empty: str = "Nothing is recorded yet. The first entry is the gate, before the dose."
