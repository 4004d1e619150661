"""Two ways to what an interval does, held against each other, and against what is known."""

import numpy as np
import pytest

from posology.pharmacology import propagators
from posology.pharmacology.cascade import Builder
from posology.pharmacology.propagators import propagator, quotient


def cascade(rates, gains=(0.7, 0.2)):
    """Two coordinates that feed a third; gains of what they give."""
    b = Builder(len(np.atleast_1d(rates[0])))
    first, second, third = (b.stage(np.atleast_1d(np.asarray(rate, dtype=float))) for rate in rates)
    for source, gain in zip((first, second), gains, strict=True):
        b.feed(source, third, per_h=gain)
    b.port("in", (*first, *second), (0.6, 0.4))
    b.output("out", third)
    return b.build()


RATES = {
    "apart": (3.0, 0.4, 1.1),
    "equal": (0.4, 0.4, 0.4),
    "nearly equal": (0.4, 0.4 + 1e-9, 0.4 - 1e-9),
    "far apart": (600.0, 0.001, 40.0),
}


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
@pytest.mark.parametrize("dt_h", [1e-4, 0.083, 1.0, 24.0])
def test_the_closed_form_and_the_doubled_series_agree(rates, dt_h):
    system = cascade(rates)
    assert system.shallow
    closed = propagators._closed(system, dt_h, ("in",))
    doubled = propagators._doubled(system, dt_h, ("in",))
    np.testing.assert_allclose(doubled.decay, closed.decay, rtol=1e-12)
    np.testing.assert_allclose(doubled.passed, closed.passed, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(doubled.forced["in"], closed.forced["in"], rtol=1e-10)


@pytest.mark.parametrize("dt_h", [0.2, 5.0])
def test_equal_rates_are_no_special_case(dt_h):
    """With equal rates the quotient is dt·exp(−λ dt), the textbook's limit."""
    rate = np.array([0.8])
    decay = np.exp(-rate * dt_h)
    assert quotient(rate, rate, decay, dt_h)[0] == pytest.approx(dt_h * np.exp(-0.8 * dt_h), rel=1e-14)


def test_each_member_may_have_an_interval_of_its_own():
    lengths = np.array([0.0, 0.3, 2.0])
    rates = [np.full(3, rate) for rate in RATES["apart"]]
    together = propagator(cascade(rates), lengths, ("in",))
    for member, dt_h in enumerate(lengths):
        alone = propagator(cascade(RATES["apart"]), float(dt_h), ("in",))
        np.testing.assert_allclose(together.decay[:, member], alone.decay[:, 0], rtol=1e-14)
        np.testing.assert_allclose(together.forced["in"][:, member], alone.forced["in"][:, 0], rtol=1e-14)


def test_no_time_changes_nothing():
    still = propagator(cascade(RATES["apart"]), 0.0, ("in",))
    assert (still.decay == 1.0).all()
    assert (still.passed == 0.0).all()
    assert (still.forced["in"] == 0.0).all()


def test_a_long_interval_neither_overflows_nor_leaves_anything():
    gone = propagator(cascade(RATES["far apart"]), 1e5)
    assert np.isfinite(gone.passed).all()
    assert gone.decay.max() < 1e-40
