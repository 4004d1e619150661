"""What was really given, as doses: never another amount, and never at another time, than the record's."""

from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest

from posology.knowledge import Route, Substance
from posology.treatment.given import NotTold, given_until, stretches
from posology.treatment.infusion import minutes_between
from tests.sessions import at, make_order, through_gate

RACEMATE, S_FORM = Substance.KETAMINE, Substance.ESKETAMINE


def started(*, minutes=40, rate=None, weight_kg="72"):
    order = make_order(weight_kg=weight_kg, minutes=minutes)
    log = through_gate(order)
    data = {"minutes": minutes} if rate is None else {"rate_mg_per_min": rate}
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", **data)
    return log


def told(log, moment, **changes):
    fields = {"substance": RACEMATE, "route": Route.INTRAVENOUS, "at": moment, **changes}
    return given_until(log.state, **fields)


@pytest.mark.hazard("H-11")
def test_a_stop_at_any_second_is_told_with_exactly_what_had_run_in(record_property):
    """Each second of 37 mg in 45 min, whose rate no decimal holds."""
    log, tried = started(minutes=45, weight_kg="74.9"), 0
    for second in range(1, 45 * 60 + 1):
        log.add("infusion_stopped", 10 + second / 60, reason="Stopped.")
        state = log.state
        found = stretches(state, until=at(600))
        assert sum(one.mg for one in found) == state.delivered_exact(at(600)) == Fraction(37 * second, 2700)
        regimen = told(log, at(600))
        assert regimen.total_mg == pytest.approx(37 * second / 2700, rel=1e-12)
        assert regimen.end_h * 3600 == pytest.approx(second, abs=1e-3)
        log.events.pop()
        tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-11")
def test_pauses_new_rates_and_a_stop_add_up_to_the_records_amount(record_property):
    """Seeded random courses, looked at after each step and between: the sum, and the rate of each stretch."""
    random, tried = Random(12), 0
    for _ in range(150):
        log, running, second = started(rate="0.9"), True, 0
        moments = []
        for _ in range(random.randrange(9)):
            second += random.randrange(1, 400)
            when = 10 + second / 60
            if running and random.random() < 0.5:
                log.add("infusion_paused", when)
                running = False
            elif not running:
                log.add("infusion_resumed", when)
                running = True
            else:
                log.add("infusion_rate_changed", when, rate_mg_per_min=random.choice(("0.3", "0.7", "1.1")))
            moments += [at(when), at(when) + timedelta(seconds=random.randrange(400))]
        state = log.state
        for moment in (*moments, at(400)):
            found = stretches(state, until=moment)
            assert sum(one.mg for one in found) == state.delivered_exact(moment)
            assert all(one.end <= moment for one in found)
            rates = {change.mg_per_min for change in state.infusions[0].changes}
            for one in found:
                run = one.mg / minutes_between(one.start, one.end)
                # The moment at which a dose is in is rounded up to a microsecond.
                assert any(abs(run - rate) < rate * Fraction(1, 10_000) for rate in rates)
            tried += 1
    record_property("n", tried)


def test_hours_count_from_the_first_of_the_drug_or_from_where_they_are_asked():
    log = started()
    assert told(log, at(30)).start_h == 0
    assert told(log, at(30)).end_h * 60 == pytest.approx(20)
    assert told(log, at(30), since=at(4)).start_h * 60 == pytest.approx(6)


def test_nothing_given_is_nothing_told():
    log = started()
    assert told(log, at(9)) is None
    assert told(log, at(10)) is None
    assert told(through_gate(make_order()), at(60)) is None


def test_an_injection_is_one_dose_at_its_moment():
    order = make_order("ketamine-im", "0.5")
    log = through_gate(order)
    log.add("dose_given", 10, dose_mg=str(order.dose_mg), lot="L1")
    assert told(log, at(9), route=Route.INTRAMUSCULAR) is None
    (dose,) = told(log, at(40), route=Route.INTRAMUSCULAR).doses
    assert (dose.route, dose.amount_mg, dose.start_h) == (Route.INTRAMUSCULAR, 36.0, 0.0)


def nasal(complete=True):
    order = make_order("esketamine-nasal-us", "56", None)
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", devices=2)
    log.add("device_given", 11, number=1, lot="L1", complete=True)
    log.add("device_given", 17, number=2, lot="L1", complete=complete)
    return log


def test_each_device_is_a_dose_at_its_own_moment():
    asked = {"substance": S_FORM, "route": Route.NASAL}
    doses = told(nasal(), at(60), **asked).doses
    assert [(d.device, d.amount_mg, round(d.start_h * 60, 6)) for d in doses] == [(1, 28.0, 0), (2, 28.0, 6)]
    assert told(nasal(), at(12), **asked).total_mg == 28.0


def test_a_lost_or_partial_spray_is_refused_and_not_told_as_less():
    with pytest.raises(NotTold, match="Go by the readings"):
        told(nasal(complete=False), at(60), substance=S_FORM, route=Route.NASAL)
