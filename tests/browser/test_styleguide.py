"""Every component in a real browser: readable by all, quiet under the policy, at each width and theme."""

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import include, path
from playwright.sync_api import Browser, Page, sync_playwright

from posology.web.styleguide.views import CHAPTERS
from tests.browser.looks import no_violation

pytestmark = pytest.mark.browser

urlpatterns = [path("styleguide/", include("posology.web.styleguide.urls"))]

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
SIZES = {
    "desk": (1280, 800),
    "tablet": (1024, 768),
    "upright tablet": (768, 1024),
    "phone": (390, 844),
    "desk at 200 %": (640, 400),
}


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test's own output is what is read."""


def _under_policy(get_response):
    def answer(request):
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return answer


@pytest.fixture(scope="module")
def guide() -> Iterator[str]:
    """Serve the style guide by itself: no database, no people, only the policy of every page."""
    plain = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
    with override_settings(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["127.0.0.1"],
        TEMPLATES=[plain],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MIDDLEWARE=[
            f"{__name__}._under_policy",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
    ):
        server = make_server(
            "127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), server_class=WSGIServer, handler_class=_Quiet
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/styleguide/"
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("chapter", [chapter.slug for chapter in CHAPTERS])
def test_every_state_is_readable_by_all_and_stays_inside_the_page(browser, guide, chapter, theme):
    """At each width: no violation of WCAG 2.2 AA, nothing beyond the edge, nothing refused by the policy."""
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{guide}{chapter}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if (width, height) in (SIZES["desk"], SIZES["phone"]):
            no_violation(page)
    context.close()
    assert said == []


def test_the_banner_has_the_same_height_whoever_it_is_about(page, guide):
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{guide}frame/")
        heights = page.eval_on_selector_all(".banner-inner", "all => all.map(one => one.offsetHeight)")
        assert len(heights) == 4
        assert len(set(heights)) == 1
        lost = page.eval_on_selector_all(
            ".banner-inner", "all => all.filter(one => one.scrollHeight > one.clientHeight).length"
        )
        assert lost == 0


def test_the_keys_type_into_the_box_and_go_on_when_it_is_full(page, guide):
    """1. Touch the first box. 2. Type 128, 76, 72 and 97 on the keys alone. 3. Each stands in its own box."""
    page.goto(f"{guide}readings/")
    page.click("#systolic")
    for key in "128" + "76" + "72" + "97":
        page.click(f'[data-key="{key}"]')
    values = {name: page.input_value(f"#{name}") for name in ("systolic", "diastolic", "heart_rate", "spo2")}
    assert values == {"systolic": "128", "diastolic": "76", "heart_rate": "72", "spo2": "97"}
    page.focus("#spo2")
    page.click('[data-key="erase"]')
    assert page.input_value("#spo2") == "9"


def test_every_key_and_button_is_large_enough_for_a_thumb(page, guide):
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"{guide}readings/")
    small = page.eval_on_selector_all(
        ".key, .button, .pad-input, .segment, .check",
        "all => all.filter(one => one.offsetParent && one.getBoundingClientRect().height < 44)"
        ".map(one => one.outerHTML)",
    )
    assert small == []


def test_timers_run_from_the_servers_time_and_not_from_the_devices(browser, guide):
    """The device's clock is a day ahead; two minutes later each timer is two minutes further, and no more."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.clock.install(time="2026-11-24T20:00:00Z")
    page.goto(f"{guide}board/")
    page.clock.run_for(1_500)
    assert page.inner_text(".chair >> nth=0 >> [data-due-sub]") == "3\u00a0min over"
    assert page.inner_text(".chair >> nth=1 >> [data-due-word]") == "Due"
    page.clock.run_for(120_000)
    assert page.inner_text(".chair >> nth=0 >> [data-due-sub]") == "5\u00a0min over"
    assert page.inner_text(".chair >> nth=0 >> [data-due-word]") == "Overdue, stale"
    assert page.inner_text(".chair >> nth=1 >> [data-due-word]") == "Overdue"
    assert page.inner_text(".chair >> nth=0 >> .timer") == "36\u00a0min"
    context.close()


def test_a_dialog_offers_the_safe_way_first_and_closes_by_it(page, guide):
    page.goto(f"{guide}parts/")
    page.click("[data-opens]")
    assert page.evaluate("document.activeElement.textContent") == "Go back and look again"
    page.keyboard.press("Enter")
    assert not page.evaluate("document.querySelector('dialog').open")


def test_the_chosen_theme_is_remembered_on_this_device(page, guide):
    page.goto(f"{guide}parts/")
    page.click("[data-theme-switch]")
    page.click("[data-theme-switch]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.emulate_media(color_scheme="light")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


def test_an_error_summary_is_told_first_and_leads_to_the_field(page, guide):
    page.goto(f"{guide}forms/")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    page.click(".error-summary a >> nth=0")
    assert page.evaluate("document.activeElement.id") == "id_weight_bad"


def test_without_scripts_every_page_still_says_what_it_says(browser, guide):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{guide}board/")
    assert "34\u00a0min" in page.inner_text(".chair >> nth=0")
    page.goto(f"{guide}readings/")
    assert page.is_visible("#systolic") and not page.is_visible(".keys >> nth=0")
    context.close()
