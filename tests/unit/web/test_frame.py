"""The frame around every page, and the style guide inside it."""

import re
from pathlib import Path

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory

from posology.web.components import Frame, Link
from posology.web.styleguide.samples import BANNER, NOW
from posology.web.styleguide.views import CHAPTERS, styleguide

STATIC = Path(finders.find("web/css/tokens.css")).parents[1]
CSS = sorted((STATIC / "css").glob("*.css"))


@pytest.fixture(autouse=True)
def _only_what_the_frame_itself_needs(settings):
    """Leave out what the running site adds to each page, so that the frame is seen by itself."""
    own = {
        **settings.TEMPLATES[0],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
    settings.TEMPLATES = [own]


def base(**context: object) -> str:
    request = RequestFactory().get("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    return render_to_string("web/base.html", context, request)


def frame(**changes: object) -> Frame:
    fields = {
        "site_name": "Example clinic",
        "user": "Synthetic, Nora",
        "role": "Nurse",
        "navigation": (Link("Board", "/board"), Link("Patients", "/patients", current=True)),
        "sign_out_url": "/out",
    }
    return Frame(**{**fields, **changes})  # type: ignore[arg-type]


class TestFrame:
    def test_it_names_site_and_role_and_lets_a_person_leave(self):
        html = base(frame=frame(), now=NOW)
        for expected in ("Example clinic", "Nurse", "Synthetic, Nora", 'action="/out"', "Sign out"):
            assert expected in html
        assert re.search(r'href="/patients" aria-current="page"', html)

    def test_it_leaves_by_post_and_not_by_a_link(self):
        html = base(frame=frame(), now=NOW)
        assert re.search(
            r'<form method="post" action="/out"><input type="hidden" name="csrfmiddlewaretoken"', html
        )

    def test_a_person_who_is_not_signed_in_sees_no_navigation(self):
        html = base(frame=Frame(site_name="Example clinic"), now=NOW)
        assert "<nav" not in html and "Sign out" not in html

    def test_it_stands_when_nothing_is_known_as_on_an_error_page(self):
        html = base()
        assert "Posology supports and never replaces a clinician." in html

    def test_every_page_says_whom_it_supports_and_has_a_way_past_its_head(self):
        html = base(frame=frame(), now=NOW)
        assert "Posology supports and never replaces a clinician." in html
        assert re.search(r'class="skip" href="#main"', html) and 'id="main"' in html

    def test_the_demo_says_so_on_every_page_and_nothing_else_does(self):
        assert "Demo: synthetic patients only" in base(frame=frame(demo=True), now=NOW)
        assert "Demo: synthetic patients only" in base(frame=frame(), demo=True, now=NOW)
        assert "Demo" not in base(frame=frame(), now=NOW)

    def test_a_page_about_a_person_carries_the_banner_before_its_content(self):
        html = base(frame=frame(), now=NOW, banner=BANNER)
        assert html.index('class="banner"') < html.index("<main")

    def test_nothing_in_it_needs_an_exception_from_the_policy(self):
        html = base(frame=frame(demo=True), now=NOW, banner=BANNER)
        assert "<style" not in html and " style=" not in html
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)
        assert '"includeIndicatorStyles": false' in html


class TestStyles:
    def test_colours_are_chosen_in_one_file_only(self):
        for path in CSS:
            if path.name in {"tokens.css", "print.css"}:  # paper has no themes
                continue
            found = re.findall(r"#[0-9a-f]{3,8}\b", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S))
            assert not found, f"{path.name}: {found}"

    def test_every_colour_has_a_light_and_a_dark_value(self):
        tokens = (STATIC / "css" / "tokens.css").read_text()
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]+);", tokens):
            assert name == "on-fill", f"--{name} is {value} in both themes"

    def test_every_token_that_is_used_exists(self):
        text = "".join(path.read_text() for path in CSS)
        made, used = set(re.findall(r"(--[\w-]+):", text)), set(re.findall(r"var\((--[\w-]+)", text))
        assert used - made == set()

    def test_nothing_moves(self):
        text = "".join(path.read_text() for path in CSS)
        assert "@keyframes" not in text and "animation" not in text
        for transition in re.findall(r"transition: ([^;]+);", text):
            assert set(re.findall(r"([a-z-]+) var", transition)) <= {
                "color", "background-color", "border-color", "box-shadow",
            } or transition == "none !important"  # fmt: skip

    def test_vendored_code_stands_beside_its_licence(self):
        folders = [folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir()]
        assert folders
        for folder in folders:
            assert (folder / "LICENSE").stat().st_size > 100


class TestStyleGuide:
    @pytest.mark.parametrize("chapter", ["", *(c.slug for c in CHAPTERS)])
    def test_each_chapter_is_shown(self, chapter):
        request = RequestFactory().get("/styleguide/")
        request.session = {}
        request._messages = FallbackStorage(request)
        response = styleguide(request, chapter)
        assert response.status_code == 200
        assert b"Demo: synthetic patients only" in response.content
