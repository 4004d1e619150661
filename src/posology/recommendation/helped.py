"""Whether a response followed the doses of a course that ended, so that a later one may go back to them."""

from collections.abc import Sequence
from datetime import date

from posology.case import Answer, MeasuredScore, PastSession
from posology.knowledge import Library
from posology.measures import baseline_of, change


def helped(
    sessions: Sequence[PastSession], scores: Sequence[MeasuredScore], *, on: date, library: Library
) -> tuple[Answer, ...]:
    """Answer for each session of one course whether a response followed it.

    The score that counts is the last one before the session that came next, or the last of all. Without one,
    or without a baseline, it is not known; it is never taken for no.

    Parameters
    ----------
    sessions : sequence of PastSession
        Of one course, oldest first.
    scores : sequence of MeasuredScore
        Of one instrument.
    on : date
        The day whose rule says what a response is.
    library : Library
        Whose rule it is.
    """
    if not sessions:
        return ()
    baseline = baseline_of(scores, course_began_at=sessions[0].at)
    if baseline is None or not baseline.total:
        return tuple(Answer.UNKNOWN for _ in sessions)
    ends = (*(s.at for s in sessions[1:]), None)
    answers = []
    for session, end in zip(sessions, ends, strict=True):
        after = [
            s for s in scores if s.total is not None and s.at > session.at and (end is None or s.at <= end)
        ]
        if not after:
            answers.append(Answer.UNKNOWN)
            continue
        moved = change(baseline, max(after, key=lambda s: s.at), on=on, library=library)
        answers.append(Answer.YES if moved.response or moved.remission else Answer.NO)
    return tuple(answers)
