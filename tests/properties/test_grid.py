"""From a whole case to the syringe, over a grid: no path yields a dose above a limit (hazards H-06, H-12).

Every protocol, jurisdiction and day on which a value of it changed, ages and weights across and beyond the
usual bands, every product; each proposed dose is judged by the fuzz's oracle, which reads the YAML alone.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations, product

import pytest

from posology.canary.doors import Input, plain_case, with_input
from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.protocols import assess
from posology.protocols.limits import LimitExceeded, dose_for_level, limit_in
from posology.quantities import Quantity
from posology.recommendation import recommend
from posology.treatment import WorksheetError, worksheet
from tests.cases import NOW, complete_case
from tests.sessions import make_order
from tools.fuzz.oracle import beyond

LIBRARY, CANARIES = load_library(), load_background().canaries
AGES = (18, 45, 64, 65, 74, 75, 90)
WEIGHTS = ("25", "39.9", "40", "47.3", "72", "99.9", "120", "160", "160.1", "250", "320")
JURISDICTIONS = ("US", "EU", "UK")


def days() -> list[date]:
    """Return each day on which a value of a protocol came into force, the day before it, and today."""
    found = {day for p in LIBRARY.protocols.values() for dated in p.values.values() for day in dated}
    near = {d for day in found if day.year >= 2016 for d in (day - timedelta(days=1), day)}
    return sorted({*near, NOW.date()})


def judge(option, on: date, kg: Decimal, what: object) -> None:
    dose = option.dose
    reason = beyond(
        option.protocol_id,
        on,
        dose_mg=dose.dose_mg,
        weight_kg=kg if dose.weight else None,
        level=dose.level,
        minutes=dose.minutes,
        devices=dose.devices,
    )
    assert reason is None, (what, option.id, dose.dose_mg)


@pytest.mark.property
@pytest.mark.hazard("H-06")
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("where", JURISDICTIONS)
def test_no_recommendation_proposes_a_dose_beyond_a_limit_on_any_day(where, record_property):
    """All days of change × seven ages × eleven weights from 25 to 320 kg: every dose of every option keeps
    the limits of its day; N doses."""
    tried = 0
    for n, (on, age, weight) in enumerate(product(days(), AGES, WEIGHTS)):
        if n % 3 != JURISDICTIONS.index(where):  # each jurisdiction takes its third of the days and weights
            continue
        at, kg = datetime.combine(on, time(15), UTC), Decimal(weight)
        case = complete_case(
            {"weight": Quantity(kg, "kg")},
            at=at - timedelta(hours=1),
            born_on=date(on.year - age, 1, 1),
            jurisdiction=where,
        )
        for option in recommend(case, as_of=at).options:
            if option.dose is not None:
                judge(option, on, kg, (where, on, age, weight))
                tried += 1
    record_property("n", tried)
    assert tried > 500


@pytest.mark.property
@pytest.mark.hazard("H-06")
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("name", LIBRARY.protocols)
def test_no_weight_of_any_protocol_leads_beyond_a_limit(name, record_property):
    """20.0 to 400.0 kg by 0.1 × listed levels: every dose that is worked out keeps the limits, and every
    tenfold of one is refused; N weights and levels."""
    protocol = LIBRARY.protocol(name)
    on, tried = NOW.date(), 0
    levels = protocol.values["dose_levels"][max(protocol.values["dose_levels"])].value
    for level, tenths in product(levels, range(200, 4001)):
        kg = Decimal(tenths) / 10 if protocol.dose_basis == "mg/kg" else None
        dose = dose_for_level(protocol, level, kg, on)
        assert beyond(name, on, dose_mg=dose, weight_kg=kg, level=level, whole=False) is None
        tried += 1
        if level * 10 > limit_in(protocol, "dose_ceiling", protocol.dose_basis, on):
            with pytest.raises(LimitExceeded):
                dose_for_level(protocol, level * 10, kg, on)
        if kg is None:
            break  # a total is the same for every weight
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("name", LIBRARY.protocols)
def test_no_product_of_any_protocol_draws_more_than_the_dose(name, record_property):
    """Every protocol × every product on the list × weights 40 to 160 kg by 1 and beyond: what is drawn is
    never more than the dose, and a product of another protocol is refused; N sheets asked for."""
    protocol, tried = LIBRARY.protocol(name), 0
    levels = protocol.values["dose_levels"][max(protocol.values["dose_levels"])].value
    kilograms = [25, 30, *range(40, 161), 200, 250, 320] if protocol.dose_basis == "mg/kg" else [72]
    minutes = 60 if protocol.route == "intravenous" else None
    for product_id, level, kg in product(LIBRARY.products.products, levels, kilograms):
        order = make_order(name, level, str(kg), minutes=minutes, product_id=product_id)
        final = Decimal(50) if minutes else None
        tried += 1
        if product_id not in protocol.products:
            with pytest.raises(WorksheetError):
                worksheet(order, product_id=product_id, final_volume_mL=final)
            continue
        try:
            sheet = worksheet(order, product_id=product_id, final_volume_mL=final)
        except WorksheetError:  # more than the vial holds
            continue
        assert 0 < sheet.drawn_mg <= order.dose_mg
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-02")
def test_pounds_are_kilograms_exactly(record_property):
    """44.0 to 880.0 lb by 0.1: the weight in kg is lb × 0.45359237 to the last digit, and so is its dose."""
    protocol, tried = LIBRARY.protocol("ketamine-iv"), 0
    for tenths in range(440, 8801):
        pounds = Decimal(tenths) / 10
        kg = Quantity(pounds, "[lb_av]").in_unit("kg")
        assert kg == pounds * Decimal("0.45359237")
        dose = dose_for_level(protocol, Decimal("0.5"), kg, NOW.date())
        # 0.5 mg/kg in steps of 0.5 mg: as many half milligrams as there are whole kilograms.
        assert dose * 2 == tenths * 45_359_237 // 10**9
        tried += 1
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-14")
@pytest.mark.parametrize("name", ["ketamine-iv", "esketamine-nasal-us"])
def test_two_troubles_are_never_milder_than_one(name, record_property):
    """Every pair of all answers that make a rule speak: the verdict of both is at least as grave as of
    each, and no rule that spoke of one alone is silent of both; N pairs."""
    plain = plain_case(CANARIES, "US", LIBRARY, as_of=NOW)
    told = [
        answers
        for canary in CANARIES.canaries
        if not canary.blank and {"stop", "hold", "caution"} & set(canary.makes.values())
        for answers in canary.answers
        if all(isinstance(value, str) for value in answers.values())
    ]
    verdicts, spoken = [], []
    for answers in told:
        report = _report(plain, answers, name)
        verdicts.append(report.verdict.rank)
        spoken.append({f.rule: f.verdict.rank for f in report.findings if f.verdict.value != "pass"})
    tried = 0
    for (i, one), (j, other) in combinations(enumerate(told), 2):
        if one.keys() & other.keys():
            continue
        both = _report(plain, {**one, **other}, name)
        assert both.verdict.rank <= min(verdicts[i], verdicts[j]), (one, other)
        now = {f.rule: f.verdict.rank for f in both.findings}
        for rule, rank in spoken[i].items():
            # Age is told by both of some pairs alone; a rule of one answer hears of no other.
            assert now[rule] <= rank or set(one) <= {"born_on"}, (rule, one, other)
        tried += 1
    record_property("n", tried)
    assert tried > 2000


def _report(plain, answers, name):
    case = with_input(plain, Input("answers", answers), LIBRARY, as_of=NOW)
    return assess(replace(case), name, as_of=NOW, library=LIBRARY)
