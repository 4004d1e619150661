"""The rules' answers as rows: what decided, with its date, and the chain down to the source."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from posology.case import Missing
from posology.clinic.care.eligibility import Eligibility
from posology.clinic.protocols.queries import library_at
from posology.knowledge import Library
from posology.protocols import Finding, Report
from posology.protocols import Verdict as Said
from posology.recommendation import ProtocolAdvice
from posology.web.components import (
    Chip,
    Link,
    Status,
    Tabs,
    Verdict,
    VerdictList,
)
from posology.web.grounds import chain_of_finding
from posology.web.imports.view_models import field_url
from posology.web.page import OpenPatient
from posology.web.words import route_words

WHO_CLEARS = {
    "prescriber": "A prescriber may pass it, with a reason.",
    "nurse": "A nurse or a prescriber may clear it.",
    "director": "The medical director may pass it, with a reason.",
    "nobody": "Nobody may pass it.",
}


@dataclass(frozen=True, slots=True)
class MissingGroup:
    """One open question, where it is answered, and the rules that wait for it."""

    ask: str
    why: str
    href: str
    waiting: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class ProtocolVerdicts:
    """One protocol: its overall verdict, the rules that spoke, and what is missing with what waits for it."""

    id: str
    title: str
    chip: Chip
    sentence: str
    all: VerdictList
    standing: tuple[Verdict, ...]  # stops first, then holds and cautions
    groups: tuple[MissingGroup, ...]
    passed: tuple[Verdict, ...]


def tabs_of(opened: OpenPatient, found: Eligibility, current: str) -> Tabs:
    """Build one tab a protocol of the jurisdiction; two of one route are told apart by their titles."""
    library = library_at(opened.patient.clinic, opened.now)
    files = [library.protocols[p.report.protocol_id] for p in found.protocols]
    alike = Counter(route_words(file) for file in files)
    base = opened.url("eligibility")
    return Tabs(
        "Protocols",
        tuple(
            Link(
                route_words(file) if alike[route_words(file)] == 1 else file.title.split(",")[0],
                f"{base}?protocol={file.id}",
                current=file.id == current,
            )
            for file in files
        ),
    )


def protocol_verdicts(opened: OpenPatient, advised: ProtocolAdvice) -> ProtocolVerdicts:
    """Build what every rule of one protocol answered."""
    report = advised.report
    library, on = library_at(opened.patient.clinic, opened.now), report.as_of.date()
    needed = {m.key: m for m in (*report.missing, *advised.missing)}
    rows = VerdictList(tuple(verdict_row(f, library, on=on) for f in report.findings))
    return ProtocolVerdicts(
        id=report.protocol_id,
        title=library.protocol(report.protocol_id).title,
        chip=Chip(Status.of(overall(advised).value)),
        sentence=_sentence(advised),
        all=rows,
        standing=tuple(v for v in rows.standing if v.status is not Status.CANNOT_SAY),
        groups=tuple(_groups(opened, report, needed, library)),
        passed=rows.passed,
    )


def overall(advised: ProtocolAdvice) -> Said:
    """Return the verdict of a protocol; none is let through whose dose lacks an input or keeps no limit."""
    return advised.verdict


def _sentence(advised: ProtocolAdvice) -> str:
    return {
        Said.STOP: "This patient may not be treated by this protocol as the record stands.",
        Said.HOLD: "Somebody has to clear what holds before a dose can be ordered.",
        Said.CANNOT_SAY: "Nothing can be said before what is missing has been found out.",
        Said.CAUTION: "A dose may be ordered. Mind the cautions.",
        Said.PASS: "A dose may be ordered.",
    }[overall(advised)]


def verdict_row(finding: Finding, library: Library, *, on: date) -> Verdict:
    """Build the row of one rule, with its chain: condition, the patient's values, facts, sources."""
    decided = [o for o in finding.because if o.at is not None]
    at: datetime | None = max((o.at for o in decided if o.at is not None), default=None)
    return Verdict(
        status=Status.of(finding.verdict.value),
        what=finding.title,
        because=_because(finding),
        on=at.date() if at else None,
        say=" ".join(part for part in (finding.do, _clears(finding)) if part),
        needs=tuple(f"{m.ask} ({m.why})" for m in finding.missing),
        chain=chain_of_finding(finding, library, on=on),
    )


def _because(finding: Finding) -> str:
    if finding.verdict in {Said.CANNOT_SAY, Said.PASS} or not finding.because:
        return finding.message
    told = "; ".join(f"{o.what}: {o.shown}" for o in finding.because)
    return f"{finding.message} {told}"


def _clears(finding: Finding) -> str:
    return WHO_CLEARS[finding.cleared_by.value] if finding.verdict in {Said.HOLD, Said.STOP} else ""


def _groups(
    opened: OpenPatient, report: Report, needed: dict[str, Missing], library: Library
) -> Iterator[MissingGroup]:
    """Group what cannot be said by what is missing; a rule stands under the first thing it waits for."""
    open_rules = [f for f in report.findings if f.verdict is Said.CANNOT_SAY]
    for key, missing in needed.items():
        mine = [f for f in open_rules if f.missing and f.missing[0].key == key]
        yield MissingGroup(
            missing.ask,
            missing.why,
            field_url(opened, key),
            tuple(verdict_row(f, library, on=report.as_of.date()) for f in mine),
        )
