"""The web app's manifest: served as what it is, complete, and its files are there; every page names it."""

import json
import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import resolve, reverse

from tests import factories
from tests.integration.web.walk import signed_in, text_of

ADDRESS = "/static/web/app.webmanifest"


@pytest.fixture
def manifest() -> dict:
    answer = Client().get(ADDRESS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/manifest+json"
    return json.loads(answer.content)


def test_it_says_what_a_tablet_installs(manifest):
    assert manifest["name"] == manifest["short_name"] == "Posology"
    assert manifest["display"] == "standalone"
    assert manifest["start_url"].startswith(manifest["scope"]) and manifest["id"] == manifest["start_url"]
    assert resolve(manifest["start_url"]).view_name == "board" and reverse("board") == manifest["start_url"]
    for colour in ("background_color", "theme_color"):
        assert re.fullmatch(r"#[0-9a-f]{6}", manifest[colour])


def test_its_icons_are_drawings_of_the_package_for_a_square_and_for_a_mask(manifest):
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        answer = Client().get(icon["src"])
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(icon["type"])
        drawing = ElementTree.fromstring(answer.content)  # noqa: S314  (our own file)
        _, _, width, height = map(float, drawing.attrib["viewBox"].split())
        assert width == height
        assert b"<script" not in answer.content and b"href" not in answer.content


@pytest.mark.django_db
def test_every_page_names_it_and_the_policy_lets_it_in():
    client = signed_in(factories.site().nurse)
    for answer in (client.get("/"), client.get("/patients/"), Client().get("/sign-in/")):
        assert text_of(answer).count(f'<link rel="manifest" href="{ADDRESS}">') == 1
        assert "manifest-src 'self'" in answer.headers["Content-Security-Policy"]
