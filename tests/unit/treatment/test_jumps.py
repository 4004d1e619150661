"""Tenfold jumps against the last reading are asked about, kept once confirmed, and never dropped."""

import pytest

from posology.treatment import NeedsConfirmation, read_payload
from posology.treatment.jumps import check_no_jump, jumps
from tests.sessions import Log


def after(**before: int) -> Log:
    log = Log()
    log.add("reading_taken", 1, **before, confirmed_extreme=True)
    return log


def reading(confirmed: bool = True, **values: int):
    return read_payload("reading_taken", {**values, "confirmed_extreme": confirmed})


@pytest.mark.hazard("H-42")
def test_every_pair_of_breathing_rates_asks_exactly_where_a_digit_may_be_lost(record_property):
    """Each pair from 1 to 60 a minute: asked about from ten times the last on, and from a tenth down."""
    tried = 0
    for before in range(4, 61):
        state = after(respiratory_rate=before).state
        for now in range(4, 61):
            asked = bool(jumps(state, reading(respiratory_rate=now)))
            assert asked == (max(before, now) >= 10 * min(before, now)), (before, now)
            tried += 1
    record_property("n", tried)


def test_a_jump_is_kept_once_it_is_confirmed():
    state = after(heart_rate=200).state
    unconfirmed = reading(heart_rate=70).model_copy(update={"heart_rate": 20, "confirmed_extreme": False})
    with pytest.raises(NeedsConfirmation, match="20 now and 200 before, a tenfold jump"):
        check_no_jump(state, unconfirmed)
    check_no_jump(state, unconfirmed.model_copy(update={"confirmed_extreme": True}))


def test_the_last_value_of_each_sign_counts_wherever_it_stands():
    log = after(heart_rate=200, respiratory_rate=14)
    log.add("reading_taken", 2, respiratory_rate=16)
    assert [f.field for f in jumps(log.state, reading(heart_rate=20, respiratory_rate=14))] == ["heart_rate"]


def test_a_first_reading_jumps_from_nothing():
    assert jumps(Log().state, reading(heart_rate=70)) == ()
