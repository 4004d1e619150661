"""A case file is read as a person wrote it, or refused with its line."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from posology.case import Answer, CaseError, Choice, Sex
from posology.case.case_file import CaseFile, read_case, read_case_file
from posology.knowledge import UnreadableFile
from posology.quantities import DomainError, Quantity

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)

TEXT = """\
case: Synthetic, Ada; second session
as_of: 2026-11-24T09:00:00+00:00
jurisdiction: US
born_on: 1984-05-02
sex: female
recorded_at: 2026-11-23T15:00:00+00:00
facts:
  weight:
    - {value: 70.5, unit: kg, at: 2026-08-01}
    - 72.5 kg
  height: {value: 168, unit: cm}
  systolic: {value: 128, unit: "mm[Hg]", at: 2026-11-24T03:50:00-05:00}
  failed_adequate_trials: 3
  primary_diagnosis: major_depression_recurrent
  cardiovascular_event_on: 2024-03-01
  pregnant: unknown
  hypertension: yes
medications:
  - {name: Sertraline 100 mg, rxnorm: 36437, active: yes}
  - {name: Lorazepam 1 mg, active: no, at: 2026-10-01}
scores:
  - {instrument: phq-9, at: 2026-11-20, answers: [3, 3, 2, 2, 2, 2, 2, 1, 0]}
  - {instrument: phq-9, at: 2026-11-22, answers: [3, 3, 2, 2, 2, 2, 2, 1, unknown]}
  - {instrument: gad-7, at: 2026-11-20, total: 11}
sessions:
  - at: 2026-11-10T10:00:00-05:00
    protocol: ketamine-iv
    number: 1
    phase: induction
    dose: 36 mg
    level: 0.5
    minutes: 40
    completed: yes
    worst_grade: 1
    adverse_events: [nausea]
    peak_blood_pressure: 148/92
    lowest_sedation: 4
"""


def read(text: str = TEXT) -> CaseFile:
    return read_case_file(text, name="ada.yaml", now=NOW)


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def refusal(text: str) -> str:
    with pytest.raises(DomainError) as refused:
        read(text)
    assert isinstance(refused.value, CaseError | UnreadableFile)
    return str(refused.value)


def test_it_reads_every_kind_of_answer():
    case = read().case
    latest = {key: case.all_of(key)[0] for key in {f.key for f in case.facts}}
    assert latest["weight"].value == Quantity(Decimal("72.5"), "kg")
    assert latest["failed_adequate_trials"].value == Quantity(Decimal(3), "1")
    assert latest["primary_diagnosis"].value == Choice("major_depression_recurrent")
    assert latest["cardiovascular_event_on"].value == date(2024, 3, 1)
    assert latest["pregnant"].value is Answer.UNKNOWN
    assert latest["hypertension"].value is Answer.YES
    assert (case.born_on, case.sex, case.jurisdiction) == (date(1984, 5, 2), Sex.FEMALE, "US")


def test_a_fact_without_its_own_moment_has_that_of_the_file():
    case = read().case
    assert case.all_of("height")[0].at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert case.all_of("systolic")[0].at == datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def test_a_question_may_have_several_answers():
    weights = read().case.all_of("weight")
    assert [str(w.value) for w in weights] == ["72.5\u00a0kg", "70.5\u00a0kg"]
    assert weights[1].at == datetime(2026, 8, 1, tzinfo=UTC)


def test_a_fact_says_on_which_line_it_stands():
    assert read().case.all_of("height")[0].origin.detail == "ada.yaml:11"


def test_it_reads_drugs_scores_and_sessions():
    case = read().case
    assert [(m.text, m.rxnorm, m.active) for m in case.medications] == [
        ("Sertraline 100 mg", "36437", Answer.YES),
        ("Lorazepam 1 mg", None, Answer.NO),
    ]
    assert [(s.instrument, s.total) for s in case.scores] == [("phq-9", 17), ("phq-9", None), ("gad-7", 11)]
    session = case.sessions[0]
    assert (session.dose_mg, session.level, session.minutes) == (Decimal(36), Decimal("0.5"), 40)
    assert (session.peak_systolic, session.peak_diastolic, session.lowest_sedation_score) == (148, 92, 4)
    assert session.at == datetime(2026, 11, 10, 15, tzinfo=UTC)


EARLIER = """\
earlier:
  - {at: 2026-06-01T15:00:00+00:00, protocol: ketamine-iv, dose: 36 mg, level: 0.5, helped: yes}
  - {at: 2026-06-04T15:00:00+00:00, protocol: esketamine-nasal-us, dose: unknown, level: unknown,
     helped: unknown}
"""


def test_it_reads_earlier_doses_known_and_unknown():
    known, unknown = read(TEXT + EARLIER).case.earlier
    assert (known.dose_mg, known.level, known.helped) == (36, Decimal("0.5"), Answer.YES)
    assert (unknown.dose_mg, unknown.level, unknown.helped) == (None, None, Answer.UNKNOWN)
    assert unknown.substance == "esketamine"


def test_an_earlier_dose_says_all_it_is_asked():
    with pytest.raises(DomainError, match="helped"):
        read(TEXT + EARLIER.replace(", helped: yes", ""))
    with pytest.raises(DomainError, match=r"has no unit|36"):
        read(TEXT + EARLIER.replace("36 mg", "36"))


ELSEWHERE = """\
earlier:
  - {at: 2026-06-01T15:00:00+00:00, substance: ketamine, route: intravenous, dose: 36 mg, weight: 72 kg}
  - {at: 2026-11-20, substance: unknown, route: unknown, dose: unknown}
  - {at: unknown, substance: esketamine, route: nasal, dose: 56 mg}
"""


def test_a_dose_given_elsewhere_is_told_by_substance_and_route():
    case = read(TEXT + ELSEWHERE).case
    seen, day = case.earlier
    assert (seen.protocol_id, seen.substance, seen.route) == ("", "ketamine", "intravenous")
    assert (seen.dose_mg, seen.weight_kg, seen.on) == (36, 72, None)
    assert (day.substance, day.route, day.dose_mg, day.on) == (None, None, None, date(2026, 11, 20))
    assert day.at == datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC)
    (undated,) = case.undated
    assert (undated.substance, undated.dose_mg) == ("esketamine", 56)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("substance: spravato", "substance"),
        ("route: 7", "route"),
        ("dose: 36", "has no unit"),
        ("weight: 7200 kg", "beyond what can be true"),
        ("level: 0.5", "no key 'level'"),
        ("at: 2027-01-01", "after"),
    ],
)
def test_a_dose_elsewhere_that_cannot_be_true_is_refused(wrong, says):
    key = wrong.partition(":")[0]
    usual = {
        "at": "at: 2026-06-01",
        "substance": "substance: ketamine",
        "route": "route: oral",
        "dose": "dose: 36 mg",
    } | {key: wrong}
    with pytest.raises(DomainError, match=says):
        read(f"{TEXT}earlier:\n  - {{{', '.join(usual.values())}}}\n")


def test_a_day_alone_counts_to_its_end_and_never_beyond_the_decision():
    days = EARLIER.replace("2026-06-01T15:00:00+00:00", "2026-11-24").replace(
        "2026-06-04T15:00:00+00:00", "2026-11-23"
    )
    today, yesterday = (read(TEXT + days)).case.earlier
    assert today.at == read().as_of
    assert yesterday.at == datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC)


def test_a_session_whose_dose_nobody_knows_says_so():
    assert read(TEXT.replace("dose: 36 mg", "dose: unknown")).case.sessions[0].dose_mg is None


def test_the_moment_asked_for_goes_before_that_of_the_file():
    asked = datetime(2026, 11, 25, tzinfo=UTC)
    assert read_case_file(TEXT, name="a", now=NOW, as_of=asked).as_of == asked
    assert read().as_of == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert read(changed("as_of: 2026-11-24T09:00:00+00:00\n", "")).as_of == NOW


def test_read_case_is_the_case_alone():
    assert read_case(TEXT, name="ada.yaml", as_of=read().as_of) == read().case


def test_a_birth_day_may_be_unknown():
    assert read(changed("born_on: 1984-05-02", "born_on: unknown")).case.born_on is None


RECORDED = "recorded_at: 2026-11-23T15:00:00+00:00\n"

REFUSED = {
    "weight without a unit": ("72.5 kg", "72.5", 10, "has no unit", "Write it as in '72.5 kg'"),
    "weight below zero": ("72.5 kg", "-72.5 kg", 10, "below zero", "Measure again"),
    "weight in an unknown unit": ("72.5 kg", "72.5 stone", 10, "'stone' is not a UCUM code", "Units read"),
    "weight in lbs": ("72.5 kg", "159 lbs", 10, "'lbs' is not a UCUM code", "Write '[lb_av]'"),
    "weight as a length": ("72.5 kg", "72.5 cm", 10, "one cannot become the other", "Check which"),
    "weight beyond what can be": ("72.5 kg", "7250 kg", 10, "beyond what can be true", "Check the number"),
    "weight blank": ("72.5 kg", "", 10, "blank, which is no answer", "Write 'unknown'"),
    "unit not known in a mapping": ("unit: cm", "unit: lb", 11, "'lb' is not a UCUM code", "Write"),
    "unknown question": ("  height:", "  hieght:", 11, "no question 'hieght'", "Did you mean 'height'?"),
    "unknown key": ("    minutes: 40", "    minuts: 40", 32, "no key 'minuts'", "Did you mean 'minutes'?"),
    "a fact in the future": ("2026-08-01", "2026-12-01", 9, "after 2026-11-24 09:00 UTC", "Correct its date"),
    "a drug in the future": ("2026-10-01", "2026-12-01", 20, "after 2026-11-24", "Correct its date"),
    "a score in the future": ("2026-11-22", "2026-12-22", 23, "after 2026-11-24", "Correct its date"),
    "a session in the future": ("2026-11-10T10", "2026-12-10T10", 26, "after 2026-11-24", "Correct its date"),
    "born in the future": ("1984-05-02", "2084-05-02", 4, "in the future", "Correct it"),
    "born too long ago": ("1984-05-02", "1884-05-02", 4, "over 120 years old", "Correct it"),
    "an event in the future": ("2024-03-01", "2027-03-01", 15, "in the future", "Correct it"),
    "a moment without zone": ("03:50:00-05:00", "03:50:00", 12, "no time zone", "Add the offset"),
    "a moment that is none": ("2026-08-01", "yesterday", 9, "not a moment we can read", "Write it as"),
    "true for yes": ("hypertension: yes", "hypertension: true", 17, "'true'", "Write yes, no or unknown"),
    "maybe": ("pregnant: unknown", "pregnant: maybe", 16, "'maybe'", "Write yes, no or unknown"),
    "no such choice": ("major_depression_recurrent", "sad", 14, "'sad'", "Choose one of"),
    "no such jurisdiction": ("jurisdiction: US", "jurisdiction: XX", 3, "'XX'", "Write one of US, EU, UK"),
    "no such sex": ("sex: female", "sex: f", 5, "'f'", "Write one of"),
    "no sex": ("sex: female\n", "", 1, "'sex' is missing", "Add it"),
    "no jurisdiction": ("jurisdiction: US\n", "", 1, "'jurisdiction' is missing", "Add it"),
    "no moment anywhere": (RECORDED, "", 9, "has no moment, so its age", "Give it 'at'"),
    "a key twice": ("sex: female\n", "sex: female\nsex: male\n", 6, "stands twice", "Keep one"),
    "an answer out of range": ("[3, 3, 2", "[4, 3, 2", 22, "item 1 of PHQ-9 is '4'", "from 0 to 3"),
    "too few answers": ("[3, 3, 2", "[3, 2", 22, "9 items and 8 answers", "Write one answer an item"),
    "a total that differs": ("total: 11", f"answers: {[1] * 7}, total: 11", 24, "come to 7", "Correct one"),
    "no such instrument": ("gad-7", "gad-8", 24, "'gad-8'", "Write one of gad-7, phq-9"),
    "no such protocol": ("protocol: ketamine-iv", "protocol: ketamine", 27, "'ketamine'", "Write one of"),
    "no such phase": ("phase: induction", "phase: start", 29, "'start'", "Write one of induction"),
    "a dose of zero": ("dose: 36 mg", "dose: 0 mg", 30, "a dose is above 0", "Correct it"),
    "a dose without unit": ("dose: 36 mg", "dose: 36", 30, "has no unit", "36 mg"),
    "pressures swapped": ("148/92", "92/148", 36, "cannot be", "148/92"),
    "session 0": ("number: 1", "number: 0", 28, "'0'", "from 1 to 10000"),
    "active: true": ("active: yes", "active: true", 19, "'true'", "Write one of yes, no, unknown"),
    "facts as a list": ("  height: {value: 168, unit: cm}", "  height: [[1]]", 11, "not a number", "Write"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_with_line_finding_and_remedy(name):
    old, new, line, found, remedy = REFUSED[name]
    message = refusal(changed(old, new))
    assert message.startswith(f"ada.yaml:{line}: "), message
    assert found in message
    assert remedy in message
    assert "\n" not in message


def test_sessions_that_run_backwards_are_refused():
    second = TEXT[TEXT.index("  - at: 2026-11-10T10") :].replace("2026-11-10T10", "2026-11-13T10")
    assert "Session 1 is dated after session 1" in refusal(TEXT + second)


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- b", "case: [", "a: *b", "\t: 1", "case: !!python/none x"]
)
def test_what_is_no_case_file_is_refused(text):
    assert refusal(text).startswith("ada.yaml:") or refusal(text).startswith("ada.yaml: ")


# ---------------------------------------------------------------- hazards at this door

NUMBERS = {
    "weight": ("72.5 kg", "{} kg"),
    "weight in a mapping": ("value: 70.5", 'value: "{}"'),
    "height bare in a mapping": ("value: 168", "value: {}"),
    "systolic": ("value: 128", "value: {}"),
    "count": ("failed_adequate_trials: 3", "failed_adequate_trials: {}"),
    "answer": ("[3, 3, 2", "[{}, 3, 2"),
    "total": ("total: 11", "total: {}"),
    "dose": ("dose: 36 mg", 'dose: "{} mg"'),
    "level": ("level: 0.5", "level: {}"),
    "level as text": ("level: 0.5", 'level: "{} mg/kg"'),
    "minutes": ("minutes: 40", "minutes: {}"),
    "session": ("number: 1", "number: {}"),
    "grade": ("worst_grade: 1", "worst_grade: {}"),
    "pressure": ("148/92", '"{}/92"'),
    "sedation": ("lowest_sedation: 4", "lowest_sedation: {}"),
}
OTHER_GRAMMARS = [
    "0,5",
    "７５",
    "7_5",
    "1e2",
    "٧٥",
    "0x10",
    "0o17",
    "+5",
    ".5",
    "5.",
    "1 000",
    "1'000",
    "½",
    "²",
]
NOTHING = ["NaN", "nan", ".nan", "sNaN", "inf", ".inf", "-.inf", "Infinity", "1e999", "-1e999", "9" * 30]


@pytest.mark.hazard("H-07", n=210)
@pytest.mark.parametrize("number", OTHER_GRAMMARS)
@pytest.mark.parametrize("field", NUMBERS)
def test_digits_of_another_grammar_are_refused_in_every_field(field, number):
    """Fifteen fields × fourteen ways of writing a number that some parser would take."""
    old, new = NUMBERS[field]
    refusal(changed(old, new.format(number)))


@pytest.mark.hazard("H-08", n=165)
@pytest.mark.parametrize("number", NOTHING)
@pytest.mark.parametrize("field", NUMBERS)
def test_a_number_of_nothing_is_refused_in_every_field(field, number):
    """Fifteen fields × eleven ways of writing NaN, infinity, or what is beyond measure."""
    old, new = NUMBERS[field]
    refusal(changed(old, new.format(number)))


@pytest.mark.hazard("H-08", n=7)
@pytest.mark.parametrize(
    "field", ["weight", "height bare in a mapping", "systolic", "dose", "level", "minutes", "session"]
)
def test_minus_zero_is_no_measurement(field):
    """Seven fields that take nothing at or below zero."""
    old, new = NUMBERS[field]
    refusal(changed(old, new.format("-0")))


@pytest.mark.hazard("H-02", n=24)
@pytest.mark.parametrize(
    "unit", ["lbs", "lb", "pounds", "LB", "Kg", "KG", "kgs", "kilo", "stone", "st", "oz", "[lb]"]
)
@pytest.mark.parametrize("text", ["160 {}", '{{value: 160, unit: "{}"}}'])
def test_a_weight_counts_only_in_a_unit_of_ucum(unit, text):
    """Twelve spellings that people use, in both ways of writing: none is read, in kilograms or otherwise."""
    refusal(changed("72.5 kg", text.format(unit)))


@pytest.mark.hazard("H-02", n=1000)
def test_pounds_and_kilograms_of_one_weight_are_one_weight():
    """A thousand weights, 88.0 to 187.9 lb, against the exact pound of 0.45359237 kg."""
    pounds = [Decimal(tenths) / 10 for tenths in range(880, 1880)]
    listed = "\n".join(f'    - "{weight} [lb_av]"' for weight in pounds)
    read_weights = read(changed("    - 72.5 kg", listed)).case.all_of("weight")
    in_kg = {fact.value.in_unit("kg") for fact in read_weights if isinstance(fact.value, Quantity)}
    assert in_kg == {weight * Decimal("0.45359237") for weight in pounds} | {Decimal("70.5")}
    assert len(in_kg) == 1001


def test_a_day_that_has_begun_somewhere_is_not_the_future():
    """At 15:00 UTC it is the 25th in Auckland: an event of that day is today's there."""
    text = TEXT.replace("cardiovascular_event_on: 2024-03-01", "cardiovascular_event_on: 2026-11-25")
    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    case = read_case(text, name="ada.yaml", as_of=at)
    assert case.all_of("cardiovascular_event_on")[0].value == date(2026, 11, 25)
    with pytest.raises(CaseError, match="a day in the future"):
        read_case(text, name="ada.yaml", as_of=at.replace(hour=9))
