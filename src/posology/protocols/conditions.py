"""The fixed vocabulary of conditions, answered true, false or unknown, each with what decided it.

Unknown is contagious where it could change the answer and nowhere else (Kleene's logic): *any of*
is true as soon as one part is, whatever is missing; it is false only when every part is known to be.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from posology.case import Answer, Case, Choice, Fact, Medication, Missing, seen
from posology.case.drug_names import DrugReading, read_drug
from posology.knowledge import Library, number_in_force
from posology.knowledge.schema import Compare, Condition, Dated, ProtocolFile, Question
from posology.protocols.findings import Observed
from posology.quantities import Quantity, age_years, show_number


class Truth(StrEnum):
    """Three-valued truth."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a condition was answered, by which values, and what is missing for an answer."""

    truth: Truth
    because: tuple[Observed, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a condition may look at: the case as of a moment, the knowledge, the rule file's own values.

    ``protocol`` is the one that is asked about; ``None`` where the question is about none.
    """

    case: Case
    library: Library
    as_of: datetime
    values: Mapping[str, Dated]
    protocol: ProtocolFile | None = None

    @property
    def today(self) -> date:
        """The day of the decision, in UTC."""
        return self.as_of.date()


def evaluate(condition: Condition, context: Context) -> Evaluation:
    """Answer one condition for one case.

    Returns
    -------
    Evaluation
        ``UNKNOWN`` with the open questions wherever an input that could change the answer is missing.
    """
    if condition.any_of is not None:
        return _any_of([evaluate(c, context) for c in condition.any_of])
    if condition.all_of is not None:
        return _all_of([evaluate(c, context) for c in condition.all_of])
    if condition.not_ is not None:
        return _negated(evaluate(condition.not_, context))
    if condition.age is not None:
        return _age(condition.age, context)
    if condition.bmi is not None:
        return _bmi(condition.bmi, context)
    if condition.taking is not None:
        return _taking(condition.taking, context)
    if condition.unlisted_drug is not None:
        return _unlisted_drug(context)
    if condition.first_session is not None:
        return _first_session(context)
    assert condition.fact is not None  # the reader saw to it that exactly one form is there
    return _fact(condition, condition.fact, context)


def _any_of(parts: list[Evaluation]) -> Evaluation:
    true = [p for p in parts if p.truth is Truth.TRUE]
    if true:
        return Evaluation(Truth.TRUE, _joined(p.because for p in true))
    unknown = [p for p in parts if p.truth is Truth.UNKNOWN]
    if unknown:
        return Evaluation(Truth.UNKNOWN, _joined(p.because for p in parts), _open(unknown))
    return Evaluation(Truth.FALSE, _joined(p.because for p in parts))


def _all_of(parts: list[Evaluation]) -> Evaluation:
    false = [p for p in parts if p.truth is Truth.FALSE]
    if false:
        return Evaluation(Truth.FALSE, _joined(p.because for p in false))
    unknown = [p for p in parts if p.truth is Truth.UNKNOWN]
    if unknown:
        return Evaluation(Truth.UNKNOWN, _joined(p.because for p in parts), _open(unknown))
    return Evaluation(Truth.TRUE, _joined(p.because for p in parts))


def _negated(inner: Evaluation) -> Evaluation:
    swapped = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}[inner.truth]
    return Evaluation(swapped, inner.because, inner.missing)


def _joined(groups: Iterable[tuple[Observed, ...]]) -> tuple[Observed, ...]:
    return tuple(dict.fromkeys(o for group in groups for o in group))


def _open(parts: Iterable[Evaluation]) -> tuple[Missing, ...]:
    return tuple(dict.fromkeys(m for p in parts for m in p.missing))


def _of(truth: bool, *because: Observed) -> Evaluation:
    return Evaluation(Truth.TRUE if truth else Truth.FALSE, because)


def observed(fact: Fact, question: Question) -> Observed:
    """Say what was seen, as a page shows it: the question's short name, the value, its moment and origin."""
    value = fact.value
    shown = str(value)
    if isinstance(value, Choice):
        shown = (question.choices or {}).get(value.key, shown)
    return Observed(question.short, shown, fact.at, fact.origin, fact.key)


def look(key: str, context: Context) -> tuple[Fact, Question] | Missing:
    """Return the latest good answer to a question with the question itself, or why it is missing."""
    question = context.library.questions.questions[key]
    found = seen(context.case, key, question, as_of=context.as_of)
    return found if isinstance(found, Missing) else (found, question)


def _fact(condition: Condition, key: str, context: Context) -> Evaluation:
    if condition.known is not None:
        return _known(key, condition.known, context)
    found = look(key, context)
    if isinstance(found, Missing):
        return Evaluation(Truth.UNKNOWN, missing=(found,))
    fact, question = found
    if condition.is_ is not None:
        return _of(_matches(fact, condition.is_), observed(fact, question))
    if condition.within_days is not None:
        return _of(_is_within(fact, condition.within_days, context), observed(fact, question))
    if condition.changed_by_more_than_percent is not None:
        return _changed(fact, question, condition.changed_by_more_than_percent, context)
    return _of(_compares(fact, question, condition, context), observed(fact, question))


def _known(key: str, wanted: str, context: Context) -> Evaluation:
    """Answer whether the last answer, however old, is the one asked for; a blank is false here alone."""
    answers = [f for f in context.case.all_of(key) if f.at <= context.as_of]
    if not answers or not _matches(answers[0], wanted):
        return Evaluation(Truth.FALSE)  # and decides nothing: the other part of the rule does
    return _of(True, observed(answers[0], context.library.questions.questions[key]))


def _matches(fact: Fact, wanted: str) -> bool:
    if isinstance(fact.value, Answer):
        return fact.value.value == wanted
    return isinstance(fact.value, Choice) and fact.value.key == wanted


def _is_within(fact: Fact, days: int | str, context: Context) -> bool:
    if not isinstance(fact.value, date):
        return False  # the answer is "no": it never was
    limit = _number(days, "d", context)
    return (context.today - fact.value).days < limit


def _compares(fact: Fact, question: Question, condition: Condition, context: Context) -> bool:
    assert isinstance(fact.value, Quantity) and question.unit is not None
    value = fact.value.in_unit(question.unit)
    tests: tuple[tuple[Decimal | str | None, Callable[[Decimal, Decimal], bool]], ...] = (
        (condition.above, lambda v, limit: v > limit),
        (condition.at_least, lambda v, limit: v >= limit),
        (condition.below, lambda v, limit: v < limit),
        (condition.at_most, lambda v, limit: v <= limit),
    )
    for limit, test in tests:
        if limit is not None:
            return test(value, _number(limit, question.unit, context))
    raise AssertionError("a fact has exactly one test; the reader saw to it")


def _number(limit: Decimal | int | str, unit: str, context: Context) -> Decimal:
    """Return a limit in ``unit``: a bare number, or the named value of the rule file that is in force."""
    if not isinstance(limit, str):
        return Decimal(limit)
    return number_in_force(context.values, limit, on=context.today, unit=unit)


# Measurements closer together than this are of one visit: an engineering default, no clinical fact.
_ONE_VISIT = timedelta(hours=12)


def measured_before(fact: Fact, case: Case) -> Fact | None:
    """Return the measurement that a new one is held against: the last of an earlier visit.

    To measure twice in one visit does not make a wrong number right, and a slip of this visit does not
    make the right number that follows it a jump. Where there is no earlier visit, it is the one before.
    """
    earlier = [f for f in case.all_of(fact.key) if f.at < fact.at and isinstance(f.value, Quantity)]
    visits = (f for f in earlier if fact.at - f.at >= _ONE_VISIT)
    return next(visits, earlier[0] if earlier else None)


def _changed(fact: Fact, question: Question, percent: Decimal, context: Context) -> Evaluation:
    before = measured_before(fact, context.case)
    if before is None or not isinstance(fact.value, Quantity):
        return _of(False, observed(fact, question))
    assert question.unit is not None and isinstance(before.value, Quantity)
    old, new = before.value.in_unit(question.unit), fact.value.in_unit(question.unit)
    jumped = old == 0 or abs(new - old) * 100 > percent * old
    return _of(jumped, observed(fact, question), observed(before, question))


def _age(compare: Compare, context: Context) -> Evaluation:
    if context.case.born_on is None:
        return Evaluation(
            Truth.UNKNOWN, missing=(Missing("born_on", "On which day was the patient born?", "not known"),)
        )
    age = Decimal(age_years(context.case.born_on, context.today))
    return _of(_holds(compare, age), Observed("Age", f"{age} years", None, None, "born_on"))


def _bmi(compare: Compare, context: Context) -> Evaluation:
    weight, height = look("weight", context), look("height", context)
    missing = tuple(f for f in (weight, height) if isinstance(f, Missing))
    if isinstance(weight, Missing) or isinstance(height, Missing):
        return Evaluation(Truth.UNKNOWN, missing=missing)
    bmi = body_mass_index(weight[0], height[0])
    return _of(
        _holds(compare, bmi),
        Observed("BMI", f"{show_number(bmi)} kg/m²", weight[0].at, weight[0].origin, "weight"),
    )


def body_mass_index(weight: Fact, height: Fact) -> Decimal:
    """Compute weight (kg) over the square of height (m), to one decimal."""
    assert isinstance(weight.value, Quantity) and isinstance(height.value, Quantity)
    metres = height.value.in_unit("m")
    return (weight.value.in_unit("kg") / (metres * metres)).quantize(Decimal("0.1"))


def _holds(compare: Compare, value: Decimal) -> bool:
    if compare.above is not None:
        return value > compare.above
    if compare.at_least is not None:
        return value >= compare.at_least
    if compare.below is not None:
        return value < compare.below
    assert compare.at_most is not None
    return value <= compare.at_most


def _first_session(context: Context) -> Evaluation:
    """Answer whether the course that runs has no session by this protocol yet.

    What was given in a course that ended, or elsewhere, is no session of this one: it begins anew.
    """
    if context.protocol is None:
        ask = "Of which protocol is the session?"
        return Evaluation(Truth.UNKNOWN, missing=(Missing("protocol", ask, "not said"),))
    given = [s for s in context.case.running_course() if s.at <= context.as_of]
    if not given or given[-1].protocol_id != context.protocol.id:
        return Evaluation(Truth.TRUE)  # nothing was seen: the absence of a session is no value
    last = given[-1]
    return _of(False, Observed("Last session", f"session {last.number}", last.at, None, "session"))


# A list of drugs says nothing about what is not on it until someone has said that it is complete.
_LIST_COMPLETE = "medication_list_complete"


def _taking(drug_class: str, context: Context) -> Evaluation:
    taken = [m for m in context.case.medications if m.active is not Answer.NO]
    in_class = [m for m in taken if drug_class in read_drug_of(m, context).classes]
    sure = [m for m in in_class if m.active is Answer.YES]
    if sure:
        return _of(True, *(_seen_drug(m, context) for m in sure))
    if in_class:
        drug = in_class[0].text
        missing = Missing("medications", f"Is {drug} still taken?", "not known")
        return Evaluation(Truth.UNKNOWN, tuple(_seen_drug(m, context) for m in in_class), (missing,))
    return _no_more_drugs(context)


def _unlisted_drug(context: Context) -> Evaluation:
    unread = [
        m
        for m in context.case.medications
        if m.active is not Answer.NO and not read_drug_of(m, context).is_checked
    ]
    return _of(True, *(_seen_drug(m, context) for m in unread)) if unread else _no_more_drugs(context)


def _no_more_drugs(context: Context) -> Evaluation:
    """Return *false* where someone has said that the list of drugs is complete, and *unknown* until then."""
    complete = look(_LIST_COMPLETE, context)
    if isinstance(complete, Missing):
        return Evaluation(Truth.UNKNOWN, missing=(complete,))
    fact, question = complete
    if fact.value is not Answer.YES:
        return Evaluation(
            Truth.UNKNOWN, missing=(Missing(_LIST_COMPLETE, question.ask, "the list is not complete"),)
        )
    return _of(False, observed(fact, question))


def read_drug_of(medication: Medication, context: Context) -> DrugReading:
    """Return what a drug was read as; read once a case, since every rule on drugs asks."""
    drugs = context.library.drugs
    kept = context.case.worked_out.get("drugs")
    if kept is None or kept[0] is not drugs:
        kept = context.case.worked_out["drugs"] = (drugs, {})
    read: dict[tuple[str, str | None], DrugReading] = kept[1]
    key = (medication.text, medication.rxnorm)
    if key not in read:
        read[key] = read_drug(medication.text, medication.rxnorm, context.library)
    return read[key]


def _seen_drug(medication: Medication, context: Context) -> Observed:
    read = read_drug_of(medication, context)
    return Observed(
        "Drug", medication.text, medication.at, medication.origin, "medications", read.ingredients
    )
