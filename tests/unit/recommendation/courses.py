"""Courses for the tests of what follows the start: sessions on chosen days, scores after each of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import product

from posology.case import Case, MeasuredScore, PastSession
from posology.knowledge import load_library
from posology.recommendation import recommend
from tests.cases import NOW, offered_case

PHQ = "phq-9"


def score(total: int, at: datetime) -> MeasuredScore:
    return MeasuredScore(PHQ, total, (), at)


def session(
    protocol_id: str, number: int, at: datetime, *, phase: str = "induction", level: str = "", **told: object
) -> PastSession:
    """One session that was borne well, at the protocol's first dose."""
    protocol = load_library().protocol(protocol_id)
    start = next(reversed(protocol.values["dose_start"].values())).value
    of = Decimal(level) if level else start
    return PastSession(
        at=at,
        protocol_id=protocol_id,
        substance=protocol.substance,
        dose_mg=of * 72 if protocol.dose_basis == "mg/kg" else of,
        level=of,
        phase=phase,
        number=number,
        completed=True,
        minutes=40 if protocol.route == "intravenous" else None,
        **told,  # type: ignore[arg-type]
    )


def course_case(
    sessions: Sequence[PastSession],
    baseline: int,
    later: Sequence[tuple[datetime, int]],
    *,
    at: datetime = NOW,
    **kwargs: object,
) -> Case:
    """A complete case with these sessions, a baseline just before the first, and these later totals."""
    case = offered_case(
        load_library().protocol(sessions[0].protocol_id), at=at - timedelta(hours=1), **kwargs
    )
    scores = (
        score(baseline, sessions[0].at - timedelta(hours=2)),
        *(score(total, when) for when, total in later),
    )
    return replace(case, sessions=tuple(sessions), scores=scores)


def on_days(protocol_id: str, days: Sequence[int], *, phase: str = "induction", **told: object):
    """Sessions so many days before ``NOW``, numbered from 1, oldest first."""
    return [
        session(protocol_id, n, NOW - timedelta(days=d), phase=phase, **told)
        for n, d in enumerate(sorted(days, reverse=True), start=1)
    ]


# ---------------------------------------------------------------- every state
RESPONSES = {  # from 18: the best so far, and now
    "worse": (18, 24),
    "worse after response": (6, 16),
    "none": (18, 17),
    "partial": (12, 12),
    "response": (8, 8),
    "remission": (3, 3),
}
TOLERATED = {"good": {}, "fair": {"worst_adverse_event_grade": 2}, "poor": {"worst_adverse_event_grade": 3}}
PAUSES = ("none", "missed", "long")


@cache
def states(protocol_id: str, level: str = ""):
    """Return each state with the advice for it: response x tolerability x phase x level x pause."""
    return tuple(_states(load_library().protocol(protocol_id), level))


def _states(protocol, only: str):
    levels = [Decimal(only)] if only else next(reversed(protocol.values["dose_levels"].values())).value
    for phase, level in product(protocol.phases, levels):
        usual = phase.every_days or (phase.interval_days or (4,))[0]
        for (response, (best, now)), (tolerated, told), pause in product(
            RESPONSES.items(), TOLERATED.items(), PAUSES
        ):
            away = 90 if pause == "long" else usual if pause == "none" else usual + 5
            last = NOW - timedelta(days=away)
            first = session(protocol.id, 1, last - timedelta(days=usual), phase=phase.id, level=str(level))
            second = session(protocol.id, 2, last, phase=phase.id, level=str(level), **told)
            scores = [(first.at + timedelta(days=1), best), (NOW - timedelta(hours=3), now)]
            state = (response, tolerated, phase.id, str(level), pause)
            yield state, recommend(course_case([first, second], 18, scores), as_of=NOW)
