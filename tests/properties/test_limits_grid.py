"""Every dose by weight against the soft limits: rounding neither lifts a dose over one nor hides it below."""

from decimal import Decimal
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.protocols import History
from posology.protocols.limits import Intended, allowed_levels, check_limits, dose_for_level
from tests.histories import given
from tests.properties.test_dose_grid import STEPS, thousandths, with_step
from tests.unit.protocols.test_limits_soft import AT, DAY

DAY_OF = AT.date()
BY_WEIGHT = ("ketamine-iv", "ketamine-im", "ketamine-oral", "ketamine-sc")
WEIGHTS = range(300, 2501, 3)  # tenths of a kilogram


@pytest.mark.property
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("name", BY_WEIGHT)
def test_a_dose_is_held_exactly_where_its_level_is_above_the_soft_limit(name, record_property):
    """Weights 30.0 to 250.0 kg by 0.3 × listed levels × five measuring steps: held if and only if the level
    in thousandths is above the limit in thousandths; the sum of 7 days likewise, in ten-thousandths of a mg.
    """
    library, tried = load_library(), 0
    for step in STEPS:
        protocol = with_step(library.protocol(name), step)
        soft = protocol.values.get("dose_hold_above")
        most = thousandths(soft[max(soft)].value) if soft else None
        week = protocol.values.get("amount_in_7_days_hold_above")
        most_a_week = thousandths(week[max(week)].value) if week else None
        for level, tenths in product(allowed_levels(protocol, DAY_OF), WEIGHTS):
            weight = Decimal(tenths) / 10
            dose_mg = dose_for_level(protocol, level, weight, DAY_OF)
            before = given(AT - 3 * DAY, name, str(level), dose_mg=dose_mg, weight_kg=weight)
            minutes = 60 if protocol.route == "intravenous" else None
            found = check_limits(
                protocol,
                Intended(level, dose_mg, weight, minutes, None, 2),
                history=History((before,)),
                at=AT,
                library=library,
            )
            rules = {f.rule.rsplit("/", 1)[1] for f in found}
            assert ("dose-hold-above" in rules) == (most is not None and thousandths(level) > most)
            if most_a_week is not None:
                both = int(dose_mg * 10_000) + thousandths(level) * tenths
                assert ("amount-in-7-days-hold-above" in rules) == (both > most_a_week * tenths)
            tried += 1
    record_property("n", tried)
