"""The patient banner: who this page is about, at the same height everywhere."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from posology.quantities import age_years

# How many allergies stand in the line; the others open on demand, and are counted in the line.
SHOWN_ALLERGIES = 2
LONG_NAME = 36


class AllergyStatus(Enum):
    """Whether anybody has asked. Not asked is never shown as none."""

    RECORDED = "recorded"
    NONE_KNOWN = "No known allergies"
    NOT_TO_THE_DRUG = "None to (es)ketamine; others not asked"
    NOT_KNOWN = "Not known: nobody has asked yet"


_CALM = frozenset({AllergyStatus.NONE_KNOWN, AllergyStatus.NOT_TO_THE_DRUG})


@dataclass(frozen=True, slots=True)
class PatientBanner:
    """Identity in two identifiers, allergies, and the one line that matters now.

    ``on`` is the day the age is counted on; nothing here asks the clock.
    """

    template: ClassVar[str] = "web/components/banner.html"
    patient_id: str
    family: str
    given: str
    born_on: date | None
    sex: str
    identifier: str
    on: date
    allergies: tuple[str, ...] = ()
    allergy_status: AllergyStatus = AllergyStatus.NOT_KNOWN
    now_line: str = ""
    href: str = ""
    version: str = ""

    @property
    def family_shown(self) -> str:
        """Return the family name in capitals."""
        return self.family.upper()

    @property
    def full_name(self) -> str:
        """Return the whole name, for the label of the banner."""
        return f"{self.family_shown}, {self.given}"

    @property
    def is_long(self) -> bool:
        """Return whether the name needs the smaller of the two sizes."""
        return len(self.full_name) > LONG_NAME

    @property
    def age(self) -> str:
        """Return the age in words a banner has room for, or nothing when the birth day is not known."""
        return "" if self.born_on is None else f"{age_years(self.born_on, self.on)}\u00a0y"

    @property
    def allergies_known(self) -> bool:
        """Return whether allergies are recorded by name."""
        return bool(self.allergies)

    @property
    def allergies_shown(self) -> str:
        """Return the first allergies, or the sentence that stands for their absence."""
        if self.allergies:
            return ", ".join(self.allergies[:SHOWN_ALLERGIES])
        if self.allergy_status is AllergyStatus.RECORDED:
            return AllergyStatus.NOT_KNOWN.value
        return self.allergy_status.value

    @property
    def allergies_hidden(self) -> int:
        """Return how many more there are than the line shows."""
        return max(0, len(self.allergies) - SHOWN_ALLERGIES)

    @property
    def allergies_warn(self) -> bool:
        """Return whether the line must catch the eye: something is recorded, or nobody asked."""
        return bool(self.allergies) or self.allergy_status not in _CALM
