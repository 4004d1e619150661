"""What a synthetic patient was given before, for tests of the limits that look back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from posology.knowledge import load_library
from posology.protocols import Given, History


def given(at: datetime, protocol_id: str = "ketamine-iv", level: str = "0.5", **changes: Any) -> Given:
    """Return one session of 72 kg."""
    protocol = load_library().protocol(protocol_id)
    by_weight = protocol.dose_basis == "mg/kg"
    fields: dict[str, Any] = {
        "at": at,
        "protocol_id": protocol_id,
        "substance": protocol.substance,
        "dose_mg": Decimal(level) * 72 if by_weight else Decimal(level),
        "level": Decimal(level),
        "weight_kg": Decimal(72) if by_weight else None,
    }
    return Given(**(fields | changes))


def history(*moments: datetime, **of_each: Any) -> History:
    """Return a history of sessions at these moments."""
    return History(tuple(given(at, **of_each) for at in sorted(moments)))
