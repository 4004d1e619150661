"""What monitors say now: per session, per chair, and what stands in quarantine."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max

from posology.clinic.accounts.models import User
from posology.clinic.monitors.models import Association, MonitorDevice, MonitorMessage, MonitorReading
from posology.clinic.monitors.permissions import check_can_view
from posology.clinic.sessions.models import SessionRow

STALE_AFTER = timedelta(minutes=5)
"""From this age a value is greyed and can no longer be confirmed: an engineering default."""
LOOKED_BACK = timedelta(hours=24)
_LATEST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Live:
    """One monitor now: its row, the session it is joined to, the last reading of each sign."""

    device: MonitorDevice
    joined: Association | None
    latest: tuple[MonitorReading, ...]
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """Readings of one source in quarantine for one reason."""

    name: str
    reason: str
    count: int
    last_at: datetime
    why: str
    known: bool


@dataclass(frozen=True, slots=True)
class RefusedMessages:
    """Messages that were answered with a refusal, of one sender and in one sentence."""

    sender: str
    ack: str
    sentence: str
    count: int
    last_at: datetime


def latest_of_each(rows: Iterable[MonitorReading]) -> tuple[MonitorReading, ...]:
    """Return the newest row of each sign, or several where one message has it more than once.

    A newest row without a value hides the value before it: what was taken back or not obtained is absent.
    """
    newest: dict[str, list[MonitorReading]] = {}
    for row in rows:  # newest first
        mine = newest.setdefault(row.sign, [])
        if not mine or mine[0].message_id == row.message_id:
            mine.append(row)
    return tuple(row for sign, found in newest.items() if sign for row in reversed(found))


def readings_of(session: SessionRow, *, at: datetime) -> tuple[MonitorReading, ...]:
    """Return the last value of each sign that a session's monitors sent, with all that is odd about it."""
    rows = MonitorReading.objects.everywhere(because="readings of one session, scoped when it was read")
    rows = rows.filter(session=session, received_at__gt=at - LOOKED_BACK, received_at__lte=at).order_by(
        "-received_at", "-position"
    )
    return latest_of_each(rows[:_LATEST_ROWS])


def joined_to(session: SessionRow) -> tuple[Association, ...]:
    """Return the monitors that are joined to a session now."""
    rows = Association.objects.everywhere(because="monitors of one session, scoped when it was read")
    rows = rows.filter(session=session, ended_at__isnull=True).select_related("device", "made_by")
    return tuple(rows.order_by("made_at"))


def monitors(by: User, *, at: datetime, chair: int | None = None) -> tuple[Live, ...]:
    """Return the clinic's monitors, or those at one chair, by chair and name."""
    check_can_view(by)
    devices = MonitorDevice.objects.for_clinic(by.clinic_id).select_related("clinic")
    if chair is not None:
        devices = devices.filter(chair=chair)
    open_ones = Association.objects.for_clinic(by.clinic_id).filter(ended_at__isnull=True)
    joined = {a.device_id: a for a in open_ones.select_related("session__patient")}
    found = [_live(device, joined.get(device.pk), at) for device in devices]
    return tuple(
        sorted(found, key=lambda one: (one.device.chair is None, one.device.chair or 0, one.device.name))
    )


def _live(device: MonitorDevice, joined: Association | None, at: datetime) -> Live:
    rows = MonitorReading.objects.for_clinic(device.clinic_id).filter(
        name=device.name, received_at__gt=at - LOOKED_BACK
    )
    latest = list(rows.order_by("-received_at", "-position")[:40])
    return Live(device, joined, latest_of_each(latest), latest[0].received_at if latest else None)


def quarantined(by: User, *, at: datetime) -> tuple[Held, ...]:
    """Return what stands in quarantine since yesterday, by source and reason, the newest first."""
    check_can_view(by)
    mine = MonitorReading.objects.for_clinic(by.clinic_id).filter(
        session__isnull=True, received_at__gt=at - LOOKED_BACK
    )
    groups = mine.values("name", "reason").annotate(count=Count("pk"), last_at=Max("received_at"))
    known = set(MonitorDevice.objects.for_clinic(by.clinic_id).values_list("name", flat=True))
    held = []
    for group in groups.order_by("-last_at"):
        last = mine.filter(name=group["name"], reason=group["reason"], received_at=group["last_at"]).first()
        held.append(Held(**group, why=last.why if last else "", known=group["name"] in known))
    return tuple(held)


def refused_messages(by: User, *, at: datetime) -> tuple[RefusedMessages, ...]:
    """Return the messages since yesterday that were refused as a whole, the newest first."""
    check_can_view(by)
    rows = MonitorMessage.objects.for_clinic(by.clinic_id).filter(received_at__gt=at - LOOKED_BACK)
    groups = rows.exclude(ack="AA").values("sender", "ack", "remarks")
    counted = groups.annotate(count=Count("pk"), last_at=Max("received_at")).order_by("-last_at")[:50]
    return tuple(
        RefusedMessages(g["sender"], g["ack"], g["remarks"], g["count"], g["last_at"]) for g in counted
    )


def rows_by_id(session: SessionRow, ids: Iterable[UUID]) -> dict[UUID, MonitorReading]:
    """Return those of these readings that are in the session."""
    rows = MonitorReading.objects.everywhere(because="readings of one session, scoped when it was read")
    return {row.pk: row for row in rows.filter(session=session, pk__in=list(ids))}
