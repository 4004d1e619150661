"""At most two findings interrupt an order; holds are always decided, and nothing is hidden."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.case import Answer, Medication
from posology.knowledge import Certainty, Level, Role, load_library
from posology.protocols import Finding, Verdict
from posology.recommendation import Option, recommend
from posology.recommendation.alerts import MOST_INTERRUPTIONS, alerts_of, rank_alerts
from tests.cases import NOW, STAFF, complete_case, offered_case

LIBRARY = load_library()
RULES = {f"{file.id}/{rule.id}": rule for file in LIBRARY.rules for rule in file.rules}


def finding(rule: str, verdict: Verdict = Verdict.CAUTION, **changes: object) -> Finding:
    known = RULES.get(rule)
    made = Finding(
        rule=rule,
        title=known.title if known else rule,
        verdict=verdict,
        level=Level.CAUTION if verdict is Verdict.CAUTION else Level.HOLD,
        message="Found.",
        do="Do.",
        because=(),
        missing=(),
        citations=(),
        certainty=known.certainty if known else Certainty.VERIFIED,
        cleared_by=known.cleared_by if known else Role.PRESCRIBER,
    )
    return replace(made, **changes)


def option_for(*drugs: str, protocol: str = "ketamine-iv", **answers: object) -> Option:
    taken = tuple(Medication(d, None, Answer.YES, NOW - timedelta(hours=1), STAFF) for d in drugs)
    case = replace(complete_case(answers), medications=taken)
    return recommend(case, as_of=NOW, protocols=(protocol,)).options[0]


def rules_of(findings: tuple[Finding, ...]) -> list[str]:
    return [f.rule.split("/")[1] for f in findings]


def test_two_cautions_about_drugs_interrupt_and_the_third_is_a_note():
    option = option_for("lorazepam", "oxycodone", "methylphenidate")
    alerts = alerts_of(option, LIBRARY)
    assert rules_of(alerts.interrupt) == ["benzodiazepine", "opioid"]
    assert rules_of(alerts.notes) == ["stimulant"] and alerts.decide == ()


def test_a_drug_by_this_route_goes_before_a_drug_by_any():
    option = option_for("lorazepam", "lamotrigine", "fluticasone nasal spray", protocol="esketamine-nasal-us")
    assert rules_of(alerts_of(option, LIBRARY).interrupt) == ["nasal-drug", "benzodiazepine"]


def test_a_hold_takes_a_place_and_is_never_a_note():
    option = option_for("an herb from the market", "lorazepam", "oxycodone")
    alerts = alerts_of(option, LIBRARY)
    assert rules_of(alerts.decide) == ["unlisted-drug"]
    assert rules_of(alerts.interrupt) == ["benzodiazepine"] and rules_of(alerts.notes) == ["opioid"]


def test_where_holds_take_both_places_no_caution_interrupts():
    held = [finding(f"rules-test/hold-{n}", Verdict.HOLD) for n in range(4)]
    alerts = rank_alerts([finding("rules-interactions/opioid"), *held], LIBRARY)
    assert alerts.decide == tuple(held) and alerts.interrupt == ()
    assert rules_of(alerts.notes) == ["opioid"]


def test_what_is_said_of_everybody_does_not_interrupt():
    general = [
        r for r, rule in RULES.items() if rule.level is Level.CAUTION and r.startswith("rules-cautions/")
    ]
    plain = [r for r in general if not (RULES[r].applies_to.substances or RULES[r].applies_to.routes)]
    alerts = rank_alerts([finding(r) for r in plain], LIBRARY)
    assert plain and alerts.interrupting == () and len(alerts.notes) == len(plain)


def test_who_nobody_may_clear_stands_first():
    of = [finding(f"rules-test/{role}", Verdict.HOLD, cleared_by=role) for role in reversed(Role)]
    order = [f.cleared_by for f in rank_alerts(of, LIBRARY).decide]
    assert order == [Role.NOBODY, Role.DIRECTOR, Role.PRESCRIBER, Role.NURSE]


def test_a_limit_that_no_rule_made_speaks_of_this_order():
    limit = finding("limits/soft", certainty=Certainty.SITE_DEFAULT)
    alerts = rank_alerts(
        [finding("rules-interactions/opioid"), finding("rules-interactions/alcohol"), limit], LIBRARY
    )
    assert alerts.interrupt[0] is limit


ANY_FINDING = st.builds(
    finding,
    st.sampled_from([*RULES, "limits/soft", "missed/session"]),
    st.sampled_from([Verdict.HOLD, Verdict.CAUTION]),
    certainty=st.sampled_from(Certainty),
    cleared_by=st.sampled_from(Role),
)


@given(findings=st.lists(ANY_FINDING, max_size=14, unique_by=lambda f: f.rule))
def test_every_finding_stands_once_and_at_most_two_interrupt(findings):
    """The plant: a caution beyond the second interrupts, or the rest is cut off."""
    alerts = rank_alerts(findings, LIBRARY)
    told = (*alerts.decide, *alerts.interrupt, *alerts.notes)
    assert sorted(f.rule for f in told) == sorted(f.rule for f in findings)
    assert all(f.verdict is Verdict.HOLD for f in alerts.decide)
    assert set(alerts.decide) == {f for f in findings if f.verdict is Verdict.HOLD}
    assert len(alerts.interrupting) <= max(MOST_INTERRUPTIONS, len(alerts.decide))
    assert alerts.interrupt == () or len(alerts.interrupting) <= MOST_INTERRUPTIONS
    assert rank_alerts(findings, LIBRARY) == alerts


@given(findings=st.lists(ANY_FINDING, max_size=10, unique_by=lambda f: f.rule), data=st.data())
def test_one_more_hold_never_hides_another(findings, data):
    """Worse news never takes a hold away from those that must be decided."""
    more = data.draw(ANY_FINDING.filter(lambda f: f.rule not in {x.rule for x in findings}))
    before, after = rank_alerts(findings, LIBRARY), rank_alerts([*findings, more], LIBRARY)
    assert set(before.decide) <= set(after.decide)


IN_FORCE = [protocol for protocol in LIBRARY.protocols.values() if protocol.status != "draft"]


@pytest.mark.parametrize("protocol", IN_FORCE, ids=[protocol.id for protocol in IN_FORCE])
def test_a_plain_patient_is_interrupted_by_nothing(protocol):
    case = offered_case(protocol)
    options = recommend(case, as_of=NOW, protocols=(protocol.id,)).options
    assert options and all(alerts_of(o, LIBRARY).interrupting == () for o in options)
