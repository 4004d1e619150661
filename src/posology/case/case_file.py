"""Our case file: one patient's facts in YAML, as a person writes them down.

The same files are what ``posology recommend`` reads, what the golden tests hold, and what a report of
a fault can carry. ``docs/case-file.md`` describes them. Nothing is guessed here: a number without a
unit, a blank, a fact without a moment are each refused with their line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from posology.case.case import Case, check_case, check_value, latest_day
from posology.case.facts import (
    Answer,
    CaseError,
    Choice,
    EarlierDose,
    Fact,
    FactValue,
    Medication,
    Origin,
    OriginKind,
    PastSession,
    Sex,
    UndatedDose,
)
from posology.case.past_treatment import read_earlier, read_score, read_session
from posology.case.yaml_part import Part
from posology.knowledge import Library, load_library, read_yaml
from posology.knowledge.schema import Question
from posology.quantities import Quantity, check_aware, number_of, read_day, read_quantity

JURISDICTIONS = ("US", "EU", "UK")

_KEYS = frozenset(
    "case as_of jurisdiction born_on sex recorded_at facts medications scores sessions earlier".split()
)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What one case file says: its label, the moment it is to be judged at, and the case."""

    label: str
    as_of: datetime
    case: Case


def read_case(text: str, *, name: str, as_of: datetime, library: Library | None = None) -> Case:
    """Read a case file as it stood at ``as_of``; see :func:`read_case_file`."""
    return read_case_file(text, name=name, as_of=as_of, now=as_of, library=library).case


def read_case_file(
    text: str, *, name: str, now: datetime, as_of: datetime | None = None, library: Library | None = None
) -> CaseFile:
    """Read one case file, and check everything in it.

    Parameters
    ----------
    text : str
        The file's text.
    name : str
        Its name, for the messages.
    now : datetime
        The present, aware; it counts where neither ``as_of`` nor the file names a moment.
    as_of : datetime, optional
        The moment of the decision, aware; it goes before the file's own.
    library : Library, optional
        The knowledge in use; the package's own by default.

    Returns
    -------
    CaseFile
        With every fact of a kind, size and date that can be true.

    Raises
    ------
    UnreadableFile
        If it is not YAML, or not of this shape.
    CaseError
        If a fact cannot be true. Both name file and line, what was found, and what to do.
    """
    library = library or load_library()
    part = Part(read_yaml(text, name=name), (), check_aware(now, what="now"), library)
    fields = part.mapping(_KEYS, needed=("case", "jurisdiction", "born_on", "sex", "facts"))
    if as_of is not None:
        moment = check_aware(as_of, what="as_of")
    else:
        moment = fields["as_of"].moment("as_of") if "as_of" in fields else part.as_of
    # The future is judged from the moment of the decision, not from the present.
    fields = {key: field.at_moment(moment) for key, field in fields.items()}
    label = fields["case"].text("label")
    case = _case(fields, moment, library)
    check_case(case, library, as_of=moment)
    return CaseFile(label, moment, case)


def _case(fields: Mapping[str, Part], moment: datetime, library: Library) -> Case:
    recorded = fields["recorded_at"].past_moment("recorded_at") if "recorded_at" in fields else None
    before = [read_earlier(p) for p in _items(fields, "earlier")]
    return Case(
        born_on=_born_on(fields["born_on"], moment),
        sex=Sex(fields["sex"].one_of([s.value for s in Sex], "sex")),
        jurisdiction=fields["jurisdiction"].one_of(JURISDICTIONS, "jurisdiction"),
        facts=tuple(_facts(fields["facts"], recorded)),
        medications=tuple(_medication(p, recorded) for p in _items(fields, "medications")),
        scores=tuple(read_score(p) for p in _items(fields, "scores")),
        sessions=_in_order([(p, read_session(p)) for p in _items(fields, "sessions")]),
        earlier=tuple(d for d in before if isinstance(d, EarlierDose)),
        undated=tuple(d for d in before if isinstance(d, UndatedDose)),
    )


def _items(fields: Mapping[str, Part], key: str) -> Iterator[Part]:
    if key in fields:
        yield from fields[key].items()


def _born_on(part: Part, moment: datetime) -> date | None:
    if part.value == "unknown":
        return None
    born = part.day("birth day")
    nobody_yet = Case(born, Sex.UNKNOWN, JURISDICTIONS[0])
    part.checked(lambda: check_case(nobody_yet, part.library, as_of=moment))
    return born


def _facts(part: Part, recorded: datetime | None) -> Iterator[Fact]:
    questions = part.library.questions.questions
    for key, answer in part.mapping(frozenset(questions), what="question").items():
        answers = answer.items() if isinstance(answer.value, list) else [answer]
        for one in answers:
            yield _fact(key, questions[key], one, recorded)


def _fact(key: str, question: Question, part: Part, recorded: datetime | None) -> Fact:
    value, at = part, recorded
    if isinstance(part.value, dict):
        fields = part.mapping(frozenset({"value", "unit", "at"}), needed=("value",))
        value = fields["value"]
        if "unit" in fields:
            value = value.replaced(_with_unit(fields["value"], fields["unit"], question))
        at = fields["at"].past_moment(question.named) if "at" in fields else recorded
    if at is None:
        raise part.fault(
            f"The {question.named} has no moment, so its age cannot be known. "
            "Give it 'at', or the file 'recorded_at'."
        )
    fact = Fact(key, _value(value, question), at, Origin(OriginKind.FILE, part.where))
    if not fact.is_unknown:
        value.checked(lambda: check_value(fact, question))
    if isinstance(fact.value, date) and fact.value > latest_day(part.as_of):
        raise value.fault(f"The {question.named} is {fact.value}, a day in the future. Correct it.")
    return fact


def _with_unit(number: Part, unit: Part, question: Question) -> Quantity:
    code = unit.text("unit")
    return number.checked(lambda: Quantity(number_of(number.value, what=question.named), code))


def _value(part: Part, question: Question) -> FactValue:
    value = part.value
    if value is None:
        raise part.fault(
            f"The {question.named} is blank, which is no answer. Write 'unknown', or take the line out."
        )
    if isinstance(value, str) and value == Answer.UNKNOWN:
        return Answer.UNKNOWN
    return part.checked(lambda: _READERS[question.kind](part, question))


def _yes_no(part: Part, question: Question) -> FactValue:
    if isinstance(part.value, bool) or part.value not in {"yes", "no"}:
        raise CaseError(f"The {question.named} is '{part.shown}'. Write yes, no or unknown.")
    return Answer(part.value)


def _quantity(part: Part, question: Question) -> FactValue:
    if isinstance(part.value, Quantity):
        return part.value
    if isinstance(part.value, str):
        return read_quantity(part.value, what=question.named)
    number = number_of(part.value, what=question.named)
    if question.unit == "1":
        return Quantity(number, "1")  # a count is the one number that needs no unit
    raise CaseError(
        f"The {question.named} '{part.shown}' has no unit, so it could be read two ways. "
        f"Write it as in '{part.shown} {question.unit}'."
    )


def _choice(part: Part, question: Question) -> FactValue:
    return Choice(part.text(question.named))


def _day(part: Part, question: Question) -> FactValue:
    if part.value == "no":
        return Answer.NO
    if isinstance(part.value, date):
        return part.value
    return read_day(part.text(question.named), what=question.named)


def _text(part: Part, question: Question) -> FactValue:
    return part.text(question.named)


_READERS: Mapping[str, Callable[[Part, Question], FactValue]] = {
    "yes_no": _yes_no,
    "quantity": _quantity,
    "choice": _choice,
    "day": _day,
    "text": _text,
}


def _medication(part: Part, recorded: datetime | None) -> Medication:
    fields = part.mapping(frozenset({"name", "rxnorm", "active", "at"}), needed=("name", "active"))
    at = fields["at"].past_moment("drug") if "at" in fields else recorded
    if at is None:
        raise part.fault("The drug has no moment. Give it 'at', or the file 'recorded_at'.")
    return Medication(
        text=fields["name"].text("drug's name"),
        rxnorm=fields["rxnorm"].code("RxNorm code") if "rxnorm" in fields else None,
        active=Answer(fields["active"].one_of([a.value for a in Answer], "drug's 'active'")),
        at=at,
        origin=Origin(OriginKind.FILE, part.where),
    )


def _in_order(read: list[tuple[Part, PastSession]]) -> tuple[PastSession, ...]:
    by_time = sorted(read, key=lambda pair: pair[1].at)
    for (_, before), (part, after) in pairwise(by_time):
        if after.number <= before.number:
            raise part.fault(
                f"Session {after.number} is dated after session {before.number}. "
                "Number the sessions as they followed."
            )
    return tuple(session for _, session in by_time)
