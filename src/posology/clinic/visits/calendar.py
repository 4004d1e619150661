"""Visits as iCalendar files. They leave the clinic, so they say nothing of a person, a drug or a reason."""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event

from posology.clinic.visits.queries import Booked

WORD = "Appointment"


def calendar_of(visits: Iterable[Booked], *, with_chair: bool) -> bytes:
    """Return an iCalendar file of visits: when, how long, an opaque id, and for the clinic the chair.

    The same visits give the same bytes. A cancelled one says so, so that it leaves the calendar it is in.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Posology//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for booked in visits:
        calendar.add_component(_event(booked, with_chair))
    return bytes(calendar.to_ical())


def _event(booked: Booked, with_chair: bool) -> Event:
    event = Event()
    chair = f", chair {booked.chair}" if with_chair and booked.chair else ""
    event.add("uid", f"{booked.row.pk}@posology")
    event.add("dtstamp", booked.acts[-1].at)
    event.add("sequence", booked.position - 1)
    event.add("dtstart", booked.starts_at)
    event.add("duration", timedelta(minutes=booked.row.minutes))
    event.add("summary", f"{WORD}{chair}")
    event.add("class", "PRIVATE")
    event.add("status", "CONFIRMED" if booked.stands or booked.kept else "CANCELLED")
    return event
