"""No foreign term on any page of a patient: each jurisdiction's clinic, each route, from form to record.

The pages of the knowledge itself list every pack on purpose, each with its jurisdiction: tested there.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from posology.case import Answer, Choice
from posology.clinic.care.queries import advice_for
from posology.clinic.patients.models import Patient
from posology.knowledge import Route, load_library
from posology.protocols.schedule import protocols_for
from posology.quantities import Quantity
from posology.web.assessment.view_models import PARTS
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import Chair, chair
from tests.integration.web.walk import signed_in, text_of
from tests.jurisdictions import FOREIGN, foreign_terms

pytestmark = pytest.mark.django_db

# What makes rules speak that say different things in different jurisdictions.
SPEAKING = {
    "oral_antidepressant": Answer.NO,
    "cardiovascular_event_on": (NOW - timedelta(days=35)).date(),
    "thyroid_untreated": Answer.YES,
    "porphyria": Choice("acute_type"),
    "heart_disease": Answer.YES,
    "stroke_ever": Answer.YES,
    "seizure_disorder": Answer.YES,
    "breastfeeding": Answer.YES,
    "can_be_pregnant": Answer.YES,
    "falls_risk": Answer.YES,
    "hypertension": Answer.YES,
    "staff_and_equipment": Answer.NO,
    "liver_class": Choice("child_pugh_b"),
    "weight": Quantity(Decimal(118), "kg"),
}


def clinic_in(where: str) -> factories.Site:
    site = factories.site(f"Synthetic Clinic {where.lower()}")
    site.clinic.jurisdiction = where
    site.clinic.save(update_fields=["jurisdiction"])
    return site


def pages_of(site: factories.Site, patient: Patient, at: Any = NOW) -> Iterator[tuple[str, str]]:
    """Yield every page of one patient that a prescriber sees, with its address."""
    kwargs = {"patient": patient.pk}
    addresses = [reverse("patient", kwargs=kwargs), reverse("options", kwargs=kwargs)]
    addresses += [reverse("assessment", kwargs={**kwargs, "part": part}) for part in PARTS]
    addresses += [reverse("form", kwargs={**kwargs, "instrument": i}) for i in ("phq-9", "gad-7")]
    addresses += [reverse("import", kwargs=kwargs), reverse("patients"), reverse("board")]
    with time_machine.travel(at, tick=False):
        case_library = protocols_for(load_library(), site.clinic.jurisdiction, on=at.date())
        tabs = [f"{reverse('eligibility', kwargs=kwargs)}?protocol={p.id}" for p in case_library]
        signs = [
            reverse("sign", kwargs={**kwargs, "option": option.id})
            for option in advice_for(patient, as_of=at).options
        ]
        client = signed_in(site.prescriber)
        for address in (*addresses, *tabs, *signs):
            response = client.get(address)
            assert response.status_code in {200, 302, 409, 422}, (address, response.status_code)
            yield address, text_of(response)


def session_pages(seat: Chair) -> Iterator[tuple[str, str]]:
    """Play a session to its end, and yield its page after each step."""
    yield "gate", text_of(seat.open())
    seat.identify_and_answer()
    yield "identified", text_of(seat.open())
    seat.measure().check()
    yield "prepared", text_of(seat.open())
    with time_machine.travel(seat.at, tick=False):
        order = reverse("order", kwargs={"order": seat.row.order_id})
        yield "order", text_of(signed_in(seat.site.prescriber).get(order))
    seat.start()
    yield "started", text_of(seat.open())


def shown(html: str) -> str:
    """Return what a page says: without scripts, and without the token of its forms."""
    html = re.sub(r"<script.*?</script>", " ", html, flags=re.DOTALL)
    return unescape(re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html))


@pytest.mark.parametrize("where", sorted(FOREIGN))
def test_no_page_of_a_patient_speaks_of_another_jurisdiction(where, record_property):
    """A patient who may be treated, one of whom every such rule speaks, an old one: 0 terms of N pages."""
    site = clinic_in(where)
    well, ill = (factories.patient(site, family_name=name) for name in ("Synthetic", "Example"))
    factories.assess_fully(site, well)
    factories.assess_fully(site, ill, SPEAKING)
    old = factories.patient(site, family_name="Sample", born_on=NOW.date().replace(year=1950))
    factories.assess_fully(site, old)
    seen = [page for patient in (well, ill, old) for page in pages_of(site, patient)]
    report(seen, where, record_property)


@pytest.mark.parametrize("where", sorted(FOREIGN))
@pytest.mark.parametrize("route", [Route.NASAL, Route.INTRAVENOUS])
def test_no_page_of_a_session_speaks_of_another_jurisdiction(where, route, record_property):
    """From the gate to the dose, and the order behind it: 0 terms of N pages."""
    seen = list(session_pages(chair(route, site=clinic_in(where))))
    report(seen, where, record_property)


def report(seen: list[tuple[str, str]], where: str, record_property: Any) -> None:
    found = {address: foreign_terms(shown(html), where) for address, html in seen}
    record_property("n", len(seen))
    assert len(seen) >= 5 and not any(found.values()), {a: t for a, t in found.items() if t}


def test_a_planted_term_on_a_page_is_found():
    assert foreign_terms(shown("<p title='REMS'>x</p>"), "EU") and foreign_terms(shown("<b>NICE</b>"), "US")
    assert not foreign_terms(shown('<input name="csrfmiddlewaretoken" value="US">'), "EU")
