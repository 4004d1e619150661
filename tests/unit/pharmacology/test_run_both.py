"""What a paper leaves open is run both ways, and both numbers stand beside the curve."""

import dataclasses

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.chart import chart
from posology.pharmacology.choice import dissociation_range
from posology.pharmacology.errors import Mixed
from posology.pharmacology.exposure import exposures
from posology.pharmacology.lettering import shown
from posology.pharmacology.model import load
from posology.pharmacology.passport import OF_PERSONS, passport, told_person, told_range
from posology.pharmacology.people import Person
from posology.pharmacology.population import draw_cohort, rank, typical
from posology.pharmacology.regimens import devices, infusion, single
from posology.pharmacology.run_both import bioavailability, run_both
from posology.pharmacology.simulation import simulate
from posology.recommendation.curve_people import Subject
from posology.recommendation.dose_curves import Drawn, curve_of

VENOUS, NASAL, FILM = "ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"
SOMEBODY = Person(weight_kg=70, age_years=40)
LOOKS = np.arange(0, 49) / 12
SPRAY = devices(2, mg_each=28, rest_minutes=5)


def sentences(regimen, model=NASAL, person=SOMEBODY, members=200):
    return [one.sentence for one in run_both(simulate(model, regimen, person, t_h=LOOKS, members=members))]


def test_the_share_by_mouth_is_that_of_the_sheet():
    """17.8 %, worked out from the table's typical values apart from this code."""
    assert bioavailability(NASAL, Route.ORAL, "ketamine") == pytest.approx(0.178, abs=0.0005)


@pytest.mark.parametrize("substance", [Substance.KETAMINE, Substance.ESKETAMINE])
def test_by_mouth_both_shares_are_told_with_the_number_of_each(substance):
    """The other one is computed here by less that passes the gut, run as a whole."""
    dose, model = single(substance, Route.ORAL, 50), load(NASAL)
    other = {"Fgut": 0.08 / bioavailability(NASAL, Route.ORAL, "ketamine")}
    parts = model.parts(dose, SOMEBODY, typical(model.file), other)
    run = exposures(parts, ("ketamine",), float(LOOKS[-1]))["ketamine"]
    told = next(one for one in sentences(dose) if "8 % of S-ketamine by mouth" in one)
    assert f"would be {shown(float(run.Cmax[0]))} ng/mL instead of" in told
    assert f"the area {shown(float(run.AUC[0]))} ng" in told
    assert not any("by mouth" in one for one in sentences(SPRAY))
    drawn = (simulate(NASAL, one, SOMEBODY, t_h=LOOKS, members=0) for one in (dose, SPRAY))
    assert ["FANTA15" in passport(one).sources for one in drawn] == [True, False]


@pytest.mark.parametrize("dose", [SPRAY, single(Substance.ESKETAMINE, Route.ORAL, 84)], ids=["nose", "mouth"])
def test_a_spread_that_was_not_printed_is_run_with_and_without(dose):
    """Held against the two cohorts drawn and run by themselves."""
    file = load(NASAL).file
    (told,) = (one for one in sentences(dose) if "kmet" in one)
    for wide in (False, True):
        cohort = draw_cohort(file, 200, seed=20261123, wide=wide)
        run = simulate(NASAL, dose, SOMEBODY, t_h=LOOKS, cohort=cohort)
        for name in file.analytes:
            at = int(run.typical_ng_per_mL[name].argmax())
            ranked = np.sort(run.members_ng_per_mL[name][at])[np.newaxis]
            low, high = (shown(float(rank(ranked, share)[0])) for share in (0.1, 0.9))
            assert f"between {low} and {high}" in told


def test_a_dose_that_was_scaled_from_another_says_what_a_run_of_its_own_says():
    """Of doses by mouth that differ in their amount alone one is run, and the others are scaled."""
    drawn, subject = Drawn(100), Subject(SOMEBODY, None)
    drawn.curve(single(Substance.KETAMINE, Route.ORAL, 30), subject)
    twice = single(Substance.KETAMINE, Route.ORAL, 60)
    scaled = drawn.curve(twice, subject).simulation
    assert run_both(scaled) == run_both(curve_of(twice, subject, members=100).simulation)


def test_impaired_kidneys_are_told_of_a_person():
    assert told_person(Person(70, 40, kidney_impaired=True)).endswith("impaired kidneys")
    assert "kidneys" not in told_person(SOMEBODY)


def test_without_a_cohort_no_spread_is_told_and_of_other_models_nothing():
    assert not any("kmet" in one for one in sentences(SPRAY, members=0))
    assert not sentences(infusion(Substance.KETAMINE, 35, 40), model=VENOUS)
    assert not sentences(single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50), model=FILM)


def test_the_passport_tells_both_and_of_what_the_band_is():
    drawn = simulate(NASAL, SPRAY, SOMEBODY, t_h=LOOKS, members=50)
    assert any("kmet" in one for one in passport(drawn).remarks)
    assert passport(drawn).band == OF_PERSONS
    assert "no band" in passport(dataclasses.replace(drawn, members_ng_per_mL={})).band
    assert "The band is of persons, not of measurements" in chart(drawn).replace("\u00a0", " ")


@pytest.mark.parametrize("model", [VENOUS, NASAL, FILM, "ketamine-clements-1981", "ketamine-domino"])
def test_each_model_says_once_that_nobody_in_intensive_care_is_drawn(model):
    assert sum("intensive care" in one for one in load(model).file.limits) == 1


@pytest.mark.hazard("H-17")
def test_a_range_of_unstated_blood_stands_beside_no_arterial_curve(record_property):
    """Arterial blood holds about twice as much; the sentence stands wherever the range does."""
    film = simulate(FILM, single(Substance.KETAMINE, Route.SUBLINGUAL, 50), SOMEBODY, t_h=LOOKS, members=0)
    level = dissociation_range(Substance.KETAMINE, "venous")
    with pytest.raises(Mixed, match="Leave the range out"):
        chart(film, level=level)
    assert told_range(level).endswith(level.site_say)
    record_property("n", 1)
