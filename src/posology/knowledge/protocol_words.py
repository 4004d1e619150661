"""The parts of a protocol as people call them: one word a value, for refusals, diffs and forms."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from posology.knowledge.limit_values import over_days
from posology.knowledge.schema import Value
from posology.quantities import Quantity, show_number

VALUE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "dose_levels": "Doses on offer",
        "dose_start": "Usual first dose",
        "dose_start_lower": "Lower first dose",
        "dose_ceiling": "Highest dose",
        "dose_step": "Step of a measured dose",
        "session_interval_min": "Smallest gap between two sessions",
        "dosing_weight_policy": "Weight that a dose is computed from",
        "dosing_weight_cap": "Cap of the weight that a dose is computed from",
        "intra_session_systolic": "Systolic pressure above which it is measured again",
        "intra_session_diastolic": "Diastolic pressure above which it is measured again",
        "intra_session_repeat": "Minutes to the second reading of a high pressure",
        "saturation_alert": "Oxygen saturation below which help is called",
        "infusion_minutes": "Minutes of an infusion",
        "rate_ceiling": "Highest rate",
        "device_rest": "Rest between two devices",
        "hold_in_mouth": "Time to hold it in the mouth",
        "oral_antidepressant_required": "An oral antidepressant is needed beside it",
        "dose_raise_allowed": "The dose may be raised",
        "step_up_below_percent": "Response below which the dose is raised",
        "dose_hold_above": "Dose above which a reason is asked",
        "first_dose_hold_above": "First dose above which a reason is asked",
        "steps_up_hold_above": "Steps up above which a reason is asked",
    }
)


def value_words(name: str) -> str:
    """Return what a value is called on a page."""
    limit = over_days(name)
    if limit is not None:
        what = f"{limit.counts} in {limit.days} days"
        return f"Most {what}" if limit.hard else f"{what.capitalize()} above which a reason is asked"
    return VALUE_WORDS.get(name, name.replace("_", " ").capitalize())


def plain(value: Any, unit: str | None = None) -> str:
    """Write anything that a file can hold as a person reads it, with its unit."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(plain(v, unit) for v in value) or "none"
    if isinstance(value, Decimal | int):
        number = Decimal(value)
        return str(Quantity(number, unit)) if unit else show_number(number)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {plain(v)}" for k, v in value.items()) or "none"
    return str(value)


def value_text(value: Value) -> str:
    """Write one dated value with its unit."""
    return plain(value.value, value.unit)
