"""One patient's way through the clinic, by the hands of a nurse and a prescriber at two screens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import pictures
from tests.browser.conftest import DESK, Demo, pass_phrase_of
from tests.browser.steps import (
    PARTS,
    Person,
    answer_part,
    choose,
    fill_questionnaire,
    pass_gate,
    see_criteria,
    told_errors,
    type_reading,
)

pytestmark = pytest.mark.browser

NUMBER, BORN_ON = "S-0013", "1984-09-02"
# By hand: 0.5 mg/kg × 72 kg = 36 mg; 36 mg ÷ 50 mg/mL = 0.72 mL; 50 mL in 40 min = 75 mL/h.
VOLUME_ML, FINAL_ML, PUMP_ML_PER_H, LOT = "0.72", "50", "75", "SYN-2607"


@pytest.fixture
def people(demo: Demo, chromium: Browser) -> Iterator[tuple[Person, Person]]:
    """The nurse and the prescriber, each signed in at a screen of their own."""
    contexts = {
        role: chromium.new_context(viewport={"width": DESK[0], "height": DESK[1]})
        for role in ("nurse", "prescriber")
    }
    yield tuple(Person(demo, role, demo.sign_in(context, role)) for role, context in contexts.items())
    for context in contexts.values():
        context.close()


def test_one_patient_from_the_assessment_to_the_next_options(people, demo):
    """The whole loop, in a browser, with the clock moved on through the session.

    1. The board shows four chairs; the nurse registers a patient.
    2. The nurse answers the five parts of the assessment and the questions of the day, and a PHQ-9.
    3. The prescriber looks at the eligibility: nothing stops, nothing is unknown.
    4. The prescriber compares the options; none is chosen beforehand.
    5. The prescriber chooses the infusion, reads the order, types both identifiers and signs.
    6. The nurse opens the order and its worksheet.
    7. At the gate the nurse types both identifiers, answers and measures.
    8. The second person's volume is checked; a wrong one is refused.
    9. The infusion starts with the rate read back from the pump.
    10. Readings are taken as they come due; at 40 minutes the infusion is stopped.
    11. The patient is watched for 60 minutes, and may not leave before.
    12. The criteria are seen, and the patient leaves with an escort.
    13. Three days later the patient fills in a PHQ-9.
    14. The next options use it: they say what was given, and when the next dose would be.

    Each step leaves its picture, in this order: board, assessment, phq-9, eligibility, options-first, sign,
    worksheet, gate, start, reading, running, observation, discharge, options, patient.
    """
    nurse, prescriber = people
    pictures.take(nurse.open("/"), "board", dark=True)
    home = register(nurse)
    assess(nurse, home)
    judge(prescriber, home)
    order = choose_and_sign(prescriber, home)
    session = prepare(nurse, order)
    before_the_dose(nurse, session)
    give(nurse, session, demo)
    watch_and_let_go(nurse, session, demo)
    decide_again(nurse, prescriber, home, demo)


def register(nurse: Person) -> str:
    page = nurse.open("/patients/new/")
    page.fill("input[name=family_name]", "Quince-Synthetic")
    page.fill("input[name=given_name]", "Quinn")
    page.fill("input[name=born_on]", BORN_ON)
    choose(page, "sex", "female")
    page.fill("input[name=identifier]", NUMBER)
    nurse.send("main form", button="Register the patient")
    expect(page.locator(".banner")).to_contain_text("QUINCE-SYNTHETIC")
    return "/patients/" + page.url.split("/patients/")[1].split("/")[0] + "/"


def assess(nurse: Person, home: str) -> None:
    asked = 0
    for part in PARTS:
        page = nurse.open(f"{home}assessment/{part}/")
        if part == "psychiatric":
            pictures.take(page, "assessment")
        if part == "medication":
            page.fill("input[name=new_0]", "Sertraline 100 mg oral tablet")
            choose(page, "new_0__active", "yes")
        asked += answer_part(page)
        nurse.send("form.assessment", button="Record the answers")
    assert asked >= 55
    page = nurse.open(f"{home}forms/phq-9/")
    assert page.locator("form.questionnaire input:checked").count() == 0
    fill_questionnaire(page, [3, 3, 2, 3, 2, 2, 2, 2, 0])
    pictures.take(page, "phq-9")
    nurse.send("form.questionnaire", button="Record the PHQ-9")
    expect(page.locator("main")).to_contain_text("19 of 27")


def judge(prescriber: Person, home: str) -> None:
    page = prescriber.open(f"{home}eligibility/")
    expect(page.locator("main")).not_to_contain_text("Stopped")
    pictures.take(page, "eligibility")


def choose_and_sign(prescriber: Person, home: str) -> str:
    page = prescriber.open(f"{home}options/")
    assert page.locator("input[name=option]").count() >= 4
    assert page.locator("input[name=option]:checked").count() == 0
    pictures.take(page, "options-first", dark=True)
    choose(page, "option", "ketamine-iv/start/0.5/40")
    prescriber.send("main form", button="Go on with this choice")
    choose(page, "product_id" if page.locator("input[name=product_id]").count() else "product", "ketamine-50")
    prescriber.send("main form", button="Show the order with this product")
    expect(page.locator(".read-aloud")).to_contain_text("36")
    page.fill("input[name=typed_identifier]", NUMBER)
    page.fill("input[name=typed_born_on]", "02-Sep-1984")
    page.fill("input[name=password]", pass_phrase_of("prescriber"))
    pictures.take(page, "sign")
    prescriber.send("main form", button="Sign this order")
    assert "/orders/" in page.url, told_errors(page)
    return "/orders/" + page.url.split("/orders/")[1].split("?")[0]


def prepare(nurse: Person, order: str) -> str:
    page = nurse.open(f"{order}?product=ketamine-50&final_volume_mL={FINAL_ML}")
    sheet = page.locator("main")
    for shown in ("36\u00a0mg", "0.72\u00a0mL", "75\u00a0mL/h"):
        expect(sheet).to_contain_text(shown)
    pictures.take(page, "worksheet", at="#prepare")
    href = page.locator("main a", has_text="Go to the session").get_attribute("href")
    assert href
    return href


def before_the_dose(nurse: Person, session: str) -> None:
    page = nurse.open(session)
    pictures.take(page, "gate")
    assert pass_gate(page, record_number=NUMBER, born_on=BORN_ON) >= 8
    nurse.send("#gate form", button="Record the answers")
    type_reading(page, 124, 78)
    nurse.send("form.pad", button="Record reading")
    check_worksheet(nurse, "7.2")
    expect(page.locator("#check .field-error, #check .error-summary").first).to_be_visible()
    check_worksheet(nurse, VOLUME_ML)
    expect(page.locator("#check")).to_contain_text("Checked")


def check_worksheet(nurse: Person, volume_mL: str) -> None:
    """Type the second person's volume; the page says whether it is taken."""
    form = nurse.page.locator("#check form")
    choose(form, "product_id", "ketamine-50")
    form.locator("input[name=lot]").fill(LOT)
    form.locator("input[name=typed_volume_mL]").fill(volume_mL)
    form.locator("input[name=final_volume_mL]").fill(FINAL_ML)
    form.locator("select[name=checked_by]").select_option(label="Synthetic, Pat")
    with nurse.page.expect_navigation():
        form.locator("button[type=submit]").click()


def give(nurse: Person, session: str, demo: Demo) -> None:
    page = nurse.page
    start = page.locator("#start form").first
    start.locator("input[name=lot]").fill(LOT)
    start.locator("input[name=pump_rate_mL_per_h]").fill(PUMP_ML_PER_H)
    pictures.take(page, "start", at="#start")
    nurse.send("#start form", button="Start")
    for minute, systolic in ((10, 130), (20, 136), (30, 139), (40, 141)):
        demo.set_clock(minute)
        page = nurse.open(session)
        type_reading(page, systolic, 82, moaa_s=4 if minute > 10 else 5)
        if minute == 20:
            pictures.take(page, "reading", at="#readings")
        nurse.send("form.pad", button="Record reading")
        if minute == 30:
            pictures.take(page, "running")
    stop = page.locator('form[action$="/infusion_stopped/"]')
    if not stop.is_visible():
        page.locator("details", has=stop).locator("summary").first.click()
    choose(stop, "complete", "yes")
    stop.locator("[name=reason]").fill("The infusion is through.")
    nurse.send('form[action$="/infusion_stopped/"]', button="Stop")
    expect(page.locator("main")).to_contain_text("36\u00a0mg")


def watch_and_let_go(nurse: Person, session: str, demo: Demo) -> None:
    for minute in (55, 70, 85):
        demo.set_clock(minute)
        page = nurse.open(session)
        type_reading(page, 128, 79)
        nurse.send("form.pad", button="Record reading")
    expect(page.locator("#leaving")).to_contain_text("of 60 min are over")
    assert page.locator('form[action$="/discharged/"]').count() == 0, "the patient could leave too early"
    pictures.take(page, "observation", at="#leaving")
    demo.set_clock(101)
    page = nurse.open(session)
    type_reading(page, 125, 78)
    nurse.send("form.pad", button="Record reading")
    assert see_criteria(page) == 11
    nurse.send("#leaving form", button="Record what I saw")
    choose(page.locator('form[action$="/discharged/"]'), "with_escort", "yes")
    pictures.take(page, "discharge", at="#leaving")
    nurse.send('form[action$="/discharged/"]', button="")
    expect(page.locator("main")).to_contain_text("This session is over")


def decide_again(nurse: Person, prescriber: Person, home: str, demo: Demo) -> None:
    demo.set_clock(timedelta(days=3).total_seconds() / 60)
    page = nurse.open(f"{home}forms/phq-9/")
    fill_questionnaire(page, [2, 2, 2, 2, 1, 1, 1, 1, 0])
    nurse.send("form.questionnaire", button="Record the PHQ-9")
    page = prescriber.open(f"{home}options/")
    expect(page.locator("main")).to_contain_text("19 → 12")
    expect(page.locator("main")).to_contain_text("after session 1")
    assert page.locator("input[name=option]:checked").count() == 0
    assert page.locator("input[name=option]").count() >= 4
    pictures.take(page, "options", dark=True)
    pictures.take(prescriber.open(home), "patient")
