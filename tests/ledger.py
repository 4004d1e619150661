"""Lots, vials and witnesses of a synthetic clinic, through the actions that pages call."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from posology.clinic.accounts.actions import make_user
from posology.clinic.accounts.models import Role, User
from posology.clinic.ledger.actions import count, open_container, receive, waste
from posology.clinic.ledger.models import LedgerAct
from posology.clinic.ledger.witness import Witnessed
from tests import factories
from tests.cases import NOW

VIALS, DEVICES = "ketamine-50", "esketamine-device-28"
EXPIRES = date(2028, 12, 31)
BEFORE = NOW - timedelta(hours=6)


def seen_by(person: User, at: datetime = NOW) -> Witnessed:
    """Return a witness who has just given the own password."""
    return Witnessed(person, at)


def doubles_of(person: User) -> tuple[User, ...]:
    """Make second accounts of a person, as prescriber: of the name as it is and as it may be written."""
    family, given = person.full_name.split(", ")
    names = (person.full_name, f"{family.upper()},  {given.replace('u', 'ú')}", f"Dr. {given} {family}")
    accounts = [(f"double-{n}", name) for n, name in enumerate(names)]
    accounts.append((person.username.upper(), "Somebody Else"))
    return tuple(
        make_user(
            username=username,
            full_name=name,
            role=Role.PRESCRIBER,
            clinic=person.clinic,
            password=factories.PASSWORD,
            by=factories.SYSTEM,
            at=BEFORE,
        )
        for username, name in accounts
    )


def received(
    site: factories.Site,
    *,
    lot: str = factories.LOT,
    product: str = VIALS,
    at: datetime = BEFORE,
    **more: Any,
) -> LedgerAct:
    """Receive ten containers of a lot, unless another number is named."""
    told = {"containers": 10, "on": at.date(), "expires_on": EXPIRES, "supplier": "Synthetic Supplier"} | more
    return receive(row_id=uuid4(), product_id=product, lot=lot, by=site.nurse, at=at, **told)


def opened(
    site: factories.Site,
    *,
    session: UUID | None = None,
    lot: str = factories.LOT,
    product: str = VIALS,
    at: datetime = NOW,
) -> LedgerAct:
    """Open one container, for a session where one is named."""
    return open_container(
        row_id=uuid4(), product_id=product, lot=lot, session_id=session, by=site.nurse, at=at
    )


def wasted(
    site: factories.Site, container: LedgerAct, ug: int, *, at: datetime = NOW, row_id: UUID | None = None
) -> LedgerAct:
    """Waste a rest before the prescriber."""
    return waste(
        row_id=row_id or uuid4(),
        opened_id=container.pk,
        amount_ug=ug,
        reason="Into the waste container, made useless.",
        witness=seen_by(site.prescriber, at),
        by=site.nurse,
        at=at,
    )


def counted(
    site: factories.Site,
    containers: int,
    *,
    lot: str = factories.LOT,
    product: str = VIALS,
    at: datetime = NOW,
) -> LedgerAct:
    """Count a lot with the prescriber."""
    return count(
        row_id=uuid4(),
        product_id=product,
        lot=lot,
        containers=containers,
        witness=seen_by(site.prescriber, at),
        by=site.nurse,
        at=at,
    )
