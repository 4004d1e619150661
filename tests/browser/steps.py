"""What people do on the pages, step by step: the words of the journey."""

import time
from dataclasses import dataclass

from playwright.sync_api import Error, Locator, Page, expect

from tests.browser.conftest import Demo, fill_sign_in

# What a patient who may be treated answers with something else than "no", "none" or "never".
YES = {
    "capacity_to_consent",
    "written_consent",
    "medication_list_complete",
    "escort_home",
    "fasting_met",
    "nasal_drug_timing_met",
    "oral_antidepressant",
    "staff_and_equipment",
}
CHOSEN = {
    "primary_diagnosis": "major_depression_recurrent",
    "urine_drug_screen": "negative",
    "ecg": "normal",
    "liver_panel": "normal",
}
TYPED = {
    "failed_adequate_trials": "3",
    "weight": "72",
    "height": "172",
    "systolic": "124",
    "diastolic": "78",
    "heart_rate": "70",
    "spo2": "98",
    "respiratory_rate": "14",
}
UNITS = {"weight__unit": "kg", "height__unit": "cm"}
PARTS = ("psychiatric", "medical", "medication", "examination", "laboratory", "session")


@dataclass
class Person:
    """One person of the clinic at one screen, who signs in again when it has locked itself."""

    demo: Demo
    role: str
    page: Page

    def open(self, path: str) -> Page:
        """Go to a page of the demo."""
        for _ in range(3):
            try:
                self.page.goto(path if path.startswith("http") else f"{self.demo.url}{path}")
            except Error as error:
                # The page that is left looks for news by itself, and goes to the sign-in at that very moment.
                if "ERR_ABORTED" not in error.message:
                    raise
                continue
            if "/sign-in/" not in self.page.url:
                return self.page
            fill_sign_in(self.page, self.role)
        raise AssertionError(f"{self.role} cannot get to {path}")

    def send(self, within: str, *, button: str) -> None:
        """Send one form, and see that it was taken."""
        with self.page.expect_navigation() as sent:
            self.page.locator(f"{within} button", has_text=button).first.click()
        assert sent.value.ok, (sent.value.status, told_errors(self.page))


def told_errors(page: Page) -> list[str]:
    """Return the errors that a page tells, for a test that fails."""
    return page.locator(".error-summary, .field-error, .notice-body, .obstacles").all_inner_texts()


def choose(where: Locator | Page, name: str, value: str) -> None:
    """Choose one answer of a question by its label, as a finger does."""
    answer = where.locator(f'input[type=radio][name="{name}"][value="{value}"]')
    answer.locator("xpath=ancestor::label[1]").click()
    expect(answer).to_be_checked()


def until(page: Page, true: str, *, seconds: float = 30) -> None:
    """Wait for an expression to be true of a page; its own policy forbids what the driver's waiting does."""
    end = time.monotonic() + seconds
    while not page.evaluate(true):
        assert time.monotonic() < end, f"not true after {seconds:g} s: {true}"
        page.wait_for_timeout(100)


def answer_part(page: Page) -> int:
    """Answer every question of one part of the assessment; return how many there were."""
    names = page.eval_on_selector_all(
        "main form.assessment input[type=radio]", "all => [...new Set(all.map(one => one.name))]"
    )
    asked = 0
    for name in names:
        if name.endswith(("__unit", "__active")) or name == "when":
            continue
        choose(page, name, usual(page, name))
        asked += 1
    for name, typed in TYPED.items():
        box = page.locator(f'main form.assessment input[type=text][name="{name}"]')
        if box.count():
            box.fill(typed)
            asked += 1
    for name, unit in UNITS.items():
        if page.locator(f'input[name="{name}"][value="{unit}"]').count():
            choose(page, name, unit)
    choose(page, "when", "now")
    return asked


def usual(page: Page, name: str) -> str:
    """Return the usual answer to a question of the page or the gate."""
    key = name.removeprefix("answer-")
    if key in YES:
        return "yes"
    if key in CHOSEN:
        return CHOSEN[key]
    values = page.eval_on_selector_all(f'input[name="{name}"]', "all => all.map(one => one.value)")
    return "no" if "no" in values else next(v for v in values if v in {"none", "never", *values})


def fill_questionnaire(page: Page, answers: list[int]) -> None:
    """Answer the items of a PHQ-9."""
    for number, answer in enumerate(answers, start=1):
        choose(page, f"item_{number}", str(answer))


def pass_gate(page: Page, *, record_number: str, born_on: str) -> int:
    """Type both identifiers and answer each question of the gate; return how many there were."""
    gate = page.locator("#gate form").first
    gate.locator("input[name=record_number]").fill(record_number)
    gate.locator("input[name=born_on]").fill(born_on)
    names = page.eval_on_selector_all(
        "#gate form input[type=radio]", "all => [...new Set(all.map(one => one.name))]"
    )
    asked = [name for name in names if name.startswith("answer-")]
    for group in set(names) - set(asked):
        choose(gate, group, "so")
    for name in asked:
        if gate.locator(f'input[name="{name}"]').first.is_visible():
            choose(gate, name, usual(page, name))
    return len(asked)


def type_reading(page: Page, systolic: int, diastolic: int, *, moaa_s: int = 5) -> None:
    """Type one set of vital signs."""
    pad = page.locator("form.pad").first
    typed = {
        "systolic": systolic,
        "diastolic": diastolic,
        "heart_rate": 72,
        "spo2": 97,
        "respiratory_rate": 14,
    }
    for name, value in typed.items():
        box = pad.locator(f'input[name="{name}"]')
        assert box.input_value() == "", f"{name} was filled before anybody measured"
        box.fill(str(value))
    choose(pad, "moaa_s", str(moaa_s))


def see_criteria(page: Page) -> int:
    """Say of each discharge criterion that it was seen to be met."""
    names = page.eval_on_selector_all(
        '#leaving input[type=radio][value="yes"][name^="met-"]', "all => all.map(one => one.name)"
    )
    for name in names:
        choose(page, name, "yes")
    return len(names)
