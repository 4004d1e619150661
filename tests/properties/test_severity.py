"""How ill somebody is never raises a dose: severity selects a regimen, other illness closer watching."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from posology.case import Answer, Choice, Fact, MeasuredScore
from posology.knowledge import load_library
from posology.recommendation import recommend
from tests.cases import NOW, STAFF, complete_case
from tests.unit.recommendation.courses import course_case, session

pytestmark = pytest.mark.property

LIBRARY = load_library()
ACTIVE = [p for p in LIBRARY.protocols.values() if p.status == "active"]
IDS = [p.id for p in ACTIVE]
THOUGHTS = tuple(LIBRARY.questions.questions["suicidal_ideation"].choices)
YES, NO = Answer.YES, Answer.NO

# Each illness of the sheet (A-CI, PR-ORG) that is answered here, with what of it asks for care.
COMORBID = {
    **dict.fromkeys(
        (
            "hypertension",
            "hypertensive_encephalopathy",
            "heart_disease",
            "stroke_ever",
            "lung_disease",
            "sleep_apnea",
            "thyroid_untreated",
            "raised_intracranial_pressure",
            "seizure_disorder",
            "dementia_or_delirium",
            "psychosis_ever",
            "psychosis_first_degree_relative",
            "bipolar_ever",
            "urinary_symptoms",
        ),
        (YES,),
    ),
    "liver_class": (Choice("child_pugh_b"), Choice("child_pugh_c")),
    "kidney": (Choice("dialysis"),),
    "raised_eye_pressure": (Choice("treated"), Choice("untreated")),
    "porphyria": (Choice("acute_type"), Choice("other_type")),
    "substance_use_disorder": (Choice("current_mild"), Choice("current_moderate_severe")),
}


def where(protocol) -> str:
    return protocol.jurisdictions[0] if protocol.jurisdictions else "US"


def levels(advice) -> list:
    return sorted(o.dose.level for o in advice.options if o.dose)


def answering(case, **answers):
    kept = tuple(f for f in case.facts if f.key not in answers)
    at = NOW - timedelta(minutes=30)
    return replace(case, facts=(*kept, *(Fact(key, value, at, STAFF) for key, value in answers.items())))


@pytest.mark.parametrize("protocol", ACTIVE, ids=IDS)
def test_the_first_dose_is_the_same_for_every_severity(protocol, record_property):
    """Every PHQ-9 total x kind of suicidal thoughts x acute suicidality (PR-ADJ-05): N first doses, one set
    of levels.
    """
    base = complete_case(jurisdiction=where(protocol))
    n, seen = 0, set()
    for total, thoughts, acute in product(range(28), THOUGHTS, (NO, YES)):
        case = answering(base, suicidal_ideation=Choice(thoughts), acute_suicidality=acute)
        case = replace(case, scores=(MeasuredScore("phq-9", total, (), NOW - timedelta(hours=2)),))
        advice = recommend(case, as_of=NOW, protocols=(protocol.id,))
        if advice.options:
            seen.add(tuple(levels(advice)))
        n += 1
    assert len(seen) == 1, seen
    record_property("n", n)


@pytest.mark.parametrize("protocol", ACTIVE, ids=IDS)
def test_the_next_dose_depends_on_the_change_and_not_on_how_ill_somebody_is(protocol, record_property):
    """For each state of response every baseline and total that make it, with and without acute suicidality:
    N next doses, one set of levels a state.
    """
    first = session(protocol.id, 1, NOW - timedelta(days=8), phase=protocol.phases[0].id)
    second = session(protocol.id, 2, NOW - timedelta(days=4), phase=protocol.phases[0].id)
    told = {YES: "plan_or_intent", NO: "none"}
    seen: dict[str, set] = {}
    n = 0
    for baseline, total, acute in product(range(8, 28, 3), range(0, 28, 3), (NO, YES)):
        case = course_case([first, second], baseline, [(NOW - timedelta(hours=3), total)])
        case = answering(case, acute_suicidality=acute, suicidal_ideation=Choice(told[acute]))
        advice = recommend(case, as_of=NOW)
        if advice.options:
            seen.setdefault(advice.response, set()).add(tuple(levels(advice)))
        n += 1
    assert seen and all(len(sets) == 1 for sets in seen.values()), seen
    record_property("n", n)


def test_acute_suicidality_brings_its_own_regimen_with_an_antidepressant_and_no_more_per_kilogram():
    """PR-ESK-07: 84 mg with an oral antidepressant, offered to this group alone; all else stays as it was."""
    for jurisdiction, regimen in (("US", "esketamine-mdsi-us"), ("EU", "esketamine-mdsi-eu")):
        case = complete_case(jurisdiction=jurisdiction)
        calm = recommend(case, as_of=NOW)
        acute = recommend(answering(case, acute_suicidality=YES), as_of=NOW)
        assert regimen not in {p.report.protocol_id for p in calm.protocols}
        assert regimen in {p.report.protocol_id for p in acute.protocols}
        doses = {p.report.protocol_id: [o.dose.level for o in p.options if o.dose] for p in acute.protocols}
        before = {p.report.protocol_id: [o.dose.level for o in p.options if o.dose] for p in calm.protocols}
        assert doses.pop(regimen) == [84]
        assert doses == before
        without = recommend(answering(case, acute_suicidality=YES, oral_antidepressant=NO), as_of=NOW)
        mine = next(p for p in without.protocols if p.report.protocol_id == regimen)
        assert not mine.report.verdict_before_ordering.lets_through


@pytest.mark.parametrize("protocol", ACTIVE, ids=IDS)
def test_another_illness_asks_for_closer_watching_and_raises_no_dose(protocol, record_property):
    """Each illness of the sheet, at a first and at a next dose (PR-ADJ-06, PR-ORG-01): what is said has
    something to do, and the doses are those of a patient without it, or fewer. N illnesses x two.
    """
    base = answering(complete_case(jurisdiction=where(protocol)), acute_suicidality=NO)
    if protocol.only_where is not None:
        base = answering(base, acute_suicidality=YES)
    first = session(protocol.id, 1, NOW - timedelta(days=4), phase=protocol.phases[0].id)
    running = replace(
        base,
        sessions=(first,),
        scores=(
            MeasuredScore("phq-9", 20, (), first.at - timedelta(hours=1)),
            MeasuredScore("phq-9", 18, (), NOW - timedelta(hours=3)),
        ),
    )
    n = 0
    for case, chosen in ((base, (protocol.id,)), (running, None)):
        plain = recommend(case, as_of=NOW, protocols=chosen)
        known = {(f.rule, f.verdict) for f in plain.protocols[0].report.findings}
        for key, answers in COMORBID.items():
            for answer in answers:
                advice = recommend(answering(case, **{key: answer}), as_of=NOW, protocols=chosen)
                said = [
                    f
                    for f in advice.protocols[0].report.findings
                    if (f.rule, f.verdict) not in known and f.verdict.value in {"stop", "hold", "caution"}
                ]
                assert said and all(f.do for f in said), (key, answer)
                assert set(levels(advice)) <= set(levels(plain)), (key, answer)
                for option in advice.options:
                    if option.dose is not None:
                        shown = {f.rule for f in (*option.cautions, *option.blocked_by)}
                        assert {f.rule for f in said} <= shown, (key, option.id)
                n += 1
    record_property("n", n)


def test_a_liver_that_is_impaired_asks_for_a_longer_observation():
    """PR-ORG-01: Child-Pugh B with esketamine; the dose stays."""
    case = complete_case({"liver_class": Choice("child_pugh_b")})
    advice = recommend(case, as_of=NOW, protocols=("esketamine-nasal-us",))
    assert any("longer observation" in c.do for c in advice.options[0].cautions)
    assert levels(advice) == [56]


@pytest.mark.parametrize("protocol", ACTIVE, ids=IDS)
def test_a_greater_age_never_begins_with_more(protocol, record_property):
    """Every age from 18 to 95: the highest first dose never rises with it (PR-AGE-01, PR-AGE-02)."""
    highest, n = None, 0
    for age in range(18, 96):
        born = NOW.date().replace(year=NOW.year - age)
        case = complete_case(
            {"acute_suicidality": YES} if protocol.only_where else None,
            jurisdiction=where(protocol),
            born_on=born,
        )
        advice = recommend(case, as_of=NOW, protocols=(protocol.id,))
        if advice.options:
            top = max(levels(advice))
            assert highest is None or top <= highest, age
            highest, n = top, n + 1
    record_property("n", n)
