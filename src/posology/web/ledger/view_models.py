"""What the ledger's pages show: lots of a day, what is open, the lines of a lot, what does not add up."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from django.urls import reverse

from posology.clinic.ledger.books import Books
from posology.clinic.ledger.discrepancies import Discrepancy
from posology.clinic.ledger.models import OF_THE_DAY, Kind, LedgerAct
from posology.clinic.ledger.queries import LedgerDay, LedgerLine
from posology.clinic.ledger.reports import Report
from posology.clinic.ledger.rules import product_of
from posology.clinic.ledger.settling import MAY_BE_TAKEN_BACK
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import BoardLine
from posology.treatment.ledger import Container, Lot
from posology.treatment.ledger_days import Passage
from posology.treatment.ledger_signs import Sign
from posology.web.components import Cell, Chip, Column, EmptyState, Row, Status, Table
from posology.web.components.text import clock_text, day_text
from posology.web.ledger.words import DID, PATTERNS, containers_text, dose_words, mg, title_of, volume


def lot_url(receipt: LedgerAct) -> str:
    """Return the address of a lot's page."""
    return reverse("ledger-lot", kwargs={"entry": receipt.pk})


def lot_cell(lot: Lot, books: Books | None) -> Cell:
    """Return the name of a lot, with the way to its page where it was ever received."""
    receipt = books.receipts.get(lot) if books else None
    return Cell(lot.number, href=lot_url(receipt) if receipt else "", sub=title_of(lot), whole=True)


_AMOUNTS = ("before", "received", "given", "wasted", "returned", "missing", "in the safe", "open")


def _amounts(passage: Passage) -> tuple[Cell, ...]:
    told = (
        passage.before_ug,
        passage.received_ug,
        passage.given_ug,
        passage.wasted_ug,
        passage.returned_ug,
        passage.missing_ug,
        passage.safe_ug,
        passage.open_ug,
    )
    return tuple(Cell(mg(ug)) for ug in told)


def passages_table(passages: Mapping[Lot, Passage], books: Books | None, *, caption: str) -> Table:
    """Build what became of each lot: before, in, out, and what lies there at the end; each line balances."""
    rows = []
    for lot in sorted(passages):
        passage = passages[lot]
        safe = containers_text(books.unopened(lot), lot) if books else ""
        cells = list(_amounts(passage))
        cells[6] = Cell(mg(passage.safe_ug), sub=safe)
        rows.append(Row((lot_cell(lot, books), *cells), marked=passage.open_ug != 0))
    columns = (
        Column("Lot"),
        *(
            Column(name.capitalize() if n else "At the start", numeric=True)
            for n, name in enumerate(_AMOUNTS)
        ),
    )
    nothing = EmptyState("No lot is in the ledger", "Receive the first one: from then on the ledger is kept.")
    return Table(caption, columns, tuple(rows), empty=nothing)


def session_words(session: SessionRow | None, zone: ZoneInfo) -> str:
    """Name the session of a line: who, and when it was planned."""
    if session is None:
        return ""
    return f"{session.patient}, {day_text(session.scheduled_at.astimezone(zone).date())}"


def containers_table(day: LedgerDay, containers: Iterable[Container]) -> Table:
    """Build what is open and not accounted for, each with the way to waste its rest."""
    assert day.books is not None
    zone = ZoneInfo(day.by.clinic.zone)
    rows = []
    for one in containers:
        act = day.books.by_id[one.id]
        session = day.books.sessions.get(one.session) if one.session else None
        what = "Syringe" if one.drawn_from else ("Device" if _is_device(one.lot) else "Vial")
        rows.append(
            Row(
                (
                    Cell(
                        f"{what} of lot {one.lot.number}",
                        href=reverse("ledger-container", kwargs={"entry": one.id}),
                        sub=title_of(one.lot),
                    ),
                    Cell(act.at, sub=act.by.full_name),
                    Cell(session_words(session, zone) or "Several patients"),
                    Cell(mg(one.remaining_ug), sub=_volume_words(one)),
                ),
                marked=one.remaining_ug < 0,
            )
        )
    columns = (Column("What is open"), Column("Opened"), Column("For"), Column("Left", numeric=True))
    return Table("Open and not accounted for", columns, tuple(rows), empty=EmptyState("Nothing is open", ""))


def _is_device(lot: Lot) -> bool:
    product = product_of(lot)
    return product is not None and product.form == "device"


def _volume_words(one: Container) -> str:
    found = volume(one.remaining_ug, product_of(one.lot))
    return str(found) if found is not None else ""


def sessions_table(lines: Iterable[BoardLine]) -> Table:
    """Build today's sessions for which nothing was opened yet."""
    rows = tuple(
        Row(
            (
                Cell(
                    str(line.session.patient),
                    href=f"{reverse('ledger-open')}?session={line.session.pk}",
                    sub=f"Chair {line.session.chair}" if line.session.chair else "",
                ),
                Cell(line.session.scheduled_at),
                Cell("", chip=Chip(Status.OVERDUE, "Given, nothing opened"))
                if line.state.started_at
                else Cell("Nothing opened yet"),
            )
        )
        for line in lines
    )
    columns = (Column("Open for"), Column("Planned"), Column("State"))
    return Table("Sessions without a container", columns, rows, empty=EmptyState("Every session has one", ""))


def lines_table(lines: Iterable[LedgerLine], *, zone: ZoneInfo, may_take_back: bool) -> Table:
    """Build lines as people read them, the latest first."""
    told = [line for line in lines if line.kind not in OF_THE_DAY]
    rows = tuple(_line_row(line, zone, may_take_back) for line in reversed(told))
    columns = (
        Column("When"),
        Column("What"),
        Column("Lot"),
        Column("Amount", numeric=True),
        Column("For, or how"),
        Column("Written by"),
        Column("Witness"),
        Column("Take back", hidden_label=True),
    )
    return Table("Lines of the ledger", columns, rows, empty=EmptyState("No line yet", ""))


def _line_row(line: LedgerLine, zone: ZoneInfo, may_take_back: bool) -> Row:
    act = line.act
    may = bool(may_take_back and act and act.kind in MAY_BE_TAKEN_BACK and not line.is_undone)
    undo = reverse("ledger-take-back", kwargs={"entry": act.pk}) if may and act else ""
    chip = Chip(Status.CORRECTED, "Taken back") if line.is_undone else None
    return Row(
        (
            Cell(line.at),
            Cell(DID[line.kind], sub=dose_words(line, zone), chip=chip),
            Cell(line.lot.number, whole=True, sub=title_of(line.lot)),
            _amount_cell(line),
            _for_cell(line, zone),
            Cell(line.by),
            Cell(line.witness),
            Cell("Take back" if undo else "", href=undo),
        ),
        id=f"line-{act.pk}" if act else "",
    )


def _amount_cell(line: LedgerLine) -> Cell:
    count = containers_text(line.containers, line.lot) if line.act and line.act.containers else ""
    if line.kind == Kind.COUNTED:
        differs = f"differs by {mg(line.ug)}" if line.ug else "as the ledger has it"
        return Cell(containers_text(line.act.containers if line.act else 0, line.lot), sub=differs)
    if line.kind in {Kind.ASSIGNED, Kind.RESOLVED}:
        return Cell("")
    return Cell(mg(line.ug), sub=count)


def _for_cell(line: LedgerLine, zone: ZoneInfo) -> Cell:
    act = line.act
    if line.session is not None:
        href = reverse("session-record", kwargs={"session": line.session.pk})
        return Cell(session_words(line.session, zone), href=href, sub=_what_is_said(act))
    if act is not None and act.kind == Kind.OPENED:
        return Cell("Several patients")
    return Cell(_what_is_said(act))


def _what_is_said(act: LedgerAct | None) -> str:
    """Return what an entry says in words: the manner, the party and its paper, the owner."""
    if act is None:
        return ""
    parts = [act.party, act.document, act.reason]
    if act.owner is not None:
        parts.append(f"looked into by {act.owner.full_name}")
    return ", ".join(p for p in parts if p)


def discrepancies_table(found: Iterable[Discrepancy]) -> Table:
    """Build what does not add up: how much, who has it, what is known, how it was settled."""
    rows = tuple(
        Row(
            (
                Cell(
                    f"Lot {d.act.lot}",
                    href=reverse("ledger-discrepancy", kwargs={"entry": d.act.pk}),
                    sub=title_of(Lot(d.act.product_id, d.act.lot)),
                ),
                Cell(d.act.at, sub=d.act.by.full_name),
                Cell(mg(abs(d.missing_ug)), sub="missing" if d.missing_ug > 0 else "too much"),
                Cell(d.owner.full_name if d.owner else None, missing="no owner yet", sub=_known(d)),
                Cell("", chip=Chip(Status.DONE, "Settled"), sub=d.settled.reason)
                if d.settled
                else Cell("", chip=Chip(Status.HOLD, "Open")),
            ),
            marked=d.settled is None and d.owner is None,
        )
        for d in found
    )
    columns = (
        Column("What"),
        Column("Found"),
        Column("How much", numeric=True),
        Column("Who looks into it"),
        Column("State"),
    )
    return Table("Discrepancies", columns, rows, empty=EmptyState("Everything adds up", ""))


def _known(found: Discrepancy) -> str:
    reasons = [s.reason for s in found.steps if s.kind == Kind.ASSIGNED]
    return reasons[-1] if reasons else found.act.reason


def signs_table(found: Iterable[Sign], books: Books, zone: ZoneInfo) -> Table:
    """Build signs as lines: what is seen, when, how much, who."""
    rows = []
    for sign in found:
        session = books.sessions.get(sign.session) if sign.session else None
        what, why = PATTERNS[sign.pattern]
        rows.append(
            Row(
                (
                    Cell(what, sub=why),
                    lot_cell(sign.lot, books) if sign.lot else Cell(""),
                    Cell(sign.at),
                    Cell(mg(sign.ug)) if sign.ug else Cell(""),
                    Cell(" and ".join(sign.people) or session_words(session, zone)),
                )
            )
        )
    columns = (
        Column("What is seen"),
        Column("Lot"),
        Column("When"),
        Column("How much", numeric=True),
        Column("Who"),
    )
    return Table(
        "What a person should look at", columns, tuple(rows), empty=EmptyState("Nothing was seen", "")
    )


def sessions_choices(lines: Iterable[BoardLine], zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return today's sessions as choices: who, in which chair, at what time."""
    return tuple(
        (
            str(line.session.pk),
            f"{line.session.patient}, {clock_text(line.session.scheduled_at, zone)}"
            + (f", chair {line.session.chair}" if line.session.chair else ""),
        )
        for line in lines
        if line.state.cancellation is None
    )


def days_table(found: Report) -> Table:
    """Build which days were closed, by whom, and when the whole stock was counted."""
    rows = tuple(
        Row(
            (
                Cell(row.on),
                Cell("Day closed" if row.kind == Kind.CLOSED else "Inventory of the whole stock"),
                Cell(row.at, sub=row.by.full_name),
                Cell(row.witness.full_name if row.witness else ""),
            )
        )
        for row in found.days
    )
    columns = (Column("Day"), Column("What"), Column("Written"), Column("Witness"))
    nothing = EmptyState("No day was closed", "A day is closed once everything opened is accounted for.")
    return Table("Days closed and inventories", columns, rows, empty=nothing)
