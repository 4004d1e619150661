"""An order: a signed intent to give one dose, every field of it under one hash (hazard H-28)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from posology.knowledge import Library, Route, Substance
from posology.protocols.findings import Finding
from posology.protocols.limits import Intended
from posology.quantities import DomainError
from posology.recommendation import Option


@dataclass(frozen=True, slots=True)
class OverriddenHold:
    """A hold that a permitted person decided to pass, with the reason given.

    ``counted`` is the number that was shown with it, as text of an exact fraction, where the hold counts
    something (H-23): the pass covers that number and none above it. ``None`` where nothing was counted, and
    in orders from before it was kept.
    """

    rule: str
    by: str
    reason: str
    counted: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Return whether this pass was of what a finding says now; what has grown since is asked again."""
        if self.rule != finding.rule:
            return False
        if finding.counted is None:
            return True
        return self.counted is not None and Fraction(self.counted) >= finding.counted


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

    @property
    def intended(self) -> Intended:
        """The dose as every limit is asked of it."""
        return Intended(
            self.level, self.dose_mg, self.weight_kg, self.minutes, self.devices, self.session_number
        )

    def canonical(self) -> bytes:
        """Return the order as canonical JSON: sorted keys, no spaces, decimals and days as text."""
        said = asdict(self)
        for hold in said["overrides"]:  # an order that was signed before this was kept has the same text
            if hold["counted"] is None:
                del hold["counted"]
        return json.dumps(_plain(said), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def sha256(self) -> str:
        """Return the hash that a signature covers; any change of any field gives another."""
        return hashlib.sha256(self.canonical()).hexdigest()


class NoNumber(DomainError):
    """An order of which a number is none: NaN or infinity, also where the dose does not rest on it."""

    code = "number"


class NoDose(DomainError):
    """An option that proposes no dose, so that there is no order to make of it."""

    code = "no-dose"


def order_of_option(
    option: Option,
    *,
    order_id: UUID,
    patient_id: UUID,
    product_id: str,
    planned_on: date,
    library: Library,
    overrides: tuple[OverriddenHold, ...] = (),
) -> Order:
    """Return the order that signing an option makes: its dose as proposed, under the knowledge of the day.

    Raises
    ------
    NoDose
        If the option proposes none (hold, end).
    """
    dose = option.dose
    if dose is None or option.session_number is None:
        raise NoDose(
            f"The option '{option.title}' gives no dose, so there is no order to make. Record a decision."
        )
    weight = dose.weight
    return Order(
        id=order_id,
        patient_id=patient_id,
        protocol_id=option.protocol_id,
        protocol_version=option.protocol_version,
        protocol_sha256=library.stamps[option.protocol_id].sha256,
        knowledge_sha256=library.sha256,
        substance=option.substance,
        route=option.route,
        dose_mg=dose.dose_mg,
        level=dose.level,
        basis=dose.basis,
        weight_kg=weight.kg if weight else None,
        weight_policy=weight.policy if weight else None,
        weight_at=weight.measured_at if weight else None,
        minutes=dose.minutes,
        devices=dose.devices,
        product_id=product_id,
        phase=option.phase,
        session_number=option.session_number,
        planned_on=planned_on,
        option_id=option.id,
        overrides=overrides,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NoNumber(
                f"The order holds {value}, which is not a number, so it can be neither signed nor prepared. "
                "Choose the option again."
            )
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value
