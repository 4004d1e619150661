"""Shapes beside a curve: who drives them, how high they are, and what they refuse."""

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.effects import Rise, dissociation_shape, pressure_shape
from posology.pharmacology.errors import OutsideDomain
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import devices, infusion, single

LOOKS = np.arange(0, 181) / 60
SOMEBODY = Person(weight_kg=70, age_years=25)
STANDARD = infusion(Substance.KETAMINE, 35, 40)
NASAL = "esketamine-perez-ruixo-2021"


def test_a_standard_infusion_comes_to_about_c50_and_falls_as_the_sheet_says():
    """1.0, 0.35 and 0.24 times C50 at 40, 80 and 100 min, worked out apart from this program (section 6)."""
    shape = dissociation_shape(STANDARD, SOMEBODY, LOOKS)
    assert shape.typical[[40, 80, 100]] == pytest.approx([1.03, 0.35, 0.24], abs=0.01)
    assert shape.unit == "C50"


def test_of_a_racemate_only_the_s_form_counts():
    of_s = dissociation_shape(infusion(Substance.ESKETAMINE, 17.5, 40), SOMEBODY, LOOKS)
    np.testing.assert_allclose(
        dissociation_shape(STANDARD, SOMEBODY, LOOKS).typical, of_s.typical, rtol=1e-12
    )


def test_arketamine_has_no_such_shape():
    with pytest.raises(OutsideDomain, match="Arketamine did not contribute"):
        dissociation_shape(infusion(Substance.ARKETAMINE, 17.5, 40), SOMEBODY, LOOKS)


@pytest.mark.parametrize(
    "regimen",
    [devices(2, mg_each=28, rest_minutes=5), single(Substance.ESKETAMINE, Route.ORAL, 60)],
    ids=["by nose", "by mouth"],
)
def test_no_shape_is_drawn_from_venous_blood(regimen):
    with pytest.raises(OutsideDomain, match="No shape is drawn from venous concentrations"):
        dissociation_shape(regimen, SOMEBODY, LOOKS)


def test_the_band_widens_with_its_share_and_holds_the_typical_person():
    shape = dissociation_shape(STANDARD, SOMEBODY, LOOKS)
    half, most, nearly_all = shape.bands
    assert [band.percent for band in shape.bands] == [50, 80, 95]
    assert (nearly_all.low[1:] < most.low[1:]).all()
    assert (most.low[1:] < half.low[1:]).all()
    assert (half.high[1:] < most.high[1:]).all()
    assert (nearly_all.low[5:] < shape.typical[5:]).all()
    assert (shape.typical[5:] < nearly_all.high[5:]).all()


def test_pressure_takes_its_height_from_the_trials_where_there_is_no_session():
    shape = pressure_shape(STANDARD, SOMEBODY, LOOKS, model="ketamine-otto-2021")
    assert shape.systolic_mmHg.max() == pytest.approx(7.2, rel=2e-3)  # between two looks
    assert shape.diastolic_mmHg.max() == pytest.approx(3.8, rel=2e-3)
    assert shape.height_from == "the placebo-corrected mean of the trials"
    assert shape.driven_by.startswith("arterial blood")
    assert "never stands in for a measurement" in shape.is_not


def test_pressure_takes_its_height_from_the_patients_own_sessions():
    own = (Rise(22, 9), Rise(31, 14), Rise(18, 10))
    shape = pressure_shape(STANDARD, SOMEBODY, LOOKS, model="ketamine-otto-2021", own=own)
    assert shape.systolic_mmHg.max() == pytest.approx(22, rel=2e-3)
    assert (shape.low.max(), shape.high.max()) == (
        pytest.approx(18, rel=2e-3),
        pytest.approx(31, rel=2e-3),
    )
    assert shape.diastolic_mmHg.max() == pytest.approx(10, rel=2e-3)
    assert shape.height_from == "the patient's own 3 sessions"


def test_a_nasal_form_over_time_says_that_venous_blood_drives_it():
    shape = pressure_shape(devices(2, mg_each=28, rest_minutes=5), SOMEBODY, LOOKS, model=NASAL)
    assert shape.driven_by.startswith("venous blood")
    assert 0.5 < shape.t_h[shape.systolic_mmHg.argmax()] < 1.1


def test_a_person_outside_the_driver_is_told_so():
    remarks = dissociation_shape(STANDARD, Person(weight_kg=70, age_years=61), LOOKS).remarks
    assert any("24 ± 3 years" in remark.sentence for remark in remarks)
