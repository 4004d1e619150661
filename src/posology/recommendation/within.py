"""The last step before an option is shown: every dose meets every limit, whichever module proposed it."""

from dataclasses import replace
from datetime import datetime, time

from posology.case import Case
from posology.knowledge import Library
from posology.protocols import History, TooSoon, Verdict
from posology.protocols.limits import LimitExceeded, check_limits
from posology.recommendation.options import Option, ProtocolAdvice


def within_limits(advice: ProtocolAdvice, case: Case, library: Library, *, as_of: datetime) -> ProtocolAdvice:
    """Return the advice with each option held against the limits on the day of its first visit.

    An option beyond a soft limit is blocked by one more hold; beyond a hard one it is left out, and the
    advice says why. Where no dose is left, the verdict is a hold until the interval is kept, and a stop where
    another limit is in the way, which nobody may pass.
    """
    history = History.of(case)
    kept: list[Option] = []
    left_out = dict.fromkeys(advice.left_out)
    beyond: set[Verdict] = set()
    for option in advice.options:
        try:
            kept.append(_held(option, history, library, as_of))
        except (LimitExceeded, TooSoon) as refused:
            told = f"too soon. {refused.keeps}" if isinstance(refused, TooSoon) else str(refused)
            left_out[f"'{option.title}' is not proposed: {told}"] = None
            beyond.add(Verdict.HOLD if isinstance(refused, TooSoon) else Verdict.STOP)
    if len(kept) == len(advice.options):
        return replace(advice, options=tuple(kept))
    why = advice.why_no_options or (None if kept else f"No dose keeps the limits. {next(iter(left_out))}")
    dosed = any(option.dose is not None for option in kept)
    return replace(
        advice,
        options=tuple(kept),
        why_no_options=why,
        left_out=tuple(left_out),
        beyond=None if dosed else max(beyond, key=lambda v: v.rank),
    )


def _held(option: Option, history: History, library: Library, as_of: datetime) -> Option:
    if option.dose is None or option.session_number is None or option.next_on is None:
        return option
    # The time of day is not chosen yet; the last moment of the day is the one that refuses least, and the
    # interval is asked to the second when the order is signed. So no sentence counts hours from it.
    at = datetime.combine(option.next_on, time.max, tzinfo=as_of.tzinfo)
    holds = check_limits(
        library.protocol(option.protocol_id),
        option.dose.intended(option.session_number),
        history=history,
        at=at,
        library=library,
    )
    return replace(option, blocked_by=(*option.blocked_by, *holds)) if holds else option
