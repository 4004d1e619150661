"""An order: a signed intent to give one dose, every field of it under one hash (hazard H-28)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from posology.knowledge import Route, Substance


@dataclass(frozen=True, slots=True)
class OverriddenHold:
    """A hold that a permitted person decided to pass, with the reason given."""

    rule: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """One intended dose for one patient. Everything that was checked is in here, and hashed."""

    id: UUID
    patient_id: UUID
    protocol_id: str
    protocol_version: int
    protocol_sha256: str
    knowledge_sha256: str
    substance: Substance
    route: Route
    dose_mg: Decimal
    level: Decimal
    basis: str
    weight_kg: Decimal | None
    weight_policy: str | None
    weight_at: datetime | None
    minutes: int | None
    devices: int | None
    product_id: str
    phase: str
    session_number: int
    planned_on: date
    option_id: str
    overrides: tuple[OverriddenHold, ...] = ()

    def canonical(self) -> bytes:
        """Return the order as canonical JSON: sorted keys, no spaces, decimals and days as text."""
        return json.dumps(
            _plain(asdict(self)), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    def sha256(self) -> str:
        """Return the hash that a signature covers; any change of any field gives another."""
        return hashlib.sha256(self.canonical()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value
