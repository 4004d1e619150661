"""The delivered dose: the integral of the rate, exact at any second, through pauses, changes and a stop."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from posology.treatment import SessionPhase
from posology.treatment.infusion import Infusion, RateChange, minutes_between, to_mg
from tests.sessions import T0, at, infusion, make_order, through_gate


def started(order=None, minutes=40, rate=None):
    order = order or make_order()
    log = through_gate(order)
    data = {"minutes": minutes} if rate is None else {"rate_mg_per_min": rate}
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", **data)
    return log


@pytest.mark.hazard("H-11")
def test_a_stop_at_any_second_gives_what_had_run_in_by_then(record_property):
    """Each second of a 40 min infusion of 36 mg, and each of one of 37 mg in 45 min, whose rate no decimal
    holds: delivered = dose × seconds ÷ time, exactly.
    """
    tried = 0
    for kg, minutes, dose in (("72", 40, 36), ("74.9", 45, 37)):
        order = make_order(weight_kg=kg, minutes=minutes)
        assert order.dose_mg == dose
        log = started(order, minutes)
        for second in range(minutes * 60 + 1):
            when = at(10) + timedelta(seconds=second)
            log.add("infusion_stopped", 10 + second / 60, reason="Stopped.")
            state = log.state
            assert state.delivered_exact(at(600)) == Fraction(dose * second, minutes * 60), second
            assert state.ended_at == when
            log.events.pop()
            tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-11")
def test_pauses_and_new_rates_add_up_exactly(record_property):
    """Seeded random courses of pauses, resumptions, new rates and a stop, against a sum in whole
    microseconds made apart from the code.
    """
    random, tried = Random(11), 300
    for _ in range(tried):
        log = started(rate="0.9")
        rate, running, second, total = Fraction(9, 10), True, 0, Fraction(0)
        for _ in range(random.randrange(9)):
            step = random.randrange(1, 400)
            total += rate * step / 60 if running else 0
            second += step
            when = 10 + second / 60
            if running and random.random() < 0.5:
                log.add("infusion_paused", when)
                running = False
            elif not running and random.random() < 0.6:
                log.add("infusion_resumed", when)
                running = True
            else:
                rate = Fraction(random.randrange(1, 20), 10)
                log.add("infusion_rate_changed", when, rate_mg_per_min=f"{float(rate):.1f}")
        step = random.randrange(1, 400)
        total += rate * step / 60 if running else 0
        log.add("infusion_stopped", 10 + (second + step) / 60, reason="Stopped.")
        assert not log.state.conflicts
        assert log.state.delivered_exact(at(6000)) == min(total, Fraction(36))
    record_property("n", tried)


def test_nothing_is_delivered_before_the_start_and_never_more_than_the_dose():
    state = started().state
    assert state.delivered_mg(at(9)) == 0
    assert state.delivered_mg(at(30)) == Decimal("18.000")
    assert state.delivered_mg(at(50)) == 36
    assert state.delivered_mg(at(500)) == 36


def test_a_rate_set_in_a_pause_holds_from_the_resumption():
    log = started(rate="0.9")
    log.add("infusion_paused", 20)
    log.add("infusion_rate_changed", 22, rate_mg_per_min="0.45")
    assert log.state.phase is SessionPhase.PAUSED
    assert log.state.delivered_mg(at(30)) == 9
    log.add("infusion_resumed", 30)
    assert log.state.delivered_mg(at(40)) == Decimal("13.500")


def test_a_resumption_may_give_a_rate_of_its_own():
    log = started(rate="0.9")
    log.add("infusion_paused", 20)
    log.add("infusion_resumed", 30, rate_mg_per_min="0.3")
    assert log.state.delivered_mg(at(40)) == 12


def test_it_says_when_the_dose_will_be_in():
    log = started()
    assert log.state.infusions[0].runs_out_at() == at(50)
    log.add("infusion_paused", 20)
    assert log.state.infusions[0].runs_out_at() is None
    log.add("infusion_resumed", 25)
    assert log.state.infusions[0].runs_out_at() == at(55)
    log.add("infusion_rate_changed", 35, rate_mg_per_min="1.8")
    assert log.state.infusions[0].runs_out_at() == at(45)
    log.add("infusion_rate_changed", 50, rate_mg_per_min="0.1")
    assert log.state.infusions[0].runs_out_at() == at(45)


def test_an_amount_is_shown_to_a_thousandth_of_a_milligram():
    assert to_mg(Fraction(37, 45)) == Decimal("0.822")


def test_minutes_are_exact_and_never_negative():
    assert minutes_between(T0, T0 + timedelta(microseconds=1)) == Fraction(1, 60_000_000)
    assert minutes_between(at(5), at(4)) == 0


def test_a_whole_infusion_ends_where_it_was_ended():
    state = infusion().state
    assert (state.phase, state.started_at, state.ended_at) == (SessionPhase.OBSERVING, at(10), at(50))
    assert state.planned_minutes == 40
    assert state.lots == ("L1",)
    assert not state.delivered_is_least


def test_a_change_of_rate_makes_another_infusion():
    first = Infusion(Decimal(36), (RateChange(T0, Fraction(9, 10)),))
    assert first.changed(at(1), Fraction(0)) != first
    assert len(first.changes) == 1
