"""What a day lacks for a dose: by drug, route, place and setting, and who may clear it."""

from itertools import product

import pytest

from posology.knowledge import Role, Route, Substance
from posology.knowledge.duty import load_duty
from posology.knowledge.schema import Certainty
from posology.treatment.duty import NOTHING_RECORDED, Dose, DutyDay, duty_obstacles, may_be_decided

FILE = load_duty()
EVERYBODY, ALL_READY = frozenset(FILE.roles), dict.fromkeys(FILE.equipment, True)
WHOLE = DutyDay(EVERYBODY, ALL_READY)
IV = Dose(Substance.KETAMINE, Route.INTRAVENOUS, "US")
NASAL = Dose(Substance.ESKETAMINE, Route.NASAL, "US")
CART = {"emergency_cart", "oxygen", "suction", "bag_mask", "defibrillator"}
HOLDS = {"behavioral", *CART}

# Read off S-STF-01 to S-STF-09 by hand: what nothing starts without, for each dose.
INJECTED = {"watcher", "airway", "rescue", "monitor", "resuscitation"}
WANTED = {
    (Substance.KETAMINE, Route.INTRAVENOUS, "US"): INJECTED | {"advanced_life_support"},
    (Substance.KETAMINE, Route.INTRAVENOUS, "EU"): INJECTED | {"advanced_life_support"},
    (Substance.KETAMINE, Route.INTRAMUSCULAR, "US"): INJECTED,
    (Substance.KETAMINE, Route.SUBCUTANEOUS, "UK"): INJECTED,
    (Substance.KETAMINE, Route.ORAL, "US"): {"rescue", "monitor", "resuscitation"},
    (Substance.KETAMINE, Route.SUBLINGUAL, "US"): {"rescue", "monitor", "resuscitation"},
    (Substance.ESKETAMINE, Route.NASAL, "US"): {"prescriber_on_site", "watcher", "oximeter"},
    (Substance.ESKETAMINE, Route.NASAL, "EU"): {"rescue", "resuscitation"},  # where a rule speaks
    (Substance.ESKETAMINE, Route.NASAL, "UK"): {"rescue", "resuscitation"},  # by the same label
}  # fmt: skip


def found(dose: Dose, day: DutyDay, *, speaks: bool = True) -> dict[str, Role]:
    obstacles = duty_obstacles(FILE, dose, day, speaks=lambda rule: speaks)
    return {o.key.removeprefix("duty/"): o.cleared_by for o in obstacles}


def without(key: str) -> DutyDay:
    return DutyDay(EVERYBODY - {key}, {k: k != key for k in FILE.equipment})


@pytest.mark.parametrize("dose", [*WANTED], ids=lambda d: " ".join(d))
def test_each_part_that_is_lacking_stops_or_holds_the_doses_that_need_it(dose, record_property):
    """N = 14 parts for each dose."""
    tried = 0
    for key in (*FILE.roles, *FILE.equipment):
        lacking = found(Dose(*dose), without(key))
        if key in WANTED[dose]:
            assert lacking == {key: Role.NURSE}
        elif key in HOLDS:
            assert lacking == {key: Role.PRESCRIBER}
        else:
            assert not lacking
        tried += 1
    record_property("n", tried)
    assert not found(Dose(*dose), WHOLE)


def test_a_day_that_was_not_recorded_says_in_one_sentence_what_to_do():
    for roles, ready in product((None, EVERYBODY), (None, ALL_READY)):
        sentences = [o.sentence for o in duty_obstacles(FILE, IV, DutyDay(roles, ready), speaks=bool)]
        blank = [w for w, told in (("staff", roles), ("equipment", ready)) if told is None]
        assert len(sentences) == bool(blank)
        for sentence in sentences:
            assert all(word in sentence for word in blank)
            assert "Record today's staff and equipment, then start." in sentence
    assert found(IV, NOTHING_RECORDED) == {"record": Role.NURSE}


def test_what_was_not_looked_at_is_told_apart_from_what_failed():
    unseen = DutyDay(EVERYBODY, {k: True for k in FILE.equipment if k != "monitor"})
    (one,) = duty_obstacles(FILE, IV, unseen, speaks=bool)
    (two,) = duty_obstacles(FILE, IV, without("monitor"), speaks=bool)
    assert "not looked at today" in one.sentence and "not ready today" in two.sentence


def test_a_decision_lifts_only_what_only_holds():
    for key in (*FILE.roles, *FILE.equipment):
        day = without(key)
        decided = DutyDay(day.roles, day.ready, decided={key})
        assert found(IV, decided) == {k: who for k, who in found(IV, day).items() if who is Role.NURSE}


def test_an_inpatient_has_the_prescriber_within_reach():
    """S-STF-01 speaks of outpatient sites."""
    inpatient = Dose(Substance.ESKETAMINE, Route.NASAL, "US", "inpatient")
    assert not found(inpatient, without("prescriber_on_site"))
    assert found(NASAL, without("prescriber_on_site"))


def test_the_european_label_asks_only_where_heart_stroke_or_lungs_speak():
    eu = Dose(Substance.ESKETAMINE, Route.NASAL, "EU")
    asked: list[str] = []

    def speaks(rule: str) -> bool:
        asked.append(rule)
        return rule.endswith("/stroke")

    assert (
        not [*duty_obstacles(FILE, eu, WHOLE, speaks=speaks)] and not asked
    )  # nothing lacks: nobody is asked
    assert [o.key for o in duty_obstacles(FILE, eu, without("rescue"), speaks=speaks)] == ["duty/rescue"]
    assert not found(eu, without("rescue"), speaks=False)


def test_only_what_nobody_has_verified_may_be_decided():
    for place, (key, part) in product(("US", "EU", "UK"), {**FILE.roles, **FILE.equipment}.items()):
        assert may_be_decided(part, place) is (key in HOLDS), (place, key)
    for part in (*FILE.roles.values(), *FILE.equipment.values()):
        for need in part.needs:
            assert need.only_holds is (need.certainty is Certainty.NOT_VERIFIED)
