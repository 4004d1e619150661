"""The gate: what a person looks at, asks and types before each dose.

Its questions are those of the knowledge files that are asked at each session, the consent, and two of
its own (identity, readings). Which answers hold the dose up is read from the
rules, so that the gate and the rules cannot come apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from posology.case import Answer
from posology.knowledge import Level, Library, Role, load_library
from posology.knowledge.schema import Condition, ProtocolFile, Question, Rule
from posology.treatment.session_state import SessionState

IDENTITY, READINGS, CONSENT, PREGNANT = (
    "identity",
    "baseline_readings",
    "written_consent",
    "pregnant",
)


class GateKind(StrEnum):
    """How an item of the gate is answered."""

    IDENTITY = "identity"  # by an identity_checked event: two identifiers, typed
    READINGS = "readings"  # by reading_taken and scale_scored events
    ANSWER = "answer"  # by a gate_answered event


@dataclass(frozen=True, slots=True)
class Holding:
    """The rules that an answer sets off, and whether a permitted person may pass them."""

    rules: tuple[str, ...]
    may_be_passed: bool
    cleared_by: Role = Role.PRESCRIBER


@dataclass(frozen=True, slots=True)
class GateItem:
    """One thing to do or ask before the dose."""

    key: str
    sentence: str
    kind: GateKind
    choices: Mapping[str, str]  # answer -> its words; empty where it is not answered by a choice
    holding: Mapping[str, Holding]  # answers that hold the dose up
    facts: tuple[str, ...]
    sources: tuple[str, ...]
    usual: str = ""  # the one answer that sets off no rule; empty where there is none, or more than one
    group: str = ""  # questions of one group may be answered by one word, each recorded by itself


# No rule reads these: a programme's form does, and "no" to each is a usual day.
_OF_A_FORM = (
    "benzodiazepine_today",
    "other_sedative_today",
    "psychostimulant_today",
    "mao_inhibitor_today",
    "opioid_today",
)
# Which questions a person may read out and answer together. Suicidal thoughts, pregnancy and consent are
# never among them, and what is not named here is asked alone.
TOGETHER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "arranged": (
            "staff_and_equipment",
            "medication_list_complete",
            "escort_home",
            "fasting_met",
            "nasal_drug_timing_met",
        ),
        "state": ("intoxicated_or_withdrawing", "urinary_symptoms", *_OF_A_FORM),
    }
)
# No rule waits for "no" here, and yet none that reads the drugs can say anything without "yes".
_READ_WITH = MappingProxyType({"medication_list_complete": "yes", **dict.fromkeys(_OF_A_FORM, "no")})

_YES_NO: Mapping[str, str] = MappingProxyType({"yes": "Yes", "no": "No"})
_NONE: Mapping[str, Holding] = MappingProxyType({})
_CALLED: Mapping[str, str] = MappingProxyType({"spo2": "oxygen saturation"})


def gate_items(
    protocol: ProtocolFile, *, library: Library | None = None, can_be_pregnant: Answer = Answer.UNKNOWN
) -> tuple[GateItem, ...]:
    """Return the gate's items for a protocol, in the order in which they are done.

    Parameters
    ----------
    protocol : ProtocolFile
        Whose session it is; it binds the route.
    library : Library, optional
        The knowledge; the package's own when left out.
    can_be_pregnant : Answer
        The question on pregnancy is left out for ``NO`` only.
    """
    knowledge = library or load_library()
    questions = knowledge.questions.questions
    asked = [key for key, q in questions.items() if q.each_session and q.kind != "quantity"]
    asked = [key for key in asked if _concerns(key, protocol, knowledge)]
    if CONSENT in questions and CONSENT not in asked:
        asked.insert(0, CONSENT)
    if PREGNANT in questions and PREGNANT not in asked and can_be_pregnant is not Answer.NO:
        asked.append(PREGNANT)
    items = [_item(key, questions[key], protocol, knowledge) for key in asked]
    return (_identity(), *items, _readings(protocol))


def is_answered(item: GateItem, state: SessionState, protocol: ProtocolFile) -> bool:
    """Return whether an item of the gate is done, whatever the answer; *unknown* is not done."""
    if item.kind is GateKind.IDENTITY:
        return state.identity is not None
    if item.kind is GateKind.READINGS:
        return not missing_readings(state, protocol)
    answer = state.gate_answer(item.key)
    return answer is not None and answer.payload.answer in item.choices


def missing_readings(
    state: SessionState, protocol: ProtocolFile, *, since: datetime | None = None
) -> tuple[str, ...]:
    """Return which of the protocol's readings were not taken before the dose, or not since a moment."""
    until = state.administration_at or state.started_at

    def counts(at: datetime) -> bool:
        return (since is None or at >= since) and (until is None or at <= until)

    taken = set()
    for reading in state.readings:
        if counts(reading.at):
            taken |= readings_in(set(reading.payload.values()))
    if any(s.payload.scale == "moaa_s" and counts(s.at) for s in state.scores):
        taken.add("sedation")
    return tuple(name for name in protocol.monitoring.readings if name not in taken)


def readings_in(measured: set[str]) -> set[str]:
    """Return the protocol's words for what was measured; a blood pressure is both of its values."""
    names = measured & {"heart_rate", "spo2", "respiratory_rate"}
    return names | ({"blood_pressure"} if {"systolic", "diastolic"} <= measured else set())


def in_words(readings: Iterable[str]) -> str:
    """Return readings as people call them: ``blood pressure, oxygen saturation``."""
    return ", ".join(_CALLED.get(name, name.replace("_", " ")) for name in readings)


def _item(key: str, question: Question, protocol: ProtocolFile, library: Library) -> GateItem:
    choices = _YES_NO if question.kind == "yes_no" else MappingProxyType(dict(question.choices or {}))
    return GateItem(
        key,
        question.ask,
        GateKind.ANSWER,
        choices,
        _holding(key, protocol, library),
        question.facts,
        question.sources,
        _usual(key, tuple(choices), protocol, library),
        next((name for name, keys in TOGETHER.items() if key in keys), ""),
    )


def _usual(key: str, choices: tuple[str, ...], protocol: ProtocolFile, library: Library) -> str:
    """Return the one answer that no rule waits for, where some rule waits for each of the others."""
    if key in _READ_WITH:
        return _READ_WITH[key]
    waited_for = {a for _, rule in _rules_of(protocol, library) for a in _answers(rule.when, key)}
    free = [answer for answer in choices if answer not in waited_for]
    return free[0] if len(free) == 1 else ""


def _holding(key: str, protocol: ProtocolFile, library: Library) -> Mapping[str, Holding]:
    found: dict[str, list[tuple[str, Rule]]] = {}
    for rule_id, rule in _rules_of(protocol, library):
        if rule.level is not Level.CAUTION:
            for answer in _answers(rule.when, key):
                found.setdefault(answer, []).append((rule_id, rule))
    return MappingProxyType(
        {
            answer: Holding(
                tuple(i for i, _ in rules),
                all(r.level is Level.HOLD for _, r in rules),
                _cleared_by([r for _, r in rules]),
            )
            for answer, rules in found.items()
        }
    )


def _cleared_by(rules: list[Rule]) -> Role:
    """Return who clears all of the rules: nobody where one is a stop, a nurse where a nurse clears each."""
    if any(rule.level is Level.STOP for rule in rules):
        return Role.NOBODY
    return Role.NURSE if all(rule.cleared_by is Role.NURSE for rule in rules) else Role.PRESCRIBER


def _rules_of(protocol: ProtocolFile, library: Library) -> Iterator[tuple[str, Rule]]:
    for file in library.rules:
        for rule in file.rules:
            to = rule.applies_to
            if (not to.substances or protocol.substance in to.substances) and (
                not to.routes or protocol.route in to.routes
            ):
                yield f"{file.id}/{rule.id}", rule


def _answers(condition: Condition, key: str) -> Iterator[str]:
    """Yield the answers to one question that a rule waits for; *not* is left to the rules themselves."""
    if condition.fact == key and condition.is_ is not None:
        yield condition.is_
    for inner in (*(condition.any_of or ()), *(condition.all_of or ())):
        yield from _answers(inner, key)


def _mentions(condition: Condition, key: str) -> bool:
    inner = (
        *(condition.any_of or ()),
        *(condition.all_of or ()),
        *((condition.not_,) if condition.not_ else ()),
    )
    return condition.fact == key or any(_mentions(c, key) for c in inner)


def _concerns(key: str, protocol: ProtocolFile, library: Library) -> bool:
    """Return whether a question is for this protocol's drug, and a rule of it or none at all reads it."""
    wanted = library.questions.questions[key].asked_for
    if (
        (wanted.substances and protocol.substance not in wanted.substances)
        or (wanted.routes and protocol.route not in wanted.routes)
        or (wanted.jurisdictions and not set(wanted.jurisdictions) & set(protocol.jurisdictions))
    ):
        return False
    mentioned = any(_mentions(r.when, key) for f in library.rules for r in f.rules)
    return not mentioned or any(_mentions(r.when, key) for _, r in _rules_of(protocol, library))


def _identity() -> GateItem:
    return GateItem(
        IDENTITY,
        "Ask the patient for the record number and the day of birth, and type both.",
        GateKind.IDENTITY,
        MappingProxyType({}),
        _NONE,
        (),
        (),
    )


def _readings(protocol: ProtocolFile) -> GateItem:
    words = in_words(protocol.monitoring.readings)
    return GateItem(
        READINGS,
        f"Take the readings before the dose: {words}.",
        GateKind.READINGS,
        MappingProxyType({}),
        _NONE,
        protocol.monitoring.facts,
        protocol.monitoring.sources,
    )
