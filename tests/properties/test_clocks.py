"""Clocks that are off, drift and are set: what is due stays due, and nobody leaves early."""

from datetime import timedelta

import pytest

from posology.knowledge import load_library
from posology.treatment.leaving import leaves_at, may_discharge
from posology.web.steady import STEP, Steady
from tests.sessions import T0, Log, all_criteria, infusion, make_order

ORDER = make_order()
PROTOCOL = load_library().protocol("ketamine-iv")
HOURS = 4
OFFSETS_S = [sign * size for size in (1, 2, 3, 60, 61, 3600, 86400) for sign in (-1, 1)]


class Machine:
    """A machine whose clock starts ``off_s`` off, drifts, and is set by ``step_s`` at a moment."""

    def __init__(self, *, step_s: float = 0, at_s: float = 0, drift_ppm: float = 0) -> None:
        self.true_s, self.step_s, self.at_s, self.drift_ppm = 0.0, step_s, at_s, drift_ppm

    def counted(self) -> float:
        return self.true_s * (1 + self.drift_ppm / 1e6)

    def wall(self):
        step = self.step_s if self.true_s >= self.at_s else 0
        return T0 + timedelta(seconds=self.counted() + step)


@pytest.mark.property
@pytest.mark.hazard("H-32")
@pytest.mark.hazard("H-33")
def test_a_server_whose_clock_drifts_and_is_set_goes_on_within_two_seconds(record_property):
    """Each step × each drift × each minute of four hours: within 2 s of the truth, never back, told once."""
    tried = 0
    for step_s in (0, *OFFSETS_S):
        for drift_ppm in (-100, 0, 100):
            machine = Machine(step_s=step_s, at_s=5000, drift_ppm=drift_ppm)
            steady, last = Steady(machine.wall, machine.counted), T0
            for minute in range(HOURS * 60 + 1):
                machine.true_s = minute * 60
                now = steady.now()
                assert abs((now - T0).total_seconds() - machine.true_s) <= 2
                assert now >= last
                last, tried = now, tried + 1
            assert len(steady.steps) == (abs(step_s) > STEP.total_seconds()), step_s
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-32")
@pytest.mark.hazard("H-30")
def test_a_device_whose_clock_is_off_lets_nobody_leave_early(record_property):
    """A stop told live by a device up to a minute off, or by one that drifts: the stay is whole."""
    tried, needed = 0, timedelta(minutes=PROTOCOL.discharge.minimum_min)
    for off_s in (-60, -59, -30, -5, -2, -1, -0.36, 0, 0.36, 1, 2, 5, 30, 59, 60):
        log = stopped(off_s)
        stop = T0 + timedelta(minutes=50)
        for early_s in (1, 2, 30, 60):
            assert not may_discharge(log.state, PROTOCOL, stop + needed - timedelta(seconds=early_s)), off_s
            tried += 1
        leaves = leaves_at(log.state, PROTOCOL)
        assert timedelta(0) <= leaves - (stop + needed) <= timedelta(seconds=max(off_s, 0)), off_s
        assert may_discharge(log.state, PROTOCOL, leaves)
    record_property("n", tried)


def stopped(off_s: float) -> Log:
    """Return a session whose infusion ended at 50 min of the server's clock, told by a device that is off."""
    log = infusion(ORDER)
    ended = log.events.pop()
    log.add("infusion_stopped", 50 + off_s / 60, reason="Through.", complete=True, lag_s=-off_s)
    assert ended.kind == log.events[-1].kind
    for minute in (*range(65, 50 + PROTOCOL.discharge.minimum_min, 15), 50 + PROTOCOL.discharge.minimum_min):
        log.reading(minute)
    all_criteria(log, "ketamine-iv", 50 + PROTOCOL.discharge.minimum_min - 2)
    return log
