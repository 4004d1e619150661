"""The one place where a dose meets its limits.

Recommendation, orders, worksheets and running sessions all come here. A dose beyond a hard limit is refused
with the limit and its source, and nobody may override it; beyond a soft one it is held up like by any rule,
and a permitted role may go on with a written reason. It is never cut to fit. The comparison is exact
(fractions), so that no rounding stands between a dose and its limit (hazards H-06, H-12).
"""

from posology.protocols.limits.dose import check_dose, dose_for_level, tenfold_question
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.every import Intended, check_limits
from posology.protocols.limits.rate import check_rate
from posology.protocols.limits.session import check_session_total
from posology.protocols.limits.soft import limit_rule
from posology.protocols.limits.values import allowed_levels, limit_in

__all__ = [
    "Intended",
    "LimitExceeded",
    "allowed_levels",
    "check_dose",
    "check_limits",
    "check_rate",
    "check_session_total",
    "dose_for_level",
    "limit_in",
    "limit_rule",
    "tenfold_question",
]
