"""Whom the knowledge holds for (hazard H-22): each boundary, just inside and just outside of it.

A hard boundary refuses: the protocol stops, or nothing can be said. A soft one says a sentence beside the
dose. The boundaries stand here by hand, with where they come from; the decisions read them from the files.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from posology.case import Case, CaseError, Choice, check_case
from posology.knowledge import load_library
from posology.protocols import Verdict, assess
from posology.protocols.schedule import protocols_for
from posology.quantities import Quantity
from posology.recommendation import recommend
from tests.cases import NOW, complete_case, offered_case

LIBRARY = load_library()
ACTIVE = tuple(p for p in LIBRARY.protocols.values() if p.status == "active")
BY_WEIGHT = tuple(p for p in ACTIVE if p.dose_basis == "mg/kg")
TODAY = NOW.date()


def verdict_of(rule: str, case: Case, protocol_id: str) -> Verdict | None:
    """Return how one rule answered, or ``None`` where it does not speak of the protocol."""
    found = assess(case, protocol_id, as_of=NOW).findings
    return next((f.verdict for f in found if f.rule.endswith(f"/{rule}")), None)


def born(years: int, *, days_short: int = 0) -> date:
    """Return the birth day of who is so old today, or lacks some days to it."""
    return TODAY.replace(year=TODAY.year - years) + timedelta(days=days_short)


def sized(case: Case, kg: str, cm: str = "172") -> Case:
    new = {"weight": Quantity(Decimal(kg), "kg"), "height": Quantity(Decimal(cm), "cm")}
    return replace(case, facts=tuple(replace(f, value=new.get(f.key, f.value)) for f in case.facts))


@pytest.mark.hazard("H-22", n=2 * len(ACTIVE))
@pytest.mark.parametrize("protocol", ACTIVE, ids=lambda p: p.id)
def test_nobody_under_18_is_treated(protocol):
    """PR-AGE-08, hard: one day before the 18th birthday it stops, on the birthday it does not."""
    for days_short, stops in ((1, True), (0, False)):
        case = offered_case(protocol, born_on=born(18, days_short=days_short))
        assert (verdict_of("under-18", case, protocol.id) is Verdict.STOP) == stops
        advice = recommend(case, as_of=NOW, protocols=(protocol.id,))
        assert bool(advice.options) != stops


@pytest.mark.hazard("H-22", n=6)
@pytest.mark.parametrize(("where", "rule"), [("US", "age-65-us"), ("EU", "age-65-eu"), ("UK", "age-65-eu")])
def test_from_65_years_on_the_spray_says_so(where, rule):
    """PR-AGE-01, PR-AGE-02, soft: a sentence from the 65th birthday on, and none the day before. N = 6."""
    name = "esketamine-nasal-us" if where == "US" else "esketamine-nasal-eu"
    for days_short, speaks in ((1, False), (0, True)):
        case = complete_case(born_on=born(65, days_short=days_short), jurisdiction=where)
        assert (verdict_of(rule, case, name) is Verdict.CAUTION) == speaks
        options = recommend(case, as_of=NOW, protocols=(name,)).options
        assert options and all(any(c.rule.endswith(rule) for c in o.cautions) == speaks for o in options)


@pytest.mark.hazard("H-22", n=12)
@pytest.mark.parametrize(
    ("liver", "esketamine", "racemic"),
    [
        ("none", Verdict.PASS, Verdict.PASS),
        ("child_pugh_a", Verdict.PASS, Verdict.PASS),  # the label asks nothing (PR-ORG-04)
        ("child_pugh_b", Verdict.CAUTION, Verdict.CAUTION),  # PR-ORG-01, PR-ORG-07
        ("child_pugh_c", Verdict.STOP, Verdict.HOLD),  # PR-ORG-03, PR-ORG-07
    ],
)
def test_the_liver_is_cared_for_by_class(liver, esketamine, racemic):
    """Child-Pugh A, B and C, both substances, both packs: pass, a sentence, refused or held. N = 12."""
    for name, where, wanted in (
        ("esketamine-nasal-us", "US", esketamine),
        ("esketamine-nasal-eu", "EU", esketamine),
        ("ketamine-iv", "US", racemic),
    ):
        case = complete_case({"liver_class": Choice(liver)}, jurisdiction=where)
        found = assess(case, name, as_of=NOW).findings
        said = [f.verdict for f in found if "liver-impairment" in f.rule]
        assert min(said, key=lambda v: v.rank) is wanted
        options = recommend(case, as_of=NOW, protocols=(name,)).options
        assert bool(options) == (wanted is not Verdict.STOP)
        assert all(bool(o.blocked_by) == (wanted is Verdict.HOLD) for o in options)


@pytest.mark.hazard("H-22", n=4 * len(BY_WEIGHT))
@pytest.mark.parametrize("protocol", BY_WEIGHT, ids=lambda p: p.id)
@pytest.mark.parametrize(("kg", "holds"), [("40", False), ("39.9", True), ("160", False), ("160.1", True)])
def test_a_weight_outside_of_the_usual_band_is_held(protocol, kg, holds):
    """40 and 160 kg are inside, a tenth beyond them is held up until a prescriber says it is right."""
    case = sized(offered_case(protocol), kg)
    assert (verdict_of("weight-unusual", case, protocol.id) is Verdict.HOLD) == holds


@pytest.mark.hazard("H-22", n=4)
@pytest.mark.parametrize(
    ("rule", "kg", "speaks"),
    [
        # 172 cm: 29.95 × 1.72² = 88.604; the index is taken to one decimal, as it is shown
        ("which-weight", "88.5", False),
        ("which-weight", "88.7", True),
        ("extreme-obesity", "118.1", False),
        ("extreme-obesity", "118.3", True),
    ],
)
def test_a_body_mass_index_at_its_boundary_says_so(rule, kg, speaks):
    """From 30 and from 40 on (PR-WT-02, A-CI-23), soft: 29.9 and 39.9 say nothing. N = 4."""
    case = sized(complete_case(), kg)
    assert (verdict_of(rule, case, "ketamine-iv") is Verdict.CAUTION) == speaks


MEASURED = [(k, q) for k, q in LIBRARY.questions.questions.items() if q.kind == "quantity"]


@pytest.mark.hazard("H-22", n=4 * len(MEASURED))
@pytest.mark.parametrize(("key", "question"), MEASURED, ids=[k for k, _ in MEASURED])
def test_nothing_is_read_from_what_cannot_be_true(key, question):
    """Each measurement at and a hundredth beyond its absolute bounds: at them read, beyond refused."""
    low, high = question.bounds.absolute
    step = Decimal("0.01")
    for value, read in ((low, True), (high, True), (low - step, False), (high + step, False)):
        case = complete_case()
        quantity = Quantity(value, question.unit)
        facts = tuple(replace(f, value=quantity) if f.key == key else f for f in case.facts)
        if read:
            check_case(replace(case, facts=facts), LIBRARY, as_of=NOW)
            continue
        with pytest.raises(CaseError):
            check_case(replace(case, facts=facts), LIBRARY, as_of=NOW)


@pytest.mark.hazard("H-22", n=2 * len(ACTIVE))
@pytest.mark.parametrize("protocol", ACTIVE, ids=lambda p: p.id)
def test_no_protocol_is_offered_before_its_first_day(protocol):
    """From the day on which all of its values hold, and not the day before."""
    first = max(min(dated) for dated in protocol.values.values())
    where = protocol.jurisdictions[0] if protocol.jurisdictions else "US"
    for day, offered in ((first, True), (first - timedelta(days=1), False)):
        assert (protocol.id in {p.id for p in protocols_for(LIBRARY, where, on=day)}) == offered


@pytest.mark.hazard("H-22", n=3 * len(ACTIVE))
@pytest.mark.parametrize("where", ["US", "EU", "UK"])
@pytest.mark.parametrize("protocol", ACTIVE, ids=lambda p: p.id)
def test_a_protocol_of_another_jurisdiction_gives_no_dose(protocol, where):
    """Every protocol asked for in every jurisdiction: only its own gives options; N = protocols × 3."""
    case = offered_case(protocol, jurisdiction=where)
    advice = recommend(case, as_of=NOW, protocols=(protocol.id,))
    here = not protocol.jurisdictions or where in protocol.jurisdictions
    assert bool(advice.options) == here
    assert here or advice.verdict is Verdict.CANNOT_SAY or advice.protocols[0].report.of(Verdict.STOP)
    assert here or {m.key for m in advice.needed} >= {"protocol"}
