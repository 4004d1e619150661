"""A session that runs by a site's text which no longer passes: the dose is barred, the record is not."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from posology.clinic.care.chairside import chairside
from posology.clinic.care.queries import advice_for, case_of
from posology.clinic.orders.models import OrderRow
from posology.clinic.orders.stored import OrderAltered
from posology.clinic.protocols.models import VersionText
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import state_of
from posology.knowledge import KnowledgeError, load_library, overlay
from posology.treatment import SessionPhase
from tests import factories, site_protocols
from tests.cases import NOW

pytestmark = pytest.mark.django_db
BEGUN = NOW + timedelta(minutes=5)
FAULT = "the site's file is looser than the product of today"


@pytest.fixture
def site():
    with time_machine.travel(NOW, tick=False):
        yield factories.site("North Clinic")


@pytest.fixture
def ready(site):
    """A session under the site's own protocol, with everything in place for the start."""
    site_protocols.in_force(site, at=NOW - timedelta(hours=1))
    of = factories.patient(site)
    factories.assess_fully(site, of)
    signed = factories.signed_order(site, of)
    factories.pass_gate(site, signed.session, at=NOW)
    return signed.session


@pytest.fixture
def running(site, ready):
    factories.event(site, ready, "administration_started", at=NOW, **factories.starting(ready))
    return ready


def upgraded(monkeypatch):
    """Let the loader refuse every site text, as a release with tighter bounds does."""

    def refuse(*args, **kwargs):
        raise KnowledgeError(FAULT)

    monkeypatch.setattr(overlay, "check_across_files", refuse)
    overlay._overlaid.cache_clear()


def altered(monkeypatch):
    """Change one digit of every stored text as it is read."""
    original = VersionText.from_db.__func__

    def from_db(cls, db, names, values):
        row = original(cls, db, names, values)
        row.text = row.text.replace("value: 0.4", "value: 0.5")
        return row

    monkeypatch.setattr(VersionText, "from_db", classmethod(from_db))


def without_its_family(monkeypatch):
    """Take every text away, and the product's protocol with it."""
    altered(monkeypatch)
    library = load_library()
    kept = replace(library, protocols={k: p for k, p in library.protocols.items() if k != "ketamine-iv"})
    for module in ("protocols.queries", "protocols.signed_text"):
        monkeypatch.setattr(f"posology.clinic.{module}.load_library", lambda: kept)


AFTERWARDS = (
    ("reading_taken", factories.BASELINE),
    ("adverse_event", {"term": "nausea", "grade": 2, "serious": False, "related": "unknown"}),
    ("drug_given", {"text": "Ondansetron 4 mg."}),
    ("note_written", {"text": "Synthetic note."}),
    ("infusion_rate_changed", {"rate_mg_per_min": "0.1"}),
    ("infusion_paused", {"reason": "nausea"}),
    ("infusion_stopped", {"reason": "reaction", "complete": False}),
)


@pytest.fixture(autouse=True)
def fresh():
    yield
    overlay._overlaid.cache_clear()


@pytest.mark.parametrize("fault", [upgraded, altered, without_its_family])
def test_what_happens_to_the_patient_is_recorded_whatever_became_of_the_text(
    site, running, monkeypatch, fault, record_property
):
    fault(monkeypatch)
    for n, (kind, payload) in enumerate(AFTERWARDS):
        factories.event(site, running, kind, at=BEGUN + timedelta(minutes=n), **payload)
    assert state_of(running).phase is SessionPhase.OBSERVING
    assert not state_of(running).conflicts
    record_property("n", len(AFTERWARDS))


@pytest.mark.parametrize(("fault", "says"), [(upgraded, FAULT), (altered, "not the one")])
def test_the_page_of_a_running_session_opens_and_says_so(site, running, monkeypatch, fault, says):
    fault(monkeypatch)
    chair = chairside(site.nurse, running.pk, at=BEGUN)
    assert says in chair.text_fault and chair.due


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("fault", [upgraded, altered, without_its_family])
def test_no_more_of_the_drug_goes_in_by_a_text_that_does_not_pass(
    site, running, monkeypatch, fault, record_property
):
    """A higher rate, and a pump that resumes, under each of three faults. N = 2 a fault."""
    fault(monkeypatch)
    with pytest.raises(KnowledgeError):
        factories.event(site, running, "infusion_rate_changed", at=BEGUN, rate_mg_per_min="1.2")
    factories.event(site, running, "infusion_paused", at=BEGUN, reason="nausea")
    with pytest.raises(KnowledgeError):
        factories.event(site, running, "infusion_resumed", at=BEGUN)
    record_property("n", 2)


@pytest.mark.hazard("H-17")
def test_the_start_is_barred_with_the_sentence(site, ready, monkeypatch):
    """The page opens with one obstacle, and the start itself is refused. N = 1."""
    upgraded(monkeypatch)
    chair = chairside(site.nurse, ready.pk, at=NOW)
    assert FAULT in chair.obstacle("order").sentence
    with pytest.raises(KnowledgeError, match="looser"):
        factories.event(site, ready, "administration_started", at=NOW, **factories.starting(ready))


def test_an_infusion_is_stopped_even_where_its_order_cannot_be_read(site, running, monkeypatch):
    original = OrderRow.from_db.__func__

    def from_db(cls, db, names, values):
        row = original(cls, db, names, values)
        row.body = "{"
        return row

    monkeypatch.setattr(OrderRow, "from_db", classmethod(from_db))
    session = SessionRow.objects.for_clinic(site.clinic).get(pk=running.pk)
    with pytest.raises(OrderAltered):
        factories.event(site, session, "infusion_rate_changed", at=BEGUN, rate_mg_per_min="1.2")
    stopped = factories.event(site, session, "infusion_stopped", at=BEGUN, reason="reaction", complete=False)
    assert stopped.state.phase is SessionPhase.OBSERVING


def test_the_record_of_a_patient_is_read_and_advice_refuses(site, running, monkeypatch):
    upgraded(monkeypatch)
    case = case_of(running.patient, as_of=BEGUN)
    assert [s.protocol_id for s in case.sessions] == ["ketamine-iv"], "told by the product's protocol"
    with pytest.raises(KnowledgeError, match="looser"):
        advice_for(running.patient, as_of=BEGUN)
