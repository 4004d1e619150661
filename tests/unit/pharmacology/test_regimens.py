"""What is given: regimens keep the amount and the times that were said, whole, in parts, and repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.domain import SESSION_GAP_H, sessions_of
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.regimens import Dose, Regimen, devices, infusion, rate_profile, single

RACEMATE = Substance.KETAMINE
RATES = st.lists(
    st.tuples(st.floats(0.02, 1.0), st.one_of(st.just(0.0), st.floats(1.0, 100.0))), min_size=1, max_size=6
).filter(lambda stretches: any(rate for _, rate in stretches))


def profile(stretches):
    begin, steps = 0.0, []
    for lasting, rate in stretches:
        steps.append((begin, begin + lasting, rate))
        begin += lasting
    return rate_profile(RACEMATE, steps), sum(lasting * rate for lasting, rate in stretches)


@given(RATES)
def test_a_profile_gives_its_rates_times_its_hours(stretches):
    regimen, amount_mg = profile(stretches)
    assert regimen.total_mg == pytest.approx(amount_mg, rel=1e-9)
    assert len(regimen.doses) == sum(rate > 0 for _, rate in stretches)


@given(RATES, st.floats(0.0, 7.0))
def test_what_was_given_until_an_hour_never_falls_and_never_passes_the_whole(stretches, hour):
    regimen, amount_mg = profile(stretches)
    earlier, later = regimen.until(hour), regimen.until(hour + 0.1)
    so_far, then = (part.total_mg if part else 0.0 for part in (earlier, later))
    assert 0.0 <= so_far <= then * (1 + 1e-12) <= amount_mg * (1 + 1e-9)
    assert earlier is None or earlier.end_h <= hour + 1e-9  # rounding of a begin and a length


def test_a_running_infusion_is_cut_at_its_rate():
    cut = infusion(RACEMATE, 40, 40).until(0.25)
    assert cut is not None
    assert (cut.total_mg, cut.end_h) == (pytest.approx(15.0), 0.25)
    assert infusion(RACEMATE, 40, 40).until(0.0) is None
    assert infusion(RACEMATE, 40, 40).until(9.0) == infusion(RACEMATE, 40, 40)


def test_a_device_counts_from_the_moment_it_is_given():
    sprays = devices(3, mg_each=28, rest_minutes=5)
    assert [dose.start_h * 60 for dose in sprays.doses] == pytest.approx([0, 5, 10])
    assert [dose.device for dose in sprays.doses] == [1, 2, 3]
    assert sprays.until(5.5 / 60).total_mg == 56


@given(st.lists(st.floats(0, 4000), min_size=1, max_size=8, unique=True))
def test_a_regimen_repeated_is_its_amount_as_often(hours):
    course = devices(2, mg_each=28, rest_minutes=5).repeated(hours)
    assert course.total_mg == pytest.approx(56 * len(hours))
    assert list(course.doses) == sorted(course.doses, key=lambda dose: dose.start_h)
    assert (course.start_h, course.end_h) == (min(hours), pytest.approx(max(hours) + 5 / 60))


@given(st.floats(-1e4, 1e4))
def test_a_shift_moves_every_dose_alike(by_h):
    sprays = devices(3, mg_each=28, rest_minutes=5)
    moved = sprays.shifted(by_h)
    assert [dose.start_h for dose in moved.doses] == [dose.start_h + by_h for dose in sprays.doses]
    assert moved.total_mg == sprays.total_mg


def test_sessions_are_told_apart_by_the_hours_between_them():
    near, far = SESSION_GAP_H - 0.01, SESSION_GAP_H + 0.01
    spray = single(Substance.ESKETAMINE, Route.NASAL, 28)
    assert [len(one) for one in sessions_of(spray.repeated([0, near]))] == [2]
    assert [len(one) for one in sessions_of(spray.repeated([0, far]))] == [1, 1]
    # counted from the end of what was given, not from its begin
    slow = Dose(RACEMATE, Route.INTRAVENOUS, 50, 0.0, 6.0)
    assert len(sessions_of(Regimen((slow, Dose(RACEMATE, Route.INTRAVENOUS, 35, 6 + near, 1.0))))) == 1
    assert len(sessions_of(Regimen((slow, Dose(RACEMATE, Route.INTRAVENOUS, 35, 6 + far, 1.0))))) == 2


@pytest.mark.parametrize(
    ("build", "refusal", "sentence"),
    [
        (
            lambda: Regimen(()),
            ModelError,
            "The regimen holds no dose, so there is nothing to compute. Add one.",
        ),
        (
            lambda: rate_profile(RACEMATE, [(0.0, 1.0, 0.0)]),
            ModelError,
            "The regimen holds no dose, so there is nothing to compute. Add one.",
        ),
        (
            lambda: Dose(RACEMATE, Route.ORAL, -5.0),
            OutsideDomain,
            "The amount of a dose is -5 mg, and nothing can be computed from it. Give an amount above 0 mg.",
        ),
        (
            lambda: infusion(RACEMATE, 35, -40),
            OutsideDomain,
            "An infusion over -40 min cannot be run; give the minutes it takes.",
        ),
        (
            lambda: single(RACEMATE, Route.INTRAVENOUS, 35),
            OutsideDomain,
            "A dose into a vein at once is a rapid bolus, which no model here describes. Give it as an "
            "infusion with its minutes.",
        ),
        (
            lambda: devices(0, mg_each=28, rest_minutes=5),
            OutsideDomain,
            "0 devices cannot be given; count from 1.",
        ),
        (
            lambda: rate_profile(RACEMATE, [(1.0, 0.5, 30.0)]),
            OutsideDomain,
            "A stretch of the infusion runs from 1 to 0.5 h at 30 mg/h, so what was given is not known. Give "
            "rising hours, and a rate of 0 or more.",
        ),
    ],
    ids=["empty", "paused alone", "less than nothing", "backwards", "bolus", "no device", "falling hours"],
)
def test_a_regimen_that_cannot_be_is_refused_in_full_words(build, refusal, sentence):
    with pytest.raises(refusal) as refused:
        build()
    assert str(refused.value) == sentence
    assert refused.value.code
