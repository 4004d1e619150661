"""The worksheet of a signed order: from the product in the hand and no other, every number with its unit."""

import re
from html import unescape

import pytest
import time_machine
from django.urls import reverse

from posology.knowledge import Route, load_library
from posology.quantities import UNITS
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import Chair, chair
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db

ROUTES = (Route.INTRAVENOUS, Route.INTRAMUSCULAR, Route.NASAL, Route.ORAL)
SHOWN = sorted({u.shown for u in UNITS.values() if u.shown}, key=len, reverse=True)
# What is a number and no quantity: a step's place in the list, and the word it stands before.
COUNTED = ("device", "devices", "min/h")


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def sheet(seat: Chair, query: str) -> str:
    url = reverse("order", kwargs={"order": seat.row.order_id})
    response = signed_in(seat.site.nurse).get(f"{url}?{query}")
    assert response.status_code == 200
    return text_of(response)


def worksheet_text(html: str) -> str:
    """Return the words of the sheet's sums as they are read, without places in a list, dates and ids."""
    found = re.search(r'<article class="sheet">(.*?)<p class="sheet-grounds', html, re.DOTALL)
    assert found, "there is no worksheet"
    body = re.sub(r'<span class="sheet-n">\d+</span>', "", found[1])
    body = re.sub(r"<time[^>]*>.*?</time>", "", body)
    body = re.sub(r'<p class="sheet-who">.*?</p>', "", body, flags=re.DOTALL)
    body = re.sub(r">\s*Device \d+<", "><", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.hazard("H-04")
@pytest.mark.parametrize("route", ROUTES)
def test_every_number_of_a_worksheet_is_followed_by_its_unit(route, record_property):
    """Each route, infusions at three dilutions: no number stands bare (N numbers)."""
    seat, numbers = chair(route), 0
    product = seat.row.order.body.split('"product_id":"')[1].split('"')[0]
    queries = [f"product={product}"]
    if route is Route.INTRAVENOUS:  # so small a volume undiluted cannot be set on the pump, and is refused
        queries = [f"product={product}&final_volume_mL={mL}" for mL in ("20", "50", "100.5")]
    for query in queries:
        said = worksheet_text(sheet(seat, query))
        for found in re.finditer(r"\d[\d.\u202f]*", said):
            after = said[found.end() :].lstrip("\u00a0 ")
            assert after.startswith((*SHOWN, *COUNTED)), (query, said[max(0, found.start() - 30) :][:60])
            numbers += 1
    record_property("n", numbers)
    assert numbers >= 6


@pytest.mark.hazard("H-04")
def test_a_dose_and_a_volume_look_different(record_property):
    html = sheet(chair(), "product=ketamine-50&final_volume_mL=50")
    doses = re.findall(
        r'<span class="mass"><span class="mass-label">DOSE</span>[^<]*<span[^>]*>([^<]+)<', html
    )
    volumes = re.findall(
        r'<span class="volume"><span class="volume-label">(\w+)</span>[^<]*<span[^>]*>([^<]+)<', html
    )
    assert doses and all(d.endswith("\u00a0mg") for d in doses)
    assert [label for label, _ in volumes] == ["VOLUME", "VOLUME", "RATE"]
    assert all(v.endswith(("\u00a0mL", "\u00a0mL/h")) for _, v in volumes)
    record_property("n", len(doses) + len(volumes))


@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("route", ROUTES)
def test_another_product_in_the_hand_gives_no_worksheet(route, record_property):
    """Every product on the shelf for each route: the ordered one alone gives a sheet (N = 3 a route)."""
    seat, refused = chair(route), 0
    ordered = seat.row.order.body.split('"product_id":"')[1].split('"')[0]
    for product in load_library().products.products:
        diluted = "&final_volume_mL=50" if route is Route.INTRAVENOUS else ""
        html = sheet(seat, f"product={product}{diluted}")
        assert ('<article class="sheet">' in html) == (product == ordered)
        if product != ordered:
            assert "Put it back" in html
            refused += 1
    record_property("n", refused)
    assert refused == 3


def test_a_volume_that_cannot_be_is_refused_beside_its_box_and_kept():
    seat = chair()
    for typed in ("0.5", "0,5", "abc", "-1"):
        html = sheet(seat, f"product=ketamine-50&final_volume_mL={typed}")
        assert '<article class="sheet">' not in html and "field-error" in html and f'value="{typed}"' in html


def test_no_product_is_chosen_when_the_page_is_opened():
    html = sheet(chair(), "")
    assert not re.search(r'name="product"[^>]*checked', html) and '<article class="sheet">' not in html


def test_an_order_is_withdrawn_by_a_prescriber_and_the_page_says_so():
    seat = chair()
    url = reverse("order", kwargs={"order": seat.row.order_id})
    assert "Withdraw this order" not in sheet(seat, "")
    prescriber = signed_in(seat.site.prescriber)
    version = re.search(r'name="version" value="(\w+)"', text_of(prescriber.get(url)))
    form = {"patient": str(seat.patient.pk), "version": version[1], "what": "withdraw"}
    assert prescriber.post(url, {**form, "patient": ""}).status_code == 409
    assert prescriber.post(url, form).status_code == 302
    html = text_of(prescriber.get(url))
    assert "Withdrawn" in html and "Withdraw this order" not in html


def test_a_nurse_gives_a_session_its_chair_and_its_time_until_it_begins():
    seat = chair()
    url = reverse("order", kwargs={"order": seat.row.order_id})
    client = signed_in(seat.site.nurse)

    def send(**typed: str):
        version = re.search(r'name="version" value="(\w+)"', text_of(client.get(url)))
        form = {"patient": str(seat.patient.pk), "version": version[1], "what": "place"}
        return client.post(url, {**form, **typed})

    assert send().status_code == 422
    refused = send(clock="9am")
    assert refused.status_code == 422 and 'value="9am"' in text_of(refused)
    assert send(chair="9").status_code == 422
    assert send(chair="3").status_code == 302 and seat.row.chair == 3
    assert send(clock="16:30").status_code == 302
    assert (seat.row.chair, f"{seat.row.scheduled_at:%H:%M}") == (3, "16:30")
    seat.done("readings", heart_rate="70").identify_and_answer()
    assert 'id="place"' not in text_of(client.get(url))
    late = client.post(url, {"patient": str(seat.patient.pk), "version": "", "what": "place", "chair": "2"})
    assert late.status_code == 422 and "has begun" in text_of(late) and seat.row.chair == 3


def test_an_order_of_another_clinic_is_not_found():
    seat = chair()
    other = factories.site("Other Synthetic Clinic")
    url = reverse("order", kwargs={"order": seat.row.order_id})
    assert signed_in(other.nurse).get(url).status_code == 404


@pytest.mark.parametrize("route", ROUTES)
def test_a_worksheets_numbers_open_down_to_their_sources(route):
    """The limits of the dose, the product and the steps of the bench, each with a page that answers."""
    seat = chair(route)
    product = seat.row.order.body.split('"product_id":"')[1].split('"')[0]
    diluted = "&final_volume_mL=50" if route is Route.INTRAVENOUS else ""
    html = sheet(seat, f"product={product}{diluted}")
    chain = html.split("</article>")[1].split("</section>")[0]
    said = " ".join(re.sub(r"<[^>]+>", " ", chain).split())
    expected = {
        Route.INTRAVENOUS: ("Dose ceiling", "Rate ceiling", "Volume step", "Pump rate step", "Pump check"),
        Route.INTRAMUSCULAR: ("Dose ceiling", "Volume step", "Second person percent"),
        Route.NASAL: ("Dose levels", "Device rest"),
        Route.ORAL: ("Dose ceiling", "Volume step"),
    }[route]
    for name in expected:
        assert name in said
    person = signed_in(seat.site.nurse)
    links = set(re.findall(r'href="(/knowledge/[^"]+)"', chain))
    assert len(links) >= 3
    for link in links:
        assert person.get(link).status_code == 200
