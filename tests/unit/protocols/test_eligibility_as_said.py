"""What a finding says where a rule passed, could not be answered, or held: words, what to do, ground."""

from dataclasses import replace
from datetime import timedelta

from posology.case import Answer, Missing
from posology.knowledge import Certainty, Level, Role, load_library
from posology.knowledge.schema import Condition
from posology.protocols import Citation, Finding, Observed, Verdict, assess
from tests.cases import NOW, STAFF, complete_case
from tests.refusals import plain
from tests.unit.protocols.test_rules_of_the_day import rule_of, with_rule

LIBRARY = load_library()
AT = NOW - timedelta(hours=1)
ANEURYSM = (
    "Is there, or was there ever, an aneurysm (aorta, brain, limb artery) or an arteriovenous malformation?"
)
SPRAVATO_US = "Spravato (esketamine) nasal spray, United States prescribing information"


def found(rule: str, case, protocol: str = "esketamine-nasal-us", library=LIBRARY) -> Finding:
    """Return what one rule said, with plain blanks."""
    findings = assess(case, protocol, as_of=NOW, library=library).findings
    told = next(f for f in findings if f.rule.endswith(f"/{rule}"))
    because = tuple(replace(o, shown=plain(o.shown)) for o in told.because)
    return replace(told, message=plain(told.message), because=because)


def test_a_rule_that_passed_tells_the_values_it_read_and_asks_for_nothing():
    told = found("pressure-above-guide", complete_case())
    assert (told.verdict, told.message, told.do) == (
        Verdict.PASS,
        "Systolic pressure: 124 mmHg; Diastolic pressure: 78 mmHg",
        "",
    )
    assert told.each_session


def test_a_rule_that_cannot_be_answered_asks_its_question():
    assert found("aneurysm-or-avm", complete_case({"aneurysm_or_avm": None})) == Finding(
        rule="rules-contraindications/aneurysm-or-avm",
        title=rule_of("aneurysm-or-avm").title,
        verdict=Verdict.CANNOT_SAY,
        level=Level.STOP,
        message=f"{ANEURYSM} Not asked yet.",
        do=f"Find out: {ANEURYSM}",
        because=(),
        missing=(Missing("aneurysm_or_avm", ANEURYSM, "not asked yet"),),
        citations=(Citation("SPR-US", SPRAVATO_US, ("A-CI-01",), Certainty.VERIFIED),),
        certainty=Certainty.VERIFIED,
        cleared_by=Role.NOBODY,
    )


def test_every_open_question_of_a_rule_is_to_be_found_out():
    told = found("pressure-above-guide", complete_case({"systolic": None, "diastolic": None}))
    asks = [LIBRARY.questions.questions[k].ask for k in ("systolic", "diastolic")]
    assert told.do == f"Find out: {asks[0]} {asks[1]}"
    assert told.message == f"{asks[0]} Not asked yet."


def test_a_rule_that_holds_says_its_own_sentence():
    told = found("aneurysm-or-avm", complete_case({"aneurysm_or_avm": Answer.YES}))
    rule = rule_of("aneurysm-or-avm")
    assert (told.verdict, told.message, told.do) == (Verdict.STOP, rule.say, rule.do)
    short = LIBRARY.questions.questions["aneurysm_or_avm"].short
    assert told.because == (Observed(short, "yes", AT, STAFF, "aneurysm_or_avm"),)


def test_a_rule_cites_the_label_of_the_patients_jurisdiction():
    case = complete_case({"pregnant": Answer.YES, "can_be_pregnant": Answer.YES})
    american = found("pregnant", case)
    european = found("pregnant", replace(case, jurisdiction="EU"), "esketamine-nasal-eu")
    assert [c.source for c in american.citations] == ["SPR-US"]
    assert [c.source for c in european.citations] == ["SPR-EU-PL"]


def test_what_a_rule_read_is_told_in_no_more_than_140_signs():
    """The shorts of the six questions and their answers would take more."""
    keys = (
        "aneurysm_or_avm",
        "intracerebral_hemorrhage",
        "hypersensitivity",
        "psychosis_now",
        "mania_now",
        "bipolar_ever",
    )
    when = {"any_of": [{"fact": key, "is": "yes"} for key in keys]}
    library = with_rule(rule_of("aneurysm-or-avm"), when=Condition.model_validate(when))
    told = found("aneurysm-or-avm", complete_case(), library=library)
    shorts = [f"{LIBRARY.questions.questions[key].short}: no" for key in keys]
    whole = "; ".join(shorts)
    assert len(whole) > 141
    assert len(told.message) == 140
    assert whole.startswith(told.message)


def test_a_question_is_asked_in_no_more_than_140_signs():
    key = "prior_ketamine_intolerance"
    question = LIBRARY.questions.questions[key].model_copy(update={"ask": f"{'A' * 130}?"})
    questions = LIBRARY.questions.model_copy(
        update={"questions": {**LIBRARY.questions.questions, key: question}}
    )
    rule = rule_of("aneurysm-or-avm")
    when = Condition.model_validate({"fact": key, "is": "yes"})
    library = replace(with_rule(rule, when=when), questions=questions)
    told = found("aneurysm-or-avm", complete_case({key: None}), library=library)
    assert told.message == f"{'A' * 130}? Not aske"
    assert told.do == f"Find out: {'A' * 130}?"
