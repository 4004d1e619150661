"""A course walked session by session tells what one walk tells, also where a session has several tops."""

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.exposure import exposures
from posology.pharmacology.levels import time_above
from posology.pharmacology.model import load
from posology.pharmacology.people import Person
from posology.pharmacology.population import draw_cohort
from posology.pharmacology.regimens import Dose, Regimen, devices, rate_profile, single
from posology.pharmacology.session_exposure import course_exposures

SOMEBODY = Person(weight_kg=70, age_years=40)
MEMBERS = 120
SHARES = (0.05, 0.3, 0.7, 0.9, 0.98)
MUSCLE = Regimen(
    tuple(Dose(Substance.KETAMINE, Route.INTRAMUSCULAR, mg, at) for mg, at in ((63.7, 0.0), (25.4, 0.89)))
)
SPIKES = rate_profile(Substance.KETAMINE, [(0, 0.1, 200), (0.3, 0.4, 300), (0.7, 1.5, 20)])
SESSIONS = {
    "devices far apart": ("esketamine-perez-ruixo-2021", devices(3, mg_each=28, rest_minutes=90)),
    "two injections": ("ketamine-otto-2021", MUSCLE),
    "spikes and pauses": ("ketamine-otto-2021", SPIKES),
    "one film": ("esketamine-simons-2022", single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_one_session_is_what_one_walk_tells(record_property, name):
    model, session = SESSIONS[name]
    chosen = load(model)
    parts = chosen.parts(session, SOMEBODY, draw_cohort(chosen.file, MEMBERS, seed=3))
    analytes, until_h = chosen.file.analytes, 24.0
    one = exposures(parts, analytes, until_h)
    levels = {analyte: [one[analyte].Cmax * share for share in SHARES] for analyte in analytes}
    found = course_exposures([parts], [0.0], until_h, analytes, levels)
    alone = course_exposures([parts], [0.0], until_h, analytes)
    for analyte in analytes:
        for told in (found[analyte], alone[analyte]):
            np.testing.assert_allclose(told.whole.Cmax, one[analyte].Cmax, rtol=1e-9)
            np.testing.assert_allclose(told.whole.tmax_h, one[analyte].tmax_h, atol=1e-4)
        for level, hours in zip(levels[analyte], found[analyte].hours_above, strict=True):
            np.testing.assert_allclose(hours, time_above(parts, analyte, level, until_h), atol=1e-8)
    record_property("n", MEMBERS * len(SHARES) * len(analytes))
