"""What earlier courses say of a new one: the dose that helped is offered, what did nothing speaks against."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from posology.case import Answer, EarlierDose
from posology.knowledge import load_library
from posology.recommendation import Advice, recommend
from tests.cases import NOW, complete_case

LIBRARY = load_library()
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def earlier(protocol: str, level: str | None, helped: Answer, *, days: int = 200) -> EarlierDose:
    known = None if level is None else Decimal(level)
    substance = LIBRARY.protocol(protocol).substance
    return EarlierDose(NOW - timedelta(days=days), protocol, substance, known, known, helped=helped)


def begun_with(*doses: EarlierDose, protocol: str | None = "ketamine-iv", **kwargs) -> Advice:
    case = replace(complete_case(**kwargs), earlier=doses)
    return recommend(case, as_of=NOW, protocols=(protocol,) if protocol else None)


def levels(advice: Advice) -> list[Decimal]:
    return [o.dose.level for o in advice.options if o.dose]


def says(reasons, start: str) -> bool:
    return any(r.say.startswith(start) for r in reasons)


def test_without_earlier_doses_nothing_is_said_of_them():
    advice = begun_with()
    assert levels(advice) == [Decimal("0.5"), Decimal("0.5"), Decimal("0.3")]
    assert not any("On record" in r.say for o in advice.options for r in (*o.for_, *o.against))


def test_the_dose_that_helped_is_offered_with_its_reason_day_and_source():
    """PR-ADJ-04: 0.75 mg/kg helped 200 days ago; 72 kg x 0.75 mg/kg = 54 mg."""
    advice = begun_with(earlier("ketamine-iv", "0.75", YES))
    assert levels(advice) == [Decimal("0.5"), Decimal("0.75"), Decimal("0.5"), Decimal("0.3")]
    usual, again = advice.options[:2]
    assert again.dose.dose_mg == 54 and again.session_number == 1
    assert says(again.for_, "This dose helped before")
    assert "0.75 mg/kg, last on 2026-05-08" in again.for_[0].say.replace("\u00a0", " ")
    assert {f for c in again.for_[0].citations for f in c.facts} == {"PR-ADJ-04"}
    assert says(again.against, "What helped once may not hold")
    assert says(again.against, "Higher doses have not consistently done better: 1.0 mg/kg by infusion")
    assert says(usual.against, "Another dose of it helped before")
    assert not says(usual.against, "Higher doses have not consistently done better: 1.0 mg/kg by infusion")


def test_where_the_usual_dose_helped_it_is_said_beside_it_and_not_offered_twice():
    advice = begun_with(earlier("ketamine-iv", "0.5", YES))
    assert levels(advice) == [Decimal("0.5"), Decimal("0.5"), Decimal("0.3")]
    assert says(advice.options[0].for_, "This dose helped before")
    assert says(advice.options[2].against, "Another dose of it helped before")


@pytest.mark.parametrize(
    ("doses", "level"),
    [
        ([("0.75", YES, 200), ("1.0", NO, 100)], "0.75"),  # the last that helped, not the last given
        ([("0.75", YES, 200), ("1.0", YES, 100)], "1.0"),
        ([("1.0", YES, 200), ("0.75", YES, 100)], "0.75"),
        ([("1.0", YES, 200), ("0.75", UNKNOWN, 100)], "1.0"),
        ([("0.6", YES, 200)], None),  # no level of this protocol
        ([(None, YES, 200)], None),  # nobody knows how much
        ([("0.75", NO, 200)], None),
        ([("0.75", UNKNOWN, 200)], None),
    ],
)
def test_it_is_the_newest_dose_that_helped(doses, level):
    told = [earlier("ketamine-iv", dose, helped, days=days) for dose, helped, days in doses]
    extra = set(levels(begun_with(*told))) - {Decimal("0.5"), Decimal("0.3")}
    assert extra == ({Decimal(level)} if level else set())


def test_no_response_before_speaks_against_every_dose_of_the_substance():
    """By infusion nothing followed: it stands against the injection as well, and not against esketamine."""
    in_vain = earlier("ketamine-iv", "0.5", NO)
    for protocol, told in (("ketamine-iv", True), ("ketamine-im", True), ("esketamine-nasal-us", False)):
        advice = begun_with(in_vain, protocol=protocol)
        assert advice.options
        for option in advice.options:
            assert says(option.against, "It was given before, and no response followed") is told
    mixed = begun_with(in_vain, earlier("ketamine-iv", "0.75", YES, days=100))
    assert not says(mixed.options[0].against, "It was given before, and no response followed")


def test_what_is_not_known_says_nothing():
    silent, unknown = begun_with(), begun_with(earlier("ketamine-iv", "0.5", UNKNOWN))
    assert [(o.for_, o.against) for o in silent.options] == [(o.for_, o.against) for o in unknown.options]


@pytest.mark.hazard("H-09")
@pytest.mark.hazard("H-10")
def test_no_dose_goes_from_one_route_or_substance_to_another(record_property):
    """Every protocol's highest level that helped, against every other protocol: N pairs, no level is lent."""
    n = 0
    active = [p for p in LIBRARY.protocols.values() if p.status == "active"]
    for source in active:
        top = max(next(reversed(source.values["dose_levels"].values())).value)
        for target in active:
            if (source.substance, source.route) == (target.substance, target.route):
                continue
            where = target.jurisdictions[0] if target.jurisdictions else "US"
            case = complete_case(
                {"acute_suicidality": YES} if target.only_where else None, jurisdiction=where
            )
            plain = recommend(case, as_of=NOW, protocols=(target.id,))
            told = replace(case, earlier=(earlier(source.id, str(top), YES),))
            again = recommend(told, as_of=NOW, protocols=(target.id,))
            assert levels(plain) == levels(again), (source.id, target.id)
            n += 1
    record_property("n", n)


@pytest.mark.parametrize(
    ("where", "protocol"), [("US", "esketamine-nasal-us"), ("EU", "esketamine-nasal-eu")]
)
def test_a_label_s_first_dose_is_not_replaced(where, protocol):
    """56 mg is the only first dose (PR-ESK-02): that 84 mg helped is told, and is not begun with."""
    advice = begun_with(earlier(protocol, "84", YES), protocol=protocol, jurisdiction=where)
    assert levels(advice) == [Decimal(56)]
    assert says(advice.options[0].against, "Another dose of it helped before")


def test_beside_other_protocols_both_the_usual_and_the_effective_dose_stay():
    advice = begun_with(earlier("ketamine-iv", "0.75", YES), protocol=None)
    mine = [o.dose.level for o in advice.options if o.protocol_id == "ketamine-iv"]
    assert mine[:2] == [Decimal("0.5"), Decimal("0.75")] and 3 <= len(advice.options) <= 5
    assert len({o.protocol_id for o in advice.options}) >= 3
