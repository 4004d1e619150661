"""No action takes a text with a control character: PostgreSQL refuses NUL, and nobody can read the others."""

from uuid import uuid4

import pytest

from posology.clinic.care.actions import choose_none, sign_order
from posology.clinic.orders.actions import end_course
from posology.clinic.orders.alerts import Answered
from posology.clinic.orders.models import DecisionRow, OrderRow
from posology.clinic.orders.queries import open_course
from posology.quantities import TextRefused
from posology.treatment.events import EventError
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db
BAD = ("a\x00b", "a\x1bb", "a\x1fb", "a\x85b", "a\ud800b")


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def of(site):
    made = factories.patient(site)
    factories.assess_fully(site, made)
    return made


@pytest.mark.parametrize("text", BAD)
def test_a_decision_a_reason_and_an_answer_are_refused_with_a_sentence(site, of, text):
    with pytest.raises(TextRefused, match="control character") as refused:
        choose_none(decision_id=uuid4(), patient=of, reason=text, by=site.prescriber, at=NOW)
    assert refused.value.field == "reason"
    sent = factories.signing(site, of)
    for changed in (
        {"overrides": {**sent["overrides"], "limits/any": text}},
        {"answers": {"any": Answered(heeded=False, reason=text)}},
        {"typed_identifier": text},
    ):
        with pytest.raises(TextRefused):
            sign_order(**sent | changed)
    assert not OrderRow.objects.for_clinic(site.clinic) and not DecisionRow.objects.for_clinic(site.clinic)


@pytest.mark.parametrize("text", BAD)
def test_the_end_of_a_course_and_an_event_are_refused_with_a_sentence(site, of, text):
    signed = factories.signed_order(site, of)
    course = open_course(of)
    with pytest.raises(TextRefused):
        end_course(course_id=course.pk, because=text, by=site.prescriber, at=NOW)
    with pytest.raises(EventError, match="control character"):
        factories.event(site, signed.session, "note_written", at=NOW, text=text)


def test_lines_tabs_and_other_languages_are_taken(site, of):
    why = "Erst\tmorgen;\r\n今日は来ない, ещё раз"
    row = choose_none(decision_id=uuid4(), patient=of, reason=why, by=site.prescriber, at=NOW)
    assert row.reason == " ".join(why.split())
