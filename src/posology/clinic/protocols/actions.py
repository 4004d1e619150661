"""The life of a site's protocol: fork, write, submit, return or approve, withdraw, retire.

Each action appends; nothing that was written is changed. A second send of the same id gets the first answer.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict
from posology.clinic.protocols.locks import lock_protocols
from posology.clinic.protocols.models import SiteProtocol, SiteVersion, VersionStepRow, VersionText
from posology.clinic.protocols.permissions import check_can_author, check_can_review
from posology.clinic.protocols.queries import Told, raw_of, site_day_of, version_for, versions_of
from posology.clinic.protocols.steps import (
    ProtocolRefused,
    append,
    check_day,
    check_faults,
    check_password,
    check_step,
    opened,
    store_step,
    store_text,
)
from posology.knowledge import load_library
from posology.knowledge.editing import Changes, approved, edited, fork
from posology.knowledge.lifecycle import EDITABLE, VersionState, VersionStep
from posology.knowledge.overlay import read_protocol
from posology.knowledge.schema import ProtocolFile

# Engineering defaults: how long a site's protocol counts as read, and how long its name may be.
REVIEWED_FOR = timedelta(days=365)
LONGEST_NAME = 60


@action
def begin_version(*, version_id: UUID, based_on: str, by: User, at: datetime) -> SiteVersion:
    """Begin the site's own version of one of the product's protocols, or the next version of it.

    It starts from the version that is in force, else from the product's protocol.

    Raises
    ------
    ProtocolRefused
        If the product does not offer that protocol, or a version is being worked on already.
    """
    check_can_author(by)
    clinic = lock_protocols(by)
    known = SiteVersion.objects.everywhere(because="an id is taken once, wherever").filter(pk=version_id)
    if (found := known.select_related("protocol").first()) is not None:
        return _same_begin(found, based_on, by)
    base = load_library().protocol(based_on)
    if base.status != "active":
        raise ProtocolRefused(f"{base.title} is not offered by the product. Choose one that is in force.")
    protocol = _protocol_for(clinic, base, version_id, by, at)
    day = site_day_of(clinic, at)
    told = versions_of(protocol, on=day)
    if any(t.is_open for t in told):
        raise ProtocolRefused("A version of this protocol is being worked on already. Go on with that one.")
    row = SiteVersion.objects.create(
        id=version_id,
        protocol=protocol,
        number=(told[0].row.number if told else 0) + 1,
        begun_by=by,
        begun_at=at,
    )
    start = before_of(row, told)
    file = fork(
        start,
        name=protocol.name,
        title=start.title if start.based_on else f"{start.title}, {clinic.name}"[:120],
        author=by.full_name,
        version=row.number,
        on=day,
        review_due=day + REVIEWED_FOR,
    )
    text = store_text(row, uuid5(version_id, "text"), file, 1, by, at)
    store_step(row, uuid5(version_id, "begin"), VersionStep.BEGIN, text.sha256, by, at, position=1)
    return row


def before_of(row: SiteVersion, told: tuple[Told, ...]) -> ProtocolFile:
    """Return what a version is drafted from: the last approved one before it, else the product's."""
    holding = {VersionState.APPROVED, VersionState.IN_FORCE, VersionState.RETIRING, VersionState.SUPERSEDED}
    earlier = [t for t in told if t.row.number < row.number and t.state in holding]
    if earlier:
        return read_protocol(earlier[0].row.protocol.name, raw_of(earlier[0].text))
    return load_library().protocol(row.protocol.based_on)


def _same_begin(found: SiteVersion, based_on: str, by: User) -> SiteVersion:
    if found.protocol.clinic_id != by.clinic_id or found.protocol.based_on != based_on:
        raise Conflict("This id was used for another protocol. Reload the page.")
    return found


def _protocol_for(
    clinic: Clinic, base: ProtocolFile, version_id: UUID, by: User, at: datetime
) -> SiteProtocol:
    found = SiteProtocol.objects.for_clinic(clinic).filter(based_on=base.id).first()
    return found or SiteProtocol.objects.create(
        id=uuid5(version_id, "protocol"),
        clinic=clinic,
        name=name_of(clinic, base),
        based_on=base.id,
        begun_by=by,
        begun_at=at,
    )


def name_of(clinic: Clinic, base: ProtocolFile) -> str:
    """Return the id of a clinic's own protocol: the clinic's name, then the product's id."""
    plain = unicodedata.normalize("NFKD", clinic.name).encode("ascii", "ignore").decode().lower()
    prefix = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "site"
    return f"{prefix[: LONGEST_NAME - len(base.id) - 1].strip('-')}-{base.id}"


@action
def save_draft(
    *, version_id: UUID, text_id: UUID, page_sha256: str, changes: Changes, by: User, at: datetime
) -> VersionText:
    """Write the changes of one form into a draft, as a new text beside the earlier ones.

    Raises
    ------
    EditRefused
        If a change cannot be written; the field is named.
    Conflict
        If the page was made from another text than the last.
    ProtocolRefused
        If the version is not open for changes.
    """
    check_can_author(by)
    lock_protocols(by)
    told = version_for(by, version_id, at=at)
    known = VersionText.objects.everywhere(because="an id is taken once, wherever").filter(pk=text_id).first()
    if known is not None:
        if known.version_id != told.row.pk:
            raise Conflict("This id was used for another draft. Reload the page.")
        return known
    if told.state not in EDITABLE:
        raise ProtocolRefused(
            f"This version is {told.state}, so its text stays as it is. Begin a new version."
        )
    if told.text.sha256 != page_sha256:
        raise Conflict("The draft was changed after this page was made, so nothing was written. Reload it.")
    file = read_protocol(told.row.protocol.name, raw_of(told.text))
    before = before_of(told.row, versions_of(told.row.protocol, on=site_day_of(by.clinic, at)))
    changed = edited(file, changes, before=before)
    return store_text(told.row, text_id, changed, len(told.texts) + 1, by, at)


@action
def submit_version(
    *, version_id: UUID, step_id: UUID, page_sha256: str, effective_on: date, by: User, at: datetime
) -> VersionStepRow:
    """Hand a draft to a second person, with the day from which it is to hold.

    Raises
    ------
    ProtocolRefused
        With a sentence for everything in which the draft is looser than the product, or beyond its bounds.
    """
    check_can_author(by)
    told, known = opened(version_id, step_id, VersionStep.SUBMIT, by, at)
    if known is not None:
        return known
    check_step(told, VersionStep.SUBMIT, page_sha256)
    check_day(told, effective_on, by, at)
    check_faults(told.text, effective_on)
    return append(told, step_id, VersionStep.SUBMIT, by, at, effective_on=effective_on)


@action
def return_version(
    *, version_id: UUID, step_id: UUID, page_sha256: str, reason: str, by: User, at: datetime
) -> VersionStepRow:
    """Give a submitted version back to its author, with the reason; done by a second person."""
    told, known = opened(version_id, step_id, VersionStep.RETURN, by, at)
    check_can_review(by, told.row.protocol, first=told.authors)
    if known is not None:
        return known
    check_step(told, VersionStep.RETURN, page_sha256)
    return append(told, step_id, VersionStep.RETURN, by, at, reason=reason)


@action
def approve_version(
    *,
    version_id: UUID,
    step_id: UUID,
    page_sha256: str,
    effective_on: date,
    password_checked: bool,
    by: User,
    at: datetime,
) -> VersionStepRow:
    """Approve a submitted version, so that it holds from its day; done by a second person, who signs.

    The text that is approved is the one that was read, under a header that names author and reviewer.

    Raises
    ------
    NotPermitted
        For anyone who had a hand in it, under whatever account (requirement SR-16).
    ProtocolRefused
        If the password was not typed, the day has passed, or the product's bounds changed meanwhile.
    """
    told, known = opened(version_id, step_id, VersionStep.APPROVE, by, at)
    if known is not None and known.by_id == by.pk:
        return known
    check_can_review(by, told.row.protocol, first=told.authors)
    if known is not None:
        return known
    check_step(told, VersionStep.APPROVE, page_sha256)
    check_password(password_checked)
    proposed = told.effective_on
    if proposed is not None and effective_on < proposed:
        raise ProtocolRefused(
            f"It was submitted to hold from {proposed}; an earlier day was not asked for. Choose that day or "
            "a later one.",
            field="effective_on",
        )
    check_day(told, effective_on, by, at)
    check_faults(told.text, effective_on)
    file = read_protocol(told.row.protocol.name, raw_of(told.text))
    final = approved(
        file,
        author=" and ".join(sorted(a.full_name for a in told.authors)),
        reviewer=by.full_name,
        on=site_day_of(by.clinic, at),
    )
    text = store_text(told.row, uuid5(step_id, "text"), final, len(told.texts) + 1, by, at)
    check_faults(text, effective_on)  # once more as stored, as every later day will read it
    return append(told, step_id, VersionStep.APPROVE, by, at, effective_on=effective_on, sha256=text.sha256)


@action
def withdraw_version(
    *, version_id: UUID, step_id: UUID, reason: str, by: User, at: datetime
) -> VersionStepRow:
    """Give up a version that was not approved."""
    check_can_author(by)
    told, known = opened(version_id, step_id, VersionStep.WITHDRAW, by, at)
    if known is not None:
        return known
    check_step(told, VersionStep.WITHDRAW, told.text.sha256)
    return append(told, step_id, VersionStep.WITHDRAW, by, at, reason=reason)


@action
def ask_retirement(*, version_id: UUID, step_id: UUID, reason: str, by: User, at: datetime) -> VersionStepRow:
    """Ask that an approved version be retired, with the reason; a second person decides."""
    check_can_author(by)
    told, known = opened(version_id, step_id, VersionStep.ASK_RETIREMENT, by, at)
    if known is not None:
        return known
    check_step(told, VersionStep.ASK_RETIREMENT, told.text.sha256)
    return append(told, step_id, VersionStep.ASK_RETIREMENT, by, at, reason=reason)


@action
def decide_retirement(
    *,
    version_id: UUID,
    step_id: UUID,
    retire: bool,
    reason: str = "",
    password_checked: bool,
    by: User,
    at: datetime,
) -> VersionStepRow:
    """Retire a version from this day on, or keep it with a reason; done by another than who asked.

    From then on new orders are made by the product's protocol again; orders that were signed keep theirs.
    """
    step = VersionStep.RETIRE if retire else VersionStep.KEEP
    told, known = opened(version_id, step_id, step, by, at)
    asked = told.last(VersionStep.ASK_RETIREMENT)
    check_can_review(by, told.row.protocol, first=[asked.by] if asked else [])
    if known is not None:
        return known
    check_step(told, step, told.text.sha256)
    if retire:
        check_password(password_checked)
    day = site_day_of(by.clinic, at) if retire else None
    return append(told, step_id, step, by, at, reason=reason, effective_on=day)
