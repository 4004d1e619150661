"""What was really given in a session, as the models of concentration take it.

The events say at which rate an infusion ran and when, which devices were used, and what was injected; this is
the same told as doses. Every amount comes from the replay's own exact sums, so that a curve of what was given
never holds another amount than the record (hazard H-11). Nothing here is planned, and nothing decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from posology.knowledge import Route, Substance
from posology.pharmacology.regimens import Dose, Regimen
from posology.quantities import DomainError, check_aware
from posology.treatment.infusion import Infusion, minutes_between
from posology.treatment.session_state import SessionState

_MIN_PER_H = 60


class NotTold(DomainError):
    """What was given cannot be told as amounts, so no curve is drawn of it."""

    code = "given-not-told"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of an infusion at one rate above 0: when, and how much ran in, mg, exactly."""

    start: datetime
    end: datetime
    mg: Fraction


def given_until(
    state: SessionState, *, substance: Substance, route: Route, at: datetime, since: datetime | None = None
) -> Regimen | None:
    """Return what was given up to a moment, as doses.

    Parameters
    ----------
    state : SessionState
        The replay of the session.
    substance, route
        Of its order.
    at : datetime
        Until when, aware; nothing later is told.
    since : datetime, optional
        What the hours count from; the first of the drug if left out.

    Returns
    -------
    Regimen or None
        Doses in mg of base and h; ``None`` while nothing has been given. Its whole amount is the exact
        amount that the replay says is in at that moment.

    Raises
    ------
    NotTold
        If a spray was lost or partial, or the content of a device is not known: how much went in is then
        not known, and a curve of less than was given would look safer than it is.
    """
    moment = check_aware(at, what="moment")
    zero = since or state.started_at
    if zero is None or state.started_at is None or state.started_at > moment:
        return None
    doses = tuple(_doses(state, substance, route, moment, zero))
    return Regimen(doses) if doses else None


def _doses(
    state: SessionState, substance: Substance, route: Route, at: datetime, zero: datetime
) -> Iterator[Dose]:
    for stretch in stretches(state, until=at):
        length_h = _hours(stretch.start, stretch.end)
        start_h = _hours(zero, stretch.start)
        yield Dose(substance, Route.INTRAVENOUS, float(stretch.mg), start_h, length_h)
    for number, device in enumerate(state.devices, start=1):
        if device.at <= at:
            amount = state.mg_per_device
            if amount is None or not device.payload.complete:
                raise NotTold(
                    "A spray was lost or partial, or what a device holds is not known, so how much went in "
                    "is not known and no curve of it is drawn. Go by the readings."
                )
            yield Dose(substance, Route.NASAL, float(amount), _hours(zero, device.at), device=number)
    for dose in state.doses:
        if dose.at <= at:
            yield Dose(substance, route, float(dose.payload.dose_mg), _hours(zero, dose.at))


def stretches(state: SessionState, *, until: datetime) -> tuple[Stretch, ...]:
    """Return each stretch in which an infusion ran, cut at ``until``; pauses are between them.

    A stretch ends where the rate changed, or where the dose was all in. It holds what the replay says ran in
    between its two ends, so that the stretches add up to what is in.
    """
    moment = check_aware(until, what="moment")
    return tuple(one for infusion in state.infusions for one in _stretches(infusion, moment))


def _stretches(infusion: Infusion, until: datetime) -> Iterator[Stretch]:
    runs_out = infusion.runs_out_at()
    ends = (*(change.at for change in infusion.changes[1:]), until)
    for change, following in zip(infusion.changes, ends, strict=True):
        end = min(following, until, runs_out or until)
        mg = infusion.delivered(min(following, until)) - infusion.delivered(change.at)
        if change.at < end and mg > 0:
            yield Stretch(change.at, end, mg)


def _hours(start: datetime, end: datetime) -> float:
    return float(minutes_between(start, end) / _MIN_PER_H)
