"""Courses for the tests of what follows the start: sessions on chosen days, scores after each of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from posology.case import Case, MeasuredScore, PastSession
from posology.knowledge import load_library
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
