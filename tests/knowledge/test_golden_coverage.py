"""What the golden cases cover, told from the case files themselves: every rule, route, place and extreme.

A rule is covered where a case's expected file says, by hand, how it answers, in which protocols, from which
facts and in what words; tests/golden holds each of these against the product.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from posology.knowledge import load_library
from posology.knowledge.schema import WeightPolicy
from tests.golden.expectations import CASES, REFUSED, SITE, advice_for, expected_for, raw_case
from tests.golden.test_worksheets import CASES as SHEETS

pytestmark = pytest.mark.golden

LIBRARY = load_library()
RULES = {f"{file.id}/{rule.id}": rule for file in LIBRARY.rules for rule in file.rules}
# What a course itself asks; a label may turn the hold of a missed session into a caution.
OF_A_COURSE = {
    "adjustments/missed-session": {LIBRARY.adjustments.missed_session.level.value, "caution"},
    "adjustments/long-break": {LIBRARY.adjustments.long_break.level.value},
    "adjustments/death": {LIBRARY.adjustments.death.level.value},
}
VERDICTS = {rule: {known.level.value} for rule, known in RULES.items()} | OF_A_COURSE
POLICIES = {policy.value for policy in WeightPolicy}
PROTOCOLS = {p.id for p in LIBRARY.protocols.values() if p.status == "active"}
GOLDEN = {name: (raw_case(name), expected_for(name)) for name in CASES}


# ---------------------------------------------------------------- rules
def test_every_rule_fires_in_a_golden_case_as_its_sheet_says(record_property):
    """Each rule of the knowledge files has a case that names its verdict, protocols, facts and words."""
    told = {rule for _, expected in GOLDEN.values() for rule in expected.get("fires", {})}
    assert sorted(set(VERDICTS) - told) == []
    assert sorted(told - set(VERDICTS)) == []
    record_property("n", len(told))


def test_a_rule_fires_with_the_verdict_that_the_files_know_and_is_held_against_words_and_facts():
    for name, (_, expected) in GOLDEN.items():
        for rule, wanted in expected.get("fires", {}).items():
            assert wanted["verdict"] in VERDICTS[rule], (name, rule)
            assert wanted["says"] and (wanted["facts"] or rule in OF_A_COURSE), (name, rule)


def test_every_verdict_that_a_course_may_ask_for_is_among_them():
    told = {
        (rule, wanted["verdict"])
        for _, expected in GOLDEN.values()
        for rule, wanted in expected.get("fires", {}).items()
    }
    wanted = {(rule, verdict) for rule, verdicts in OF_A_COURSE.items() for verdict in verdicts}
    assert sorted(wanted - told) == []


def test_every_checkpoint_is_asked_in_a_golden_case():
    asked = {
        prompt.split("/")[1] for _, expected in GOLDEN.values() for prompt in expected.get("prompts", {})
    }
    phases = [phase for protocol in LIBRARY.protocols.values() for phase in protocol.phases]
    assert sorted({checkpoint.id for phase in phases for checkpoint in phase.checkpoints} - asked) == []


# A first dose above the usual start, and more than one step up, are never proposed, so no case can show them.
SOFT_LIMITS = {
    "dose-hold-above",
    "sessions-in-7-days-hold-above",
    "sessions-in-28-days-hold-above",
    "amount-in-7-days-hold-above",
    "amount-in-28-days-hold-above",
}


def test_every_soft_limit_that_a_proposal_can_meet_holds_one_in_a_golden_case():
    held = {
        rule.split("/")[-1]
        for _, expected in GOLDEN.values()
        for rules in expected.get("blocked", {}).values()
        for rule in rules
        if rule.startswith("limits/")
    }
    assert sorted(SOFT_LIMITS - held) == []


def test_every_policy_of_the_dosing_weight_has_a_golden_case():
    named = {expected.get(SITE, {}).get("policy", "actual") for _, expected in GOLDEN.values()}
    assert sorted(POLICIES - named) == []


# ---------------------------------------------------------------- protocols, routes, places
def _offered(name: str) -> set[str]:
    return {option.protocol_id for option in advice_for(name).options}


def test_every_protocol_is_offered_in_a_golden_case_and_prepared_on_a_golden_worksheet():
    named = {
        option.split("/")[0]: name
        for name, (_, expected) in GOLDEN.items()
        for option in expected.get("options", {})
    }
    assert sorted(PROTOCOLS - set(named)) == []
    for protocol, name in named.items():
        assert protocol in _offered(name)
    made = {sheet["protocol"] for sheet in SHEETS.values() if "expect" in sheet}
    assert sorted(PROTOCOLS - made) == []


def test_every_product_has_a_golden_worksheet():
    prepared = {
        product
        for sheet in SHEETS.values()
        for product in sheet.get("expect", {}).get("vial_volume_mL", {"esketamine-device-28": None})
    }
    assert sorted(set(LIBRARY.products.products) - prepared) == []


# ---------------------------------------------------------------- extremes and what is missing
def _facts(case: dict[str, Any]) -> dict[str, Any]:
    return case["facts"]


def _weight(case: dict[str, Any]) -> str:
    weight = _facts(case).get("weight")
    latest = weight[-1] if isinstance(weight, list) else weight
    return f"{latest['value']} {latest['unit']}" if isinstance(latest, dict) else str(latest)


def _age(case: dict[str, Any]) -> int | None:
    if case["born_on"] == "unknown":
        return None
    born, on = date.fromisoformat(str(case["born_on"])), _as_of(case).date()
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _as_of(case: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(case["as_of"]))


def _course(case: dict[str, Any]) -> list[dict[str, Any]]:
    return case.get("sessions", [])


def _missed(case: dict[str, Any]) -> bool:
    """Answer whether twice the last gap, and some days, passed since the last session."""
    days = [datetime.fromisoformat(str(s["at"])) for s in _course(case)]
    return len(days) > 1 and (_as_of(case) - days[-1]).days >= 2 * (days[-1] - days[-2]).days + 4


def _asks(key: str) -> Callable[[dict, dict], bool]:
    return lambda case, expected: key in expected.get("needed", [])


def _responds(state: str) -> Callable[[dict, dict], bool]:
    return lambda case, expected: expected.get("response") == state


def _last(key: str, *values: object) -> Callable[[dict, dict], bool]:
    return lambda case, expected: bool(_course(case)) and _course(case)[-1].get(key) in values


def _year(year: int) -> Callable[[dict, dict], bool]:
    return lambda case, expected: _as_of(case).year == year


WANTED: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "in the United States": lambda case, _: case["jurisdiction"] == "US",
    "in Europe": lambda case, _: case["jurisdiction"] == "EU",
    "in the United Kingdom": lambda case, _: case["jurisdiction"] == "UK",
    "40 kg": lambda case, _: _weight(case) == "40 kg",
    "below 40 kg": lambda case, _: _weight(case) == "39.3 kg",
    "160 kg": lambda case, _: _weight(case) == "160 kg",
    "above 160 kg": lambda case, _: _weight(case) == "161 kg",
    "pounds": lambda case, _: _weight(case).endswith("[lb_av]"),
    "inches": lambda case, _: "[in_i]" in str(_facts(case).get("height")),
    "17 years": lambda case, _: _age(case) == 17,
    "18 years": lambda case, _: _age(case) == 18,
    "64 years": lambda case, _: _age(case) == 64,
    "65 years": lambda case, _: _age(case) == 65,
    "85 years": lambda case, _: _age(case) == 85,
    "no birth day": _asks("born_on"),
    "no weight": lambda case, expected: "weight" not in _facts(case) and "weight" in expected["needed"],
    "no height": _asks("height"),
    "no pregnancy test": lambda case, expected: _facts(case).get("pregnant") == "unknown",
    "no question about pregnancy": _asks("can_be_pregnant"),
    "no history of treatment": _asks("failed_adequate_trials"),
    "no whole list of drugs": _asks("medication_list_complete"),
    "a drug that may be taken": _asks("medications"),
    "a drug that is not known": lambda case, expected: (
        "rules-interactions/unlisted-drug" in expected.get("holds", [])
    ),
    "an old ECG": lambda case, expected: isinstance(_facts(case).get("ecg"), dict),
    "an old liver panel": lambda case, expected: isinstance(_facts(case).get("liver_panel"), dict),
    "an old blood pressure": lambda case, expected: (
        isinstance(_facts(case).get("systolic"), dict) and bool(expected.get("waits"))
    ),
    "no score": _asks("phq-9"),
    "a form with a gap": lambda case, _: "unknown" in str(case.get("scores")),
    "2016": _year(2016),
    "2018": _year(2018),
    "2019": _year(2019),
    "2020": _year(2020),
    "2022": _year(2022),
    "2024": lambda case, _: _as_of(case).year == 2024 and bool(_course(case)),
    "response": _responds("response"),
    "partial response": _responds("partial"),
    "no response": _responds("none"),
    "worse": _responds("worse"),
    "remission": _responds("remission"),
    "worse after a response": _responds("worse after response"),
    "response not known": _responds("unknown"),
    "badly borne": _last("worst_grade", 3, "3"),
    "broken off": _last("completed", "no"),
    "too deep": _last("lowest_sedation", 0, 1, "0", "1"),
    "missed sessions": lambda case, _: _missed(case),
    "a case that is refused": lambda _, expected: REFUSED in expected,
}


@pytest.mark.parametrize("what", WANTED)
def test_there_is_a_golden_case_of(what):
    assert [name for name, (case, expected) in GOLDEN.items() if WANTED[what](case, expected)]


def test_a_running_course_of_every_protocol_is_among_them():
    running = {session["protocol"] for case, _ in GOLDEN.values() for session in _course(case)}
    assert sorted(PROTOCOLS - running) == []


REFUSALS = {
    "tenfold": "a point may have slipped|360 mg is more than|5 mg/kg is above",
    "above the ceiling": "1.01 mg/kg is above",
    "too fast": "0.025 mg/kg/min",
    "undiluted": "may not be given undiluted",
    "other vial": "is in the hand",
    "other drug": "the order is for esketamine",
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_golden_worksheet_is_refused_for_being(what):
    said = [phrase for sheet in SHEETS.values() for phrase in sheet.get("refused", [])]
    assert all(any(part in phrase for phrase in said) for part in REFUSALS[what].split("|"))


def test_there_are_enough_of_them(record_property):
    """The cases and the worksheets together."""
    record_property("n", len(GOLDEN) + len(SHEETS))
    assert len(GOLDEN) >= 220 and len(SHEETS) >= 40
