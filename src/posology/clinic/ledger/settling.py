"""Taking an entry back, settling what does not add up, the inventory, and the close of a day."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.queries import is_one_person
from posology.clinic.audit import action
from posology.clinic.ledger.books import Books, acts_of, books_of, kept_since, lot_of, page_since
from posology.clinic.ledger.discrepancies import Discrepancy, discrepancies
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.permissions import KEEP, SETTLE, check_can
from posology.clinic.ledger.rules import day_at, end_of, product_of, start_of
from posology.clinic.ledger.witness import LedgerRefused, Witnessed
from posology.clinic.ledger.writing import (
    books_with,
    check_day,
    check_owner,
    check_said,
    entry_for,
    first_answer,
    lock_ledger,
    mg,
    witnessed,
    write,
)
from posology.treatment.ledger import Container, Lot
from posology.treatment.ledger_signs import Closed, given_on

MAY_BE_TAKEN_BACK = frozenset(
    {Kind.RECEIVED, Kind.OPENED, Kind.DRAWN, Kind.WASTED, Kind.RETURNED, Kind.MISSED, Kind.COUNTED}
)


@action
def take_back(
    *,
    row_id: UUID,
    about_id: UUID,
    reason: str,
    password_checked: bool,
    witness: Witnessed,
    by: User,
    at: datetime,
) -> LedgerAct:
    """Take an entry back by a further one that names it; both stay.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If the own password was not given, later entries rest on it, or it was taken back before.
    """
    check_can(by, KEEP)
    lock_ledger(by)
    reason = check_said(reason, "reason", field="reason")
    told = {"about_id": about_id, "reason": reason}
    if known := first_answer(row_id, by, {**told, "kind": Kind.REVERSED}):
        return known
    if not password_checked:
        raise LedgerRefused("This is not your password. Type it again.", field="password")
    row = entry_for(by, about_id)
    _check_may_take_back(row, books_with(row, at=at))
    seen = witnessed(witness, by=by, at=at)
    lot = {"product_id": row.product_id, "lot": row.lot}
    return write(
        row_id, Kind.REVERSED, by=by, at=at, safe_change=-row.safe_change, witness=seen, **lot, **told
    )


def _check_may_take_back(row: LedgerAct, books: Books) -> None:
    if row.kind not in MAY_BE_TAKEN_BACK:
        raise LedgerRefused("An entry of this kind is not taken back. Write what is right as a new one.")
    if row.pk in books.undone:
        raise LedgerRefused("This entry was taken back already. Reload the page.")
    if row.kind in {Kind.OPENED, Kind.DRAWN}:
        container = books.ledger.containers[row.pk]
        if container.given_ug:
            raise LedgerRefused(
                f"The session records that {mg(container.given_ug)} was given out of it. "
                "Correct the session first, if that is wrong."
            )
        if _is_used(books, container):
            raise LedgerRefused(
                "The session records that it was used. Correct the session first, if that is wrong."
            )
        if container.remaining_ug != container.content_ug:
            raise LedgerRefused("Something was taken out of it. Take that entry back first.")
    if books.unopened(lot_of(row)) - row.safe_change < 0:
        raise LedgerRefused("Containers of it have left the safe since. Take those entries back first.")


def _is_used(books: Books, container: Container) -> bool:
    """Say whether without it more would have been used for its session than was opened for it."""
    mine = (container.session, container.lot)
    opened = [c for c in books.ledger.containers.values() if (c.session, c.lot) == mine]
    used = [d for d in books.ledger.doses if (d.session, d.lot) == mine and d.began_at is None]
    return any(d.is_least for d in used) and len(used) >= len(opened)


# ---------------------------------------------------------------- discrepancies


def discrepancy_rows(clinic: Clinic) -> tuple[LedgerAct, ...]:
    """Return every entry that shows that something does not add up, and what became of it, of all lots."""
    shows = Q(kind=Kind.COUNTED) & ~Q(safe_change=0)
    after = Q(kind__in=(Kind.MISSED, Kind.ASSIGNED, Kind.RESOLVED, Kind.REVERSED))
    return tuple(acts_of(clinic).filter(shows | after))


def discrepancy_for(by: User, key: UUID) -> Discrepancy:
    """Return one discrepancy of the person's clinic.

    Raises
    ------
    NotFound
        If there is none of this id here.
    """
    row = entry_for(by, key, what="discrepancy")
    rows = LedgerAct.objects.for_clinic(by.clinic_id).filter(about=row)
    steps = rows.select_related("by", "owner", "witness").order_by("position")
    found = discrepancies([row, *steps])
    if not found:
        raise LedgerRefused("Nothing is open here: the entry was taken back, or it adds up.")
    return found[0]


@action
def take_on(*, row_id: UUID, about_id: UUID, owner: User, reason: str, by: User, at: datetime) -> LedgerAct:
    """Give a discrepancy an owner, and say what is known of it.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If it is settled, or the owner does not keep the ledger.
    """
    check_can(by, KEEP)
    lock_ledger(by)
    reason = check_said(reason, "reason", field="reason")
    told = {"about_id": about_id, "owner_id": owner.pk, "reason": reason}
    if known := first_answer(row_id, by, {**told, "kind": Kind.ASSIGNED}):
        return known
    found = discrepancy_for(by, about_id)
    check_owner(owner, by)
    if found.settled is not None:
        raise LedgerRefused("It is settled already. Count again if something still differs.")
    lot = lot_of(found.act)
    return write(row_id, Kind.ASSIGNED, by=by, at=at, product_id=lot.product_id, lot=lot.number, **told)


@action
def settle(*, row_id: UUID, about_id: UUID, reason: str, by: User, at: datetime) -> LedgerAct:
    """Settle a discrepancy: what was found, and what was done. The difference itself stays in the ledger.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If it has no owner yet, is settled, or this person wrote the entry that shows it.
    """
    check_can(by, SETTLE)
    lock_ledger(by)
    reason = check_said(reason, "finding", field="reason")
    told = {"about_id": about_id, "reason": reason}
    if known := first_answer(row_id, by, {**told, "kind": Kind.RESOLVED}):
        return known
    found = discrepancy_for(by, about_id)
    if found.settled is not None:
        raise LedgerRefused("It is settled already. Reload the page.")
    if found.owner is None:
        raise LedgerRefused("It has no owner yet, so nobody has looked into it. Name one first.")
    if is_one_person(found.act.by, by):
        raise LedgerRefused("You wrote the entry that shows it. Somebody else settles it.")
    lot = lot_of(found.act)
    return write(row_id, Kind.RESOLVED, by=by, at=at, product_id=lot.product_id, lot=lot.number, **told)


# ---------------------------------------------------------------- the whole stock, and the day


@action
def take_inventory(
    *, row_id: UUID, on: date, note: str = "", witness: Witnessed, by: User, at: datetime
) -> LedgerAct:
    """Record that the whole stock was counted today, by two people.

    Raises
    ------
    NotPermitted, LedgerRefused, Conflict
        If a lot in stock was not counted today, or moved since it was.
    """
    check_can(by, KEEP)
    clinic = lock_ledger(by)
    told = {"on": on, "reason": note.strip()}
    if known := first_answer(row_id, by, {**told, "kind": Kind.INVENTORY}):
        return known
    if on != day_at(clinic, at):
        raise LedgerRefused("An inventory is of the day on which it is taken. Choose today.", field="on")
    books = books_of(clinic, at=at, since=start_of(on, clinic))
    if books is None:
        raise LedgerRefused("Nothing was ever received, so there is nothing to count.")
    left = [lot for lot in books.lots if books.unopened(lot) and not counted_since_it_moved(books, lot, on)]
    if left:
        raise LedgerRefused(f"Not counted today: {named(left)}. Count every lot first.")
    return write(row_id, Kind.INVENTORY, by=by, at=at, witness=witnessed(witness, by=by, at=at), **told)


def counted_since_it_moved(books: Books, lot: Lot, on: date) -> bool:
    """Say whether a lot was counted on a day, after it last moved into or out of the safe on that day."""
    mine = [r for r in books.rows if lot_of(r) == lot and day_at(books.clinic, r.at) == on]
    counts = [r.position for r in mine if r.kind == Kind.COUNTED and r.pk not in books.undone]
    moves = [r.position for r in mine if r.kind != Kind.COUNTED and r.safe_change]
    return bool(counts) and max(counts) > max(moves, default=0)


def named(lots: Iterable[Lot]) -> str:
    """Return lots as people name them: two products may come under one number."""
    return "; ".join(f"{lot.number}, {p.title}" if (p := product_of(lot)) else lot.number for lot in lots)


@action
def close_day(*, row_id: UUID, on: date, by: User, at: datetime) -> LedgerAct:
    """Close a day: everything that was opened is accounted for, and what moved was counted.

    Raises
    ------
    NotPermitted, LedgerRefused, Conflict
        If something is open, with what; or the day is closed already and nothing has changed since.
    """
    check_can(by, KEEP)
    clinic = lock_ledger(by)
    if known := first_answer(row_id, by, {"on": on, "kind": Kind.CLOSED}):
        return known
    check_day(on, clinic, at)
    books = books_of(clinic, at=at, since=page_since(clinic, on))
    kept = kept_since(clinic)
    if books is None or kept is None or on < day_at(clinic, kept):
        raise LedgerRefused("The ledger was not kept on this day, so it is not closed.", field="on")
    open_things = open_before_close(books, on)
    if open_things:
        raise LedgerRefused(" ".join(open_things))
    body = body_of(books, on)
    last = LedgerAct.objects.for_clinic(clinic).filter(kind=Kind.CLOSED, on=on).order_by("position").last()
    if last is not None and last.body == body:
        raise LedgerRefused("This day is closed, and nothing has changed since.", field="on")
    return write(row_id, Kind.CLOSED, by=by, at=at, on=on, body=body)


def open_before_close(books: Books, on: date) -> list[str]:
    """Return what still stands against the close of a day, each as a sentence with what to do.

    What was put right later counts: a rest of yesterday that is wasted today closes yesterday, and shows.
    """
    until = end_of(on, books.clinic)
    open_things: list[str] = []
    unsettled = [
        c for c in books.ledger.containers.values() if c.remaining_ug and books.by_id[c.id].at < until
    ]
    if unsettled:
        rest = mg(sum(abs(c.remaining_ug) for c in unsettled))
        open_things.append(
            f"Opened and not accounted for: {len(unsettled)}, with {rest}. "
            "Waste or return the rest before a witness, or say that it is missing."
        )
    loose = sorted({dose.lot for dose in books.ledger.loose if dose.at < until})
    if loose:
        open_things.append(
            f"Given out of no opened container: lot {named(loose)}. "
            "Open the container for its session, or correct the lot in the session."
        )
    moved = [lot for lot in books.lots if moved_since_counted(books, lot, on)]
    if moved:
        open_things.append(f"Moved and not counted since: lot {named(moved)}. Count it, two people together.")
    found = [d for d in discrepancies(discrepancy_rows(books.clinic)) if d.act.at < until]
    without = [d for d in found if d.settled is None and d.owner is None]
    if without:
        open_things.append(
            f"Discrepancies without an owner: {len(without)}. Name one, and say what is known."
        )
    return open_things


def moved_since_counted(books: Books, lot: Lot, on: date | None = None) -> bool:
    """Say whether a lot moved into or out of the safe, on a day or ever, and was not counted after that."""
    mine = [r for r in books.rows if lot_of(r) == lot]
    moves = [r for r in mine if r.safe_change and r.kind != Kind.COUNTED]
    last = max((r.position for r in moves if on is None or day_at(books.clinic, r.at) == on), default=None)
    counts = [r.position for r in mine if r.kind == Kind.COUNTED and r.pk not in books.undone]
    return last is not None and max(counts, default=0) < last


def body_of(books: Books, on: date) -> str:
    """Return what the close of a day says of it: what was given of each lot, and what lay in the safe."""
    given = given_on(books.ledger, on, lambda moment: day_at(books.clinic, moment))
    until = end_of(on, books.clinic)
    safe: dict[str, int] = {}
    for row in books.rows:
        if row.lot and row.at < until:
            lot = lot_of(row)
            content = books.ledger.content_ug.get(lot, 0)
            safe[_key(lot)] = safe.get(_key(lot), 0) + row.safe_change * content
    said = {"given_ug": {_key(lot): ug for lot, ug in given.items()}, "safe_ug": safe}
    return json.dumps(said, sort_keys=True)


def _key(lot: Lot) -> str:
    return f"{lot.product_id} {lot.number}"


def last_closes(rows: Iterable[LedgerAct]) -> tuple[Closed, ...]:
    """Return what the last close of each day says, of the days that were closed."""
    latest = {row.on: row for row in rows if row.kind == Kind.CLOSED and row.on is not None}
    return tuple(
        Closed(
            row.pk,
            day,
            {Lot(*key.split(" ", 1)): ug for key, ug in json.loads(row.body)["given_ug"].items()},
        )
        for day, row in latest.items()
    )
