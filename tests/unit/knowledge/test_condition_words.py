"""Every condition in words that a clinician reads, with the limit that is in force on the day."""

from datetime import date

import pytest

from posology.knowledge import load_library
from posology.knowledge.condition_words import condition_lines, day_in_force, value_names, value_text
from posology.knowledge.schema import Condition

TODAY = date(2026, 11, 24)


def told(condition: dict, file_id: str = "rules-session", on: date = TODAY) -> list[tuple[str, int]]:
    library = load_library()
    values = next(f for f in library.rules if f.id == file_id).values
    lines = condition_lines(Condition.model_validate(condition), library, values, on=on)
    return [(line.text, line.depth) for line in lines]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"fact": "aneurysm_or_avm", "is": "yes"}, "Aneurysm or AVM: yes"),
        ({"fact": "ecg", "is": "abnormal"}, "ECG: Abnormal"),
        ({"age": {"below": 18}}, "Age below 18 years"),
        ({"bmi": {"at_least": 40}}, "BMI at least 40 kg/m²"),
        ({"taking": "mao_inhibitor"}, "Takes a drug of the group: MAO inhibitors"),
        ({"unlisted_drug": True}, "Takes a drug that is not in the list of drugs"),
        ({"first_session": True}, "No session of the course yet by this protocol"),
        ({"fact": "pregnant", "known": "yes"}, "Pregnant: the last answer, however old, is yes"),
        (
            {"fact": "weight", "changed_by_more_than_percent": 10},
            "Weight: changed by more than 10 % since the last visit",
        ),
        (
            {"fact": "systolic", "above": "systolic_guide"},
            "Systolic pressure above 140\u00a0mmHg (systolic guide)",
        ),
        ({"fact": "systolic", "below": 90}, "Systolic pressure below 90\u00a0mmHg"),
        (
            {"fact": "cardiovascular_event_on", "within_days": 1},
            "Last cardiovascular event: less than 1 day ago",
        ),
    ],
)
def test_a_single_test_is_one_line(condition, expected):
    assert told(condition) == [(expected, 0)]


def test_parts_stand_under_the_line_that_joins_them():
    nested = {"any_of": [{"not": {"age": {"below": 18}}}, {"fact": "pregnant", "is": "yes"}]}
    assert told(nested) == [
        ("Any of these:", 0),
        ("It is not so that:", 1),
        ("Age below 18 years", 2),
        ("Pregnant: yes", 1),
    ]


def test_before_its_first_day_a_limit_has_no_number():
    condition = {"fact": "cardiovascular_event_on", "within_days": "recent_event"}
    (line,) = told(condition, "rules-contraindications", on=date(2010, 1, 1))
    assert "recent event, which is not in force yet" in line[0]


def test_every_condition_of_every_rule_has_words_and_every_named_value_is_found(record_property):
    """All rules: no line is empty, no key shows through, each named value stands in the rule's file."""
    n = 0
    for file in load_library().rules:
        for rule in file.rules:
            lines = condition_lines(rule.when, load_library(), file.values, on=TODAY)
            assert lines and all(line.text and "_" not in line.text for line in lines), rule.id
            assert all(name in file.values for name in value_names(rule.when)), rule.id
            n += 1
    record_property("n", n)
    assert n >= 108


def test_values_are_written_with_their_units():
    values = next(f for f in load_library().rules if f.id == "rules-contraindications").values
    dated = values["recent_event"]
    assert value_text(dated[max(dated)]) == "42 days"
    assert day_in_force(dated, TODAY) == max(d for d in dated if d <= TODAY)
    assert day_in_force(dated, date(1990, 1, 1)) is None
