"""What the list of versions says is in force is what the clinic decides by, whatever was done before."""

from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest

from posology.clinic.protocols import actions
from posology.clinic.protocols.models import SiteVersion
from posology.clinic.protocols.queries import Told, library_at, protocols_of, versions_of
from posology.knowledge.editing import Changes
from posology.knowledge.lifecycle import VersionState
from tests import factories, site_protocols
from tests.cases import NOW
from tests.factories import Site

pytestmark = pytest.mark.django_db
NAME = "north-clinic-ketamine-iv"
HISTORIES, STEPS = 10, 14


@pytest.fixture
def site() -> Site:
    return factories.site("North Clinic")


def approved(site: Site, *, at, on: date) -> SiteVersion:
    return site_protocols.in_force(site, at=at, on=on, changes=Changes(minimum_min=90))


def ask(site: Site, row: SiteVersion, *, at) -> None:
    actions.ask_retirement(version_id=row.pk, step_id=uuid4(), reason="Try.", by=site.prescriber, at=at)


def decide(site: Site, row: SiteVersion, *, at, retire: bool) -> None:
    actions.decide_retirement(
        version_id=row.pk,
        step_id=uuid4(),
        retire=retire,
        reason="" if retire else "Keep it.",
        password_checked=True,
        by=site.director,
        at=at,
    )


def told(site: Site, at) -> tuple[Told, ...]:
    """Return the versions of the one site protocol, newest first; none before the first."""
    return tuple(t for p in protocols_of(site.clinic) for t in versions_of(p, on=at.date()))


def in_force(site: Site, at) -> list[int]:
    """Return the numbers of the versions that the list says are in force."""
    return [t.row.number for t in told(site, at) if t.is_in_force(on=at.date())]


def decided_by(site: Site, at) -> list[int]:
    """Return the version that the clinic's library has, if it has one."""
    file = library_at(site.clinic, at + timedelta(minutes=5)).protocols.get(NAME)
    return [file.version] if file else []


@pytest.mark.hazard("H-17")
def test_retiring_a_version_whose_day_has_not_come_leaves_the_one_in_force(site):
    """Then, on the day from which it would have held, and after it; and the next version may hold at once.
    N = 4 days."""
    approved(site, at=NOW, on=NOW.date())
    coming = approved(site, at=NOW, on=NOW.date() + timedelta(days=30))
    ask(site, coming, at=NOW)
    assert in_force(site, NOW) == [1], "asked for, a retirement puts nothing into force"
    decide(site, coming, at=NOW, retire=True)
    for days in (0, 29, 30, 31):
        at = NOW + timedelta(days=days)
        assert in_force(site, at) == decided_by(site, at) == [1], days
    approved(site, at=NOW + timedelta(days=2), on=NOW.date() + timedelta(days=2))
    for days in (2, 31):
        at = NOW + timedelta(days=days)
        assert in_force(site, at) == decided_by(site, at) == [3], days


def test_a_version_that_is_retired_on_its_own_day_brings_the_product_s_back(site):
    approved(site, at=NOW, on=NOW.date())
    second = approved(site, at=NOW, on=NOW.date())
    ask(site, second, at=NOW)
    decide(site, second, at=NOW, retire=True)
    assert in_force(site, NOW) == decided_by(site, NOW) == []


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_the_states_and_the_library_agree_after_every_step_of_any_history(site, seed, record_property):
    """Versions approved for today or later, retirements asked for, granted and refused, days that pass, in
    any order: after each step at most one version is in force, and it is the one that the clinic decides by,
    on that day and on later ones. N is the number of comparisons of one history."""
    random, at, tried = Random(seed), NOW, 0
    for _ in range(STEPS):
        at += timedelta(minutes=10, days=random.choice((0, 0, 1, 4)))
        one_step(site, random, at)
        for ahead in (0, 3, 9):
            then = at + timedelta(days=ahead)
            said = in_force(site, then)
            assert len(said) <= 1 and said == decided_by(site, then), (seed, then)
            tried += 1
    record_property("n", tried)


def one_step(site: Site, random: Random, at) -> None:
    """Take one step that the states allow."""
    known = told(site, at)
    asked = [t for t in known if t.state is VersionState.RETIRING]
    holding = [t for t in known if t.state in {VersionState.APPROVED, VersionState.IN_FORCE}]
    if asked and random.random() < 0.7:
        decide(site, random.choice(asked).row, at=at, retire=random.random() < 0.7)
    elif holding and random.random() < 0.6:
        ask(site, random.choice(holding).row, at=at)
    else:
        first = max([at.date(), *(t.held_from for t in known if t.held_from)])
        approved(site, at=at, on=first + timedelta(days=random.choice((0, 0, 2, 6))))
