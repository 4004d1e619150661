"""Which knowledge a clinic decides by, at a moment: the product's library with the clinic's own protocols.

Every stored text is hashed again before it is read, and refused when it differs (hazard H-17).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.protocols.models import SiteProtocol, SiteVersion, VersionStepRow, VersionText
from posology.knowledge import KnowledgeError, Library, load_library
from posology.knowledge.lifecycle import FINAL_STATES, VersionState, VersionStep, move_from
from posology.knowledge.overlay import sha256_of, site_library
from posology.quantities import check_aware


class ProtocolAltered(KnowledgeError):
    """A stored protocol is not the text that was approved; nothing is decided by it."""

    code = "protocol-altered"


# ---------------------------------------------------------------- the library of a clinic


def library_at(clinic: Clinic, moment: datetime) -> Library:
    """Return the library by which a clinic decides at a moment, as far as it was approved by then.

    Raises
    ------
    ProtocolAltered
        If a stored text is gone, or is not what was approved.
    KnowledgeError
        If an approved text no longer passes the checks beside the product's knowledge of today.
    """
    approvals = approved_at(clinic, moment)
    return site_library({_file_name(step): text_of(step) for step in approvals})


def library_of_order(clinic_id: Any, protocol_id: str, sha256: str) -> Library:
    """Return the library with the very text of a protocol under which an order was signed.

    Raises
    ------
    ProtocolAltered
        If that text is gone or altered.
    """
    product = load_library()
    if protocol_id in product.protocols:
        return product
    rows = VersionText.objects.for_clinic(clinic_id).filter(version__protocol__name=protocol_id)
    row = rows.filter(sha256=sha256).select_related("version__protocol").order_by("position").last()
    if row is None:
        raise ProtocolAltered(
            f"The text of '{protocol_id[:60]}' under which this order was signed is not stored here, so "
            "nothing may be given from it. Withdraw the order and sign a new one."
        )
    return site_library({f"{protocol_id}.yaml": raw_of(row)})


def approved_at(clinic: Clinic, moment: datetime) -> list[VersionStepRow]:
    """Return the approval of each site protocol that is in force at a moment."""
    day = site_day_of(clinic, moment)
    rows = VersionStepRow.objects.for_clinic(clinic).filter(
        at__lte=moment,
        effective_on__lte=day,
        step__in=[VersionStep.APPROVE.value, VersionStep.RETIRE.value],
    )
    held: dict[UUID, list[VersionStepRow]] = {}
    for row in rows.select_related("version__protocol").order_by("version__number", "position"):
        mine = held.setdefault(row.version.protocol_id, [])
        if row.step == VersionStep.APPROVE:
            mine.append(row)
        elif mine and mine[-1].version_id == row.version_id:
            # Retired before its day it never held, and the version before it goes on.
            mine[:] = mine[:-1] if _before(row.effective_on, mine[-1].effective_on) else []
    return [mine[-1] for mine in held.values() if mine]


def _before(retired: date | None, approved: date | None) -> bool:
    """Say whether a version was retired before the day from which it would have held."""
    return retired is not None and approved is not None and retired < approved


def text_of(step: VersionStepRow) -> bytes:
    """Return the text that a step is about, hashed again.

    Raises
    ------
    ProtocolAltered
        If it is gone or altered.
    """
    rows = VersionText.objects.everywhere(because="the text of one step, which was scoped when it was read")
    row = rows.filter(version=step.version_id, sha256=step.sha256).order_by("position").last()
    if row is None:
        raise ProtocolAltered(
            f"The approved text of {step.version.protocol.name}, version {step.version.number}, is gone, so "
            "nothing can be decided here. Ask the administrator to restore it."
        )
    return raw_of(row)


def raw_of(row: VersionText) -> bytes:
    """Return a stored text, hashed again.

    Raises
    ------
    ProtocolAltered
        If it is not what was stored.
    """
    raw = row.text.encode()
    if sha256_of(raw) != row.sha256:
        raise ProtocolAltered(
            f"The stored text of {row.version.protocol.name}, version {row.version.number}, is not the one "
            "that was approved, so nothing is decided by it. Ask the administrator to restore it."
        )
    return raw


def _file_name(step: VersionStepRow) -> str:
    return f"{step.version.protocol.name}.yaml"


def site_day_of(clinic: Clinic, moment: datetime) -> date:
    """Return the calendar day at a clinic."""
    return check_aware(moment, what="moment").astimezone(ZoneInfo(clinic.zone)).date()


# ---------------------------------------------------------------- one protocol, two names


def family_of(clinic_id: Any, protocol_id: str) -> str:
    """Return the product's protocol that an id stands for: a site's own, or one of the product's itself."""
    if protocol_id in load_library().protocols:
        return protocol_id
    row = SiteProtocol.objects.for_clinic(clinic_id).filter(name=protocol_id).first()
    return row.based_on if row else protocol_id


def same_family(clinic_id: Any, one: str, other: str) -> bool:
    """Say whether two ids are one protocol to a course: the product's, and the site's own in its place."""
    return one == other or family_of(clinic_id, one) == family_of(clinic_id, other)


def current_id(clinic_id: Any, protocol_id: str, library: Library) -> str:
    """Return the id under which a course by ``protocol_id`` goes on in a library."""
    if protocol_id in library.protocols:
        return library.in_place_of(protocol_id)
    return library.in_place_of(family_of(clinic_id, protocol_id))


def title_of(clinic_id: Any, protocol_id: str) -> str:
    """Return what a protocol is called, also one that is no longer in force."""
    product = load_library().protocols
    family = family_of(clinic_id, protocol_id)
    if family not in product:
        return protocol_id
    return product[family].title + ("" if family == protocol_id else ", this site's own")


# ---------------------------------------------------------------- versions and their states


@dataclass(frozen=True, slots=True)
class Told:
    """One version with everything that was written and decided about it."""

    row: SiteVersion
    texts: tuple[VersionText, ...]
    steps: tuple[VersionStepRow, ...]
    state: VersionState

    @property
    def text(self) -> VersionText:
        """The text as it stands."""
        return self.texts[-1]

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it: it is neither approved nor at its end."""
        return self.state in {VersionState.DRAFT, VersionState.SUBMITTED, VersionState.RETURNED}

    @property
    def effective_on(self) -> date | None:
        """The day from which it holds, as approved, or as last proposed."""
        return next(
            (s.effective_on for s in reversed(self.steps) if s.effective_on and s.step in _DATED), None
        )

    def last(self, *kinds: VersionStep) -> VersionStepRow | None:
        """Return the last step of one of these kinds."""
        return next((s for s in reversed(self.steps) if s.step in kinds), None)

    @property
    def held_from(self) -> date | None:
        """The day from which it holds or held; none of what was never approved, or retired before its day."""
        approved, retired = self.last(VersionStep.APPROVE), self.last(VersionStep.RETIRE)
        if approved is None or (retired and _before(retired.effective_on, approved.effective_on)):
            return None
        return approved.effective_on

    def is_in_force(self, *, on: date) -> bool:
        """Say whether a clinic decides by it on a day; a version whose retirement is asked for holds on."""
        if self.state is VersionState.RETIRING:
            return self.held_from is not None and self.held_from <= on
        return self.state is VersionState.IN_FORCE

    @property
    def authors(self) -> tuple[User, ...]:
        """Everyone who wrote or submitted it."""
        steps = [s.by for s in self.steps if s.step in {VersionStep.BEGIN, VersionStep.SUBMIT}]
        # the text that an approval writes differs in its header only, and is its reviewer's
        final = {s.sha256 for s in self.steps if s.step == VersionStep.APPROVE}
        return tuple(
            {u.pk: u for u in (*(t.by for t in self.texts if t.sha256 not in final), *steps)}.values()
        )


_DATED = frozenset({VersionStep.SUBMIT.value, VersionStep.APPROVE.value})


def versions_of(protocol: SiteProtocol, *, on: date) -> tuple[Told, ...]:
    """Return every version of a site protocol, newest first, each with its state on a day."""
    rows = list(protocol.versions.everywhere(because="of one protocol, which was scoped").order_by("-number"))
    texts = _grouped(VersionText, rows)
    steps = _grouped(VersionStepRow, rows)
    told: list[Told] = []
    for row in rows:
        state = state_on(steps[row.pk], on=on, superseded=any(_holds(t, on) for t in told))
        told.append(Told(row, tuple(texts[row.pk]), tuple(steps[row.pk]), state))
    return tuple(told)


def _grouped(model: Any, versions: Iterable[SiteVersion]) -> Mapping[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {v.pk: [] for v in versions}
    rows = model.objects.everywhere(because="of versions that were scoped when they were read")
    for row in (
        rows.filter(version__in=list(found)).select_related("by", "version__protocol").order_by("position")
    ):
        found[row.version_id].append(row)
    return found


def _holds(told: Told, on: date) -> bool:
    """Say whether a version holds or held from a day not after ``on``; it supersedes those before it."""
    return told.held_from is not None and told.held_from <= on


def state_on(steps: Iterable[VersionStepRow], *, on: date, superseded: bool = False) -> VersionState:
    """Return the state that people's steps and the calendar give a version on a day."""
    state, effective = VersionState.DRAFT, None
    for row in steps:
        step = VersionStep(row.step)
        if step is VersionStep.BEGIN:
            continue
        move = move_from(state, step)
        if move is None:
            raise ProtocolAltered(
                f"The steps of a stored protocol do not follow from one another: '{step}' from '{state}'. "
                "Ask the administrator to restore it."
            )
        state = move.to
        effective = row.effective_on if step is VersionStep.APPROVE else effective
    if superseded and state not in FINAL_STATES and effective is not None:
        return VersionState.SUPERSEDED
    if state is VersionState.APPROVED and effective is not None and effective <= on:
        return VersionState.IN_FORCE
    return state


def protocols_of(clinic: Clinic) -> QuerySet[SiteProtocol]:
    """Return the site protocols of a clinic."""
    return SiteProtocol.objects.for_clinic(clinic).order_by("based_on")


def version_for(by: User, version_id: UUID | str, *, at: datetime) -> Told:
    """Return one version of the person's clinic.

    Raises
    ------
    NotFound
        If there is none of this id.
    """
    check(by, "view_protocols")
    rows = SiteVersion.objects.for_clinic(by.clinic_id).select_related("protocol__clinic")
    row = rows.filter(pk=version_id).first()
    if row is None:
        raise not_found("protocol version")
    day = site_day_of(row.protocol.clinic, at)
    return next(told for told in versions_of(row.protocol, on=day) if told.row.pk == row.pk)
