"""Replay: a session as the fold of its events, the same whatever the order and number of arrivals.

1. One event an id: of copies, the one that was stored first counts.
2. Corrections are applied: the latest that names an event decides what it says, when it was, or that
   it is withdrawn. A correction can itself be withdrawn.
3. The events are put in order by what they say of themselves, never by when they arrived: the moment
   they happened; among equal moments cause before effect (people type times to the minute); then the
   device's counter; then the id, so that the order is total.
4. Each takes its step in the table of ``states``. A step that is not there is a conflict, and is kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from posology.quantities import DomainError, check_aware
from posology.treatment.events import Event, canonical, load_payload
from posology.treatment.fold import Fold
from posology.treatment.payloads import Corrected, EventKind
from posology.treatment.session_state import Conflict, SessionState, Withdrawn


class ReplayError(DomainError):
    """Events that are not of one session."""

    code = "replay"


def replay(events: Iterable[Event]) -> SessionState:
    """Return the state of the session that these events tell.

    Parameters
    ----------
    events : iterable of Event
        Events of one session, in any order, copies included.

    Returns
    -------
    SessionState
        The same for the same set of events.

    Raises
    ------
    ReplayError
        If they belong to more than one session.
    """
    return Running(events).state


class Running:
    """A session held open: its state is at hand, and one more event costs the same however long it lasts.

    What comes in its turn is folded in. What does not (a correction, a late entry, a copy) makes the whole
    anew, so that the state is the same as :func:`replay` tells of the same events.

    Parameters
    ----------
    events : iterable of Event
        The events so far, in any order.

    Raises
    ------
    ReplayError
        If they belong to more than one session.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = list(events)
        self._ids: set[UUID] = set()
        self._named: set[UUID] = set()  # by corrections, whose event may still arrive
        self._last: _Order | None = None
        self._state: SessionState | None = None
        self._make()

    def take(self, *events: Event) -> None:
        """Take more events.

        Raises
        ------
        ReplayError
            If they belong to another session; then none is taken.
        """
        _check_one_session((*self._events[:1], *events))
        for place, event in enumerate(events):
            if not self._comes_in_turn(event):
                self._events += events[place:]
                self._make()
                return
            self._events.append(event)
            self._ids.add(event.id)
            self._last = _order(event)
            self._fold.take(event)
            self._state = None

    @property
    def state(self) -> SessionState:
        """The state that the events so far tell."""
        if self._state is None:
            self._state = self._fold.result(withdrawn=self._withdrawn, conflicts=self._conflicts)
        return self._state

    @property
    def events(self) -> tuple[Event, ...]:
        """The events so far, as they came."""
        return tuple(self._events)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._ids

    def _comes_in_turn(self, event: Event) -> bool:
        new = event.id not in self._ids and event.id not in self._named
        last = self._last is None or _order(event) > self._last
        return new and last and event.kind is not EventKind.CORRECTED

    def _make(self) -> None:
        once, conflicts = _each_once(self._events)
        _check_one_session(once)
        corrections = sorted((e for e in once if e.kind is EventKind.CORRECTED), key=_order)
        facts = [e for e in once if e.kind is not EventKind.CORRECTED]
        counting, self._withdrawn, refused = _apply(corrections, facts)
        self._conflicts = (*conflicts, *refused)
        self._fold = Fold()
        told = sorted((*counting, *(_Told(c) for c in corrections)), key=lambda t: _order(t.event))
        for one in told:
            self._fold.take(one.event, original=one.original, correction=one.correction)
        self._last = _order(told[-1].event) if told else None
        self._ids = {e.id for e in once}
        self._named = {c.payload.event_id for c in corrections if isinstance(c.payload, Corrected)}
        self._state = None


def _check_one_session(events: Iterable[Event]) -> None:
    if len({e.session_id for e in events}) > 1:
        raise ReplayError("These events belong to more than one session. Replay each session alone.")


def known_at(events: Iterable[Event], at: datetime) -> tuple[Event, ...]:
    """Return the events that the server had stored at a moment: what was known when (H-45)."""
    moment = check_aware(at, what="moment")
    return tuple(e for e in events if e.recorded_at <= moment)


@dataclass(frozen=True, slots=True)
class _Told:
    """An event as it counts, and what it was before a correction."""

    event: Event
    original: Event | None = None
    correction: Event | None = None


# Cause before effect among equal moments. Kinds that may alternate within one moment share a rank, so
# that the device's counter orders them.
_RANK = {
    kind: rank
    for rank, kinds in enumerate(
        (
            (EventKind.IDENTITY_CHECKED,),
            (EventKind.GATE_ANSWERED, EventKind.GATE_OVERRIDDEN),
            (EventKind.WORKSHEET_CHECKED,),
            (EventKind.READING_TAKEN, EventKind.SCALE_SCORED, EventKind.NOTE_WRITTEN),
            (EventKind.SYMPTOMS_CHECKED,),
            (EventKind.PRESSURE_DECIDED,),
            (EventKind.SESSION_CANCELLED,),
            (EventKind.ADMINISTRATION_STARTED,),
            (EventKind.INFUSION_RATE_CHANGED, EventKind.INFUSION_PAUSED, EventKind.INFUSION_RESUMED),
            (EventKind.DEVICE_GIVEN, EventKind.DOSE_GIVEN),
            (EventKind.INFUSION_STOPPED,),
            (EventKind.ADVERSE_EVENT, EventKind.DRUG_GIVEN),
            (EventKind.DISCHARGE_CRITERION,),
            (EventKind.DISCHARGE_OVERRIDDEN,),
            (EventKind.DISCHARGED,),
            (EventKind.CORRECTED,),
        )
    )
    for kind in kinds
}


_Order = tuple[datetime, int, int, int]


def _order(event: Event) -> _Order:
    return event.occurred_at, _RANK[event.kind], event.sequence, event.id.int


def _each_once(events: Iterable[Event]) -> tuple[list[Event], list[Conflict]]:
    copies: dict[UUID, list[Event]] = {}
    for event in events:
        copies.setdefault(event.id, []).append(event)
    once: list[Event] = []
    conflicts: list[Conflict] = []
    for same_id in copies.values():
        first, others = _first_and_others(same_id)
        once.append(first)
        why = "It carries the id of another event, with other content."
        conflicts += [Conflict(other, why, counted=False) for other in others]
    return once, conflicts


def _first_and_others(same_id: list[Event]) -> tuple[Event, list[Event]]:
    """Return the copy that was stored first, and one of each that says something else."""
    if len(same_id) == 1:
        return same_id[0], []
    first, *rest = sorted(same_id, key=lambda e: (e.recorded_at, canonical(e)))
    said = {_content(first)}
    others = []
    for event in rest:
        content = _content(event)
        if content not in said:
            said.add(content)
            others.append(event)
    return first, others


def _content(event: Event) -> bytes:
    return canonical(replace(event, recorded_at=event.occurred_at))


def _apply(
    corrections: list[Event], facts: list[Event]
) -> tuple[list[_Told], tuple[Withdrawn, ...], list[Conflict]]:
    """Let each correction act on the event it names, the latest first, and say which could not."""
    by_id = {e.id: e for e in (*facts, *corrections)}
    lifted: set[UUID] = set()  # corrections that a later correction took back
    acting: dict[UUID, Event] = {}  # event -> the correction that decides it
    refused: list[Conflict] = []
    for correction in reversed(corrections):
        if correction.id in lifted:
            continue
        says = correction.payload
        target = by_id.get(says.event_id) if isinstance(says, Corrected) else None
        why = _why_not(correction, target)
        if why or target is None:
            refused.append(Conflict(correction, why or "", counted=False))
        elif target.kind is EventKind.CORRECTED:
            lifted.add(target.id)
        else:
            acting.setdefault(target.id, correction)
    told = [_as_corrected(e, acting.get(e.id)) for e in facts]
    gone = tuple(
        Withdrawn(t.event, t.correction)
        for t in sorted(told, key=lambda t: _order(t.event))
        if t.correction is not None and _withdraws(t.correction)
    )
    return [t for t in told if t.correction is None or not _withdraws(t.correction)], gone, refused


def _why_not(correction: Event, target: Event | None) -> str | None:
    says = correction.payload
    if not isinstance(says, Corrected) or target is None:
        return "It corrects an event that has not arrived."
    if target.kind is EventKind.CORRECTED:
        if not says.withdrawn:
            return "A correction is not corrected; it can only be withdrawn."
        if _order(target) >= _order(correction):
            return "It withdraws a correction that was written after it."
    elif says.event_kind is not None and says.event_kind is not target.kind:
        return f"It tells of '{says.event_kind}', and the event it names is '{target.kind}'."
    return None


def _withdraws(correction: Event) -> bool:
    return isinstance(correction.payload, Corrected) and correction.payload.withdrawn


def _as_corrected(event: Event, correction: Event | None) -> _Told:
    says = correction.payload if correction else None
    if not isinstance(says, Corrected):
        return _Told(event)
    payload = event.payload if says.payload is None else load_payload(event.kind, says.payload)
    moved = replace(event, payload=payload, occurred_at=says.occurred_at or event.occurred_at)
    return _Told(moved, original=event, correction=correction)
