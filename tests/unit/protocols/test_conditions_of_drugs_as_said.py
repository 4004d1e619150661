"""What is said of a list of drugs and of a first session: by which of them, and what is missing."""

from dataclasses import replace
from typing import Any

import pytest

from posology.case import Answer, Case, Fact, Medication, Missing
from posology.protocols import Observed
from posology.protocols.conditions import Context, Evaluation, read_drug_of
from tests.cases import NOW, STAFF, complete_case, with_sessions
from tests.unit.protocols.test_conditions_as_said import (
    DAY,
    FALSE,
    IV,
    LIBRARY,
    TRUE,
    UNKNOWN,
    asked,
    fact,
    open_question,
    patient,
    seen,
)

SEDATED = {"taking": "benzodiazepine"}
UNREAD = {"unlisted_drug": True}
COMPLETE = fact("medication_list_complete", Answer.YES)
WHOLE = seen(LIBRARY.questions.questions["medication_list_complete"].short, "yes", "medication_list_complete")


def drug(text: str, active: Answer = Answer.YES, rxnorm: str | None = None) -> Medication:
    return Medication(text, rxnorm, active, NOW - DAY, STAFF)


def on_list(*drugs: Medication, complete: Fact | None = COMPLETE) -> Case:
    return patient(*([complete] if complete else []), medications=drugs)


def shown(text: str, *read_as: str) -> Observed:
    return seen("Drug", text, "medications", NOW - DAY, read_as=read_as)


# ---------------------------------------------------------------- a class of drugs


def test_every_drug_of_a_class_that_is_taken_is_told():
    case = on_list(
        drug("Ativan 1 mg"), drug("ibuprofen"), drug("Xanax", Answer.UNKNOWN), drug("diazepam"), complete=None
    )
    assert asked(SEDATED, case) == Evaluation(
        TRUE, (shown("Ativan 1 mg", "lorazepam"), shown("diazepam", "diazepam"))
    )


def test_a_drug_that_may_still_be_taken_is_asked_about():
    case = on_list(drug("Xanax", Answer.UNKNOWN), drug("diazepam", Answer.UNKNOWN))
    assert asked(SEDATED, case) == Evaluation(
        UNKNOWN,
        (shown("Xanax", "alprazolam"), shown("diazepam", "diazepam")),
        (Missing("medications", "Is Xanax still taken?", "not known"),),
    )


def test_a_drug_that_is_no_longer_taken_says_nothing():
    assert asked(SEDATED, on_list(drug("diazepam", Answer.NO))) == Evaluation(FALSE, (WHOLE,))


def test_a_code_is_read_where_the_words_are_not():
    """6470 is lorazepam."""
    assert asked(SEDATED, on_list(drug("a pill", rxnorm="6470"))).because == (shown("a pill", "lorazepam"),)


@pytest.mark.parametrize("when", [SEDATED, UNREAD])
def test_a_list_says_nothing_of_what_is_not_on_it_until_it_is_complete(when):
    key = "medication_list_complete"
    assert asked(when, on_list(complete=None)) == Evaluation(
        UNKNOWN, (), (open_question(key, "not asked yet"),)
    )
    short = on_list(drug("ibuprofen"), complete=fact(key, Answer.NO))
    assert asked(when, short) == Evaluation(UNKNOWN, (), (open_question(key, "the list is not complete"),))
    assert asked(when, on_list(drug("ibuprofen"))) == Evaluation(FALSE, (WHOLE,))


# ---------------------------------------------------------------- what could not be read


def test_every_drug_that_could_not_be_read_is_told_also_one_that_may_be_taken():
    case = on_list(
        drug("blue pill"), drug("ibuprofen"), drug("red pill", Answer.UNKNOWN), drug("old pill", Answer.NO)
    )
    assert asked(UNREAD, case) == Evaluation(TRUE, (shown("blue pill"), shown("red pill")))
    assert asked(UNREAD, on_list(drug("old pill", Answer.NO))) == Evaluation(FALSE, (WHOLE,))


# ---------------------------------------------------------------- read once


def test_a_drug_is_read_once_a_case_by_its_words_and_its_code():
    case = on_list()
    context = Context(case, LIBRARY, NOW, {})
    plain, coded = drug("a pill"), drug("a pill", rxnorm="6470")
    first = read_drug_of(plain, context)
    assert read_drug_of(replace(plain, at=NOW), context) is first
    assert read_drug_of(coded, context).ingredients == ("lorazepam",)
    assert read_drug_of(drug("diazepam", rxnorm="6470"), context).ingredients == ("diazepam", "lorazepam")


def test_another_list_of_drugs_reads_anew():
    case = on_list()
    ativan = drug("Ativan")
    assert read_drug_of(ativan, Context(case, LIBRARY, NOW, {})).ingredients == ("lorazepam",)
    kept = {name: d for name, d in LIBRARY.drugs.drugs.items() if name != "lorazepam"}
    fewer = replace(LIBRARY, drugs=LIBRARY.drugs.model_copy(update={"drugs": kept}))
    other = read_drug_of(ativan, Context(case, fewer, NOW, {}))
    assert (other.ingredients, other.is_checked) == ((), False)
    assert read_drug_of(ativan, Context(case, fewer, NOW, {})) is other


# ---------------------------------------------------------------- the first session

FIRST = {"first_session": True}


def of_course(protocol_id: str = "ketamine-iv", count: int = 2) -> Case:
    return with_sessions(complete_case(), protocol_id, count, level="0.5", last_at=NOW - 3 * DAY)


def first(case: Case, **others: Any) -> Evaluation:
    return asked(FIRST, case, **{"protocol": IV, **others})


def test_the_last_session_of_the_course_shows_that_it_has_begun():
    assert first(of_course()) == Evaluation(
        FALSE, (Observed("Last session", "session 2", NOW - 3 * DAY, None, "session"),)
    )
    assert first(of_course(), as_of=NOW - 3 * DAY) == first(of_course())


def test_no_session_by_the_protocol_is_no_value_that_decided():
    assert first(patient()) == Evaluation(TRUE)
    assert first(of_course("ketamine-im")) == Evaluation(TRUE)
    assert first(of_course(), as_of=NOW - 99 * DAY) == Evaluation(TRUE)


def test_a_session_of_no_protocol_asks_of_which():
    ask = Missing("protocol", "Of which protocol is the session?", "not said")
    assert first(of_course(), protocol=None) == Evaluation(UNKNOWN, (), (ask,))
