"""An order and its worksheet name the policy, the weight and its day (PR-WT-08)."""

import pytest
import time_machine
from django.urls import reverse

from posology.knowledge import Route
from tests.integration.web.chair import chair
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.hazard("H-02")
def test_an_order_names_the_weight_its_policy_and_its_day():
    """The sentence that is read aloud, and the sheet for whoever prepares the dose. N = 1 order."""
    seat = chair(Route.INTRAVENOUS)
    with time_machine.travel(seat.at, tick=False):
        address = reverse("order", kwargs={"order": seat.row.order_id})
        page = text_of(signed_in(seat.site.prescriber).get(address))
    words = " ".join(page.replace("\u00a0", " ").replace("\u2011", "-").split())
    assert "0.5 mg/kg for 72 kg (actual weight), weighed on 24-Nov-2026" in words
    sheet = " ".join(words.partition("The same in pounds")[0].split())
    assert "actual weight" in sheet.rpartition("Weight")[2]
