"""How a course is going: the state of response against a named baseline, and how it was tolerated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from posology.case import Case, MeasuredScore, Missing, PastSession
from posology.knowledge import Library, number_in_force
from posology.measures import Change, baseline_of, change
from posology.protocols.findings import Observed
from posology.quantities import elapsed, show_number

INSTRUMENT = "phq-9"
_BASELINE_AGE = "baseline_good_for_days"

# What the trials called relapse stands in no source that was read, so this says what it is and no more: a
# response was there in this course, and the score has risen since by a change that counts (6 points).
WORSE_AFTER_RESPONSE = "worse after response"
WORSE = frozenset({"worse", WORSE_AFTER_RESPONSE})


@dataclass(frozen=True, slots=True)
class Response:
    """The state of response, the sentence that says why, and the scores it rests on."""

    state: str  # start | unknown | worse | worse after response | none | partial | response | remission
    reason: str
    baseline: MeasuredScore | None = None
    latest: MeasuredScore | None = None
    missing: Missing | None = None

    @property
    def because(self) -> tuple[Observed, ...]:
        """The scores it rests on, with their dates."""
        named = (("PHQ-9 before the course", self.baseline), ("PHQ-9 now", self.latest))
        return tuple(
            Observed(what, str(score.total), score.at, None, INSTRUMENT)
            for what, score in named
            if score is not None
        )


@dataclass(frozen=True, slots=True)
class Tolerability:
    """How the last session was borne, and by what that is judged."""

    state: str  # good | fair | poor
    reason: str


def response_of(case: Case, library: Library, *, as_of: datetime) -> Response:
    """Judge the response so far; *unknown*, with what is needed, when it cannot be judged.

    A baseline is the last PHQ-9 before the first dose; the latest must lie after the last session and
    be no older than the adjustments file allows. No baseline, no response: never a guess.
    """
    sessions = case.running_course()
    if not sessions:
        return Response("start", "No session yet.")
    scores = [s for s in case.scores_of(INSTRUMENT) if s.total is not None]
    baseline = baseline_of(scores, course_began_at=sessions[0].at)
    if baseline is None or baseline.total is None:
        return _no_baseline(
            "There is no PHQ-9 from before the first session, so response cannot be judged.", "no baseline"
        )
    before, most = elapsed(baseline.at, sessions[0].at).days, int(_value(library, _BASELINE_AGE, as_of))
    if before > most:
        return _no_baseline(
            f"The last PHQ-9 before the first session is {before} days older than it; it counts for {most}.",
            "baseline too old",
        )
    latest = scores[0] if scores[0].at > sessions[-1].at else None
    if latest is None or latest.total is None:
        why = f"none since session {sessions[-1].number}"
        return _unknown(
            f"No PHQ-9 since session {sessions[-1].number}, so response cannot be judged.", why, baseline
        )
    good_for = int(_value(library, "score_good_for_days", as_of))
    age = elapsed(latest.at, as_of)
    if age.days >= good_for:
        return _unknown(
            f"The last PHQ-9 is {age.days} days old; it counts for {good_for}.", "too old", baseline
        )
    return _judge(baseline, latest, scores, sessions, library, as_of)


def _no_baseline(reason: str, why: str) -> Response:
    """Return *unknown* with the one remedy there is: a new form cannot say how it was before."""
    ask = "Enter the PHQ-9 that was filled in shortly before the first session, with its day."
    return Response("unknown", reason, missing=Missing("phq-9", ask, why))


def _unknown(reason: str, why: str, baseline: MeasuredScore | None = None) -> Response:
    missing = Missing("phq-9", "Fill in a PHQ-9 with the patient.", why)
    return Response("unknown", reason, baseline, None, missing)


def _judge(
    baseline: MeasuredScore,
    latest: MeasuredScore,
    scores: list[MeasuredScore],
    sessions: tuple[PastSession, ...],
    library: Library,
    as_of: datetime,
) -> Response:
    assert baseline.total is not None and latest.total is not None
    if baseline.total == 0:
        return _no_baseline(
            "The PHQ-9 before the first session was 0, so no percentage can be formed.", "baseline 0"
        )
    moved = change(baseline, latest, on=as_of.date(), library=library)
    told = f"PHQ-9 {baseline.total} → {latest.total} ({_percent(moved.fall_percent)})"
    best = min((s for s in scores if s.at > sessions[0].at), key=lambda s: s.total or 0)
    worse = _worse(moved, latest.total - (best.total or 0), best, library, as_of)
    if worse is not None:
        state = WORSE_AFTER_RESPONSE if responded(baseline, best, library, as_of) else "worse"
        return Response(state, f"{told}: {worse}", baseline, latest)
    if moved.remission:
        return Response("remission", f"{told}: remission.", baseline, latest)
    if moved.response:
        return Response("response", f"{told}: response, not yet remission.", baseline, latest)
    if moved.fall_percent > _value(library, "partial_fall_percent", as_of):
        return Response("partial", f"{told}: partial response.", baseline, latest)
    return Response("none", f"{told}: no response so far.", baseline, latest)


def _worse(moved: Change, risen: int, best: MeasuredScore, library: Library, as_of: datetime) -> str | None:
    """Say by how much it is worse, where it is by a change that counts."""
    meaningful = int(_measure_value(library, "meaningful_change", as_of))
    if moved.points >= meaningful:
        return f"worse than before the course by {moved.points} points."
    if risen < meaningful or moved.remission:
        return None
    if responded(moved.baseline, best, library, as_of):
        return f"worse after a response, up {risen} points from the best of this course ({best.total})."
    return f"up {risen} points from the best of this course ({best.total})."


def responded(baseline: MeasuredScore, score: MeasuredScore, library: Library, as_of: datetime) -> bool:
    """Answer whether a score is a response, or a remission, against a baseline above 0."""
    moved = change(baseline, score, on=as_of.date(), library=library)
    return moved.response or moved.remission


def last_effective(
    sessions: Sequence[PastSession],
    scores: Sequence[MeasuredScore],
    baseline: MeasuredScore,
    library: Library,
    *,
    as_of: datetime,
) -> PastSession | None:
    """Return the session before the newest score with a response; ``None`` where there was none.

    Parameters
    ----------
    sessions : sequence of PastSession
        Of one course, oldest first.
    scores : sequence of MeasuredScore
        Those with a total; what lies before the first session is not looked at.
    """
    good = [s.at for s in scores if s.at > sessions[0].at and responded(baseline, s, library, as_of)]
    if not good:
        return None
    return max((s for s in sessions if s.at < max(good)), key=lambda s: s.at)


def _percent(fall: Decimal) -> str:
    rounded = show_number(abs(fall).quantize(Decimal(1)))
    return f"{rounded} % lower" if fall > 0 else f"{rounded} % higher" if fall < 0 else "unchanged"


def _value(library: Library, name: str, as_of: datetime) -> Decimal:
    return number_in_force(library.adjustments.values, name, on=as_of.date())


def _measure_value(library: Library, name: str, as_of: datetime) -> Decimal:
    return number_in_force(library.measures[INSTRUMENT].values, name, on=as_of.date())


def tolerability_of(session: PastSession, library: Library, *, as_of: datetime) -> Tolerability:
    """Judge how a session was borne: by its adverse events, its deepest sedation and its highest pressure.

    The gravest of them decides. A number counts even where nobody wrote an adverse event down for it, so
    that a dose which put somebody under is never called well borne.
    """
    told = [told for judge in (_events, _depth, _pressure) if (told := judge(session, library, as_of))]
    if not session.completed:
        told.insert(0, Tolerability("poor", "The last session was not completed."))
    worst = next((t for state in ("poor", "fair") for t in told if t.state == state), None)
    return worst or _borne_well(session)


def _events(session: PastSession, library: Library, as_of: datetime) -> Tolerability | None:
    grade = session.worst_adverse_event_grade
    events = f" ({', '.join(session.adverse_events)})" if session.adverse_events else ""
    for state in ("poor", "fair"):
        if grade >= _value(library, f"{state}_adverse_event_grade", as_of):
            return Tolerability(state, f"An adverse event of grade {grade} in the last session{events}.")
    return None


def _depth(session: PastSession, library: Library, as_of: datetime) -> Tolerability | None:
    depth = session.lowest_sedation_score
    for state in ("poor", "fair"):
        if depth is not None and depth <= _value(library, f"{state}_sedation_at_most", as_of):
            return Tolerability(state, f"Sedation reached MOAA/S {depth} in the last session.")
    return None


def _pressure(session: PastSession, library: Library, as_of: datetime) -> Tolerability | None:
    high, low = session.peak_systolic, session.peak_diastolic
    if (high is not None and high >= _value(library, "fair_systolic_from", as_of)) or (
        low is not None and low >= _value(library, "fair_diastolic_from", as_of)
    ):
        shown = f"{'–' if high is None else high}/{'–' if low is None else low} mmHg"
        return Tolerability("fair", f"Blood pressure reached {shown} in the last session.")
    return None


def _borne_well(session: PastSession) -> Tolerability:
    grade, events = session.worst_adverse_event_grade, ", ".join(session.adverse_events)
    if grade:
        told = f" ({events})" if events else ""
        return Tolerability("good", f"Nothing above grade {grade} in the last session{told}.")
    if events:
        return Tolerability("good", f"Nothing that was graded in the last session; noted: {events}.")
    return Tolerability("good", "No adverse event in the last session.")
