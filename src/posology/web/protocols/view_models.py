"""What the pages of the site's own protocols show: lists, states, the diff, the history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from posology.clinic.protocols.models import SiteProtocol
from posology.clinic.protocols.queries import Told
from posology.knowledge import Library
from posology.knowledge.diff import SECTIONS, DiffLine
from posology.knowledge.lifecycle import OWNERS, Owner, VersionState, VersionStep
from posology.knowledge.schema import ProtocolFile
from posology.web.components import Cell, Chip, Column, EmptyState, Row, Status, Table

CHIPS: Mapping[VersionState, Chip] = {
    VersionState.DRAFT: Chip(Status.DRAFT),
    VersionState.SUBMITTED: Chip(Status.DUE, "Waits for review"),
    VersionState.RETURNED: Chip(Status.HOLD, "Returned"),
    VersionState.APPROVED: Chip(Status.SIGNED, "Approved"),
    VersionState.IN_FORCE: Chip(Status.PASS, "In force"),
    VersionState.RETIRING: Chip(Status.HOLD, "In force, to be retired"),
    VersionState.SUPERSEDED: Chip(Status.STALE, "Superseded"),
    VersionState.RETIRED: Chip(Status.STALE, "Retired"),
    VersionState.WITHDRAWN: Chip(Status.STALE, "Withdrawn"),
}
OWES: Mapping[Owner, str] = {
    Owner.AUTHOR: "An author goes on with it.",
    Owner.REVIEWER: "A second person decides, who had no hand in it.",
    Owner.CALENDAR: "Its day comes by itself.",
    Owner.ANYONE: "Nothing is owed.",
}


def owed(state: VersionState) -> str:
    """Say who owes the next step; nothing of a state that is final."""
    owner = OWNERS.get(state)
    return OWES[owner] if owner else ""


STEP_WORDS: Mapping[VersionStep, str] = {
    VersionStep.BEGIN: "Begun",
    VersionStep.SUBMIT: "Submitted for review",
    VersionStep.RETURN: "Returned to its author",
    VersionStep.APPROVE: "Approved and signed",
    VersionStep.WITHDRAW: "Withdrawn",
    VersionStep.ASK_RETIREMENT: "Retirement asked for",
    VersionStep.KEEP: "Kept in force",
    VersionStep.RETIRE: "Retired",
}
EFFECTS: Mapping[str, Chip] = {
    "tighter": Chip(Status.PASS, "Tighter"),
    "looser": Chip(Status.STOP, "Looser"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the product's protocols, and what this site does by it."""

    based_on: str
    title: str
    own: Told | None  # the site's version that is in force
    may_begin: bool


def offers(
    product: Iterable[ProtocolFile],
    told: Mapping[str, tuple[Told, ...]],
    *,
    on: date,
    jurisdiction: str,
    may: bool,
) -> tuple[Offer, ...]:
    """Return the protocols that are offered here, each with the site's own version where one is in force."""
    here = [
        p
        for p in product
        if p.status == "active" and (not p.jurisdictions or jurisdiction in p.jurisdictions)
    ]
    return tuple(
        Offer(
            p.id,
            p.title,
            next((t for t in told.get(p.id, ()) if t.is_in_force(on=on)), None),
            may and not any(t.is_open for t in told.get(p.id, ())),
        )
        for p in sorted(here, key=lambda p: p.title)
    )


WAITING = frozenset({VersionState.SUBMITTED, VersionState.RETIRING})
WRITING = frozenset({VersionState.DRAFT, VersionState.RETURNED})
PAST = frozenset({VersionState.SUPERSEDED, VersionState.RETIRED, VersionState.WITHDRAWN})


def versions_table(
    caption: str, rows: Iterable[tuple[SiteProtocol, Told]], titles: Mapping[str, str], empty: EmptyState
) -> Table:
    """Return versions with their state, their day, who began them, and who owes the next step."""
    columns = (
        Column("Protocol"),
        Column("Version", numeric=True),
        Column("State"),
        Column("Holds from"),
        Column("Begun by"),
        Column("Next"),
    )
    return Table(
        caption, columns, tuple(_version_row(p, t, titles) for p, t in rows), empty=empty, show_caption=True
    )


def _version_row(protocol: SiteProtocol, told: Told, titles: Mapping[str, str]) -> Row:
    return Row(
        (
            Cell(
                titles.get(protocol.based_on, protocol.based_on),
                href=reverse("protocol-version", args=[told.row.pk]),
                sub=protocol.name,
            ),
            Cell(str(told.row.number)),
            Cell("", chip=CHIPS[told.state]),
            Cell(told.effective_on, missing="not said yet"),
            Cell(told.row.begun_by.full_name),
            Cell(owed(told.state) or "Kept as it was."),
        ),
        marked=told.state in WAITING,
    )


@dataclass(frozen=True, slots=True)
class DiffSection:
    """The differences of one part of a protocol."""

    title: str
    lines: tuple[tuple[DiffLine, Chip | None], ...]


def diff_sections(lines: Iterable[DiffLine]) -> tuple[DiffSection, ...]:
    """Return the differences part by part, each with its effect."""
    found = list(lines)
    parts = (
        DiffSection(s, tuple((line, EFFECTS.get(line.effect)) for line in found if line.section == s))
        for s in SECTIONS
    )
    return tuple(part for part in parts if part.lines)


def history_table(told: Told) -> Table:
    """Return who did what with a version, when, from which day, and why; each saved text as well."""
    moments = [
        (
            s.at,
            s.position,
            STEP_WORDS[VersionStep(s.step)],
            s.by.full_name,
            s.effective_on,
            s.reason,
            s.sha256,
        )
        for s in told.steps
    ]
    steps = {s.sha256 for s in told.steps if s.step in {VersionStep.BEGIN, VersionStep.APPROVE}}
    moments += [
        (t.at, 0, "Draft saved", t.by.full_name, None, "", t.sha256)
        for t in told.texts
        if t.sha256 not in steps
    ]
    columns = (
        Column("What"),
        Column("Who"),
        Column("When"),
        Column("Holds from"),
        Column("Why"),
        Column("Text"),
    )
    rows = tuple(
        Row((Cell(what), Cell(who), Cell(at), Cell(day, missing=""), Cell(why), Cell(sha[:12], whole=True)))
        for at, _, what, who, day, why, sha in sorted(moments, key=lambda m: (m[0], m[1]))
    )
    return Table("What happened to it", columns, rows, show_caption=True)


def titles_of(library: Library) -> dict[str, str]:
    """Return the name of each of the product's protocols by its id."""
    return {p.id: p.title for p in library.protocols.values()}


def is_overdue(file: ProtocolFile, *, on: date) -> bool:
    """Say whether a version's review day has come."""
    return file.review_due <= on
