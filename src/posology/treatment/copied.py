"""Sets of readings that repeat the one before in every number: read anew, or copied forward (hazard H-24).

It refuses nothing: a calm patient may have the same numbers twice. A person is told, and looks.
"""

from datetime import datetime
from itertools import pairwise
from uuid import UUID

from posology.treatment.session_state import SessionState

# Fewer numbers than these are alike by chance too often: an engineering default, no clinical fact.
LEAST_ALIKE = 3


def copied_forward(state: SessionState) -> dict[UUID, datetime]:
    """Return each set of readings that is the same as the one before it, with the moment of that one.

    Only whole sets are held together: the same signs were measured, three of them or more, and every
    number is alike. What was taken back does not count, and what was corrected counts as it reads now.
    """
    found: dict[UUID, datetime] = {}
    in_order = sorted(state.readings, key=lambda entry: (entry.at, entry.recorded_at))
    for before, entry in pairwise(in_order):
        values = entry.payload.values()
        if len(values) >= LEAST_ALIKE and values == before.payload.values():
            found[entry.event_id] = before.at
    return found
