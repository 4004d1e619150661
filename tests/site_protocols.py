"""A site's own protocol in tests: made, changed and approved through the same actions as on the pages."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from posology.clinic.accounts.actions import make_user
from posology.clinic.accounts.models import Role, User
from posology.clinic.protocols.actions import (
    approve_version,
    begin_version,
    save_draft,
    submit_version,
)
from posology.clinic.protocols.models import SiteVersion
from posology.clinic.protocols.queries import Told, version_for
from posology.knowledge.editing import Changes, ValueChange
from tests.factories import LONG_AGO, PASSWORD, SYSTEM, Site

LOWER = Decimal("0.4")


def second_prescriber(site: Site, *, username: str = "", full_name: str = "Synthetic, Second") -> User:
    """Return a prescriber beside the site's own."""
    username = username or f"second-{site.prescriber.username}"
    found = User.objects.filter(username=username).first()
    return found or make_user(
        username=username,
        full_name=full_name,
        role=Role.PRESCRIBER,
        clinic=site.clinic,
        password=PASSWORD,
        by=SYSTEM,
        at=LONG_AGO,
    )


def lower_start(on: date, value: Decimal = LOWER) -> Changes:
    """Return the change that most tests make: a lower first dose."""
    return Changes(values=(ValueChange("dose_start", value, on, "We begin lower here."),))


def told(site: Site, row: SiteVersion | UUID, *, at: datetime) -> Told:
    """Return a version as it stands."""
    return version_for(site.prescriber, getattr(row, "pk", row), at=at)


def begun(site: Site, *, at: datetime, based_on: str = "ketamine-iv", by: User | None = None) -> SiteVersion:
    """Begin a version."""
    return begin_version(version_id=uuid4(), based_on=based_on, by=by or site.prescriber, at=at)


def drafted(
    site: Site, *, at: datetime, changes: Changes | None = None, based_on: str = "ketamine-iv"
) -> SiteVersion:
    """Begin a version and change it."""
    row = begun(site, at=at, based_on=based_on)
    save_draft(
        version_id=row.pk,
        text_id=uuid4(),
        page_sha256=told(site, row, at=at).text.sha256,
        changes=lower_start(at.date()) if changes is None else changes,
        by=site.prescriber,
        at=at,
    )
    return row


def submitted(site: Site, *, at: datetime, on: date | None = None, **rest: Any) -> SiteVersion:
    """Begin, change and submit a version, to hold from ``on``."""
    row = drafted(site, at=at, **rest)
    submit_version(
        version_id=row.pk,
        step_id=uuid4(),
        page_sha256=told(site, row, at=at).text.sha256,
        effective_on=on or at.date(),
        by=site.prescriber,
        at=at,
    )
    return row


def approval(site: Site, row: SiteVersion, *, at: datetime, **changes: Any) -> dict[str, Any]:
    """Return everything that approving a submitted version takes."""
    standing = told(site, row, at=at)
    return {
        "version_id": row.pk,
        "step_id": uuid4(),
        "page_sha256": standing.text.sha256,
        "effective_on": standing.effective_on,
        "password_checked": True,
        "by": site.director,
        "at": at,
    } | changes


def in_force(site: Site, *, at: datetime, **rest: Any) -> SiteVersion:
    """Begin, change, submit and approve a version."""
    row = submitted(site, at=at, **rest)
    approve_version(**approval(site, row, at=at + timedelta(minutes=1)))
    return row
