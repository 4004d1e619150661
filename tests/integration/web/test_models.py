"""The passport pages: every number with its flag, every miss, every limit, for everybody who is signed in."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from posology.knowledge.models import pk_models, pk_reference
from posology.pharmacology.passport import CLOSING
from tests import factories
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


def look(site: factories.Site, name: str, **kwargs: str) -> str:
    response = signed_in(site.nurse).get(reverse(name, kwargs=kwargs))
    assert response.status_code == 200
    return text_of(response)


def test_the_list_shows_every_model_and_every_row(site):
    html = look(site, "models")
    assert all(reverse("model", args=[name]) in html for name in pk_models())
    for name, row in pk_reference().rows.items():
        assert name in html
        assert all(escape(seen.gate.reason) in html for seen in row.observations if seen.gate.reason)
    assert escape(CLOSING) in html
    assert "missed" not in html.replace("No parameter was moved", "")


@pytest.mark.parametrize("name", pk_models())
def test_a_passport_shows_numbers_flags_bounds_limits_and_who_was_studied(site, name):
    file, html = pk_models()[name], look(site, "model", model=name)
    for parameter, one in file.parameters.items():
        assert parameter in html and str(one.value) in html and one.flag.value in html
    for bound in (*file.domain.hard, *file.domain.soft):
        assert escape(bound.say) in html
    assert all(escape(limit) in html for limit in file.limits)
    assert escape(file.population.text) in html
    assert escape(CLOSING) in html


def test_a_model_against_which_nothing_is_gated_says_so(site):
    assert "No public observation is gated against it" in look(site, "model", model="ketamine-domino")


def test_a_model_that_is_none_is_not_found(site):
    response = signed_in(site.nurse).get(reverse("model", args=["no-such-model"]))
    assert response.status_code == 404


def test_the_knowledge_leads_to_the_models_and_back(site):
    assert reverse("models") in look(site, "knowledge")
    assert reverse("knowledge") in look(site, "models")


def test_nobody_reads_them_without_signing_in(client):
    assert client.get(reverse("models")).status_code == 302
