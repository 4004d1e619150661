"""Every page of the demo in a real browser, as each role: it opens, fits, reads, and says nothing amiss."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid5

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from posology.clinic.accounts.models import Role
from posology.server.demo.player import NAMES
from tests.browser.conftest import DESK, PHONE, Demo
from tests.browser.looks import no_violation
from tests.browser.steps import Person

pytestmark = pytest.mark.browser


def of(number: int, rest: str = "") -> str:
    """Return the address of a page about one of the twelve; their ids are the same in every demo."""
    return f"/patients/{uuid5(NAMES, f'S-{number:04d} patient 1')}/{rest}"


SAME_IV, SAME_IM = "ketamine-iv/5/same-keep-induction/0.5", "ketamine-im/3/same-keep-induction/0.5"

# The pages of the knowledge, which each role may read.
KNOWN = {
    "knowledge, every pack": "/knowledge/?packs=all",
    "protocol of another place": "/knowledge/esketamine-nasal-eu/",
    "rules": "/knowledge/rules/",
    "rule with a long id": "/knowledge/rules/rules-contraindications/untreated-hyperthyroidism-racemic/",
    "drugs": "/knowledge/drugs/",
    "questions": "/knowledge/questions/",
    "adjustments": "/knowledge/adjustments/",
    "measures": "/knowledge/measures/",
    "products": "/knowledge/products/",
    "file of rules": "/knowledge/files/rules-session/",
    "facts": "/knowledge/facts/",
    "fact": "/knowledge/facts/PR-IV-01/",
    "fact, not verified": "/knowledge/facts/A-CI-25/",
    "fact in no file": "/knowledge/facts/PR-WT-06/",
    "trials": "/knowledge/trials/",
    "trial": "/knowledge/trials/lii-2023/",
    "sources": "/knowledge/sources/",
    "source": "/knowledge/sources/SPR-US/",
    "site settings": "/knowledge/settings/",
    "not verified": "/knowledge/unverified/",
    "review": "/knowledge/overdue/",
    "models": "/models/",
    "model": "/models/ketamine-otto-2021/",
    "model without a gate": "/models/ketamine-domino/",
    "search": "/knowledge/search/?q=blood+pressure",
    "search, nothing found": "/knowledge/search/?q=zzzz",
}

# What a page is called here, and its address; "chair N" is a session that the board leads to.
PAGES: dict[str, str] = {
    "board": "/",
    "board on a wall": "/board/wall/",
    "patients": "/patients/",
    "new patient": "/patients/new/",
    "patient in an infusion": of(1),
    "patient in remission": of(6),
    "patient with a long name": of(7),
    "patient held up": of(8),
    "new patient's record": of(10),
    "patient with a risk answer": of(12),
    **{
        f"assessment, {part}": of(10, f"assessment/{part}/")
        for part in ("psychiatric", "medical", "medication", "examination", "laboratory", "session")
    },
    "assessment, all answered": of(9, "assessment/medical/"),
    "import": of(10, "import/"),
    "doses given elsewhere": of(10, "elsewhere/"),
    "visits of the day": "/visits/",
    "staff and equipment of the day": "/duty/",
    "visits of a patient": of(7, "visits/"),
    "REMS forms": "/rems/",
    "REMS site": "/rems/site/",
    "REMS enrolment": of(6, "rems/"),
    "programme form": "programme form",
    "ledger": "/ledger/",
    "ledger, receive a lot": "/ledger/receive/",
    "ledger, open a container": "/ledger/open/",
    "ledger, count": "/ledger/count/",
    "ledger, one lot": "ledger lot",
    "ledger, take back": "ledger take back",
    "ledger, report": "/ledger/report/",
    "eligibility, passes": of(7, "eligibility/"),
    "eligibility, stopped": of(9, "eligibility/"),
    "eligibility, cannot say": of(10, "eligibility/"),
    "options, four of them": of(7, "options/"),
    "options, held": of(8, "options/"),
    "options, of a beginning": of(9, "options/"),
    "options, cannot say": of(10, "options/"),
    "options, after a risk answer": of(12, "options/"),
    "curves of the options": of(7, "curves/"),
    "curves of a beginning": of(9, "curves/"),
    "another dose": of(7, "curve/"),
    "second look": of(7, f"options/{SAME_IV}/sign/"),
    "second look with a product": of(7, f"options/{SAME_IV}/sign/?product=ketamine-50"),
    "second look at a held option": of(8, f"options/{SAME_IM}/sign/?product=ketamine-50"),
    "decision for none": of(7, "options/none/sign/"),
    "phq-9": of(5, "forms/phq-9/"),
    "gad-7": of(5, "forms/gad-7/"),
    **{f"chair {n}": f"chair {n}" for n in (1, 2, 3, 4)},
    "record of a session": "chair 1 record",
    "curve of a session": "chair 1 curve",
    "monitors": "/monitors/",
    "order and worksheet": "chair 1 order",
    "alerts": "/alerts/",
    "alerts, one rule": "/alerts/rules-interactions/lamotrigine/",
    "knowledge": "/knowledge/",
    "protocol": "/knowledge/ketamine-iv/",
    **KNOWN,
    "nothing here": "/patients/00000000-0000-0000-0000-000000000000/",
}  # fmt: skip
MISSING = {"nothing here"}
# Hundreds of rows of one kind each, which axe reads one by one: read once, and measured at both sizes.
LONG = {"knowledge, every pack", "rules", "drugs", "questions", "facts", "trials", "sources", "site settings"}
# What each role may not open: an administrator sees no patient, a director signs nothing and records nothing.
CLOSED: dict[Role, set[str]] = {
    Role.NURSE: {n for n in PAGES if n.startswith(("second look", "decision", "alerts"))},
    Role.PRESCRIBER: set(),
    Role.DIRECTOR: {n for n in PAGES if n.startswith(("second look", "decision", "new patient", "import"))}
    - {"new patient's record"},
    Role.ADMINISTRATOR: set(PAGES) - {"knowledge", "protocol", *KNOWN},
}
# Pages on which a primary action waits for somebody who has the keyboard alone.
ACTIONS = {
    "new patient": "Register the patient",
    "patient with a long name": "Compare the next options",
    "assessment, psychiatric": "Record the answers",
    "options, four of them": "Go on with this choice",
    "second look with a product": "Sign this order",
    "phq-9": "Record the PHQ-9",
    "chair 1": "Record reading",
    "chair 3": "Record the answers",
}
LISTEN = """
window.__refused = [];
document.addEventListener('securitypolicyviolation',
  e => window.__refused.push(e.violatedDirective + ' ' + e.blockedURI));
"""


@dataclass
class Screen:
    """One role's screen, and everything it complained of."""

    person: Person
    paths: dict[str, str]
    said: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.person.page

    def open(self, name: str, size: tuple[int, int] = DESK) -> int:
        """Open a page at a size; return its status."""
        self.said.clear()
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        path = self.paths.get(PAGES[name], PAGES[name])
        answer = self.page.goto(f"{self.person.demo.url}{path}")
        assert answer is not None
        return answer.status

    def complaints(self) -> list[str]:
        """Return what the console said, and what the policy refused."""
        return [*self.said, *self.page.evaluate("window.__refused")]


def screen_of(demo: Demo, context: BrowserContext, role: Role, paths: dict[str, str]) -> Screen:
    context.add_init_script(LISTEN)
    screen = Screen(Person(demo, role, demo.sign_in(context, role)), paths)
    screen.page.on(
        "console", lambda m: screen.said.append(m.text) if m.type in {"error", "warning"} else None
    )
    screen.page.on("pageerror", lambda error: screen.said.append(str(error)))
    return screen


@pytest.fixture(scope="module")
def screens(demo: Demo, chromium: Browser) -> Iterator[dict[Role, Screen]]:
    """A screen for each role, all signed in to the same clinic."""
    contexts = {role: chromium.new_context() for role in Role}
    paths: dict[str, str] = {}
    made = {role: screen_of(demo, context, role, paths) for role, context in contexts.items()}
    page = made[Role.NURSE].page
    page.goto(demo.url)
    for n in (1, 2, 3, 4):
        link = page.locator("a", has_text=f"Chair {n}").and_(page.locator("[href*='/sessions/']")).first
        paths[f"chair {n}"] = str(link.get_attribute("href"))
    paths["chair 1 record"] = f"{paths['chair 1']}record/"
    paths["chair 1 curve"] = f"{paths['chair 1']}curve/"
    page.goto(f"{demo.url}/ledger/")
    paths["ledger lot"] = str(page.locator("main table a").first.get_attribute("href"))
    page.goto(f"{demo.url}{paths['ledger lot']}")
    paths["ledger take back"] = str(page.locator("main a[href*='take-back']").first.get_attribute("href"))
    page.goto(f"{demo.url}/rems/")
    paths["programme form"] = str(page.locator("main table a").first.get_attribute("href"))
    page.goto(f"{demo.url}{paths['chair 1']}")
    order = page.locator("main a[href*='/orders/']").first.get_attribute("href")
    paths["chair 1 order"] = f"{order}?product=ketamine-50&final_volume_mL=50"
    yield made
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_its_roles_and_for_no_other(screens, name):
    """As each role: the page or a refusal; a quiet console, and nothing that the policy refused."""
    for role, screen in screens.items():
        closed = name in CLOSED[role]
        expected = 403 if closed else 404 if name in MISSING else 200
        assert screen.open(name) == expected, role
        if expected == 200:
            assert screen.complaints() == [], role
        ribbon = screen.page.get_by_text("Demo: synthetic patients only")
        assert ribbon.is_visible(), role


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_all_and_stays_inside_the_screen(screens, name, size):
    """WCAG 2.2 AA as far as axe sees it: no violation; nothing wider than the screen."""
    role = Role.NURSE if name.startswith(("chair", "phq", "gad", "assessment")) else Role.PRESCRIBER
    screen = screens[role]
    screen.open(name, size)
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    if name in LONG and size == PHONE:
        return
    no_violation(screen.page)


@pytest.mark.parametrize(("name", "action"), ACTIONS.items())
def test_the_keyboard_alone_reaches_the_main_action(screens, name, action):
    """1. Tab to the skip link. 2. Enter. 3. Tab on: the main action is reached, and shows that it is."""
    role = Role.PRESCRIBER if name.startswith(("options", "second", "patient")) else Role.NURSE
    page = screens[role].page
    screens[role].open(name)
    page.keyboard.press("Tab")
    assert "main" in str(page.evaluate("document.activeElement.getAttribute('href')"))
    page.keyboard.press("Enter")
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText?.trim()") == action:
            break
    else:
        raise AssertionError(f"'{action}' is not reached by Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
