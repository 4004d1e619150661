"""What the inspector's report says on paper and in a spreadsheet: the same lines as its page."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from posology.clinic.ledger.discrepancies import Discrepancy
from posology.clinic.ledger.models import Kind
from posology.clinic.ledger.queries import LedgerLine, inventory_due
from posology.clinic.ledger.reports import Report
from posology.clinic.ledger.rules import law_of, product_of
from posology.treatment.ledger import Lot
from posology.treatment.ledger_signs import Sign
from posology.web.components.text import day_text, zone_text
from posology.web.ledger.words import (
    DID,
    PATTERNS,
    UG_PER_MG,
    containers_text,
    dose_words,
    mg,
    moment_text,
    title_of,
)
from posology.web.outage.papers import head_of

_ACTIVE = "=+-@\t\r"


def plain_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: a quote stands before what would be one."""
    return f"'{text}" if text[:1] and text[0] in _ACTIVE else text


def _patient(line: LedgerLine) -> str:
    if line.session is None:
        return ""
    return f"{line.session.patient}, ID {line.session.patient.identifier}"


def _said(line: LedgerLine, zone: ZoneInfo) -> str:
    """Return what beside the amount is written of a line."""
    act = line.act
    parts = [dose_words(line, zone)]
    if act is not None:
        parts += [act.party, act.document, act.reason]
        parts += [f"looked into by {act.owner.full_name}"] if act.owner else []
        parts += [f"expires {day_text(act.expires_on)}"] if act.expires_on else []
        parts += [f"of {day_text(act.on)}"] if act.on else []
    if line.kind == Kind.COUNTED and line.ug and act is not None:
        parts.append(f"{mg(line.ug)} {'more' if act.safe_change > 0 else 'less'} than by the ledger")
    parts += ["taken back later"] if line.is_undone else []
    return ", ".join(p for p in parts if p)


# ---------------------------------------------------------------- the spreadsheet

CSV_HEAD = (
    "when", "utc", "what", "product", "substance", "lot", "amount (mg)", "containers",
    "patient", "patient id", "written by", "witness", "said", "entry",
)  # fmt: skip


def csv_lines(found: Report) -> Iterator[tuple[str, ...]]:
    """Yield the head, then every line of the report."""
    yield CSV_HEAD
    zone = ZoneInfo(found.by.clinic.zone)
    for line in found.lines:
        patient = line.session.patient if line.session else None
        product = product_of(line.lot)
        yield (
            moment_text(line.at, zone),
            line.at.isoformat(timespec="seconds"),
            DID[line.kind],
            title_of(line.lot) if line.lot.product_id else "",
            product.substance.value if product else "",
            line.lot.number,
            _number(line.ug),
            str(line.act.containers) if line.act and line.act.containers else "",
            str(patient) if patient else "",
            patient.identifier if patient else "",
            line.by,
            line.witness,
            _said(line, zone),
            str(line.act.pk) if line.act else "seen in the session",
        )


def _number(ug: int) -> str:
    whole, part = divmod(ug, UG_PER_MG)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")


# ---------------------------------------------------------------- the paper


def report_data(found: Report) -> Mapping[str, object]:
    """Return the report on paper."""
    clinic = found.by.clinic
    zone = ZoneInfo(clinic.zone)
    span = f"{day_text(found.first)} to {day_text(found.last)}"
    return {
        "head": head_of("Ledger of controlled drugs", None, clinic, at=found.at, foot=span).data(),
        "span": f"From {span}, both included. Times: {zone_text(found.at, zone)}. "
        f"Made by {found.by.full_name}.",
        "notes": _notes(found),
        "lots": [_lot_row(lot, found) for lot in found.passages],
        "signs": [
            [*PATTERNS[pattern], str(len(mine)) if mine else "none"] for pattern, mine in found.signs.items()
        ],
        "seen": [_sign_row(sign, found, zone) for mine in found.signs.values() for sign in mine],
        "discrepancies": [_discrepancy_row(d, zone) for d in found.discrepancies],
        "lines": [_line_row(line, zone) for line in found.lines],
    }


def _notes(found: Report) -> list[str]:
    notes = [
        "What was given is read from the sessions' own records; every other line is an entry of the ledger. "
        "No entry can be changed or erased.",
        "Patients' addresses are not kept here; they stand in the practice's chart under the same ID.",
    ]
    due = inventory_due(found.by, on=found.last)
    if due is not None:
        last = day_text(due.last_on) if due.last_on else "none yet"
        notes.append(f"Last inventory of the whole stock: {last}. Due by {day_text(due.due_on)}.")
    law = law_of(found.by.clinic, found.last)
    if law is not None:
        notes.append(f"These records are kept for at least {law.keep_years} years.")
    return notes


def _lot_row(lot: Lot, found: Report) -> list[str]:
    passage = found.passages[lot]
    assert found.books is not None
    amounts = (
        passage.before_ug,
        passage.received_ug,
        passage.given_ug,
        passage.wasted_ug,
        passage.returned_ug,
        passage.missing_ug,
        passage.open_ug,
    )
    safe = f"{mg(passage.safe_ug)} ({containers_text(found.books.unopened(lot), lot)})"
    return [lot.number, title_of(lot), *(str(mg(ug)) for ug in amounts), safe]


def _sign_row(sign: Sign, found: Report, zone: ZoneInfo) -> list[str]:
    session = found.books.sessions.get(sign.session) if found.books and sign.session else None
    who = " and ".join(sign.people) or (str(session.patient) if session else "")
    lot = sign.lot.number if sign.lot else ""
    return [
        PATTERNS[sign.pattern][0],
        lot,
        moment_text(sign.at, zone),
        str(mg(sign.ug)) if sign.ug else "",
        who,
    ]


def _discrepancy_row(found: Discrepancy, zone: ZoneInfo) -> list[str]:
    owner = found.owner.full_name if found.owner else "no owner yet"
    known = [s.reason for s in found.steps] or [found.act.reason]
    missing = "missing" if found.missing_ug > 0 else "too much"
    return [
        found.act.lot,
        moment_text(found.act.at, zone),
        f"{mg(abs(found.missing_ug))} {missing}",
        owner,
        "; ".join(k for k in known if k),
        "settled" if found.settled else "open",
    ]


def _line_row(line: LedgerLine, zone: ZoneInfo) -> list[str]:
    count = containers_text(line.act.containers, line.lot) if line.act and line.act.containers else ""
    amount = str(mg(line.ug)) if line.ug and line.kind != Kind.COUNTED else ""  # there it is the difference
    return [
        moment_text(line.at, zone),
        DID[line.kind],
        line.lot.number,
        ", ".join(part for part in (amount, count) if part),
        "; ".join(part for part in (_patient(line), _said(line, zone)) if part),
        line.by,
        line.witness,
    ]
