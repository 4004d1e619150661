"""Instruments: answers in, a total with its band out, or the reason why there is no total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from posology.case import MeasuredScore
from posology.knowledge import Library, load_library, number_in_force
from posology.knowledge.schema import MeasureFile
from posology.quantities import DomainError


class ScoreError(DomainError):
    """Answers that are not answers of this instrument."""

    code = "score"


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """An answer that asks for a person the same day, whatever the total."""

    item: int
    answer: int
    say: str
    facts: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """What a completed form says.

    ``total`` and ``band`` are ``None`` when items are missing; ``why_not_scored`` then says so. Risk
    answers are told even then: the answer decides, not the total.
    """

    instrument: str
    version: int
    total: int | None
    maximum: int
    band: str | None
    answers: tuple[int | None, ...]
    why_not_scored: str | None
    risk: tuple[RiskAnswer, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A score against a named baseline."""

    instrument: str
    baseline: MeasuredScore
    latest: MeasuredScore
    points: int
    fall_percent: Decimal
    response: bool
    remission: bool


def score(instrument: str, answers: Sequence[int | None] | Mapping[int, int | None]) -> Score:
    """Score one instrument.

    Parameters
    ----------
    instrument : str
        Its id, such as ``"phq-9"``.
    answers : sequence or mapping
        One answer an item, in the order of the form (or by item number); ``None`` is not answered.

    Returns
    -------
    Score
        With a total only if every item is answered: an incomplete form is *not scored*, never low.

    Raises
    ------
    ScoreError
        If the instrument is not known, there are too many or too few answers, or one is out of range.
    """
    measure = measure_of(instrument)
    given = _in_form_order(measure, answers)
    open_items = [i + 1 for i, a in enumerate(given) if a is None]
    highest = max(choice.value for choice in measure.answers)
    total = None if open_items else sum(a for a in given if a is not None)
    return Score(
        instrument=measure.id,
        version=measure.version,
        total=total,
        maximum=highest * len(measure.items),
        band=None if total is None else band_of(measure, total),
        answers=given,
        why_not_scored=_why_not(open_items, len(measure.items)),
        risk=tuple(
            RiskAnswer(r.item, answer, r.say, r.facts, r.sources)
            for r in measure.risk
            if (answer := given[r.item - 1]) is not None and answer > r.above
        ),
    )


def measure_of(instrument: str, library: Library | None = None) -> MeasureFile:
    """Return an instrument's file, as the library given has it; the package's own by default.

    Raises
    ------
    ScoreError
        If there is none of that id.
    """
    measures = (library or load_library()).measures
    if instrument not in measures:
        raise ScoreError(
            f"There is no instrument '{instrument[:40]}'. Those known are: {', '.join(sorted(measures))}."
        )
    return measures[instrument]


def _in_form_order(
    measure: MeasureFile, answers: Sequence[int | None] | Mapping[int, int | None]
) -> tuple[int | None, ...]:
    if isinstance(answers, Mapping):
        unknown = [n for n in answers if n not in {item.number for item in measure.items}]
        if unknown:
            raise ScoreError(
                f"{measure.short_title} has no item {unknown[0]}. Its items are 1 to {len(measure.items)}."
            )
        given = tuple(answers.get(item.number) for item in measure.items)
    else:
        given = tuple(answers)
    if len(given) != len(measure.items):
        raise ScoreError(
            f"{measure.short_title} has {len(measure.items)} items and {len(given)} answers were given. "
            "Give one answer an item, and leave an item open if it was not answered."
        )
    allowed = {choice.value for choice in measure.answers}
    for number, answer in enumerate(given, start=1):
        if answer is not None and (isinstance(answer, bool) or answer not in allowed):
            raise ScoreError(
                f"The answer to item {number} of {measure.short_title} is {answer!r}. "
                f"It takes {min(allowed)} to {max(allowed)}."
            )
    return given


def _why_not(open_items: Sequence[int], of: int) -> str | None:
    if not open_items:
        return None
    listed = ", ".join(str(i) for i in open_items)
    return f"{len(open_items)} of {of} items not answered ({listed}), so there is no total."


def band_of(measure: MeasureFile, total: int) -> str:
    """Return the name of the band in which a total lies."""
    return next(band.label for band in measure.bands if band.low <= total <= band.high)


def change(
    baseline: MeasuredScore, latest: MeasuredScore, *, on: date, library: Library | None = None
) -> Change:
    """Compare a score with its baseline: points, percent, response and remission by the rule of the day.

    Parameters
    ----------
    on : date
        The day whose rule counts.
    library : Library, optional
        Whose rule it is; the package's own by default.

    Raises
    ------
    ScoreError
        If the two are of different instruments, one has no total, or the baseline is 0.
    """
    if baseline.instrument != latest.instrument:
        raise ScoreError(
            f"A {latest.instrument} score cannot be compared with a {baseline.instrument} score. "
            "Use one instrument."
        )
    if baseline.total is None or latest.total is None:
        raise ScoreError("One of the two forms has no total, so there is no change. Complete the form.")
    if baseline.total == 0:
        raise ScoreError("The baseline is 0, so no percentage can be formed. Name another baseline.")
    values = measure_of(latest.instrument, library).values
    fall = Decimal(100 * (baseline.total - latest.total)) / Decimal(baseline.total)
    response = number_in_force(values, "response_fall_percent", on=on)
    remission = number_in_force(values, "remission_below", on=on) if "remission_below" in values else None
    return Change(
        instrument=latest.instrument,
        baseline=baseline,
        latest=latest,
        points=latest.total - baseline.total,
        fall_percent=fall,
        response=fall >= response,
        remission=remission is not None and latest.total < remission,
    )


def baseline_of(scores: Sequence[MeasuredScore], *, course_began_at: datetime) -> MeasuredScore | None:
    """Return the baseline of a course: the last scored form at or before its first dose.

    ``None`` when there is none: then there is no response rate, rather than a made-up one.
    """
    before = [s for s in scores if s.total is not None and s.at <= course_began_at]
    return max(before, key=lambda s: s.at, default=None)
