"""Why no course can be followed by a protocol, word for word."""

from datetime import timedelta
from decimal import Decimal

import pytest

from posology.recommendation.trial import unfollowable
from tests.unit.recommendation.test_trial import LIBRARY, TODAY, changed, planned

TOO_FAST = (
    "On 2026-11-24 no course can be begun by it: 0.0125 mg/kg/min for 70 kg is above 0.001 mg/kg/min, the "
    "highest rate of Intravenous racemic ketamine. Infuse over more minutes. The limit rests on PR-IV-04, "
    "PR-IV-09, FAVA20. Nobody may override it."
)


def told(file) -> tuple[str, ...]:
    return tuple(fault.replace("\u00a0", " ") for fault in unfollowable(file, LIBRARY, on=TODAY))


def test_a_refusal_is_told_whole_and_once():
    """The usual dose is refused over 40 and over 60 min, and the lower one: the first refusal is told."""
    assert told(changed("rate_ceiling", Decimal("0.001"))) == (TOO_FAST,)


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (changed("dose_step", Decimal(0)), "ZeroDivisionError"),
        (changed("dose_start", ()), "IndexError"),
        (planned("induction", visit_days=(1, 10**8)), "OverflowError"),
        (planned("continuation", every_days=10**8), "OverflowError"),
    ],
)
def test_what_cannot_be_planned_is_told_with_its_kind(file, fault):
    assert told(file) == (
        f"On 2026-11-24 no course can be planned by it ({fault}). Change its days or minutes.",
    )


def test_each_later_day_on_which_a_value_changes_is_tried_once():
    soon, later = TODAY + timedelta(days=40), TODAY + timedelta(days=80)
    twice = changed("rate_ceiling", Decimal("0.001"), on=soon)
    dated = twice.values["rate_ceiling"]
    again = {**dated, later: dated[soon].model_copy(update={"value": Decimal("0.002")})}
    twice = twice.model_copy(update={"values": {**twice.values, "rate_ceiling": again}})
    first, second = told(twice)
    assert first == TOO_FAST.replace("2026-11-24", str(soon))
    assert second.startswith(f"On {later}") and "above 0.002 mg/kg/min" in second


def test_the_lower_start_and_that_of_older_adults_are_tried_as_well():
    """The lower start is above the ceiling and the usual one is not; then the first dose from 65 years on."""
    (fault,) = told(changed("dose_start_lower", Decimal("2")))
    assert "2 mg/kg is above 1 mg/kg, the ceiling of Intravenous racemic ketamine" in fault
    nasal = LIBRARY.protocol("esketamine-nasal-eu")
    assert nasal.older_adults is not None
    older = nasal.older_adults.model_copy(update={"dose_start": Decimal(14)})
    (fault,) = told(nasal.model_copy(update={"older_adults": older}))
    assert "14 mg is below 28 mg, the lowest dose" in fault


def test_each_infusion_time_is_tried_with_the_usual_dose():
    """35 mg for 70 kg over 40 min are in order, and over 5 min it are above the highest rate."""
    (fault,) = told(changed("infusion_minutes", (Decimal(40), Decimal(5))))
    assert "is above 0.025 mg/kg/min" in fault


def test_an_infusion_of_so_many_mg_for_everybody_is_not_tried_with_a_weight_it_would_not_have():
    """Its highest rate is by weight, and a dose in mg has none."""
    base = LIBRARY.protocol("ketamine-iv")

    def in_mg(name: str, value) -> dict:
        return {d: v.model_copy(update={"value": value, "unit": "mg"}) for d, v in base.values[name].items()}

    values = {
        **base.values,
        "dose_start": in_mg("dose_start", Decimal(36)),
        "dose_start_lower": in_mg("dose_start_lower", Decimal(18)),
        "dose_levels": in_mg("dose_levels", (Decimal(18), Decimal(36))),
        "dose_ceiling": in_mg("dose_ceiling", Decimal(36)),
    }
    assert told(base.model_copy(update={"dose_basis": "mg", "values": values})) == (
        "On 2026-11-24 no course can be begun by it: Intravenous racemic ketamine is dosed by weight, and no "
        "weight is given. Weigh the patient. Nobody may override it.",
    )
