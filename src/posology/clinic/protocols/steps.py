"""What every step of a site's protocol shares: lock, look whether the id is known, check, append."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.conflicts import Conflict
from posology.clinic.protocols.locks import lock_protocols
from posology.clinic.protocols.models import SiteVersion, VersionStepRow, VersionText
from posology.clinic.protocols.queries import Told, raw_of, site_day_of, version_for, versions_of
from posology.knowledge import load_library
from posology.knowledge.lifecycle import NEED_A_REASON, VersionStep, move_from
from posology.knowledge.overlay import read_protocol, sha256_of
from posology.knowledge.schema import ProtocolFile
from posology.knowledge.submission import faults_of
from posology.knowledge.writing import write_protocol
from posology.quantities import DomainError
from posology.recommendation.trial import unfollowable

LONGEST_REASON = 500


class ProtocolRefused(DomainError):
    """A step that cannot be taken as things stand: a sentence a fault; ``field`` names what to mend."""

    code = "protocol"

    def __init__(self, *faults: str, field: str = "") -> None:
        self.faults = faults
        self.field = field
        super().__init__(" ".join(faults))


def opened(
    version_id: UUID, step_id: UUID, step: VersionStep, by: User, at: datetime
) -> tuple[Told, VersionStepRow | None]:
    """Lock, and return the version with the step of this id if it was taken before."""
    lock_protocols(by)
    told = version_for(by, version_id, at=at)
    rows = VersionStepRow.objects.everywhere(because="an id is taken once, wherever").filter(pk=step_id)
    known = rows.first()
    if known is not None and (known.version_id != told.row.pk or known.step != step):
        raise Conflict("This id was used for another step. Reload the page.")
    return told, known


def check_step(told: Told, step: VersionStep, page_sha256: str) -> None:
    """Refuse a step that does not follow, or a page that was made from another text than the last."""
    if move_from(told.state, step) is None:
        raise ProtocolRefused(
            f"This version is {told.state}, and '{step}' does not follow from that. Reload the page."
        )
    if told.text.sha256 != page_sha256:
        raise Conflict("The text was changed after this page was made, so nothing was decided. Reload it.")


def check_day(told: Told, day: date, by: User, at: datetime) -> None:
    """Refuse a day that has passed, or that lies before the day of an earlier version."""
    today = site_day_of(by.clinic, at)
    if day < today:
        raise ProtocolRefused(
            f"The day {day} has passed, and a protocol never holds backwards. Choose {today} or a later day.",
            field="effective_on",
        )
    whole = max(min(dated) for dated in read_protocol("draft", raw_of(told.text)).values.values())
    if day < whole:
        raise ProtocolRefused(
            f"A value of it holds from {whole} only, and without it nothing can be offered. "
            "Choose that day or a later one.",
            field="effective_on",
        )
    others = versions_of(told.row.protocol, on=today)
    days = [t.held_from for t in others if t.row.number < told.row.number]
    latest = max((d for d in days if d is not None), default=None)
    if latest is not None and day < latest:
        raise ProtocolRefused(
            f"The version before it holds from {latest}. Choose that day or a later one.",
            field="effective_on",
        )


def faults_on(raw: bytes, on: date) -> tuple[str, ...]:
    """Return what speaks against a text: looser, out of bounds, or not to be followed from a day on."""
    faults = faults_of(raw)
    return faults or unfollowable(read_protocol("the draft", raw), load_library(), on=on)


def check_faults(text: VersionText, on: date) -> None:
    """Refuse a text that cannot hold from a day on, a sentence for each fault."""
    faults = faults_on(raw_of(text), on)
    if faults:
        raise ProtocolRefused(*faults)


def check_password(checked: bool) -> None:
    """Refuse a signature without the password."""
    if not checked:
        raise ProtocolRefused("Signing asks for your password once more. Type it.", field="password")


def store_text(
    row: SiteVersion, text_id: UUID, file: ProtocolFile, position: int, by: User, at: datetime
) -> VersionText:
    """Store a file as the next text of a version, under its hash."""
    text = write_protocol(file)
    return VersionText.objects.create(
        id=text_id,
        version=row,
        position=position,
        text=text,
        sha256=sha256_of(text.encode()),
        by=by,
        at=at,
    )


def append(
    told: Told,
    step_id: UUID,
    step: VersionStep,
    by: User,
    at: datetime,
    *,
    reason: str = "",
    effective_on: date | None = None,
    sha256: str = "",
) -> VersionStepRow:
    """Append a step to a version's life, with the reason where the step asks for one."""
    why = " ".join(reason.split())
    if step in NEED_A_REASON and not 1 <= len(why) <= LONGEST_REASON:
        raise ProtocolRefused(f"Say why, in 1 to {LONGEST_REASON} characters.", field="reason")
    return store_step(
        told.row,
        step_id,
        step,
        sha256 or told.text.sha256,
        by,
        at,
        position=len(told.steps) + 1,
        reason=why,
        effective_on=effective_on,
    )


def store_step(
    row: SiteVersion, step_id: UUID, step: VersionStep, sha256: str, by: User, at: datetime, **rest: Any
) -> VersionStepRow:
    """Store one step."""
    return VersionStepRow.objects.create(
        id=step_id, version=row, step=step.value, sha256=sha256, by=by, at=at, **rest
    )
