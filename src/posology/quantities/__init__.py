"""Numbers, units, moments and the root of every error. Knows no drug, no patient and no clock."""

from posology.quantities.errors import DomainError, QuantityError
from posology.quantities.grammar import check_finite, number_of, read_number
from posology.quantities.moments import age_years, check_aware, day_in_zone_of, elapsed, read_day, read_moment
from posology.quantities.quantity import Quantity, read_quantity, round_down, show_number
from posology.quantities.text import TextRefused, check_text
from posology.quantities.units import UNITS, convert, unit_of

__all__ = [
    "UNITS",
    "DomainError",
    "Quantity",
    "QuantityError",
    "TextRefused",
    "age_years",
    "check_aware",
    "check_finite",
    "check_text",
    "convert",
    "day_in_zone_of",
    "elapsed",
    "number_of",
    "read_day",
    "read_moment",
    "read_number",
    "read_quantity",
    "round_down",
    "show_number",
    "unit_of",
]
