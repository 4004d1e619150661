"""The setting of a session: the site's usual one, or another by a reason; no demand is dropped by a tap."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.duty.gate import dose_of
from posology.clinic.orders.stored import order_of
from posology.clinic.rems.actions import RemsRefused, end_certification
from posology.clinic.rems.gate import SETTING, start_obstacles
from posology.clinic.rems.models import SessionAnswer
from posology.clinic.rems.queries import FormState, queue
from posology.clinic.rems.setting import said_apart
from tests import factories, rems
from tests.cases import NOW
from tests.rems import Nasal

pytestmark = pytest.mark.django_db


def both(**more) -> Nasal:
    """Return a session at a site that is certified for both settings, of a patient who is not enrolled."""
    nasal = Nasal(admitted=False, **more)
    rems.certify(nasal.site)
    rems.certify(nasal.site, setting="inpatient")
    return nasal


def asked(nasal: Nasal, *, days: int = 0) -> set[str]:
    found = start_obstacles(nasal.session, order_of(nasal.session.order), nasal.later + timedelta(days=days))
    return {obstacle.key for obstacle in found}


def as_before(nasal: Nasal) -> None:
    """Say inpatient as an earlier release let people do: without a reason."""
    told = {"session": nasal.session, "field": SETTING, "value": "inpatient"}
    SessionAnswer.objects.create(id=uuid4(), by=nasal.site.nurse, at=nasal.later, **told)


@pytest.mark.parametrize("because", ["", "   "])
def test_where_both_settings_are_certified_nobody_drops_the_enrolment_without_a_reason(because):
    nasal = both()
    assert asked(nasal) == {"rems/enrolment"}
    with pytest.raises(RemsRefused, match=r"usual setting here is outpatient\. Say why") as refusal:
        nasal.set_apart(because)
    assert refusal.value.field == "because"
    with pytest.raises(RemsRefused, match="with its reason"):
        nasal.answer(SETTING, "inpatient")
    assert asked(nasal) == {"rems/enrolment"} and said_apart(nasal.site.director, at=nasal.later) == ()


def test_what_was_said_without_a_reason_before_does_not_count_and_is_shown():
    nasal = Nasal().whole()
    rems.certify(nasal.site, setting="inpatient")
    as_before(nasal)
    found = nasal.form()
    assert found.setting == "outpatient" and found.stands is FormState.OPEN
    assert [f.session.pk for f in queue(nasal.site.director, at=nasal.later)] == [nasal.session.pk]
    assert [f.session.pk for f in said_apart(nasal.site.director, at=nasal.later)] == [nasal.session.pk]


def test_by_a_reason_it_is_an_inpatients_session_and_the_director_sees_who_and_why():
    nasal = both()
    nasal.set_apart("Admitted to the ward  on Monday.")
    assert asked(nasal) == set()
    assert dose_of(nasal.session, order_of(nasal.session.order), nasal.later).setting == "inpatient"
    (found,) = said_apart(nasal.site.director, at=nasal.later)
    assert (found.said.value, found.said.because) == ("inpatient", "Admitted to the ward on Monday.")
    assert (found.said.by, found.said.at) == (nasal.site.nurse, nasal.later)
    assert said_apart(nasal.site.director, at=nasal.later, patient=factories.patient(nasal.site)) == ()
    nasal.set_apart("", setting="outpatient", at=nasal.later + timedelta(minutes=1))  # the usual one again
    assert asked(nasal) == {"rems/enrolment"} and said_apart(nasal.site.director, at=nasal.later) == ()


def test_a_setting_that_asks_less_is_not_said_where_the_site_is_not_certified_for_it():
    nasal = Nasal().whole()
    with pytest.raises(RemsRefused, match="not certified for the setting inpatient"):
        nasal.set_apart()
    with pytest.raises(RemsRefused, match="no setting of the programme"):
        nasal.set_apart(setting="at home")
    assert nasal.form().stands is FormState.OPEN


def test_one_that_asks_more_may_be_said_anywhere_and_outlives_a_certification():
    nasal = Nasal(admitted=False)
    rems.certify(nasal.site, setting="inpatient")
    assert asked(nasal) == set()
    nasal.set_apart("Comes from home.", setting="outpatient")
    assert asked(nasal) == {"rems/site", "rems/enrolment"}
    other = both(site=factories.site("Another Synthetic"))
    other.set_apart("", setting="outpatient")
    end_certification(
        row_id=uuid4(), programme=rems.PROGRAMME, setting="outpatient", on=NOW.date(), because="Closed.",
        by=other.site.director, at=NOW,
    )  # fmt: skip
    assert asked(other) == {"rems/site", "rems/enrolment"}


def test_it_is_said_once_by_its_people_for_the_patient_of_the_page():
    nasal, key = both(), uuid4()
    for _ in range(2):
        nasal.set_apart(row_id=key)
    assert SessionAnswer.objects.for_clinic(nasal.site.clinic).count() == 1
    with pytest.raises(Conflict):
        nasal.set_apart("Another reason.", row_id=key)
    with pytest.raises(WrongPatient):
        nasal.set_apart(page_patient_id=uuid4())
    with pytest.raises(NotPermitted):
        nasal.set_apart(by=nasal.site.director)
    with pytest.raises(NotFound):
        nasal.set_apart(by=factories.site("Another Synthetic").nurse)
    with pytest.raises(RemsRefused, match="300"):
        nasal.set_apart("x" * 301)


def test_a_reason_stands_with_a_setting_alone():
    nasal = both()
    told = {"session": nasal.session, "field": "vitals_before", "value": "yes", "because": "Why."}
    with pytest.raises(IntegrityError), transaction.atomic():
        SessionAnswer.objects.create(id=uuid4(), by=nasal.site.nurse, at=nasal.later, **told)
