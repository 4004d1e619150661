"""The server's clock is set while a session runs: the record is as if it had not been, and it is told."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.audit.queries import verify_chain
from posology.clinic.sessions.queries import chain_faults
from posology.treatment import SessionPhase
from posology.web import clock
from posology.web.steady import Steady
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import Chair, chair
from tests.integration.web.walk import text_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


class Machine:
    """The machine's clock, which can be set; and the true time, which ``seat`` tells."""

    def __init__(self) -> None:
        self.seat: Chair | None = None
        self.off = timedelta(0)

    def true(self) -> datetime:
        return self.seat.at if self.seat else NOW

    def wall(self) -> datetime:
        return self.true() + self.off

    def counted(self) -> float:
        return (self.true() - NOW).total_seconds()


@pytest.fixture
def machine(monkeypatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(clock, "_steady", Steady(made.wall, made.counted))
    return made


def played(seat: Chair, machine: Machine, step: timedelta) -> Chair:
    """Play a session to the last second of the stay; the clock is set in the middle of the infusion."""
    machine.seat, machine.off = seat, timedelta(0)
    seat.ready().start().wait(minutes=15).measure()
    machine.off = step
    seat.wait(minutes=15).measure(systolic="131").wait(minutes=10)
    seat.done("infusion_stopped", complete="yes", reason="The dose is in.").see_all_criteria()
    return seat.wait(minutes=59, seconds=59).measure()


def told(seat: Chair) -> list[tuple[object, ...]]:
    """Return what the record tells; who the patient is differs, and is left out."""
    return [(e.at, str(e.payload)) for e in seat.state.entries if "record_number" not in str(e.payload)]


@pytest.mark.hazard("H-32")
@pytest.mark.hazard("H-33")
@pytest.mark.parametrize("step", [-HOUR, HOUR, -24 * HOUR, 24 * HOUR], ids=str)
def test_a_step_of_the_servers_clock_moves_nothing_and_is_told(machine, step):
    """An hour or a day, back or ahead: same fold, chains valid, nobody leaves early, the board says so."""
    site = factories.site()
    plain = played(chair(site=site), machine, timedelta(0))
    stepped = played(chair(site=site, given_name="Bea", identifier="S-0002"), machine, step)
    assert told(stepped) == told(plain)
    assert chain_faults(stepped.row) == () and verify_chain().holds
    form = {**stepped.form("note_written"), "with_escort": "yes"}
    assert stepped.post("discharged", form).status_code == 422
    stepped.wait(seconds=1).done("discharged", with_escort="yes")
    assert stepped.state.phase is SessionPhase.DISCHARGED
    for name in ("board", "board-wall"):
        with time_machine.travel(stepped.at, tick=False):
            page = text_of(stepped.client().get(reverse(name)))
        assert "The server&#x27;s clock was set" in page, name
        assert ("ahead" if step > timedelta(0) else "back") in page


@pytest.mark.parametrize("steady", [True, False])
def test_by_the_machines_own_clock_a_step_ahead_would_shorten_the_stay(machine, monkeypatch, steady):
    """The test of the test: an hour ahead right after the dose, with the steady clock and without."""
    if not steady:
        monkeypatch.setattr(clock, "_steady", Steady(machine.wall, lambda: machine.wall().timestamp()))
    seat = machine.seat = chair()
    seat.to_observation()
    machine.off = HOUR
    del seat.clients[seat.site.nurse.pk]  # by the clock ahead, the screen has locked
    page = text_of(seat.open())
    assert "Observation" in page
    assert ("0 min of 60 min" in page) == steady
