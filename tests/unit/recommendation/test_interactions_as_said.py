"""What is told of a drug beside an option, and in which order its caution stands: word for word."""

from dataclasses import replace
from decimal import Decimal

import pytest

from posology.case import Answer
from posology.knowledge import Certainty, Level, Role, Route, Substance, load_library
from posology.knowledge.schema.rules import Effect, InteractionSize
from posology.protocols import Verdict
from posology.protocols.findings import Observed
from posology.recommendation.alerts import alerts_of, how_specific, rank_alerts
from posology.recommendation.interactions import Interaction, Size, interactions_of
from tests.cases import NOW
from tests.unit.recommendation.test_alerts import RULES, finding, option_for, rules_of

LIBRARY = load_library()


def size(ratio: str, **told: object) -> str:
    """Return how a size is shown; no clinical number, only its words."""
    of = Decimal(ratio)
    made = InteractionSize(
        drug="rifampicin",
        measured_of=Substance.KETAMINE,
        route=Route.ORAL,
        direction="up" if of > 1 else "down" if of < 1 else "none",
        auc_ratio=of,
        facts=("A-DDI-14",),
        sources=("SEED",),
        certainty=Certainty.VERIFIED,
        **told,  # type: ignore[arg-type]
    )
    return Size("rifampicin", made, ()).shown.replace("\u00a0", " ")


# ---------------------------------------------------------------- sizes
@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        ("2.4", "× 2.4 (+140 %)"),
        ("1.01", "× 1.01 (+1 %)"),
        ("1.005", "× 1.005 (+0.5 %)"),
        ("1", "× 1 (no change)"),
        ("0.995", "× 0.995 (−0.5 %)"),
        ("0.14", "× 0.14 (−86 %)"),
    ],
)
def test_a_ratio_is_told_with_what_it_comes_to(ratio, told):
    assert size(ratio) == f"Exposure {told}; measured by mouth with ketamine."


def test_its_range_its_peak_and_its_note_stand_where_they_are_known():
    low_high = {"auc_ratio_low": Decimal("2.4"), "auc_ratio_high": Decimal("3.6")}
    assert size("3", **low_high, cmax_ratio=Decimal("2.1"), note="In 12 people.") == (
        "Exposure × 3 (+200 %), range 2.4–3.6; peak × 2.1 (+110 %); measured by mouth with ketamine. "
        "In 12 people."
    )


# ---------------------------------------------------------------- which of them are told
def test_a_rule_on_a_drug_that_says_no_effect_is_no_interaction():
    """Ketamine on the list, a spray in the nose, an herb nobody knows: findings, and no change of a level."""
    for drug, protocol in (
        ("ketamine", "ketamine-iv"),
        ("fluticasone nasal spray", "esketamine-nasal-us"),
        ("an herb from the market", "ketamine-iv"),
    ):
        option = option_for(drug, protocol=protocol)
        assert any(
            seen.key == "medications" for f in (*option.blocked_by, *option.cautions) for seen in f.because
        ), drug
        assert interactions_of(option, LIBRARY) == ()


def test_a_finding_that_no_rule_made_is_no_interaction():
    seen = Observed("On the list", "lorazepam", NOW, None, "medications")
    option = option_for("lorazepam")
    more = replace(
        option, cautions=(finding("adjustments/missed-session", because=(seen,)), *option.cautions)
    )
    assert [one.rule for one in interactions_of(more, LIBRARY)] == ["rules-interactions/benzodiazepine"]


def test_holds_stand_before_cautions_and_each_drug_is_named_as_on_the_list():
    told = interactions_of(option_for("Lorazepam 1 mg", "rifampin", protocol="ketamine-oral"), LIBRARY)
    assert [(one.rule.split("/")[1], one.drug) for one in told] == [
        ("oral-inducer", "rifampin"),
        ("benzodiazepine", "Lorazepam 1 mg"),
    ]


def test_where_none_was_measured_it_says_so_by_the_route_of_the_option():
    told = Interaction(
        "r/x", "A drug", "rifampin", (Effect(on="exposure", direction="down"),), Route.NASAL, ()
    )
    assert told.what == "lower exposure"
    assert told.how_much == "Size not known for this route (nasally)."


@pytest.mark.parametrize(
    ("on", "direction", "words"),
    [
        ("exposure", "up", "higher exposure"),
        ("exposure", "down", "lower exposure"),
        ("sedation", "up", "deeper sedation"),
        ("slow breathing", "up", "slower breathing"),
        ("blood pressure", "up", "higher blood pressure"),
        ("blood pressure", "down", "less blood pressure"),
        ("risk of seizures", "up", "higher risk of seizures"),
        ("effect of ketamine", "up", "stronger effect of ketamine"),
        ("effect of ketamine", "down", "weaker effect of ketamine"),
        ("effect of ketamine", "disputed", "effect of ketamine: studies disagree"),
        ("exposure", "plausible", "exposure: a change is plausible, and was never measured"),
    ],
)
def test_each_change_has_its_words(on, direction, words):
    told = Interaction("r/x", "A drug", "x", (Effect(on=on, direction=direction),), Route.ORAL, ())
    assert told.what == words


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (Route.INTRAVENOUS, "into a vein"),
        (Route.INTRAMUSCULAR, "into a muscle"),
        (Route.NASAL, "nasally"),
        (Route.ORAL, "by mouth"),
        (Route.SUBCUTANEOUS, "under the skin"),
        (Route.SUBLINGUAL, "under the tongue"),
    ],
)
def test_each_route_has_its_words(route, words):
    told = Interaction("r/x", "A drug", "x", (Effect(on="sedation", direction="up"),), route, ())
    assert told.how_much == f"Size not known for this route ({words})."


# ---------------------------------------------------------------- the order of cautions
@pytest.mark.parametrize(
    ("rule", "rank"),
    [
        ("rules-interactions/oral-possible", 0),  # a drug, by mouth
        ("rules-interactions/xanthines-esketamine", 0),  # a drug, with esketamine by any route
        ("rules-interactions/nasal-drug", 0),
        ("rules-interactions/benzodiazepine", 1),  # a drug, with anything
        ("rules-interactions/other-route-inhibitor", 1),  # five routes are no one route
        ("rules-cautions/age-65-racemic", 2),  # no drug; ketamine
        ("rules-cautions/extreme-obesity-nasal", 2),  # no drug; one route
        ("rules-cautions/extreme-obesity", 3),  # no drug; five routes
    ],
)
def test_how_closely_a_caution_speaks_of_the_order(rule, rank):
    assert how_specific(RULES[rule]) == rank


def test_a_drug_goes_before_a_substance_and_a_substance_before_nothing():
    """Benzodiazepine (a drug), from 65 years (ketamine), a BMI far above (everybody): two interrupt."""
    named = (
        "rules-cautions/extreme-obesity",
        "rules-cautions/age-65-racemic",
        "rules-interactions/benzodiazepine",
    )
    alerts = rank_alerts([finding(rule) for rule in named], LIBRARY)
    assert rules_of(alerts.interrupt) == ["benzodiazepine", "age-65-racemic"]
    assert rules_of(alerts.notes) == ["extreme-obesity"]


def test_of_two_as_close_the_better_proven_goes_first():
    order = [
        Certainty.NOT_VERIFIED,
        Certainty.SITE_DEFAULT,
        Certainty.SEED,
        Certainty.DERIVED,
        Certainty.SECONDARY,
        Certainty.VERIFIED,
    ]
    made = [finding(f"limits/{c.name}", certainty=c) for c in order]
    alerts = rank_alerts(made, LIBRARY)
    assert rules_of((*alerts.interrupt, *alerts.notes)) == [
        "VERIFIED",
        "DERIVED",  # as good as a second source: in the order in which they came
        "SECONDARY",
        "SEED",
        "SITE_DEFAULT",
        "NOT_VERIFIED",
    ]


def test_a_stop_goes_before_a_hold_and_that_before_an_open_question():
    verdicts = (Verdict.PASS, Verdict.CAUTION, Verdict.CANNOT_SAY, Verdict.HOLD, Verdict.STOP)
    made = [finding(f"limits/{v.name}", v, level=Level.HOLD, cleared_by=Role.NOBODY) for v in verdicts]
    alerts = rank_alerts(made, LIBRARY)
    assert rules_of(alerts.decide) == ["STOP", "HOLD", "CANNOT_SAY"]
    assert alerts.interrupt == () and rules_of(alerts.notes) == ["CAUTION", "PASS"]
    assert alerts.interrupting == alerts.decide


def test_what_waits_for_the_session_is_not_ranked():
    option = option_for("lorazepam", escort_home=Answer.UNKNOWN)
    assert option.at_session
    alerts = alerts_of(option, LIBRARY)
    assert not {f.rule for f in option.at_session} & {
        f.rule for f in (*alerts.decide, *alerts.interrupt, *alerts.notes)
    }
