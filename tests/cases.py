"""Synthetic cases for tests: one in which every question is answered, to be spoiled one fact at a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from posology.case import (
    Answer,
    Case,
    Choice,
    Fact,
    FactValue,
    MeasuredScore,
    Origin,
    OriginKind,
    PastSession,
    Sex,
)
from posology.knowledge import Library, load_library
from posology.knowledge.schema import ProtocolFile, Question
from posology.protocols.schedule import plan_from_start
from posology.quantities import Quantity

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
STAFF = Origin(OriginKind.STAFF, "nurse")

# What a patient who may be treated answers; everything else is "no", the first choice, or "never".
_YES = {
    "capacity_to_consent",
    "written_consent",
    "medication_list_complete",
    "escort_home",
    "fasting_met",
    "nasal_drug_timing_met",
    "staff_and_equipment",
    "oral_antidepressant",
}
_MEASURED = {
    "weight": "72",
    "height": "172",
    "systolic": "124",
    "diastolic": "78",
    "heart_rate": "70",
    "spo2": "98",
    "respiratory_rate": "14",
    "failed_adequate_trials": "3",
}
_CHOSEN = {
    "primary_diagnosis": "major_depression_recurrent",
    "urine_drug_screen": "not_indicated",
    "ecg": "normal",
}


def usual_answer(key: str, question: Question) -> FactValue:
    """Return the answer of a patient who may be treated."""
    if question.kind == "yes_no":
        return Answer.YES if key in _YES else Answer.NO
    if question.kind == "quantity":
        assert question.unit and question.bounds
        return Quantity(Decimal(_MEASURED.get(key, str(question.bounds.usual[0]))), question.unit)
    if question.kind == "choice":
        return Choice(_CHOSEN.get(key, next(iter(question.choices or {}))))
    return Answer.NO if question.kind == "day" else "nothing of note"


def complete_case(
    changes: Mapping[str, FactValue | None] | None = None,
    *,
    at: datetime = NOW - timedelta(hours=1),
    born_on: date | None = date(1981, 3, 14),
    jurisdiction: str = "US",
    library: Library | None = None,
) -> Case:
    """Return a case with every question answered; ``changes`` replaces answers, ``None`` takes one away."""
    library = library or load_library()
    changes = changes or {}
    facts = []
    for key, question in library.questions.questions.items():
        value = changes.get(key, usual_answer(key, question))
        if (key in changes and changes[key] is None) or value is None:
            continue
        facts.append(Fact(key, value, at, STAFF))
    unknown = set(changes) - set(library.questions.questions)
    assert not unknown, unknown
    return Case(born_on, Sex.FEMALE, jurisdiction, tuple(facts))


def offered_case(protocol: ProtocolFile, **kwargs: Any) -> Case:
    """Return a complete case to which a protocol is offered, also one that is for a single group."""
    changes: dict[str, FactValue | None] = dict(kwargs.pop("changes", {}))
    only = protocol.only_where
    if only is not None and only.fact is not None:
        changes = {only.fact: Answer(only.is_ or "yes"), **changes}
    where = protocol.jurisdictions[0] if protocol.jurisdictions else "US"
    return complete_case(changes, **{"jurisdiction": where, **kwargs})


def with_sessions(
    case: Case, protocol_id: str, count: int, *, level: str, last_at: datetime, **of_last: object
) -> Case:
    """Return the case after ``count`` sessions on the protocol's planned days, the last at ``last_at``."""
    protocol = load_library().protocol(protocol_id)
    visits = plan_from_start(protocol, date(2026, 1, 1), count=count)
    shift = last_at - datetime.combine(visits[-1].on, datetime.min.time(), UTC)
    dose_mg = Decimal(level) * 72 if protocol.dose_basis == "mg/kg" else Decimal(level)
    minutes = 40 if protocol.route == "intravenous" else None
    sessions = [
        PastSession(
            at=datetime.combine(v.on, datetime.min.time(), UTC) + shift,
            protocol_id=protocol_id,
            substance=protocol.substance,
            dose_mg=dose_mg,
            level=Decimal(level),
            phase=v.phase,
            number=v.number,
            completed=True,
            minutes=minutes,
        )
        for v in visits
    ]
    sessions[-1] = replace(sessions[-1], **of_last)  # type: ignore[arg-type]
    return replace(case, sessions=tuple(sessions))


def with_scores(case: Case, baseline: int, *later: tuple[datetime, int]) -> Case:
    """Return the case with a PHQ-9 just before the first session and the later ones given."""
    first = min(s.at for s in case.sessions) if case.sessions else NOW
    scores = [MeasuredScore("phq-9", baseline, (), first - timedelta(hours=2))]
    scores += [MeasuredScore("phq-9", total, (), at) for at, total in later]
    return replace(case, scores=tuple(scores))
