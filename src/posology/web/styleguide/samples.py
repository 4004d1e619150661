"""What all chapters of the style guide share: one moment, one synthetic patient, the shape of a sample."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from posology.quantities import Quantity
from posology.web.components import AllergyStatus, Component, PatientBanner

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def q(magnitude: str, unit: str) -> Quantity:
    """Make a quantity from the way it is written."""
    return Quantity(Decimal(magnitude), unit)


def earlier(**span: float) -> datetime:
    """Return a moment before the page's own."""
    return NOW - timedelta(**span)


@dataclass(frozen=True, slots=True)
class Sample:
    """One state of a component, with a line that says which."""

    title: str
    parts: tuple[Component, ...]
    as_row: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """Samples of one kind."""

    slug: str
    title: str
    samples: tuple[Sample, ...]
    note: str = ""
    banner: bool = False
    wide: bool = False


BANNER = PatientBanner(
    patient_id="a1",
    family="Synthetic",
    given="Ada",
    born_on=date(1981, 3, 14),
    sex="Female",
    identifier="SYN-0014",
    on=NOW.date(),
    allergies=("Penicillin (rash)", "Latex"),
    allergy_status=AllergyStatus.RECORDED,
    now_line="IV ketamine · session 4 of 6 · infusion running since 13:31",
)
