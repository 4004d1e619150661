"""The people of the demo. These pass phrases are known to everyone, and exist in the demo's own file only."""

from dataclasses import dataclass
from datetime import datetime

from posology.clinic.accounts.actions import make_user, open_clinic
from posology.clinic.accounts.models import Clinic, Role, User

SYSTEM = "system:demo"
CHAIRS = 4


@dataclass(frozen=True, slots=True)
class SignIn:
    """How somebody signs in to the demo."""

    role: Role
    username: str
    full_name: str
    pass_phrase: str


SIGN_INS: tuple[SignIn, ...] = (
    SignIn(Role.NURSE, "nurse", "Synthetic, Nora", "synthetic nurse in the demo"),
    SignIn(Role.PRESCRIBER, "prescriber", "Synthetic, Pat", "synthetic prescriber in the demo"),
    SignIn(Role.DIRECTOR, "director", "Synthetic, Dora", "synthetic director in the demo"),
    SignIn(Role.ADMINISTRATOR, "administrator", "Synthetic, Alan", "synthetic administrator in the demo"),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """The clinic, and the three people who do the work in the stories."""

    clinic: Clinic
    nurse: User
    prescriber: User
    director: User


def make_staff(zone: str, *, at: datetime) -> Staff:
    """Open the synthetic clinic, and give each role its account."""
    clinic = open_clinic(name="Synthetic Clinic", zone=zone, chairs=CHAIRS, by=SYSTEM, at=at)
    people = {
        known.role: make_user(
            username=known.username,
            full_name=known.full_name,
            role=known.role,
            clinic=clinic,
            password=known.pass_phrase,
            by=SYSTEM,
            at=at,
        )
        for known in SIGN_INS
    }
    return Staff(clinic, people[Role.NURSE], people[Role.PRESCRIBER], people[Role.DIRECTOR])
