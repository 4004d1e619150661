"""Alerts on the pages: two at most ask for an answer, the answers are counted, the counts are exported."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from posology.case import Answer, Medication
from posology.clinic.assessments.actions import NewMedication, record_medications
from posology.clinic.orders.alerts import Answered, RuleCount
from posology.clinic.orders.models import AlertRow
from posology.clinic.patients.models import Patient
from posology.knowledge import load_library
from posology.knowledge.source_attributes import NAMES, source_attributes
from posology.web.alerts.view_models import counted_rules, export_lines, harmless
from tests import factories
from tests.cases import NOW, STAFF
from tests.integration.web.chair import filled_inputs
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

IV = "ketamine-iv/start/0.5/40"
BENZO = "rules-interactions/benzodiazepine"


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


def patient_taking(site: factories.Site, *drugs: str, **answers: Answer) -> Patient:
    patient = factories.patient(site)
    factories.assess_fully(site, patient, answers)
    taken = [Medication(d, None, Answer.YES, NOW - timedelta(minutes=2), STAFF) for d in drugs]
    new = [NewMedication(uuid4(), m) for m in taken]
    record_medications(patient=patient, medications=new, by=site.nurse, at=NOW)
    return patient


def options_page(site: factories.Site, patient: Patient) -> str:
    return text_of(signed_in(site.prescriber).get(reverse("options", kwargs={"patient": patient.pk})))


def desk(site: factories.Site, patient: Patient) -> tuple[Any, str]:
    url = reverse("sign", kwargs={"patient": patient.pk, "option": IV})
    return signed_in(site.prescriber), f"{url}?product=ketamine-50"


def form(client: Any, url: str, patient: Patient, **changes: str) -> dict[str, str]:
    typed = {"typed_identifier": patient.identifier, "typed_born_on": "1981-03-14"}
    hidden = hidden_of(client.get(url), url.split("?")[0])
    return {**hidden, **typed, "password": factories.PASSWORD, **changes}


@pytest.mark.hazard("H-16")
def test_every_drug_that_was_not_checked_stands_by_its_name_on_every_page(site, record_property):
    """N = 3 pages (options, eligibility, second look) x 3 unknown drugs: named on each."""
    unknown = ("Wondrol 5 mg", "an herb from the market", "Fictiumab")
    patient = patient_taking(site, "sertraline 50 mg", *unknown)
    client, url = desk(site, patient)
    pages = [options_page(site, patient), text_of(client.get(url))]
    pages.append(text_of(client.get(reverse("eligibility", kwargs={"patient": patient.pk}))))
    assert "These drugs are not in our list" in pages[0]
    for page in pages:
        assert all(drug in page for drug in unknown)
    record_property("n", len(pages) * len(unknown))


@pytest.mark.hazard("H-16")
def test_an_overdue_file_says_so_on_every_result(site):
    """N = 3 pages on the day after the last review day: options, eligibility and the second look."""
    due = max(file.review_due for file in load_library().rules)
    later = NOW.replace(year=due.year, month=due.month, day=due.day) + timedelta(days=1)
    patient = factories.patient(site)
    factories.assess_fully(site, patient, at=later)
    with time_machine.travel(later, tick=False):
        client, url = desk(site, patient)
        for page in (
            options_page(site, patient),
            text_of(client.get(reverse("eligibility", kwargs={"patient": patient.pk}))),
            text_of(client.get(url)),
        ):
            assert "past their review day" in page and "rules-interactions" in page


def test_a_card_tells_each_interaction_by_its_own_route(site):
    page = options_page(site, patient_taking(site, "Rifampicin 300 mg", "Ativan 1 mg"))
    cards = {
        re.search(r'value="([^"]+)"', card)[1]: " ".join(re.sub(r"<[^>]+>", " ", card).split())
        for card in re.findall(r'<article class="option[ "].*?</article>', page, re.DOTALL)
    }
    by_vein = cards[IV]
    assert "Rifampicin 300 mg Lower exposure. Exposure × 0.86 (−14 %); measured into a vein" in by_vein
    assert "Ativan 1 mg Deeper sedation" in by_vein and "A-DDI-15" in by_vein
    nasal = next(text for value, text in cards.items() if value.startswith("esketamine-nasal-us/"))
    assert "Exposure × 0.72 (−28 %)" in nasal and "(unverified)" in nasal
    muscle = next(text for value, text in cards.items() if value.startswith("ketamine-im/"))
    assert "Size not known for this route (into a muscle)" in muscle


def test_the_sum_and_every_finding_open_down_to_their_source(site):
    page = options_page(site, patient_taking(site, "Ativan 1 mg", capacity_to_consent=Answer.NO))
    card = next(c for c in re.findall(r'<article class="option[ "].*?</article>', page, re.DOTALL) if IV in c)
    assert "The sum rests on" in card and reverse("fact", args=["PR-IV-01"]) in card
    assert reverse("rule", args=["rules-interactions", "benzodiazepine"]) in card
    assert reverse("rule", args=["rules-indication", "no-capacity"]) in card


def test_two_cautions_ask_for_an_answer_and_the_others_are_noted(site):
    patient = patient_taking(site, "lorazepam", "oxycodone", "methylphenidate")
    client, url = desk(site, patient)
    page = text_of(client.get(url))
    assert len(set(re.findall(r'name="(answer_\d)"', page))) == 2
    noted = page.split("Also noted")[1].split("</section>")[0]
    assert "Psychostimulant" in noted and "Opioid" not in noted
    assert [f for f in filled_inputs(page) if "answer" in str(f)] == []


def test_the_signature_waits_for_the_answers_and_keeps_them(site):
    patient = patient_taking(site, "lorazepam", "oxycodone")
    client, url = desk(site, patient)
    refused = client.post(url, form(client, url, patient, answer_0="follow"))
    assert refused.status_code == 422 and "Answer this caution" in text_of(refused)
    unsaid = form(client, url, patient, answer_0="follow", answer_1="pass")
    refused = client.post(url, unsaid)
    assert refused.status_code == 422 and "It is not followed. Say why" in text_of(refused)
    sent = client.post(url, {**unsaid, "why_1": "Last dose a week ago."})
    assert sent.status_code == 302
    order = text_of(client.get(sent["Location"]))
    assert "followed by Synthetic, Prescriber." in order
    assert "not followed by Synthetic, Prescriber: Last dose a week ago." in order
    kept = {r.rule: (r.answer, r.reason) for r in AlertRow.objects.for_clinic(site.clinic)}
    assert kept[BENZO] == ("heeded", "")
    assert kept["rules-interactions/opioid"] == ("overridden", "Last dose a week ago.")


def test_the_page_counts_by_rule_and_leads_to_the_reasons(site):
    for given in (Answered(heeded=True), Answered(heeded=False, reason="None taken today.")):
        factories.signed_order(site, patient_taking(site, "lorazepam"), answers={BENZO: given})
    for by in (site.prescriber, site.director):
        client = signed_in(by)
        page = text_of(client.get(reverse("alerts")))
        assert "2 interruptions, 1 overridden" in page and "50\u00a0%" in page
        address = reverse("alert", kwargs={"file": "rules-interactions", "rule": "benzodiazepine"})
        assert address in page and "None taken today." in text_of(client.get(address))
    assert signed_in(site.nurse).get(reverse("alerts")).status_code == 403
    other = factories.site("Other Synthetic Clinic")
    assert "Nothing has interrupted an order yet" in text_of(signed_in(other.director).get(reverse("alerts")))


def test_a_rule_that_never_was_is_not_found(site):
    address = reverse("alert", kwargs={"file": "rules-none", "rule": "such"})
    assert signed_in(site.director).get(address).status_code == 404


@pytest.mark.requirement("SR-48")
def test_every_rule_shows_all_thirteen_attributes_of_its_source(site, record_property):
    """Each rule x 13 attributes (N): none is empty, and each stands on the rule's page."""
    library, client, told = load_library(), signed_in(site.director), 0
    for file in library.rules:
        for rule in file.rules:
            attributes = source_attributes(rule, file, library)
            assert [a.name for a in attributes] == list(NAMES) and len(NAMES) == 13
            assert all(a.value.strip() for a in attributes), rule.id
            told += len(attributes)
    page = text_of(client.get(reverse("alert", kwargs={"file": "rules-session", "rule": "heart-rate"})))
    assert all(name in page for name in NAMES)
    record_property("n", told)


def test_no_question_asks_for_what_the_attributes_say_is_not_used():
    words = ("race", "ethnic", "language", "orientation", "gender", "income", "housing", "education")
    for key, question in load_library().questions.questions.items():
        assert not any(re.search(rf"\b{w}", f"{key} {question.ask}".lower()) for w in words), key


@pytest.mark.requirement("SR-48")
def test_the_export_opens_as_a_table_and_no_cell_is_a_formula(site, record_property):
    """Reasons that begin as formulas do (N): each is quoted, and the table keeps its form."""
    evil = ['=HYPERLINK("x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "  =1", "plain, with; commas"]
    for reason in evil:
        given = Answered(heeded=False, reason=reason)
        factories.signed_order(site, patient_taking(site, "lorazepam"), answers={BENZO: given})
    sent = signed_in(site.director).get(reverse("alerts-export"))
    assert sent["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in sent["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(sent.content.decode("utf-8-sig"))))
    assert len({len(line) for line in lines}) == 1 and len(lines) > 80
    assert not [c for line in lines for c in line if c.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert all(cell for line in lines for cell in line[-13:])
    record_property("n", len(evil))


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1"])
def test_a_cell_that_begins_as_a_formula_is_quoted(cell):
    assert harmless(cell) == f"'{cell}" and harmless(f"a{cell}") == f"a{cell}"


def test_a_limit_that_no_file_of_rules_holds_is_counted_too():
    library = load_library()
    counts = {"limits/soft-dose": RuleCount("limits/soft-dose", "hold", shown=3, overridden=3)}
    first = counted_rules(counts, library)[0]
    told = (first.id, first.title, first.level, first.count.rate, first.attributes(library))
    assert told == ("limits/soft-dose", "Soft dose", "hold", 100, ())
    assert all(all(line[-13:]) for line in export_lines([first], library))
