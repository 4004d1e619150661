"""The worksheet: mg/kg to mg to mL to mL/h, or devices and rests. DOSE and VOLUME look different.

A step's look follows from the dimension of its result, so no caller can dress a volume as a dose
(hazard H-04).
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from posology.quantities import Quantity, unit_of
from posology.web.components.facts import Fact
from posology.web.components.text import Term

_LOOKS = {"drug mass": "dose", "volume": "volume", "volume rate": "volume"}


@dataclass(frozen=True, slots=True)
class WorksheetStep:
    """One line of the sum: what is worked out, how, and the result with its unit."""

    label: str
    how: tuple[Term, ...]
    result: Quantity
    note: str = ""

    @property
    def look(self) -> str:
        """Return ``dose``, ``volume`` or ``other``: the column and the look of the result."""
        return _LOOKS.get(unit_of(self.result.unit).dimension, "other")

    @property
    def result_label(self) -> str:
        """Return the word that stands over the result."""
        if self.look == "dose":
            return "DOSE"
        if self.look == "volume":
            return "RATE" if unit_of(self.result.unit).dimension == "volume rate" else "VOLUME"
        return ""


@dataclass(frozen=True, slots=True)
class DeviceStep:
    """One nasal device: its number, what it holds, and the rest before the next one."""

    number: int
    holds: Quantity
    after: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A preparation sheet that is read aloud, checked by a second person and printed."""

    template: ClassVar[str] = "web/components/worksheet.html"
    title: str
    patient: str
    identifier: str
    born_on: date | None
    product: str
    stated_as: str
    facts: tuple[Fact, ...]
    steps: tuple[WorksheetStep, ...] = ()
    devices: tuple[DeviceStep, ...] = ()
    total: Quantity | None = None
    on: date | None = None
    warnings: tuple[str, ...] = ()
    grounds: str = ""
    signatures: tuple[str, ...] = ("Prepared by", "Checked by, a second person")
