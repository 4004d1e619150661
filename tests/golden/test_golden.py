"""A case file in, the expected answer out; where its numbers come from stands at its head."""

from pathlib import Path
from typing import Any

import pytest

from posology.case.case_file import read_case_file
from posology.knowledge import read_yaml
from posology.protocols import Verdict
from posology.quantities import Quantity
from posology.recommendation import Advice, Option, recommend
from tests.cases import NOW

pytestmark = pytest.mark.golden

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "cases").glob("*.yaml"))


def advice_for(name: str) -> Advice:
    path = HERE / "cases" / f"{name}.yaml"
    given = read_case_file(path.read_text(encoding="utf-8"), name=path.name, now=NOW)
    return recommend(given.case, as_of=given.as_of)


def expected_for(name: str) -> dict[str, Any]:
    path = HERE / "expected" / f"{name}.yaml"
    data = read_yaml(path.read_text(encoding="utf-8"), name=path.name).data
    assert isinstance(data, dict)
    return data


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", "")


@pytest.mark.parametrize("name", CASES)
def test_the_case_gets_the_expected_answer(name):
    advice, expected = advice_for(name), expected_for(name)
    checks = {
        "verdicts": check_verdicts,
        "stops": lambda a, e: check_rules(a, e, Verdict.STOP),
        "holds": lambda a, e: check_rules(a, e, Verdict.HOLD),
        "needed": lambda a, e: check_superset({m.key for m in a.needed}, e),
        "response": lambda a, e: check_equal(a.response, e),
        "options": check_options,
        "only_options": lambda a, e: check_equal([o.id for o in a.options], e),
        "no_options_of": lambda a, e: check_equal([o.id for o in a.options if o.protocol_id in e], []),
        "blocked": check_blocked,
        "includes": lambda a, e: check_superset({o.dose_change.value for o in a.options}, e),
        "excludes": lambda a, e: check_equal({o.dose_change.value for o in a.options} & set(e), set()),
    }
    assert set(expected) <= set(checks)
    for key, value in expected.items():
        checks[key](advice, value)


def check_equal(found: object, expected: object) -> None:
    assert found == expected


def check_superset(found: set[str], expected: list[str]) -> None:
    assert found >= set(expected)


def check_verdicts(advice: Advice, expected: dict[str, str]) -> None:
    found = {}
    for one in advice.protocols:
        verdict = one.report.verdict
        found[one.report.protocol_id] = (
            Verdict.CANNOT_SAY.value if one.missing and verdict.lets_through else verdict.value
        )
    assert {key: found.get(key) for key in expected} == expected


def check_rules(advice: Advice, expected: list[str], verdict: Verdict) -> None:
    """Exactly these rules, and no other, stop or hold any protocol."""
    assert {f.rule for p in advice.protocols for f in p.report.of(verdict)} == set(expected)


def check_blocked(advice: Advice, expected: dict[str, list[str]]) -> None:
    for option_id, rules in expected.items():
        option = advice.option(option_id)
        assert option is not None
        assert [f.rule for f in option.blocked_by] == rules


def check_options(advice: Advice, expected: dict[str, dict[str, Any]]) -> None:
    for option_id, wanted in expected.items():
        option = advice.option(option_id)
        assert option is not None, f"no {option_id} among {[o.id for o in advice.options]}"
        check_option(option, wanted)


def check_option(option: Option, wanted: dict[str, Any]) -> None:
    assert option.dose is not None
    assert plain(str(Quantity(option.dose.dose_mg, "mg"))) == wanted["dose"]
    if "minutes" in wanted:
        assert option.dose.minutes == wanted["minutes"]
    if "devices" in wanted:
        assert option.dose.devices == wanted["devices"]
    if "sum" in wanted:
        steps = [plain(f"{step.expression} = {step.result}") for step in option.dose.steps]
        assert steps[: len(wanted["sum"])] == wanted["sum"]
    if "visits" in wanted:
        assert [visit.on for visit in option.visits][: len(wanted["visits"])] == wanted["visits"]


def test_every_case_says_where_its_numbers_come_from():
    for name in CASES:
        text = (HERE / "cases" / f"{name}.yaml").read_text(encoding="utf-8")
        assert text.startswith("# "), name
        assert (HERE / "expected" / f"{name}.yaml").is_file(), name
    assert len(CASES) >= 12
