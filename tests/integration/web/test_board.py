"""The board: what is due in which chair, what waits for a person, and nobody's name."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.outcomes.actions import take_risk_task
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import World, signed_in, text_of

pytestmark = pytest.mark.django_db


def board(here: World, *, minutes: int = 0, **headers: str) -> str:
    client = signed_in(here.site.nurse)
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        return text_of(client.get(reverse("board"), headers=headers))


def test_a_chair_shows_letters_phase_and_what_is_due_and_no_name(here):
    page = board(here)
    assert "Chair 1" in page and ">CE<" in page and "Expected" in page and "Session begins" in page
    for told in (here.treated.family_name, here.treated.given_name, here.treated.identifier):
        assert told not in page
    assert page.count(">Free<") == 3


@pytest.mark.parametrize(("minutes", "flag"), [(-10, "ahead"), (-1, "due"), (1, "overdue"), (6, "stale")])
def test_what_is_due_overdue_and_stale_differ_in_word_and_shape(here, minutes, flag):
    page = board(here, minutes=minutes)
    chair = page[page.index('class="chair-next"') :]
    assert f"due-flag--{flag}" in chair[: chair.index("</p>")]


def test_the_page_asks_for_its_middle_alone(here):
    whole, part = board(here), board(here, **{"HX-Request": "true"})
    assert 'hx-get="/"' in whole and 'data-stream="/board/stream/"' in whole and "data-version" in part
    assert part.startswith('<div id="board-live"') and "<html" not in part and ">CE<" in part


def test_two_patients_of_the_same_letters_are_flagged_on_both_chairs(here):
    """A look-alike on the board (hazard H-01)."""
    other = factories.patient(here.site, family_name="Elm", given_name="Clara")
    factories.assess_fully(here.site, other)
    factories.signed_order(here.site, other, chair=2)
    assert board(here).count("Two patients here have these letters: check the name") == 2


def test_a_running_session_shows_its_readings_with_their_age_and_what_comes_next(here):
    from posology.clinic.sessions.queries import session_for

    session = session_for(here.site.nurse, here.session_id)
    factories.pass_gate(here.site, session, at=NOW)
    factories.event(here.site, session, "administration_started", at=NOW, **factories.starting(session))
    page = board(here, minutes=4)
    assert "Dose running" in page and "124/78" in page and "Readings, 10 min" in page
    assert "Infusion ends" in page and "4\u00a0min" in page


def test_a_risk_answer_waits_with_its_clock_until_somebody_has_it(here):
    page = board(here)
    assert "PHQ-9, question 9" in page and "Nobody has it yet" in page
    assert "waiting-row--overdue" in board(here, minutes=61)
    take_risk_task(task_id=here.task_id, by=here.site.prescriber, at=NOW)
    assert "Nobody has it yet" not in board(here) and here.site.prescriber.full_name in board(here)


def test_who_has_not_filled_in_the_form_since_the_session_is_listed(here):
    from posology.clinic.sessions.queries import session_for

    session = session_for(here.site.nurse, here.session_id)
    left_at = factories.give(here.site, session, at=NOW + timedelta(minutes=1))
    later = int((left_at - NOW).total_seconds() // 60) + 5
    link = reverse("form", kwargs={"patient": here.treated.pk, "instrument": "phq-9"})
    assert link in board(here, minutes=later)
    factories.fill_form(here.site, here.treated, at=left_at + timedelta(minutes=1))
    page = board(here, minutes=later)
    assert link not in page and "No form is due" in page


def test_an_empty_clinic_says_what_will_come_here():
    with time_machine.travel(NOW, tick=False):
        site = factories.site("Empty Synthetic Clinic")
        page = text_of(signed_in(site.nurse).get(reverse("board")))
    assert page.count(">Free<") == 4
    for title in ("No risk answer is waiting", "No session today", "No form is due"):
        assert title in page


def test_another_clinics_chairs_are_not_on_it(here):
    other = factories.site("Other Synthetic Clinic")
    page = text_of(signed_in(other.nurse).get(reverse("board")))
    assert ">CE<" not in page and "No risk answer is waiting" in page
