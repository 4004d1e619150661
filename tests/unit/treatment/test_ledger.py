"""The ledger of the drug: containers that add up to the microgram, and what shows where they do not."""

from uuid import UUID, uuid5

import pytest

from posology.knowledge import Substance
from posology.treatment.ledger import Account, Act, ActKind, Dose, Lot, fold
from posology.treatment.ledger_doses import doses_of
from tests.midnights import day_ends
from tests.sessions import NAMES, SESSION, Log, at

LOT, DEVICES = Lot("ketamine-50", "A1"), Lot("esketamine-device-28", "E1")
VIAL_UG, DEVICE_UG = 500_000, 28_000


def key(name: str) -> UUID:
    return uuid5(NAMES, f"ledger {name}")


def act(kind: ActKind, name: str = "", *, lot: Lot = LOT, **more) -> Act:
    return Act(key(name or kind), kind, lot, **more)


RECEIVED = act(ActKind.RECEIVED, containers=10, content_ug=VIAL_UG)
OPENED = act(ActKind.OPENED, session=SESSION)


def given(ug: int, *, session: UUID = SESSION, lot: Lot = LOT) -> Dose:
    return Dose(session, lot, Substance.KETAMINE, at(0), ug)


def wasted(ug: int, name: str = "wasted") -> Act:
    return act(ActKind.WASTED, name, amount_ug=ug, opened=OPENED.id)


def test_a_vial_is_what_was_given_wasted_and_returned():
    returned = act(ActKind.RETURNED, amount_ug=4_000, opened=OPENED.id)
    ledger = fold([RECEIVED, OPENED, wasted(460_000), returned], [given(36_000)])
    assert ledger.containers[OPENED.id].remaining_ug == 0
    assert ledger.unaccounted_ug == 0
    assert ledger.balance_ug(Account.SAFE) == 9 * VIAL_UG
    assert ledger.balance_ug(Account.PATIENT, LOT) == 36_000


def test_a_vial_that_was_wasted_whole_gives_nothing_to_the_dose_of_the_next():
    second = act(ActKind.OPENED, "second", session=SESSION)
    ledger = fold([RECEIVED, OPENED, wasted(VIAL_UG), second], [given(36_000)])
    assert ledger.containers[OPENED.id].remaining_ug == 0
    assert ledger.containers[second.id].remaining_ug == VIAL_UG - 36_000


@pytest.mark.parametrize("off_ug", [-1, 1])
def test_one_microgram_too_little_or_too_much_shows(off_ug):
    ledger = fold([RECEIVED, OPENED, wasted(464_000 - off_ug)], [given(36_000)])
    assert ledger.containers[OPENED.id].remaining_ug == off_ug
    assert ledger.unaccounted_ug == 1


def test_too_much_in_one_vial_never_makes_up_for_too_little_in_another():
    second = act(ActKind.OPENED, "second", session=key("other"))
    acts = [RECEIVED, OPENED, second, wasted(VIAL_UG + 5)]
    acts.append(act(ActKind.WASTED, "other", amount_ug=VIAL_UG - 5, opened=second.id))
    ledger = fold(acts, [])
    assert sum(c.remaining_ug for c in ledger.containers.values()) == 0
    assert ledger.unaccounted_ug == 10


def test_a_dose_for_which_no_vial_was_opened_is_not_hidden_by_another_sessions_vial():
    ledger = fold([RECEIVED, OPENED, wasted(464_000)], [given(36_000, session=key("other"))])
    assert dict(ledger.without_container) == {LOT: -36_000}
    assert ledger.unaccounted_ug == 72_000


def test_a_dose_larger_than_a_vial_takes_the_next_one():
    second = act(ActKind.OPENED, "second", session=SESSION)
    ledger = fold([RECEIVED, OPENED, second], [given(VIAL_UG + 10)])
    assert [c.remaining_ug for c in ledger.containers.values()] == [0, VIAL_UG - 10]


def test_a_count_moves_what_is_missing_or_too_much_into_the_discrepancies():
    short = fold([RECEIVED, act(ActKind.COUNTED, containers=9)], [])
    over = fold([RECEIVED, act(ActKind.COUNTED, containers=11)], [])
    assert short.balance_ug(Account.DISCREPANCY) == VIAL_UG
    assert over.balance_ug(Account.DISCREPANCY) == -VIAL_UG
    assert short.balance_ug(Account.SAFE) == 9 * VIAL_UG


def test_a_counter_entry_takes_back_exactly_what_it_names_and_both_stay():
    back = act(ActKind.REVERSED, reverses=key("wasted"))
    ledger = fold([RECEIVED, OPENED, wasted(464_000), back, wasted(463_000, "again")], [given(37_000)])
    assert len(ledger.lines) == 6
    assert ledger.unaccounted_ug == 0
    undone = fold([RECEIVED, OPENED, act(ActKind.REVERSED, reverses=OPENED.id)], [])
    assert not undone.containers
    assert undone.balance_ug(Account.SAFE) == 10 * VIAL_UG


# ---------------------------------------------------------------- the dose is a view of the session
def infused(dose_mg: str = "37", minutes: str = "45") -> Log:
    log = Log()
    log.add("administration_started", 0, dose_mg=dose_mg, lot="A1", minutes=minutes)
    return log


def doses(log: Log, minute: float, *, product: str = "ketamine-50") -> tuple[Dose, ...]:
    return doses_of(
        log.state,
        session=SESSION,
        product_id=product,
        substance=Substance.KETAMINE,
        day_ends=day_ends,
        at=at(minute),
    )


def test_a_stopped_infusion_gave_what_the_session_says_to_the_microgram():
    log = infused()
    log.add("infusion_stopped", 17.4, reason="asked to stop")
    (dose,) = doses(log, 60)
    assert dose.lot == LOT
    assert dose.amount_ug == log.state.delivered_mg(at(60)) * 1000
    assert 0 < dose.amount_ug < 37_000


def test_a_correction_at_the_chair_moves_the_ledger():
    log = Log()
    log.add("dose_given", 0, dose_mg="36", lot="A1")
    before = doses(log, 60)
    event = log.events[-1]
    log.add("corrected", 5, event_id=str(event.id), reason="read wrong", event_kind="dose_given",
            payload={"dose_mg": "35.5", "lot": "A2"})  # fmt: skip
    assert [(d.lot.number, d.amount_ug) for d in before] == [("A1", 36_000)]
    assert [(d.lot.number, d.amount_ug) for d in doses(log, 60)] == [("A2", 35_500)]
    log.add("corrected", 6, event_id=str(event.id), reason="not given", withdrawn=True)
    assert doses(log, 60) == ()


def test_a_partial_spray_is_counted_as_the_least_and_says_so():
    log = Log()
    log.add("administration_started", 0, dose_mg="56", lot="E1", devices=2)
    log.add("device_given", 0, number=1, lot="E1", complete=True)
    log.add("device_given", 5, number=2, lot="E1", complete=False)
    told = doses(log, 60, product="esketamine-device-28")
    assert [(d.amount_ug, d.is_least, d.lot) for d in told] == [
        (DEVICE_UG, False, DEVICES),
        (0, True, DEVICES),
    ]


# ---------------------------------------------------------------- over midnight
MIDNIGHT = 14 * 60  # minutes after the first moment of these sessions


def over_midnight(*, dose_mg: str = "36", minutes: str = "40") -> Log:
    """Begin an infusion ten minutes before midnight."""
    log = Log()
    log.add("administration_started", MIDNIGHT - 10, dose_mg=dose_mg, lot="A1", minutes=minutes)
    return log


def by_day(log: Log, minute: float) -> list[tuple[int, int, bool, bool]]:
    """Return day, amount, whether more followed and whether it is a later day's part, of each dose."""
    told = doses(log, minute)
    return [(d.at.day, d.amount_ug, d.goes_on, d.began_at == at(MIDNIGHT - 10)) for d in told]


@pytest.mark.hazard("H-50", n=5)
def test_an_infusion_over_midnight_is_given_on_both_days_each_what_ran_in():
    """36 mg over 40 min from 23:50 on: 9 mg and 27 mg, whenever it is looked at (N = 5 moments)."""
    log = over_midnight()
    assert by_day(log, MIDNIGHT - 5) == [(24, 4_500, False, False)]
    assert by_day(log, MIDNIGHT) == [(24, 9_000, True, False)]
    assert by_day(log, MIDNIGHT + 10) == [(24, 9_000, True, False), (25, 9_000, False, True)]
    for minute in (MIDNIGHT + 30, MIDNIGHT + 3 * 24 * 60):
        assert by_day(log, minute) == [(24, 9_000, True, False), (25, 27_000, False, True)]


def test_an_infusion_that_is_in_at_midnight_is_of_its_day_alone():
    assert by_day(over_midnight(minutes="10"), MIDNIGHT + 60) == [(24, 36_000, False, False)]


def test_an_infusion_that_stood_still_at_midnight_goes_on_when_it_runs_again():
    log = over_midnight()
    log.add("infusion_paused", MIDNIGHT - 5)
    assert by_day(log, MIDNIGHT + 60) == [(24, 4_500, False, False)]
    log.add("infusion_resumed", MIDNIGHT + 20)
    log.add("infusion_stopped", MIDNIGHT + 30, reason="Through.")
    first, second = doses(log, MIDNIGHT + 60)
    assert (first.amount_ug, first.goes_on, second.amount_ug, second.at) == (
        4_500,
        True,
        9_000,
        at(MIDNIGHT + 20),
    )


def test_one_infusion_over_midnight_is_one_use_of_what_was_opened():
    """Two devices were used beside it, and three containers opened: none is over."""
    acts = [RECEIVED, *(act(ActKind.OPENED, f"opened {n}", session=SESSION) for n in range(3))]
    told = doses(over_midnight(), MIDNIGHT + 30)
    used = [Dose(SESSION, LOT, Substance.KETAMINE, at(MIDNIGHT + 40 + n), 0, is_least=True) for n in range(2)]
    assert fold(acts, [*told, *used]).loose == ()
    assert fold(acts[:-1], [*told, *used]).loose == (used[1],)


@pytest.mark.hazard("H-50", n=2)
def test_a_vial_is_accounted_for_alike_whether_midnight_came_or_not():
    whole = fold([RECEIVED, OPENED, wasted(464_000)], [given(36_000)])
    parts = fold([RECEIVED, OPENED, wasted(464_000)], doses(over_midnight(), MIDNIGHT + 30))
    assert whole.containers == parts.containers
    assert whole.balances == parts.balances
