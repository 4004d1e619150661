"""What a worksheet is, and the two checks against it: the second person's result, and the pump's.

Every line shows its sum with units, and no number stands without one (hazard H-04).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from posology.knowledge import Route, Substance
from posology.quantities import DomainError, Quantity


class WorksheetError(DomainError):
    """A worksheet that cannot be made: wrong product, too large a volume, an undiluted strength."""

    code = "worksheet"


class CheckFailed(DomainError):
    """What a second person, or the pump, says differs from the worksheet. Nothing starts."""

    code = "check-failed"


class LineKind(StrEnum):
    """What a line's result is; a dose and a volume look different on every page and sheet."""

    DOSE = "dose"
    VOLUME = "volume"
    RATE = "rate"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sum: what, how, the result with its unit, and a remark."""

    label: str
    expression: str
    result: str
    kind: LineKind
    amount: Quantity | None = None  # the result as a quantity; None where it counts devices
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeviceStep:
    """One nasal device: what it holds, when it is used, and the rest after it."""

    number: int
    holds_mg: Decimal
    at_min: Decimal  # from the first device
    rest_min: Decimal | None  # before the next; None after the last


@dataclass(frozen=True, slots=True)
class Worksheet:
    """How one order is prepared from one product."""

    order_id: UUID
    order_sha256: str
    substance: Substance
    route: Route
    product_id: str
    product_title: str
    stated_as: str
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]
    dose_mg: Decimal  # ordered
    drawn_mg: Decimal  # in the syringe, or in the devices
    vial_volume_mL: Decimal | None
    final_volume_mL: Decimal | None
    rate_mL_per_h: Decimal | None
    minutes: int | None
    devices: tuple[DeviceStep, ...]
    second_person_percent: Decimal
    pump_check_percent: Decimal
    facts: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def rate_mg_per_min(self) -> Fraction | None:
        """The exact rate of the infusion, mg/min."""
        return Fraction(self.drawn_mg) / self.minutes if self.minutes else None

    def mg_per_min_at(self, rate_mL_per_h: Decimal) -> Decimal | None:
        """Return the dose rate at another pump rate, mg/min; ``None`` where nothing is infused.

        It is rounded up to 6 decimals, so that no rounding hides from the limit what lies above it (hazard
        H-12).
        """
        volume = self.final_volume_mL if self.final_volume_mL is not None else self.vial_volume_mL
        if self.rate_mL_per_h is None or volume is None:
            return None
        exact = Fraction(rate_mL_per_h) * Fraction(self.drawn_mg) / Fraction(volume) / 60
        return Decimal(-(-exact * 1_000_000 // 1)) / 1_000_000

    @property
    def span_min(self) -> Decimal | None:
        """The shortest time from the first device to the last, min."""
        return self.devices[-1].at_min if self.devices else None

    def as_text(self) -> str:
        """Return the sheet as plain text, a line a line, for paper and for the record."""
        rows = [self.product_title, self.stated_as]
        for line in self.lines:
            note = f" ({line.note})" if line.note else ""
            equals = "" if line.kind is LineKind.TIME else "= "
            rows.append(f"{line.label}: {line.expression} {equals}{line.result}{note}")
        return "\n".join((*rows, *self.warnings)) + "\n"


def check_second_person(
    sheet: Worksheet, *, typed_volume_mL: Decimal | None = None, typed_devices: int | None = None
) -> None:
    """Refuse to go on where the second person's own result differs from the worksheet's.

    Raises
    ------
    CheckFailed
        If the volume differs by more than the percentage in the knowledge (1 % by default), or the
        number of devices at all.
    """
    if sheet.vial_volume_mL is None:
        if typed_devices != len(sheet.devices):
            number = "no" if typed_devices is None else typed_devices
            raise CheckFailed(
                f"The second person counts {number} device{'' if number == 1 else 's'}, which is not the "
                "worksheet's number. Count again, both of you, from the order."
            )
        return
    if typed_volume_mL is None or not Decimal(typed_volume_mL).is_finite():
        raise CheckFailed(
            "The second person's volume is missing. Work it out from the order, and type it in mL."
        )
    if _differs(typed_volume_mL, sheet.vial_volume_mL, sheet.second_person_percent):
        # The worksheet's own volume is not told: a second try could copy it.
        typed = Quantity(typed_volume_mL, "mL")
        swapped = typed_volume_mL in {sheet.dose_mg, sheet.drawn_mg}
        why = f"{Quantity(sheet.dose_mg, 'mg')} is the dose, not the volume. " if swapped else ""
        raise CheckFailed(
            f"The second person has {typed}, which is not the worksheet's volume. {why}"
            "Work the volume out again, both of you, from the order and the vial."
        )


def check_pump(sheet: Worksheet, *, typed_rate_mL_per_h: Decimal | None) -> None:
    """Refuse to start where the rate read back from the pump differs from the worksheet's.

    Raises
    ------
    CheckFailed
        If the order is not infused, nothing was read back, or the rate differs by more than the percentage
        in the knowledge (2 % by default).
    """
    if sheet.rate_mL_per_h is None:
        raise CheckFailed(
            f"A pump rate is given, and the {sheet.route} dose is not infused. Check the order's route."
        )
    if typed_rate_mL_per_h is None:
        raise CheckFailed("The pump's rate is missing. Read it back from the pump, and type it in mL/h.")
    if not Decimal(typed_rate_mL_per_h).is_finite() or _differs(
        typed_rate_mL_per_h, sheet.rate_mL_per_h, sheet.pump_check_percent
    ):
        own = Quantity(sheet.rate_mL_per_h, "mL/h")
        raise CheckFailed(
            f"The pump shows {typed_rate_mL_per_h} mL/h and the worksheet {own}. "
            "Stop, and set the pump again; its unit is mL/h."
        )


def _differs(typed: Decimal, own: Decimal, percent: Decimal) -> bool:
    return abs(Fraction(typed) - Fraction(own)) * 100 > Fraction(percent) * Fraction(own)
