"""Each verdict and number of the demo's patients links to its fact, each page of the knowledge answers."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from posology.clinic.accounts.models import Role, User
from posology.clinic.patients.models import Patient
from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.protocols.schedule import protocols_for
from posology.server.demo.stories import STORIES
from tests.integration.demo.conftest import NOW
from tests.integration.web.walk import signed_in, text_of

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]  # the demo keeps a file of its own

TOLD = [story.identifier for story in STORIES]
GROUND = re.compile(r'href="(/knowledge/(?:facts|sources)/[^"]+)"')
KNOWN = re.compile(r'href="(/knowledge/[^"#]+)[^"]*"')
VERDICT = re.compile(r'<li class="verdict .*?</details></li>', re.S)
SCORE = re.compile(r'<tr role="row"[^>]*><th scope="row" role="rowheader">(?:PHQ-9|GAD-7).*?</tr>', re.S)


@pytest.fixture
def prescriber(demo, db) -> Iterator[Client]:
    """The demo under the eyes of its prescriber."""
    with time_machine.travel(NOW, tick=False):
        yield signed_in(User.objects.get(role=Role.PRESCRIBER))


def everyone() -> list[Patient]:
    """Return the twelve of the stories; who fills the week beside them repeats what they show."""
    there = Patient.objects.everywhere(because="the demo's own clinic")
    return list(there.filter(identifier__in=TOLD).order_by("identifier"))


def opened(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return text_of(response)


def check_all_answer(client: Client, links: set[str]) -> None:
    for link in sorted(links):
        assert client.get(link).status_code == 200, link


def test_each_verdict_of_each_demo_patient_links_to_facts_that_answer(prescriber, record_property):
    """Twelve patients, every protocol of their jurisdiction: stops, holds, cautions, passes, cannot say."""
    verdicts, links = 0, set()
    for patient in everyone():
        url = reverse("eligibility", kwargs={"patient": patient.pk})
        for protocol in protocols_for(load_library(), patient.clinic.jurisdiction, on=NOW.date()):
            page = opened(prescriber, f"{url}?protocol={protocol.id}")
            for row in VERDICT.findall(page):
                grounds = GROUND.findall(row)
                assert grounds and "How sure" in row and "Rule" in row, (patient, protocol.id, row[:300])
                verdicts += 1
            links |= set(KNOWN.findall(page))
    check_all_answer(prescriber, links)
    record_property("n", verdicts)
    record_property("links", len(links))
    assert verdicts > 1000 and len(links) > 100


def test_each_score_of_each_demo_patient_links_to_facts_that_answer(prescriber, record_property):
    """Every score on the twelve records."""
    scores, links = 0, set()
    for patient in everyone():
        page = opened(prescriber, reverse("patient", kwargs={"patient": patient.pk}))
        for row in SCORE.findall(page):
            grounds = GROUND.findall(row)
            assert grounds and "How sure" in row, (patient, row[:300])
            links |= set(grounds)
            scores += 1
    check_all_answer(prescriber, links)
    record_property("n", scores)
    assert scores > 12


def test_every_link_into_the_knowledge_on_the_other_pages_answers(prescriber, record_property):
    """Options, orders, worksheets, sessions and their records, wherever they link to a fact or a source."""
    links, pages = set(), 0
    for patient in everyone():
        page = opened(prescriber, reverse("patient", kwargs={"patient": patient.pk}))
        beside = set(re.findall(r'href="(/(?:orders|sessions)/[^"#?]+)"', page))
        for url in (reverse("options", kwargs={"patient": patient.pk}), *sorted(beside)):
            response = prescriber.get(url)
            if response.status_code == 200:
                links |= set(KNOWN.findall(text_of(response)))
                pages += 1
    check_all_answer(prescriber, links)
    record_property("n", len(links))
    assert pages > 30


def test_every_page_of_the_knowledge_answers_and_so_does_every_link_on_it(prescriber, record_property):
    """Every fact id, source, rule, trial and protocol has its page; no link on any of them is dead."""
    library, background = load_library(), load_background()
    wanted = {
        *(reverse("fact", args=[key]) for key in background.fact_ids.facts),
        *(reverse("source", args=[key]) for key in library.sources),
        *(reverse("trial", args=[key]) for key in background.trials.studies),
        *(reverse("protocol", args=[key]) for key in library.protocols),
        *(reverse("rule", args=[file.id, rule.id]) for file in library.rules for rule in file.rules),
        *(reverse("knowledge-file", args=[file.id]) for file in library.rules),
        reverse("knowledge"),
    }
    waiting, seen = set(wanted), set()
    while waiting:
        url = waiting.pop()
        seen.add(url)
        found = {link.replace("&amp;", "&") for link in KNOWN.findall(opened(prescriber, url))}
        waiting |= {link for link in found if "?" not in link} - seen
    record_property("n", len(seen))
    assert wanted <= seen
