"""What is given is placed where it was given; where one looks is another matter."""

import numpy as np
import pytest

from posology.pharmacology.cascade import Builder
from posology.pharmacology.errors import ModelError
from posology.pharmacology.stepping import Input, simulate


def one_compartment(k=0.5, members=1):
    b = Builder(members)
    rows = b.stage(np.full(members, k))
    b.port("central", rows)
    b.output("amount", rows)
    return b.build()


LOOKS = np.arange(0.0, 6.0, 0.5)


def amount(inputs, looks=LOOKS, **more):
    return simulate(one_compartment(**more), inputs, looks)["amount"]


@pytest.mark.parametrize("start", [0.0, 0.5, 0.61, 3.0 - 1e-13])
def test_a_dose_at_once_decays_from_its_own_moment(start):
    expected = np.where(LOOKS >= start - 1e-12, 8.0 * np.exp(-0.5 * (LOOKS - start)), 0.0)
    np.testing.assert_allclose(amount([Input("central", 8.0, start)])[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize(("start", "lasting"), [(0.0, 2.0), (0.2, 0.1), (0.2, 0.31), (0.5, 1.7), (1.0, 40.0)])
def test_an_infusion_begins_and_ends_where_it_did(start, lasting):
    rate, k = 9.0 / lasting, 0.5
    since = np.clip(LOOKS - start, 0.0, lasting)
    after = np.clip(LOOKS - start - lasting, 0.0, None)
    expected = rate / k * (1 - np.exp(-k * since)) * np.exp(-k * after)
    shown = amount([Input("central", 9.0, start, lasting)])[:, 0]
    np.testing.assert_allclose(shown, expected, rtol=1e-11, atol=1e-14)


def test_an_input_may_end_elsewhere_in_each_member():
    lasting = np.array([0.05, 0.5, 0.77, 2.4, 90.0])
    shown = amount([Input("central", 9.0 * lasting, 0.3, lasting)], members=5)
    for member, one in enumerate(lasting):
        alone = amount([Input("central", 9.0 * one, 0.3, float(one))])[:, 0]
        np.testing.assert_allclose(shown[:, member], alone, rtol=1e-11, atol=1e-14)


def test_a_dose_after_the_last_look_is_not_seen():
    assert (amount([Input("central", 9.0, 5.8), Input("central", 9.0, 7.0, 1.0)]) == 0).all()


def test_a_dose_before_the_first_look_is_refused():
    with pytest.raises(ModelError) as refused:
        amount([Input("central", 9.0, -0.5)])
    assert str(refused.value) == (
        "A dose begins at -0.5 h, before the first time to look at (0 h), so it would be lost. Begin the "
        "times with the first dose."
    )


@pytest.mark.parametrize("looks", [[0.0, 0.0, 1.0], [1.0, 0.5], [0.0, np.nan], []])
def test_times_that_do_not_rise_are_refused(looks):
    with pytest.raises(ModelError, match="do not rise one after another"):
        amount([Input("central", 9.0)], looks=np.array(looks))


def test_members_are_the_same_in_whatever_blocks_they_run(monkeypatch):
    k = np.linspace(0.1, 5.0, 700)
    b = Builder(700)
    rows = b.stage(k)
    b.port("central", rows)
    b.output("amount", rows)
    given = [Input("central", np.arange(1.0, 701.0), 0.2, 0.9)]
    whole = simulate(b.build(), given, LOOKS)["amount"]
    monkeypatch.setattr("posology.pharmacology.stepping._CACHE_BYTES", 1)
    np.testing.assert_array_equal(simulate(b.build(), given, LOOKS)["amount"], whole)


def test_an_array_of_the_caller_is_filled():
    mine = {"amount": np.empty((LOOKS.size, 1))}
    assert simulate(one_compartment(), [Input("central", 1.0)], LOOKS, out=mine)["amount"] is mine["amount"]
    assert mine["amount"][0, 0] == 1.0
