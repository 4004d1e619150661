"""What a case file says of treatment so far: completed instruments, past sessions, earlier doses."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from posology.case.case import check_value
from posology.case.facts import (
    Answer,
    CaseError,
    EarlierDose,
    Fact,
    MeasuredScore,
    Origin,
    OriginKind,
    PastSession,
    UndatedDose,
)
from posology.case.yaml_part import Part
from posology.knowledge import Route, Substance
from posology.knowledge.schema import MeasureFile, ProtocolFile
from posology.quantities import Quantity, QuantityError, number_of, read_quantity

_UNKNOWN = "unknown"
_SCORE = frozenset({"instrument", "at", "answers", "total"})
_NEEDED = ("at", "protocol", "number", "phase", "dose", "level", "completed", "worst_grade")
_EARLIER_NEEDED = ("at", "protocol", "dose", "level", "helped")
# A dose that no protocol of ours describes is told by what it was.
_ELSEWHERE_NEEDED = ("at", "substance", "route", "dose")
_ELSEWHERE = frozenset((*_ELSEWHERE_NEEDED, "weight"))
_SESSION = frozenset((*_NEEDED, "minutes", "adverse_events", "peak_blood_pressure", "lowest_sedation"))


def read_score(part: Part) -> MeasuredScore:
    """Read one completed instrument: its answers, or its total where only that is known.

    Raises
    ------
    UnreadableFile, CaseError
        With file and line.
    """
    fields = part.mapping(_SCORE, needed=("instrument", "at"))
    measures = part.library.measures
    measure = measures[fields["instrument"].one_of(sorted(measures), "instrument")]
    at = fields["at"].past_moment(measure.short_title)
    answers = _answers(fields["answers"], measure) if "answers" in fields else ()
    if not answers and "total" not in fields:
        raise part.misshapen(f"The {measure.short_title} has neither answers nor a total. Add its answers.")
    summed = None if None in answers or not answers else sum(a for a in answers if a is not None)
    if "total" not in fields:
        return MeasuredScore(measure.id, summed, answers, at)
    highest = max(choice.value for choice in measure.answers) * len(measure.items)
    total = fields["total"].whole(f"{measure.short_title} total", low=0, high=highest)
    if answers and total != summed:
        raise fields["total"].fault(
            f"The {measure.short_title} total is {total}, and its answers come to "
            f"{summed if summed is not None else 'no total'}. Correct one of them."
        )
    return MeasuredScore(measure.id, total, answers, at)


def _answers(part: Part, measure: MeasureFile) -> tuple[int | None, ...]:
    parts = list(part.items())
    if len(parts) != len(measure.items):
        raise part.misshapen(
            f"{measure.short_title} has {len(measure.items)} items and {len(parts)} answers stand here. "
            "Write one answer an item, and unknown for an item that was not answered."
        )
    allowed = [choice.value for choice in measure.answers]
    return tuple(_answer(one, allowed, number, measure) for number, one in enumerate(parts, start=1))


def _answer(part: Part, allowed: list[int], number: int, measure: MeasureFile) -> int | None:
    if part.value == "unknown":
        return None
    what = f"answer to item {number} of {measure.short_title}"
    return part.whole(what, low=min(allowed), high=max(allowed))


def read_session(part: Part) -> PastSession:
    """Read one past session of the course.

    Raises
    ------
    UnreadableFile, CaseError
        With file and line.
    """
    fields = part.mapping(_SESSION, needed=_NEEDED)
    protocols = part.library.protocols
    protocol = protocols[fields["protocol"].one_of(sorted(protocols), "protocol")]
    number = fields["number"].whole("session's number", low=1, high=10_000)
    systolic, diastolic = _peak(fields)
    return PastSession(
        at=fields["at"].past_moment(f"session {number}"),
        protocol_id=protocol.id,
        substance=protocol.substance,
        dose_mg=None if fields["dose"].value == "unknown" else _amount(fields["dose"], "mg", "dose"),
        level=_level(fields["level"], protocol),
        phase=fields["phase"].one_of([p.id for p in protocol.phases], "phase"),
        number=number,
        completed=fields["completed"].one_of(("yes", "no"), "session's 'completed'") == "yes",
        minutes=fields["minutes"].whole("infusion time in minutes", low=1, high=1440)
        if "minutes" in fields
        else None,
        worst_adverse_event_grade=fields["worst_grade"].whole("worst adverse event grade", low=0, high=5),
        adverse_events=_texts(fields),
        peak_systolic=systolic,
        peak_diastolic=diastolic,
        lowest_sedation_score=_sedation(fields),
    )


def read_earlier(part: Part) -> EarlierDose | UndatedDose:
    """Read one dose of a course that ended, or one that was given elsewhere; what is not known says so.

    Raises
    ------
    UnreadableFile, CaseError
        With file and line.
    """
    if isinstance(part.value, dict) and "substance" in part.value:
        return _read_elsewhere(part)
    fields = part.mapping(frozenset(_EARLIER_NEEDED), needed=_EARLIER_NEEDED)
    protocols = part.library.protocols
    protocol = protocols[fields["protocol"].one_of(sorted(protocols), "protocol")]
    at, on = fields["at"].last_moment("earlier dose")
    return EarlierDose(
        at=at,
        protocol_id=protocol.id,
        substance=protocol.substance,
        dose_mg=None if fields["dose"].value == "unknown" else _amount(fields["dose"], "mg", "dose"),
        level=None if fields["level"].value == "unknown" else _level(fields["level"], protocol),
        helped=Answer(fields["helped"].one_of([a.value for a in Answer], "earlier dose's 'helped'")),
        on=on,
    )


def _read_elsewhere(part: Part) -> EarlierDose | UndatedDose:
    """Read a dose that was given elsewhere by its substance and route: nothing is converted between them."""
    fields = part.mapping(_ELSEWHERE, needed=_ELSEWHERE_NEEDED)
    substance = _known(fields["substance"], [s.value for s in Substance], "substance")
    route = _known(fields["route"], [r.value for r in Route], "route")
    told: dict[str, Any] = {
        "substance": Substance(substance) if substance else None,
        "route": Route(route) if route else None,
        "dose_mg": None if fields["dose"].value == _UNKNOWN else _amount(fields["dose"], "mg", "dose"),
        "weight_kg": _weight(fields["weight"]) if "weight" in fields else None,
        "origin": Origin(OriginKind.FILE, part.where),
    }
    if fields["at"].value == _UNKNOWN:
        return UndatedDose(**told)
    at, on = fields["at"].last_moment("earlier dose")
    return EarlierDose(at=at, on=on, protocol_id="", **told)


def _weight(part: Part) -> Decimal:
    """Read the weight of the day of a dose; an impossible one would make little of a large dose."""
    weight = _amount(part, "kg", "weight")
    told = Fact("weight", Quantity(weight, "kg"), part.as_of, Origin(OriginKind.FILE))
    part.checked(lambda: check_value(told, part.library.questions.questions["weight"]))
    return weight


def _known(part: Part, words: list[str], what: str) -> str | None:
    word = part.one_of([*words, _UNKNOWN], what)
    return None if word == _UNKNOWN else word


def _amount(part: Part, unit: str, what: str) -> Decimal:
    value = part.value
    if not isinstance(value, str):
        raise part.fault(f"The {what} '{part.shown}' has no unit. Write it as in '36 {unit}'.")
    amount = part.checked(lambda: read_quantity(value, what=what).in_unit(unit))
    if amount <= 0:
        raise part.fault(f"The {what} is {Quantity(amount, unit)}, and a {what} is above 0. Correct it.")
    return amount


def _level(part: Part, protocol: ProtocolFile) -> Decimal:
    """Read the dose level in the protocol's own basis, with its unit or without."""
    if isinstance(part.value, str):
        return _amount(part, protocol.dose_basis, "level")
    level = part.checked(lambda: number_of(part.value, what="level"))
    if level <= 0:
        raise part.fault(f"The level is {level}, and a level is above 0. Correct it.")
    return level


def _peak(fields: Mapping[str, Part]) -> tuple[int | None, int | None]:
    if "peak_blood_pressure" not in fields:
        return None, None
    part = fields["peak_blood_pressure"]
    return part.checked(lambda: _pressures(part.text("peak blood pressure")))


def _pressures(text: str) -> tuple[int, int]:
    systolic, _, diastolic = text.partition("/")
    try:
        high, low = (number_of(x, what="peak blood pressure") for x in (systolic, diastolic))
    except QuantityError:
        raise CaseError(f"The peak blood pressure is '{text[:40]}'. Write it as in 148/92.") from None
    if high != int(high) or low != int(low) or not 0 < low < high <= 300:
        raise CaseError(f"The peak blood pressure is '{text[:40]}', which cannot be. Write it as in 148/92.")
    return int(high), int(low)


def _texts(fields: Mapping[str, Part]) -> tuple[str, ...]:
    if "adverse_events" not in fields:
        return ()
    return tuple(part.text("adverse event") for part in fields["adverse_events"].items())


def _sedation(fields: Mapping[str, Part]) -> int | None:
    if "lowest_sedation" not in fields:
        return None
    return fields["lowest_sedation"].whole("lowest sedation score (MOAA/S)", low=0, high=5)
