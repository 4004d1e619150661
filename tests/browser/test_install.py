"""The browser itself reads the manifest, and finds nothing amiss in it."""

import json

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Demo

pytestmark = pytest.mark.browser


def test_a_tablet_may_install_it(demo: Demo, chromium: Browser):
    context = chromium.new_context()
    page = demo.sign_in(context, "nurse")
    page.goto(f"{demo.url}/patients/")
    said = context.new_cdp_session(page).send("Page.getAppManifest")
    assert said["url"] == f"{demo.url}/static/web/app.webmanifest"
    assert said["errors"] == []
    read = json.loads(said["data"])
    assert read["display"] == "standalone"
    page.goto(f"{demo.url}{read['start_url']}")
    assert page.locator("h1").first.inner_text()
    assert "/sign-in/" not in page.url
    context.close()
