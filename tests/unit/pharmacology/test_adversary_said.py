"""What must stand beside a curve and might not: drugs by another route, ranges, flags, small cohorts."""

import dataclasses

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk_parts import Flag
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.regimens import devices, infusion, single
from posology.pharmacology.simulation import simulate

VENOUS, NASAL, FILM = "ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"
SOMEBODY = Person(weight_kg=70, age_years=40)
SPRAY = devices(1, mg_each=28, rest_minutes=0)
STANDARD = infusion(Substance.ESKETAMINE, 20, 40)


def run(model, regimen, members=200, **person):
    return simulate(model, regimen, dataclasses.replace(SOMEBODY, **person), members=members)


def told(shown):
    return [remark.sentence for remark in shown.remarks]


@pytest.mark.hazard("H-16")
@pytest.mark.parametrize("drug", ["clarithromycin", "ticlopidine", "grapefruit"])
def test_a_drug_of_which_nothing_is_known_by_this_route_is_said(record_property, drug):
    shown = run(VENOUS, STANDARD, drugs=(drug,))
    assert any(one.startswith(f"Of {drug} nothing is known here by this route") for one in told(shown))
    record_property("n", 1)


def test_that_the_typical_curve_holds_no_drug_is_said_where_the_band_is_widened():
    said = "The band is widened by what rifampin changes in all (its AUC), at the peak too, which may change"
    assert any(one.startswith(said) for one in told(run(VENOUS, STANDARD, drugs=("rifampin",))))
    unchanged = run(NASAL, single(Substance.ESKETAMINE, Route.ORAL, 28), drugs=("itraconazole",))
    assert not any("band is widened" in one for one in told(unchanged))


def test_a_change_reported_as_a_range_widens_the_band_to_its_far_end():
    """Kidney impairment: 1.13 to 1.36 times for esketamine, 1.39 to 1.55 for norketamine, without a ratio."""
    sick, well = (run(NASAL, SPRAY, kidney_impaired=it).exposures for it in (True, False))
    for analyte, most in (("ketamine", 1.36), ("norketamine", 1.55)):
        ratios = sick[analyte].AUC[:-1] / well[analyte].AUC[:-1]
        assert (ratios.min(), ratios.max()) == (pytest.approx(1, abs=0.01), pytest.approx(most, abs=0.01))


@pytest.mark.parametrize(
    ("person", "flag"),
    [
        ({"child_pugh": ChildPugh.B}, Flag.DERIVED),
        ({"drugs": ("clarithromycin",)}, Flag.RECALLED),
        ({"drugs": ("ticlopidine",)}, Flag.MEASURED),
        ({"weight_kg": 50.0}, Flag.MEASURED),
    ],
)
def test_the_flags_of_a_curve_count_what_liver_drugs_and_weight_change(person, flag):
    assert flag not in run(NASAL, SPRAY, members=0).flags
    assert flag in run(NASAL, SPRAY, members=0, **person).flags


@pytest.mark.hazard("H-22")
def test_a_curve_that_goes_on_after_the_last_blood_sample_says_so(record_property):
    film = single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)
    said = "After the film blood was drawn for 6 h"
    for until_h, beyond in ((5.9, False), (6.0, False), (6.1, True), (24.0, True)):
        shown = simulate(FILM, film, SOMEBODY, t_h=np.array([0.0, 1.0, until_h]), members=0)
        assert any(one.startswith(said) for one in told(shown)) is beyond
    record_property("n", 4)


def test_a_band_of_a_few_says_that_it_is_one():
    said = "The band is drawn from 5 members alone, too few for its outer part."
    assert said in told(run(VENOUS, STANDARD, members=5))
    assert not any(
        "members alone" in one for n in (0, 40, 200) for one in told(run(VENOUS, STANDARD, members=n))
    )


@pytest.mark.parametrize(
    ("model", "regimen", "said"),
    [
        (VENOUS, STANDARD, "Predicted for Child-Pugh B, intravenous: 1.8 times the exposure."),
        (NASAL, SPRAY, "Predicted for Child-Pugh B, nasal: 2.03 to 2.2 times the exposure."),
        (
            NASAL, single(Substance.ESKETAMINE, Route.ORAL, 28),
            "Predicted for Child-Pugh B, oral: 3.8 times the exposure.",
        ),
        (
            VENOUS, single(Substance.ESKETAMINE, Route.INTRAMUSCULAR, 28),
            "Predicted for Child-Pugh B, intravenous, and taken for intramuscular: 1.8 times the exposure.",
        ),
    ],
    ids=["by vein", "by nose", "by mouth", "into muscle"],
)  # fmt: skip
def test_what_a_liver_changes_is_told_by_the_route_that_is_used(model, regimen, said):
    """The file's sentence speaks of a small change of the peak, which holds by nose alone."""
    assert said in told(run(model, regimen, members=0, child_pugh=ChildPugh.B))
