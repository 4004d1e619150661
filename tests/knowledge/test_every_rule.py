"""Every rule has a case that fires it and one that does not, so that none can fall silent (hazard H-18).

The cases are made from the rules' own conditions: each way in which a condition can hold is tried on a
patient of whom otherwise nothing speaks.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from posology.case import Answer, Case, Choice, Fact, Medication
from posology.knowledge import in_force, load_library
from posology.knowledge.schema import Condition, ProtocolFile, Rule, RulesFile
from posology.protocols import Verdict, assess
from posology.protocols.eligibility import speaks_of
from posology.quantities import Quantity
from tests.cases import NOW, STAFF, complete_case, offered_case

LIBRARY = load_library()
RULES = [(file, rule) for file in LIBRARY.rules for rule in file.rules]
JURISDICTIONS = ("US", "EU", "UK")
HEIGHT_CM = Decimal(172)


# ---------------------------------------------------------------- a case in which a condition holds
def holding(condition: Condition, case: Case, file: RulesFile, at: datetime) -> Iterator[Case]:
    """Yield the case changed so that the condition holds, once for each way in which it can."""
    if condition.any_of is not None:
        for part in condition.any_of:
            yield from holding(part, case, file, at)
    elif condition.all_of is not None:
        cases = [case]
        for part in condition.all_of:
            cases = [c for one in cases for c in holding(part, one, file, at)]
        yield from cases
    elif condition.age is not None:
        years = condition.age.at_least or (condition.age.below and condition.age.below - 1)
        yield replace(case, born_on=date(at.year - int(years) - 1, 12, 31))
    elif condition.bmi is not None:
        kg = (condition.bmi.at_least + 1) * HEIGHT_CM * HEIGHT_CM / 10_000
        yield answered(case, "weight", Quantity(kg.quantize(Decimal("0.1")), "kg"), at)
    elif condition.taking is not None:
        for name, drug in LIBRARY.drugs.drugs.items():
            if condition.taking in drug.classes:
                yield taking(case, name, at)
    elif condition.unlisted_drug:
        yield taking(case, "Fictiumab 5 MG Oral Tablet", at)
    elif condition.first_session:
        yield replace(case, sessions=())
    else:
        yield from with_fact(condition, case, file, at)


def with_fact(condition: Condition, case: Case, file: RulesFile, at: datetime) -> Iterator[Case]:
    key = condition.fact
    question = LIBRARY.questions.questions[key]
    wanted = condition.is_ or condition.known
    if wanted is not None:
        value = Choice(wanted) if question.kind == "choice" else Answer(wanted)
        yield answered(case, key, value, at)
    elif condition.within_days is not None:
        days = limit(condition.within_days, file, at)
        yield answered(case, key, at.date() - timedelta(days=int(days) - 1), at)
        yield answered(case, key, at.date(), at)
    elif condition.changed_by_more_than_percent is not None:
        before = Fact(key, Quantity(Decimal(90), question.unit), at - timedelta(days=9), STAFF)
        yield replace(case, facts=(*case.facts, before))
    else:
        step = Decimal("0.1")
        higher = condition.above if condition.above is not None else condition.at_least
        lower = condition.below if condition.below is not None else condition.at_most
        number = limit(higher, file, at) + step if higher is not None else limit(lower, file, at) - step
        yield answered(case, key, Quantity(number, question.unit), at)


def limit(written: Decimal | int | str, file: RulesFile, at: datetime) -> Decimal:
    return (
        in_force(file.values[written], on=at.date()).value if isinstance(written, str) else Decimal(written)
    )


def answered(case: Case, key: str, value: object, at: datetime) -> Case:
    kept = tuple(f for f in case.facts if f.key != key)
    return replace(case, facts=(*kept, Fact(key, value, at - timedelta(hours=1), STAFF)))


def taking(case: Case, name: str, at: datetime) -> Case:
    drug = Medication(name, None, Answer.YES, at - timedelta(hours=1), STAFF)
    return replace(case, medications=(*case.medications, drug))


def day_of(rule: Rule) -> datetime:
    """Return a moment on which the rule is in force."""
    if rule.in_force_until is not None:
        return datetime.combine(rule.in_force_until - timedelta(days=1), time(15), UTC)
    return NOW


def places(rule: Rule) -> list[tuple[ProtocolFile, str]]:
    """Return every protocol and jurisdiction in which the rule speaks."""
    return [
        (protocol, where)
        for protocol in LIBRARY.protocols.values()
        for where in JURISDICTIONS
        if (not protocol.jurisdictions or where in protocol.jurisdictions)
        and speaks_of(rule, protocol, where, day_of(rule))
    ]


def plain_case(rule: Rule, protocol: ProtocolFile, where: str, at: datetime) -> Case:
    """Return a patient of whom the rule does not speak: of the one group, where the rule keeps out others."""
    make = offered_case if rule.applies_to.protocols else lambda _, **kwargs: complete_case(**kwargs)
    return make(protocol, at=at - timedelta(hours=1), jurisdiction=where)


def verdict_of(rule: Rule, file: RulesFile, case: Case, protocol: ProtocolFile, at: datetime) -> Verdict:
    report = assess(case, protocol.id, as_of=at, library=LIBRARY)
    return next(f.verdict for f in report.findings if f.rule == f"{file.id}/{rule.id}")


# ---------------------------------------------------------------- the proofs
@pytest.mark.hazard("H-18", n=len(RULES))
@pytest.mark.parametrize(("file", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_it_fires_where_it_speaks_and_passes_a_patient_of_whom_nothing_speaks(file, rule):
    """Each rule fires for each way in which its condition can hold, in each protocol and jurisdiction in
    which it speaks, and passes the plain case. The plant is a rule whose condition never holds."""
    spoken = places(rule)
    assert spoken, "no protocol that ships meets this rule"
    at = day_of(rule)
    for protocol, where in spoken:
        plain = plain_case(rule, protocol, where, at)
        assert verdict_of(rule, file, plain, protocol, at) is Verdict.PASS
        fired = [verdict_of(rule, file, c, protocol, at) for c in holding(rule.when, plain, file, at)]
        assert fired and set(fired) == {Verdict(rule.level.value)}


@pytest.mark.parametrize("protocol", LIBRARY.protocols.values(), ids=LIBRARY.protocols)
def test_a_plain_patient_passes_every_rule(protocol):
    """The emergency regimens are for acute suicidality alone, of which a caution speaks in every protocol."""
    report = assess(offered_case(protocol), protocol.id, as_of=NOW, library=LIBRARY)
    spoken = {"rules-indication/acute-suicidality": Verdict.CAUTION} if protocol.only_where else {}
    assert {f.rule: f.verdict for f in report.findings if f.verdict is not Verdict.PASS} == spoken


def _verdicts(protocol_id: str, where: str, **answers: object) -> dict[str, Verdict]:
    case = complete_case(answers, jurisdiction=where)
    found = assess(case, protocol_id, as_of=NOW, library=LIBRARY).findings
    return {f.rule.split("/")[1]: f.verdict for f in found if f.verdict is not Verdict.PASS}


@pytest.mark.parametrize(
    ("days_ago", "europe", "america"),
    [
        (0, {Verdict.STOP, Verdict.HOLD}, {Verdict.HOLD}),
        (41, {Verdict.STOP, Verdict.HOLD}, {Verdict.HOLD}),
        (42, {Verdict.HOLD}, {Verdict.HOLD}),
        (364, {Verdict.HOLD}, {Verdict.HOLD}),
        (365, set(), set()),
    ],
)
def test_a_heart_attack_stops_in_europe_for_six_weeks_and_holds_for_a_year_everywhere(
    days_ago, europe, america
):
    """A-CI-04: fewer than 42 days is a stop in the European labels alone; twelve months have no trial."""
    on = NOW.date() - timedelta(days=days_ago)
    eu = _verdicts("esketamine-nasal-eu", "EU", cardiovascular_event_on=on)
    us = _verdicts("esketamine-nasal-us", "US", cardiovascular_event_on=on)
    assert set(eu.values()) == europe and set(us.values()) == america


@pytest.mark.parametrize(("systolic", "diastolic", "held"), [(140, 90, 0), (141, 90, 1), (140, 91, 1)])
@pytest.mark.parametrize("protocol_id", ["esketamine-nasal-us", "ketamine-iv"])
def test_blood_pressure_holds_above_140_or_90_and_not_at_it(protocol_id, systolic, diastolic, held):
    """A-CI-06: above 140 systolic or 90 diastolic, a decision and not a ban."""
    found = _verdicts(
        protocol_id,
        "US",
        systolic=Quantity(Decimal(systolic), "mm[Hg]"),
        diastolic=Quantity(Decimal(diastolic), "mm[Hg]"),
    )
    assert list(found.values()) == [Verdict.HOLD] * held


def test_an_aneurysm_stops_esketamine_and_holds_ketamine():
    """A-CI-01: the labels of esketamine forbid it; for ketamine it is taken over by analogy."""
    yes = {"aneurysm_or_avm": Answer.YES}
    assert _verdicts("esketamine-nasal-us", "US", **yes) == {"aneurysm-or-avm": Verdict.STOP}
    assert _verdicts("ketamine-iv", "US", **yes) == {"aneurysm-or-avm-racemic": Verdict.HOLD}


@pytest.mark.parametrize(("born_on", "stopped"), [(date(2008, 11, 25), True), (date(2008, 11, 24), False)])
def test_the_eighteenth_birthday_is_the_first_day(born_on, stopped):
    case = complete_case(born_on=born_on)
    report = assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY)
    assert bool(report.of(Verdict.STOP)) is stopped


# drug, protocol, jurisdiction, the rules that speak, by the interaction table of the sheets (A-DDI)
TAKEN = (
    ("lorazepam", "ketamine-iv", "US", {"benzodiazepine"}),
    ("zolpidem", "ketamine-iv", "US", {"sedative"}),
    ("oxycodone", "ketamine-iv", "US", {"opioid"}),
    ("ethanol", "ketamine-iv", "US", {"alcohol"}),
    ("methylphenidate", "esketamine-nasal-us", "US", {"stimulant"}),
    ("tranylcypromine", "esketamine-nasal-us", "US", {"mao-inhibitor"}),
    ("theophylline", "ketamine-im", "US", {"theophylline"}),
    ("theophylline", "esketamine-nasal-us", "US", {"xanthines-esketamine"}),
    ("pseudoephedrine", "ketamine-iv", "US", {"sympathomimetic"}),
    ("levothyroxine", "esketamine-nasal-eu", "EU", {"thyroid-hormone"}),
    ("levothyroxine", "esketamine-nasal-us", "US", set()),
    ("lamotrigine", "ketamine-iv", "US", {"lamotrigine"}),
    ("naltrexone", "ketamine-iv", "US", {"naltrexone"}),
    ("haloperidol", "ketamine-iv", "US", {"antipsychotic"}),
    ("clarithromycin", "ketamine-oral", "US", {"oral-inhibitor"}),
    ("clarithromycin", "ketamine-iv", "US", {"other-route-inhibitor"}),
    ("clarithromycin", "esketamine-nasal-us", "US", {"other-route-inhibitor"}),
    ("itraconazole", "ketamine-oral", "US", set()),
    ("grapefruit juice", "ketamine-oral", "US", {"oral-inhibitor"}),
    ("st john's wort", "ketamine-oral", "US", {"oral-inducer"}),
    ("rifampicin", "ketamine-iv", "US", {"other-route-inducer"}),
    ("carbamazepine", "ketamine-oral", "US", {"oral-possible"}),
    ("oxymetazoline", "esketamine-nasal-us", "US", {"nasal-drug"}),
    ("lithium", "ketamine-iv", "US", set()),
    ("Spravato 28 mg nasal spray", "ketamine-iv", "US", {"ketamine-on-the-list"}),
    ("ketamine 50 mg", "esketamine-nasal-eu", "EU", {"ketamine-on-the-list"}),
    ("sertraline", "ketamine-iv", "US", set()),
    ("Adderall XR 20 mg", "ketamine-iv", "US", {"stimulant"}),
    ("Suboxone 8 mg/2 mg film", "ketamine-iv", "US", {"opioid"}),
    ("an herb from the market", "ketamine-iv", "US", {"unlisted-drug"}),
    ("theophylline / wondrol", "ketamine-iv", "US", {"unlisted-drug", "theophylline"}),
    ("etizolam ATC N05BA19", "ketamine-iv", "US", {"unlisted-drug", "benzodiazepine"}),
)


@pytest.mark.parametrize(
    ("name", "protocol_id", "where", "spoken"), TAKEN, ids=[f"{t[0]}-{t[1]}" for t in TAKEN]
)
def test_a_drug_meets_the_rule_of_its_own_class(name, protocol_id, where, spoken):
    """Lists and rules agree on what a class means: each drug calls the rule of the interaction table."""
    case = taking(complete_case(jurisdiction=where), name, NOW)
    found = assess(case, protocol_id, as_of=NOW, library=LIBRARY).findings
    assert {f.rule.split("/")[1] for f in found if f.verdict is not Verdict.PASS} == spoken


@pytest.mark.hazard("H-02")
def test_a_weight_read_in_the_wrong_unit_is_held():
    """72 kg after 72 lb (32.7 kg), and the other way round, differ by more than 10 %: weigh again. N = 2."""
    for before, unit in (("72", "[lb_av]"), ("158.7", "kg")):
        case = complete_case()
        earlier = Fact("weight", Quantity(Decimal(before), unit), NOW - timedelta(days=20), STAFF)
        report = assess(
            replace(case, facts=(*case.facts, earlier)), "ketamine-iv", as_of=NOW, library=LIBRARY
        )
        assert [f.rule for f in report.of(Verdict.HOLD)] == ["rules-session/weight-changed"]


@pytest.mark.hazard("H-02")
@pytest.mark.parametrize(
    ("kg", "held"), [("39.9", True), ("40", False), ("160", False), ("160.1", True), ("180", True)]
)
def test_a_first_weight_outside_the_usual_band_is_held(kg, held):
    """No weight before it: pounds read as kilograms show by the band alone, wherever weight sets the dose."""
    for protocol in LIBRARY.protocols.values():
        report = assess(
            offered_case(
                protocol,
                changes={"weight": Quantity(Decimal(kg), "kg"), "height": Quantity(Decimal(205), "cm")},
            ),
            protocol.id,
            as_of=NOW,
            library=LIBRARY,
        )
        rules = [f.rule for f in report.of(Verdict.HOLD)]
        expected = ["rules-session/weight-unusual"] if held and protocol.dose_basis == "mg/kg" else []
        assert [r for r in rules if "oral-antidepressant" not in r] == expected


@pytest.mark.parametrize("protocol", LIBRARY.protocols.values(), ids=LIBRARY.protocols)
def test_extreme_obesity_is_a_caution_by_every_route(protocol):
    """A-CI-23 speaks of all: the leaflet that names it is nasal esketamine's."""
    heavy = {"weight": Quantity(Decimal(140), "kg"), "height": Quantity(Decimal(170), "cm")}
    report = assess(complete_case(heavy), protocol.id, as_of=NOW, library=LIBRARY)
    assert any(f.title == "Extreme obesity" for f in report.of(Verdict.CAUTION))


@pytest.mark.hazard("H-15")
@pytest.mark.parametrize(
    "key",
    [key for key, q in LIBRARY.questions.questions.items() if q.ever or key == "failed_adequate_trials"],
)
def test_an_old_no_about_the_history_has_to_be_asked_again(key):
    """What ever was stays true; that it never was may have changed since: a year is the most."""
    question = LIBRARY.questions.questions[key]
    assert question.good_for_days is not None and question.good_for_days <= 365


@pytest.mark.parametrize("protocol", LIBRARY.protocols.values(), ids=LIBRARY.protocols)
def test_a_session_without_staff_or_equipment_is_stopped(protocol):
    """S-STF-01, S-STF-02, S-STF-04, S-STF-09: nobody passes it."""
    report = assess(
        complete_case({"staff_and_equipment": Answer.NO}), protocol.id, as_of=NOW, library=LIBRARY
    )
    assert [f.rule for f in report.of(Verdict.STOP)] == ["rules-session/staff-and-equipment"]


@pytest.mark.hazard("H-02")
@pytest.mark.parametrize(
    ("weights", "held"),
    [
        ([("80", 168), ("36.3", 1)], True),
        ([("80", 168), ("36.3", 1), ("36.3", 0.5)], True),  # measured twice in one visit: as wrong as once
        ([("80", 168), ("176", 1), ("80", 0.5)], False),  # a slip, and the right number after it
        ([("80", 168), ("80.5", 1)], False),
        ([("176", 1), ("80", 0.5)], True),  # nothing of an earlier visit to tell which is right
        ([("80", 13), ("71.9", 1)], True),
        ([("80", 13), ("72", 1)], False),
    ],
)
def test_a_weight_is_held_against_the_last_visit_s(weights, held):
    """More than 10 % from the last weight of another visit, whatever was measured in between."""
    case = complete_case({"weight": None, "height": Quantity(Decimal(190), "cm")})
    told = (
        Fact("weight", Quantity(Decimal(kg), "kg"), NOW - timedelta(hours=ago), STAFF) for kg, ago in weights
    )
    report = assess(replace(case, facts=(*case.facts, *told)), "ketamine-iv", as_of=NOW, library=LIBRARY).of(
        Verdict.HOLD
    )
    assert ("rules-session/weight-changed" in {f.rule for f in report}) == held
