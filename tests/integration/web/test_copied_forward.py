"""An observation is never copied forward: fields start empty, old readings do not count, repeats are told.

The pages of the session, the assessment and the forms are walked in their own tests, phase by phase; here
every address of the site is opened once, and the door of the actions is tried without any page (hazard H-24).
"""

import re
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.urls import NoReverseMatch, reverse

from posology.clinic.sessions.queries import state_of
from posology.knowledge import load_library
from posology.treatment import EventKind
from posology.treatment.copied import copied_forward
from posology.treatment.policies import GATE_WINDOW, NotAllowed
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import chair, filled_inputs
from tests.integration.web.walk import addresses, signed_in, text_of, world

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.hazard("H-24")]

FIELD = re.compile(r"<(?:input|select|textarea)[^>]*\bname=\"([^\"]+)\"[^>]*>")
# What a person observes: the questions, the items of the forms, the readings, the score at the chair.
OBSERVED = (
    set(load_library().questions.questions)
    | {"moaa_s", "dose_mg", "lot", "typed_volume_mL", "pump_rate_mL_per_h", "record_number", "born_on"}
    | {f"item-{n}" for n in range(1, 10)}
)


def observed(name: str) -> bool:
    """Answer whether a field takes an observation, whatever its page puts before and after its name."""
    parts = {name, *re.split(r"[-.]", name), name.partition("-")[2]}
    return bool(parts & OBSERVED) or name.startswith(("answer-", "met-", "item-", "q-"))


def urls_of(made):
    """Yield every address that the world knows how to fill, the parts and instruments each for itself."""
    for name in sorted({p.name for p in addresses() if p.name}):
        wanted = made.kwargs_for(name)
        ways = [wanted]
        if name == "assessment":
            parts = ("psychiatric", "medical", "medication", "examination", "laboratory", "session")
            ways = [{**wanted, "part": part} for part in parts]
        if name == "form":
            ways = [{**wanted, "instrument": instrument} for instrument in ("phq-9", "gad-7")]
        for way in ways:
            with suppress(NoReverseMatch):
                yield name, reverse(name, kwargs=way)


def test_no_page_of_the_site_comes_with_an_observation_filled_in(record_property):
    """Every address that answers to GET, for each role, of a patient of whom everything is on record."""
    made, seen, pages = world(), 0, 0
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        for person in (made.site.nurse, made.site.prescriber, made.site.director):
            client = signed_in(person)
            for name, url in urls_of(made):
                answer = client.get(url)
                if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
                    continue
                pages += 1
                html = text_of(answer)
                filled = [tag for tag in filled_inputs(html) if any(map(observed, FIELD.findall(tag)))]
                assert filled == [], (name, filled)
                seen += sum(observed(field) for field in FIELD.findall(html))
    record_property("n", seen)
    assert pages > 40 and seen > 300


def ready_session():
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    session = factories.signed_order(site, patient).session
    factories.pass_gate(site, session, at=NOW)
    return site, session


@pytest.mark.parametrize("age", [GATE_WINDOW + timedelta(seconds=1), GATE_WINDOW * 2, timedelta(hours=5)])
def test_a_reading_older_than_the_window_does_not_answer_the_gate(age, record_property):
    """The start by the action itself, without any page, after the readings grew too old: refused."""
    site, session = ready_session()
    at = NOW + age
    with pytest.raises(NotAllowed) as refused:
        factories.event(site, session, "administration_started", at=at, **factories.starting(session))
    assert "baseline_readings" in {o.key for o in refused.value.obstacles}
    record_property("n", 1)


@pytest.mark.parametrize("told_minutes_ago", [121, 200, 299])
def test_an_old_reading_that_is_sent_now_does_not_answer_the_gate(told_minutes_ago, record_property):
    """The same numbers sent again with the moment at which they were measured: they stay old."""
    site, session = ready_session()
    at = NOW + timedelta(hours=5)
    measured_at = at - timedelta(minutes=told_minutes_ago)
    factories.event(
        site,
        session,
        "reading_taken",
        at=at,
        occurred_at=measured_at,
        happened_before=True,
        **factories.BASELINE,
    )
    with pytest.raises(NotAllowed) as refused:
        factories.event(site, session, "administration_started", at=at, **factories.starting(session))
    assert "baseline_readings" in {o.key for o in refused.value.obstacles}
    record_property("n", 1)


SETS = (
    ({}, True),
    ({"systolic": "125"}, False),
    ({"diastolic": "79"}, False),
    ({"heart_rate": "71"}, False),
    ({"spo2": "97"}, False),
    ({"respiratory_rate": "15"}, False),
)


@pytest.mark.parametrize(("changes", "told"), SETS, ids=[next(iter(c), "none") for c, _ in SETS])
def test_a_set_that_repeats_the_one_before_is_told_in_the_log(changes, told, record_property):
    """Each of five numbers changed in turn, and none of them: only the exact repeat is told."""
    seat = chair().identify_and_answer().measure().wait(minutes=3).measure(**changes)
    page = text_of(seat.open())
    assert ("Same numbers" in page) is told
    assert ("Was each one read anew?" in page) is told
    assert len(copied_forward(state_of(seat.row))) == told
    record_property("n", 1)


def test_two_numbers_alone_are_no_set():
    """A pressure that repeats alone says little, and is not told."""
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    session = factories.signed_order(site, patient).session
    for minutes in (0, 5):
        factories.event(
            site,
            session,
            EventKind.READING_TAKEN,
            at=NOW + timedelta(minutes=minutes),
            systolic=124,
            diastolic=78,
        )
    assert copied_forward(state_of(session)) == {}
