"""The one place where a dose meets its limits.

Recommendation, orders, worksheets and running sessions all come here. A dose beyond a limit is refused
with the limit, its source and who may override it; it is never cut to fit. The comparison is exact
(fractions), so that no rounding stands between a dose and its limit (hazards H-06, H-12).
"""

from posology.protocols.limits.dose import check_dose, dose_for_level, tenfold_question
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.rate import check_rate
from posology.protocols.limits.values import allowed_levels, limit_in

__all__ = [
    "LimitExceeded",
    "allowed_levels",
    "check_dose",
    "check_rate",
    "dose_for_level",
    "limit_in",
    "tenfold_question",
]
