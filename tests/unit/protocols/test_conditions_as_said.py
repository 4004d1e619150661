"""How a condition is answered, whole: the truth, by which values as a page shows them, and what is missing.

Unknown is contagious where it could change the answer and nowhere else. Blanks are plain ones here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from posology.case import Answer, Case, Choice, Fact, FactValue, Missing, Sex
from posology.knowledge import NotInForce, load_library
from posology.knowledge.schema import Condition, Value
from posology.protocols import Observed
from posology.protocols.conditions import Context, Evaluation, Truth, evaluate, look, measured_before
from posology.quantities import Quantity
from tests.cases import NOW, STAFF
from tests.refusals import plain

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def fact(key: str, value: FactValue, at: datetime = NOW - HOUR) -> Fact:
    return Fact(key, value, at, STAFF)


def weight(kg: str, at: datetime = NOW - HOUR, unit: str = "kg") -> Fact:
    return fact("weight", Quantity(Decimal(kg), unit), at)


def height(cm: str, at: datetime = NOW - 2 * HOUR) -> Fact:
    return fact("height", Quantity(Decimal(cm), "cm"), at)


def patient(*facts: Fact, **others: Any) -> Case:
    return replace(Case(None, Sex.UNKNOWN, "US", facts), **others)


def asked(
    when: Mapping[str, Any],
    case: Case,
    *,
    as_of: datetime = NOW,
    values: Mapping[str, Any] | None = None,
    protocol: Any = None,
) -> Evaluation:
    """Answer a condition, with plain blanks."""
    condition = Condition.model_validate(when)
    found = evaluate(condition, Context(case, LIBRARY, as_of, values or {}, protocol))
    return replace(found, because=tuple(replace(o, shown=plain(o.shown)) for o in found.because))


def seen(what: str, shown: str, key: str, at: datetime | None = NOW - HOUR, **more: Any) -> Observed:
    return Observed(what, shown, at, STAFF if at else None, key, **more)


def open_question(key: str, why: str) -> Missing:
    return Missing(key, LIBRARY.questions.questions[key].ask, why)


# ---------------------------------------------------------------- any of, all of, not

PARTS = {
    TRUE: ("hypersensitivity", fact("hypersensitivity", Answer.YES)),
    FALSE: ("aneurysm_or_avm", fact("aneurysm_or_avm", Answer.NO)),
    UNKNOWN: ("psychosis_now", fact("psychosis_now", Answer.UNKNOWN)),
}


def of_parts(form: str, *truths: Truth) -> Evaluation:
    """Ask any of or all of parts of which the truth is known."""
    when = [{"fact": PARTS[t][0], "is": "yes"} for t in truths]
    return asked({form: when}, patient(*(f for _, f in PARTS.values())))


ALLERGY = seen(LIBRARY.questions.questions["hypersensitivity"].short, "yes", "hypersensitivity")
ANEURYSM = seen(LIBRARY.questions.questions["aneurysm_or_avm"].short, "no", "aneurysm_or_avm")
PSYCHOSIS = open_question("psychosis_now", "asked, and not known")


def test_any_of_is_true_by_its_true_parts_alone_whatever_is_missing():
    assert of_parts("any_of", FALSE, UNKNOWN, TRUE) == Evaluation(TRUE, (ALLERGY,))
    assert of_parts("any_of", TRUE, TRUE) == Evaluation(TRUE, (ALLERGY,))


def test_any_of_is_unknown_where_a_blank_could_make_it_true():
    assert of_parts("any_of", FALSE, UNKNOWN, UNKNOWN) == Evaluation(UNKNOWN, (ANEURYSM,), (PSYCHOSIS,))


def test_any_of_is_false_only_where_every_part_is():
    assert of_parts("any_of", FALSE, FALSE) == Evaluation(FALSE, (ANEURYSM,))


def test_all_of_is_false_by_its_false_parts_alone_whatever_is_missing():
    assert of_parts("all_of", TRUE, UNKNOWN, FALSE) == Evaluation(FALSE, (ANEURYSM,))


def test_all_of_is_unknown_where_a_blank_could_make_it_false():
    assert of_parts("all_of", TRUE, UNKNOWN) == Evaluation(UNKNOWN, (ALLERGY,), (PSYCHOSIS,))


def test_all_of_is_true_only_where_every_part_is():
    assert of_parts("all_of", TRUE, TRUE) == Evaluation(TRUE, (ALLERGY,))


@pytest.mark.parametrize(("inner", "outer"), [(TRUE, FALSE), (FALSE, TRUE), (UNKNOWN, UNKNOWN)])
def test_not_turns_the_answer_and_keeps_its_ground(inner, outer):
    """What is not known stays so, with its question."""
    key, _ = PARTS[inner]
    case = patient(*(f for _, f in PARTS.values()))
    bare = asked({"fact": key, "is": "yes"}, case)
    turned = asked({"not": {"fact": key, "is": "yes"}}, case)
    assert bare.truth is inner
    assert turned == replace(bare, truth=outer)
    assert turned.because or turned.missing


# ---------------------------------------------------------------- one answer


def test_a_choice_is_shown_in_the_words_of_its_question():
    case = patient(fact("primary_diagnosis", Choice("bipolar_depression")))
    shown = seen("Primary diagnosis", "Bipolar disorder, depressed", "primary_diagnosis")
    assert asked({"fact": "primary_diagnosis", "is": "bipolar_depression"}, case) == Evaluation(
        TRUE, (shown,)
    )
    assert asked({"fact": "primary_diagnosis", "is": "other"}, case) == Evaluation(FALSE, (shown,))


def test_an_answer_that_is_none_of_words_is_no_word():
    case = patient(weight("72"))
    assert asked({"fact": "weight", "is": "yes"}, case).truth is FALSE


def test_a_question_that_was_not_asked_is_missing_and_nothing_decides():
    assert asked({"fact": "hypersensitivity", "is": "yes"}, patient()) == Evaluation(
        UNKNOWN, (), (open_question("hypersensitivity", "not asked yet"),)
    )


def test_an_answer_after_the_moment_is_not_seen():
    case = patient(fact("hypersensitivity", Answer.YES, NOW))
    assert asked({"fact": "hypersensitivity", "is": "yes"}, case).truth is TRUE
    early = asked({"fact": "hypersensitivity", "is": "yes"}, case, as_of=NOW - HOUR)
    assert early.missing == (open_question("hypersensitivity", "not asked yet"),)


def test_an_answer_is_found_with_its_question():
    case = patient(weight("72"))
    assert look("weight", Context(case, LIBRARY, NOW, {})) == (
        case.facts[0],
        LIBRARY.questions.questions["weight"],
    )


# ---------------------------------------------------------------- the last answer, however old


@pytest.mark.parametrize(
    ("days", "said", "truth"), [(4000, Answer.YES, TRUE), (1, Answer.NO, FALSE), (1, Answer.UNKNOWN, FALSE)]
)
def test_what_was_known_last_counts_however_old(days, said, truth):
    at = NOW - days * DAY
    found = asked({"fact": "pregnant", "known": "yes"}, patient(fact("pregnant", said, at)))
    short = LIBRARY.questions.questions["pregnant"].short
    because = (seen(short, "yes", "pregnant", at),) if truth is TRUE else ()
    assert found == Evaluation(truth, because)


def test_what_was_known_last_is_the_latest_up_to_the_moment():
    case = patient(fact("pregnant", Answer.YES, NOW - 9 * DAY), fact("pregnant", Answer.NO, NOW - 2 * DAY))
    when = {"fact": "pregnant", "known": "yes"}
    assert asked(when, case).truth is FALSE
    assert asked(when, case, as_of=NOW - 3 * DAY).truth is TRUE
    assert asked({"fact": "pregnant", "known": "no"}, case, as_of=NOW - 2 * DAY).truth is TRUE
    assert asked(when, patient()) == Evaluation(FALSE)


# ---------------------------------------------------------------- a day


@pytest.mark.parametrize(("ago", "truth"), [(0, TRUE), (29, TRUE), (30, FALSE), (31, FALSE)])
def test_a_day_lies_within_so_many_days_up_to_the_last(ago, truth):
    """Within 30 days is the day itself and 29 before it."""
    on = NOW.date() - ago * DAY
    case = patient(fact("cardiovascular_event_on", on))
    short = LIBRARY.questions.questions["cardiovascular_event_on"].short
    shown = seen(short, on.isoformat(), "cardiovascular_event_on")
    assert asked({"fact": "cardiovascular_event_on", "within_days": 30}, case) == Evaluation(truth, (shown,))


def test_what_never_was_lies_within_no_days():
    case = patient(fact("cardiovascular_event_on", Answer.NO))
    assert asked({"fact": "cardiovascular_event_on", "within_days": 30}, case).truth is FALSE


def named(number: str, unit: str, *, since: date = date(2000, 1, 1)) -> dict[date, Value]:
    """Return a value of a file of rules with one day."""
    (usual,) = (
        next(f for f in LIBRARY.rules if f.id == "rules-contraindications").values["recent_event"].values()
    )
    return {since: usual.model_copy(update={"value": Decimal(number), "unit": unit})}


def test_days_may_be_a_named_value_in_force_on_the_day():
    case = patient(fact("cardiovascular_event_on", NOW.date() - 41 * DAY))
    when = {"fact": "cardiovascular_event_on", "within_days": "recent"}
    assert asked(when, case, values={"recent": named("6", "wk")}).truth is TRUE
    later = patient(fact("cardiovascular_event_on", NOW.date() - 42 * DAY))
    assert asked(when, later, values={"recent": named("6", "wk")}).truth is FALSE
    with pytest.raises(NotInForce):
        asked(when, case, values={"recent": named("6", "wk", since=NOW.date() + DAY)})
    assert asked(when, case, values={"recent": named("6", "wk", since=NOW.date())}).truth is TRUE


# ---------------------------------------------------------------- a number


@pytest.mark.parametrize(
    ("test", "truths"),
    [
        ("above", (FALSE, FALSE, TRUE)),
        ("at_least", (FALSE, TRUE, TRUE)),
        ("below", (TRUE, FALSE, FALSE)),
        ("at_most", (TRUE, TRUE, FALSE)),
    ],
)
@pytest.mark.parametrize("limit", [Decimal(70), "heavy"])
def test_a_number_is_compared_below_at_and_above_its_limit(test, truths, limit):
    values = {"heavy": named("70", "kg")}
    found = [asked({"fact": "weight", test: limit}, patient(weight(w)), values=values) for w in WEIGHTS]
    assert [f.truth for f in found] == list(truths)
    assert [f.because for f in found] == [(seen("Weight", f"{w} kg", "weight"),) for w in WEIGHTS]


WEIGHTS = ("69.9", "70", "70.1")


def test_a_number_is_compared_in_the_unit_of_its_question():
    """154 lb are 69.853 kg, and 155 lb 70.307 kg."""
    light, heavy = (asked({"fact": "weight", "above": 70}, patient(weight(lb, unit="[lb_av]"))) for lb in LB)
    assert (light.truth, heavy.truth) == (FALSE, TRUE)


LB = ("154", "155")


def test_a_test_that_no_reader_let_through_stops_and_passes_nothing():
    context = Context(patient(weight("72")), LIBRARY, NOW, {})
    with pytest.raises(AssertionError, match=r"^a fact has exactly one test; the reader saw to it$"):
        evaluate(Condition.model_construct(fact="weight"), context)


# ---------------------------------------------------------------- a jump


@pytest.mark.parametrize(
    ("before", "now", "truth"),
    [
        ("70", "77", FALSE),
        ("70", "77.1", TRUE),
        ("70", "63", FALSE),
        ("70", "62.9", TRUE),
        ("1", "1.1", FALSE),
        ("1", "1.2", TRUE),
    ],
)
def test_a_jump_is_more_than_the_share_up_or_down(before, now, truth):
    case = patient(weight(before, NOW - 9 * DAY), weight(now))
    assert asked({"fact": "weight", "changed_by_more_than_percent": 10}, case) == Evaluation(
        truth,
        (
            seen("Weight", f"{now} kg", "weight"),
            seen("Weight", f"{before} kg", "weight", NOW - 9 * DAY),
        ),
    )


def test_anything_is_a_jump_from_nothing():
    case = patient(weight("0", NOW - 9 * DAY), weight("0"))
    assert asked({"fact": "weight", "changed_by_more_than_percent": 10}, case).truth is TRUE


def test_a_jump_is_told_in_one_unit():
    """154 lb are 69.85 kg: to 72 kg that is 3 %."""
    case = patient(weight("154", NOW - 9 * DAY, "[lb_av]"), weight("72"))
    assert asked({"fact": "weight", "changed_by_more_than_percent": 10}, case).truth is FALSE
    back = patient(weight("72", NOW - 9 * DAY), weight("154", unit="[lb_av]"))
    assert asked({"fact": "weight", "changed_by_more_than_percent": 10}, back).truth is FALSE


def test_a_first_measurement_is_no_jump():
    assert asked({"fact": "weight", "changed_by_more_than_percent": 10}, patient(weight("72"))) == Evaluation(
        FALSE, (seen("Weight", "72 kg", "weight"),)
    )


def test_a_measurement_is_held_against_the_last_of_an_earlier_visit():
    """A visit is twelve hours; without an earlier one it is the measurement before; blanks are passed by."""
    new = weight("72")
    visit, same, blank = (
        weight("70", new.at - 12 * HOUR),
        weight("90", new.at - 12 * HOUR + timedelta(seconds=1)),
        fact("weight", Answer.UNKNOWN, new.at - 20 * HOUR),
    )
    older = weight("50", new.at - 30 * HOUR)
    assert measured_before(new, patient(older, blank, visit, same, new)) is visit
    assert measured_before(new, patient(older, blank, same, new)) is older
    assert measured_before(new, patient(weight("60", new.at - HOUR), same, new)).value.magnitude == 60
    assert measured_before(new, patient(blank, new, weight("80", new.at + HOUR))) is None


# ---------------------------------------------------------------- age and body


@pytest.mark.parametrize(
    ("test", "truths"),
    [
        ("above", (FALSE, FALSE, TRUE)),
        ("at_least", (FALSE, TRUE, TRUE)),
        ("below", (TRUE, FALSE, FALSE)),
        ("at_most", (TRUE, TRUE, FALSE)),
    ],
)
def test_an_age_is_compared_below_at_and_above_its_limit(test, truths):
    born = {17: date(2008, 11, 25), 18: date(2008, 11, 24), 19: date(2007, 11, 24)}
    found = [asked({"age": {test: 18}}, patient(born_on=day)) for day in born.values()]
    assert found == [
        Evaluation(truth, (Observed("Age", f"{years} years", None, None, "born_on"),))
        for years, truth in zip(born, truths, strict=True)
    ]


def test_an_age_without_a_birthday_is_asked_for():
    ask = Missing("born_on", "On which day was the patient born?", "not known")
    assert asked({"age": {"below": 18}}, patient()) == Evaluation(UNKNOWN, (), (ask,))


@pytest.mark.parametrize(("kg", "shown", "truth"), [("86.7", "30", TRUE), ("86.4", "29.9", FALSE)])
def test_a_body_mass_index_is_told_to_one_decimal_with_the_moment_of_the_weight(kg, shown, truth):
    """86.7 ÷ 1.7² is exactly 30, and 86.4 ÷ 1.7² is 29.896."""
    found = asked({"bmi": {"at_least": 30}}, patient(weight(kg), height("170")))
    assert found == Evaluation(truth, (seen("BMI", f"{shown} kg/m²", "weight"),))


def test_a_body_mass_index_asks_for_what_it_lacks():
    no_weight, no_height = (open_question(k, "not asked yet") for k in ("weight", "height"))
    when = {"bmi": {"at_least": 30}}
    assert asked(when, patient(height("170"))) == Evaluation(UNKNOWN, (), (no_weight,))
    assert asked(when, patient(weight("72"))) == Evaluation(UNKNOWN, (), (no_height,))
    assert asked(when, patient()) == Evaluation(UNKNOWN, (), (no_weight, no_height))
