"""The golden files and how an answer is held against one: each key of an expected file has its check."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from posology.case.case_file import read_case_file
from posology.knowledge import Library, build_library, load_library, read_yaml
from posology.protocols import Finding, Verdict
from posology.quantities import Quantity
from posology.recommendation import Advice, Option, recommend
from tests.cases import NOW
from tests.knowledge.changed import changed

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "cases").glob("*.yaml"))

# Keys of an expected file that are no check of the answer: what is asked, of which site, and that nothing
# is answered.
ASKED_FOR, SITE, REFUSED = "asked_for", "site", "refused"


def text_of(name: str) -> str:
    return (HERE / "cases" / f"{name}.yaml").read_text(encoding="utf-8")


def raw_case(name: str) -> dict[str, Any]:
    return _mapping(text_of(name), name)


def expected_for(name: str) -> dict[str, Any]:
    path = HERE / "expected" / f"{name}.yaml"
    return _mapping(path.read_text(encoding="utf-8"), path.name)


def _mapping(text: str, name: str) -> dict[str, Any]:
    data = read_yaml(text, name=name).data
    assert isinstance(data, dict)
    return data


def advice_for(name: str) -> Advice:
    given = read_case_file(text_of(name), name=f"{name}.yaml", now=NOW)
    expected = expected_for(name)
    asked_for = tuple(expected.get(ASKED_FOR, ())) or None
    library = library_of(**expected.get(SITE, {}))
    return recommend(given.case, as_of=given.as_of, library=library, protocols=asked_for)


@cache
def library_of(protocol: str = "", policy: str = "", cap_kg: str = "") -> Library:
    """Return the shipped library, or one in which a protocol has a site's own policy of the dosing weight."""
    if not protocol:
        return load_library()
    old = "  dosing_weight_policy:\n    2000-01-01: {value: actual,"
    new = old.replace("actual", policy)
    if cap_kg:
        cap = f"{{value: {cap_kg}, unit: kg, sources: [SITE-DEFAULT], certainty: SITE}}"
        new = f"  dosing_weight_cap:\n    2000-01-01: {cap}\n{new}"
    return build_library(changed(f"{protocol}.yaml", old, new))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", "")


# ---------------------------------------------------------------- the protocols and what they come to
def check_verdicts(advice: Advice, expected: dict[str, str]) -> None:
    found = {}
    for one in advice.protocols:
        found[one.report.protocol_id] = one.verdict.value
    assert {key: found.get(key) for key in expected} == expected


def check_protocols(advice: Advice, expected: list[str]) -> None:
    """These protocols, and no other, are looked at: those of the place that are in force on the day."""
    assert {p.report.protocol_id for p in advice.protocols} == set(expected)


def check_rules(advice: Advice, expected: list[str], verdict: Verdict) -> None:
    """Exactly these rules, and no other, answer so for any protocol."""
    assert {f.rule for p in advice.protocols for f in p.report.of(verdict)} == set(expected)


# ---------------------------------------------------------------- the rules that fire
def check_fires(advice: Advice, expected: dict[str, dict[str, Any]]) -> None:
    """Each rule answers with its verdict, in its protocols alone, and says what the sheet says."""
    for rule, wanted in expected.items():
        fired = {
            p.report.protocol_id: f
            for p in advice.protocols
            for f in p.report.findings
            if f.rule == rule and f.verdict not in {Verdict.PASS, Verdict.CANNOT_SAY}
        }
        assert fired, f"{rule} does not fire"
        assert set(fired) == _protocols_meant(advice, wanted["in"]), rule
        for finding in fired.values():
            assert finding.verdict.value == wanted["verdict"], rule
            _check_sentence(finding, wanted)


def _protocols_meant(advice: Advice, where: str | list[str]) -> set[str]:
    """Return the protocols of an ``in``: listed, or by a word: all, a substance, a route, or not a route."""
    if isinstance(where, list):
        return set(where)
    protocols = [load_library().protocol(p.report.protocol_id) for p in advice.protocols]
    word = where.removeprefix("not ")
    kinds = {p.id: {"all", p.substance.value, p.route.value} for p in protocols}
    return {p for p, words in kinds.items() if (word in words) != where.startswith("not ")}


def _check_sentence(finding: Finding, wanted: Mapping[str, Any]) -> None:
    cited = {fact for citation in finding.citations for fact in citation.facts}
    assert cited >= set(wanted["facts"]), (finding.rule, cited)
    told = plain(f"{finding.message} {finding.do}").lower()
    for phrase in wanted["says"]:
        assert phrase.lower() in told, (finding.rule, phrase, told)


# ---------------------------------------------------------------- the options
def check_options(advice: Advice, expected: dict[str, dict[str, Any]]) -> None:
    for option_id, wanted in expected.items():
        _check_option(_option(advice, option_id), wanted)


def _option(advice: Advice, option_id: str) -> Option:
    option = next((o for o in advice.options if o.id == option_id), None)  # shown, not only possible
    assert option is not None, f"no {option_id} among {[o.id for o in advice.options]}"
    return option


def check_possible(advice: Advice, expected: dict[str, dict[str, Any]]) -> None:
    """These are possible, found no room among the options, and are answered for all the same."""
    possible = {option.id: option for option in advice.also_possible}
    for option_id, wanted in expected.items():
        assert option_id in possible, (option_id, sorted(possible))
        _check_option(possible[option_id], wanted)


def _check_option(option: Option, wanted: dict[str, Any]) -> None:
    assert option.dose is not None
    assert plain(str(Quantity(option.dose.dose_mg, "mg"))) == wanted["dose"]
    if "minutes" in wanted:
        assert option.dose.minutes == wanted["minutes"]
    if "devices" in wanted:
        assert option.dose.devices == wanted["devices"]
    if "phase" in wanted:
        assert option.phase == wanted["phase"]
    if "weight" in wanted:
        _check_weight(option, wanted["weight"])
    if "sum" in wanted:
        steps = [plain(f"{step.expression} = {step.result}") for step in option.dose.steps]
        assert steps[: len(wanted["sum"])] == wanted["sum"]
    if "visits" in wanted:
        assert [visit.on for visit in option.visits][: len(wanted["visits"])] == wanted["visits"]
    if "sessions" in wanted:
        assert len(option.visits) == wanted["sessions"]


def _check_weight(option: Option, wanted: dict[str, Any]) -> None:
    weight = option.dose.weight if option.dose else None
    assert weight is not None
    assert (str(weight.kg.normalize() + 0), weight.policy) == (wanted["kg"], wanted["policy"])
    for phrase in wanted["says"]:
        assert phrase.lower() in plain(weight.reason).lower(), weight.reason


def check_prompts(advice: Advice, expected: dict[str, dict[str, Any]]) -> None:
    """Each question at a checkpoint is asked, with its day, its facts and what it says."""
    for prompt_id, wanted in expected.items():
        prompt = next(p for p in advice.prompts if p.id == prompt_id)
        assert (prompt.is_due, prompt.due_on) == (wanted["due"] == "yes", wanted["on"])
        assert {fact for c in prompt.citations for fact in c.facts} >= set(wanted["facts"])
        told = plain(f"{prompt.title} {prompt.say} {prompt.do} {prompt.limit}").lower()
        for phrase in wanted["says"]:
            assert phrase.lower() in told, (phrase, told)


def check_blocked(advice: Advice, expected: dict[str, list[str]]) -> None:
    for option_id, rules in expected.items():
        assert [f.rule for f in _option(advice, option_id).blocked_by] == rules


def check_waits(advice: Advice, expected: dict[str, list[str]]) -> None:
    """These rules cannot be answered yet, and are asked at the session's gate."""
    for option_id, rules in expected.items():
        check_superset({f.rule for f in _option(advice, option_id).at_session}, rules)


def check_told(advice: Advice, expected: list[str]) -> None:
    """The sentence on the response, and on what is not proposed, says these."""
    for phrase in expected:
        assert phrase in plain(advice.response_reason)


def check_left_out(advice: Advice, expected: list[str]) -> None:
    """Each protocol says of what it does not propose why, in these words."""
    for protocol in advice.protocols:
        told = plain(" ".join(protocol.left_out))
        for phrase in expected:
            assert phrase in told, (protocol.report.protocol_id, told)


def check_equal(found: object, expected: object) -> None:
    assert found == expected


def check_superset(found: set[str], expected: list[str]) -> None:
    assert found >= set(expected), set(expected) - found


CHECKS: dict[str, Callable[[Advice, Any], None]] = {
    "protocols": check_protocols,
    "verdicts": check_verdicts,
    "stops": lambda a, e: check_rules(a, e, Verdict.STOP),
    "holds": lambda a, e: check_rules(a, e, Verdict.HOLD),
    "cautions": lambda a, e: check_rules(a, e, Verdict.CAUTION),
    "fires": check_fires,
    "needed": lambda a, e: check_superset({m.key for m in a.needed}, e),
    "response": lambda a, e: check_equal(a.response, e),
    "told": check_told,
    "left_out": check_left_out,
    "prompts": check_prompts,
    "no_prompts": lambda a, e: check_equal([p.id for p in a.prompts if p.id in e], []),
    "options": check_options,
    "only_options": lambda a, e: check_equal([o.id for o in a.options], e),
    "possible": check_possible,
    "not_offered": lambda a, e: check_equal({o.id for p in a.protocols for o in p.options} & set(e), set()),
    "no_options_of": lambda a, e: check_equal([o.id for o in a.options if o.protocol_id in e], []),
    "blocked": check_blocked,
    "waits": check_waits,
    "includes": lambda a, e: check_superset({o.dose_change.value for o in a.options}, e),
    "excludes": lambda a, e: check_equal({o.dose_change.value for o in a.options} & set(e), set()),
}
