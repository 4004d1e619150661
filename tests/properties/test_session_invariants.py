"""What no sequence of events breaks: the dose is the integral of its rate, and nobody leaves early."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.knowledge import load_library
from posology.treatment import EventKind, NotAllowed, SessionPhase, check_may_record, load_payload
from tests.sessions import Log, at, infusion, make_order, through_gate

ORDER = make_order()
PROTOCOL = load_library().protocol(ORDER.protocol_id)

# ---------------------------------------------------------------- the dose

CHANGES = st.one_of(
    st.tuples(st.just("infusion_paused"), st.just({})),
    st.tuples(st.just("infusion_resumed"), st.just({})),
    st.tuples(
        st.just("infusion_rate_changed"),
        st.integers(1, 30).map(lambda tenths: {"rate_mg_per_min": f"{tenths / 10:.1f}"}),
    ),
)


@pytest.mark.property
@pytest.mark.hazard("H-11", n=500)
@settings(max_examples=500)
@given(
    changes=st.lists(st.tuples(st.integers(601, 5000), CHANGES), max_size=10),
    stopped_s=st.none() | st.integers(601, 5000),
)
def test_the_delivered_dose_is_the_integral_of_the_rate(changes, stopped_s):
    """N = 500 drawn infusions, summed second by second with the rates of the moment, beside the fold.

    The sum knows the pump's rate in each second alone: a pause is 0, what comes after a stop counts nothing,
    and no more than the dose can run in.
    """
    log = through_gate(ORDER)
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    told = sorted(changes, key=lambda change: change[0])
    for second, (kind, data) in told:
        log.add(kind, second / 60, **data)
    if stopped_s is not None:
        log.add("infusion_stopped", stopped_s / 60, reason="Stopped.")
    state = log.state
    for second in (600, 1234, 2999, 5400):
        expected = summed(told, stopped_s, until=second)
        assert state.delivered_exact(at(0) + timedelta(seconds=second)) == expected


def summed(told, stopped_s, *, until: int) -> Fraction:
    """Add up second by second what a pump gives that does as it is told."""
    given_mg, rate, held, paused = Fraction(0), Fraction(36, 40), Fraction(36, 40), False
    queue = list(told)
    for second in range(600, until):
        while queue and queue[0][0] <= second:
            _, (kind, data) = queue.pop(0)
            if stopped_s is not None and queue is not None and _ > stopped_s:
                continue
            if kind == "infusion_rate_changed":
                held = Fraction(data["rate_mg_per_min"])
            elif kind == "infusion_paused":
                paused = True
            else:
                paused = False
        if stopped_s is not None and second >= stopped_s:
            break
        rate = Fraction(0) if paused else held
        given_mg += rate / 60
    return min(given_mg, Fraction(36))


# ---------------------------------------------------------------- the way home

STEPS = st.one_of(
    st.tuples(
        st.just("discharge_criterion"),
        st.tuples(st.sampled_from(sorted(PROTOCOL.discharge.criteria)), st.booleans()).map(
            lambda said: {"key": said[0], "met": said[1]}
        ),
    ),
    st.tuples(st.just("reading_taken"), st.just({"systolic": 124, "diastolic": 78})),
    st.tuples(st.just("all_met"), st.just({})),
    st.tuples(st.just("all_read"), st.just({})),
    st.tuples(st.just("discharge_overridden"), st.just({"reason": "Decided by the prescriber."})),
    st.tuples(st.just("discharged"), st.just({"with_escort": True})),
)


@pytest.mark.property
@pytest.mark.hazard("H-30", n=400)
@settings(max_examples=400)
@given(steps=st.lists(st.tuples(st.integers(0, 25), STEPS), min_size=1, max_size=14))
def test_no_sequence_reaches_discharged_with_a_criterion_unmet(steps):
    """N = 400 drawn ways through the observation, each step asked at the live door.

    Whoever left had stayed the minimum and had every criterion seen as met since the dose ended, or a
    prescriber had passed it with a reason; counted here from the accepted events alone.
    """
    log, minute, left = infusion(ORDER), 50.0, None
    seen: dict[str, bool] = {}
    passed = False
    for wait, (kind, data) in steps:
        minute += wait
        if kind == "all_met":
            for key in PROTOCOL.discharge.criteria:
                take(log, "discharge_criterion", minute, key=key, met=True) and seen.update({key: True})
            continue
        if kind == "all_read":
            log.reading(minute)
            continue
        if not take(log, kind, minute, **data):
            continue
        if kind == "discharge_criterion":
            seen[data["key"]] = data["met"]
        passed |= kind == "discharge_overridden"
        left = minute if kind == "discharged" else left
    assert (log.state.phase is SessionPhase.DISCHARGED) == (left is not None)
    if left is not None and not passed:
        assert left - 50 >= PROTOCOL.discharge.minimum_min
        assert set(seen) == set(PROTOCOL.discharge.criteria) and all(seen.values())


def take(log: Log, kind: str, minute: float, **data) -> bool:
    """Record an event as a live page would: only where the door lets it through."""
    try:
        check_may_record(
            log.state,
            EventKind(kind),
            load_payload(kind, data),
            order=ORDER,
            author="n",
            at=at(minute),
            start=None,
        )
    except NotAllowed:
        return False
    log.add(kind, minute, **data)
    return True


@pytest.mark.property
@pytest.mark.hazard("H-30")
def test_the_whole_way_home_is_reached_and_only_from_the_minute_it_is_over(record_property):
    """Each minute around the minimum, all else met: refused before it, let go from it on."""
    needed, tried = PROTOCOL.discharge.minimum_min, 0
    for stayed in range(needed - 5, needed + 6):
        log = infusion(ORDER)
        for minute in range(15, stayed + 1, 15):
            log.reading(50 + minute)
        log.reading(50 + stayed)
        for key in PROTOCOL.discharge.criteria:
            assert take(log, "discharge_criterion", 50 + stayed, key=key, met=True)
        # The fold counts the stay by the later of both clocks of the stop, a second after its own moment.
        assert take(log, "discharged", 50 + stayed + 1 / 60, with_escort=True) == (stayed >= needed)
        tried += 1
    record_property("n", tried)
