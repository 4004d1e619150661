"""The assessment: nothing is answered beforehand, a blank stays a blank, a number has its unit."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.http import QueryDict
from django.urls import reverse

from posology.case import Answer, Medication, Origin, OriginKind
from posology.clinic.assessments.actions import NewMedication, record_medications
from posology.clinic.assessments.models import FactRow, MedicationRow
from posology.clinic.assessments.queries import fact_of, latest_fact, medications_of
from posology.clinic.care.queries import report_for
from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.quantities import Quantity
from posology.web.assessment.forms import read_part
from posology.web.assessment.view_models import PARTS, questions_of
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import World, hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

# Numbers that other parsers take and a dose must never be made from.
HOSTILE = [
    *"0,5 ７５ 7_5 1e2 ٧٥ .5 5. NaN nan sNaN inf -inf Infinity 1e999 +72 0x48 1/2 72.5.1 --5 ²".split(),
    "72 kg",
    "",
    "1" * 40,
]


def url_of(here: World, part: str, patient=None) -> str:
    return reverse("assessment", kwargs={"patient": (patient or here.patient).pk, "part": part})


def send(here: World, part: str, patient=None, client=None, **typed: str):
    client = client or signed_in(here.site.nurse)
    url = url_of(here, part, patient)
    return client.post(url, {**hidden_of(client.get(url), url), "when": "now", **typed})


def answers(key: str, question) -> dict[str, str]:
    """Return one answer to a question as a browser sends it."""
    if question.kind == "yes_no":
        return {key: "yes"}
    if question.kind == "choice":
        return {key: next(iter(question.choices))}
    if question.kind == "day":
        return {key: "2024-05-31", f"{key}__how": "day"}
    if question.kind == "quantity":
        unit = (question.units or (question.unit,))[0]
        return {key: str(question.bounds.usual[0]), f"{key}__unit": unit}
    return {key: "nothing of note"}


def facts_of(patient) -> list[FactRow]:
    return list(FactRow.objects.for_clinic(patient.clinic_id).filter(patient=patient))


# ---------------------------------------------------------------- what is shown


@pytest.mark.hazard("H-24")
def test_every_field_is_empty_although_everything_is_on_record(here, record_property):
    """Every box and every answer of every part, with a complete record and drugs (N = all of them)."""
    drug = Medication("Sertraline 100 mg", None, Answer.YES, NOW, Origin(OriginKind.PATIENT))
    record_medications(
        patient=here.patient, medications=[NewMedication(uuid4(), drug)], by=here.site.nurse, at=NOW
    )
    client, seen = signed_in(here.site.nurse), 0
    for part in PARTS:
        form = text_of(client.get(url_of(here, part))).split('class="assessment"')[1].split("</form>")[0]
        assert " checked" not in form and " selected" not in form, part
        for field in re.findall(r"<input[^>]*>", form):
            if 'type="hidden"' not in field and 'type="radio"' not in field:
                assert 'value=""' in field, field
                seen += 1
        seen += form.count('type="radio"')
        assert not re.search(r"<textarea[^>]*>[^<]", form)
    record_property("n", seen)
    assert seen > 150


def test_the_latest_answer_stands_beside_the_empty_field_with_its_date_and_origin(here):
    page = text_of(signed_in(here.site.nurse).get(url_of(here, "examination")))
    assert "72\u00a0kg (158.7\u00a0lb)" in page and "172\u00a0cm (67.7\u00a0in)" in page
    assert "24-Nov-2026" in page and "entered here, nurse" in page


def test_what_is_open_is_counted_for_each_part(here):
    bare = factories.patient(here.site, family_name="Bare")
    page = text_of(signed_in(here.site.nurse).get(url_of(here, "medical", bare)))
    counts = {
        name: int(n) for name, n in re.findall(r">(\w[\w ]*) <span class=\"tabs-count\">(\d+)</span>", page)
    }
    required = {
        title: sum(q.need == "required" for q in questions_of(part).values()) for part, title in PARTS.items()
    }
    assert set(counts) == set(PARTS.values())
    assert all(counts[title] >= required[title] for title in counts)
    assert page.count("Open: not asked yet") >= required["Medical"]
    assert "it never counts as no" in page


def test_an_answer_that_has_grown_old_is_open_again(here):
    with time_machine.travel(NOW + timedelta(days=60), tick=False):
        page = text_of(signed_in(here.site.nurse).get(url_of(here, "examination")))
    assert "Open again: 60 days old; it counts for 30 days" in page and "72\u00a0kg" in page


def test_the_director_looks_and_has_nothing_to_send(here):
    page = text_of(signed_in(here.site.director).get(url_of(here, "examination")))
    assert "72\u00a0kg" in page and 'type="radio"' not in page and "Record the answers" not in page


# ---------------------------------------------------------------- what is recorded


@pytest.mark.hazard("H-14")
def test_a_blank_never_becomes_an_answer(here, record_property):
    """Every question answered alone: that one is recorded, and not one other (N = all questions).

    What only a programme's form asks is asked at the chair, and not here.
    """
    client, tried = signed_in(here.site.nurse), 0
    for part in PARTS:
        for key, question in questions_of(part).items():
            bare = factories.patient(here.site, family_name=f"Bare{tried}")
            response = send(here, part, bare, client, **answers(key, question))
            assert response.status_code == 302, (key, text_of(response)[:3000])
            assert [row.key for row in facts_of(bare)] == [key]
            tried += 1
    record_property("n", tried)
    questions = load_library().questions.questions.values()
    assert tried == sum(one.asked_for == type(one.asked_for)() for one in questions)


@pytest.mark.hazard("H-14")
def test_not_known_is_an_answer_of_its_own_for_every_question(here, record_property):
    """*Not known* is stored as such and lets no rule pass that it decides (N = all questions)."""
    client, tried = signed_in(here.site.nurse), 0
    for part in PARTS:
        bare = factories.patient(here.site, family_name=f"Bare {part}")
        asked = {k: q for k, q in questions_of(part).items() if q.kind != "text"}
        names = {"quantity": "{}__unit", "day": "{}__how"}
        typed = {names.get(q.kind, "{}").format(k): "unknown" for k, q in asked.items()}
        assert send(here, part, bare, client, **typed).status_code == 302
        stored = {row.key: fact_of(row).value for row in facts_of(bare)}
        assert stored == dict.fromkeys(asked, Answer.UNKNOWN)
        tried += len(asked)
        report = report_for(bare, "ketamine-iv", as_of=NOW)
        wrong = [
            f.rule
            for f in report.findings
            if f.verdict is Verdict.PASS and any(o.key in asked for o in f.because)
        ]
        assert wrong == []
    record_property("n", tried)


def test_a_form_with_nothing_in_it_is_told_so(here):
    response = send(here, "medical")
    assert response.status_code == 422 and "No question is answered" in text_of(response)


def test_nobodys_silence_means_now(here):
    response = send(here, "medical", when="", hypersensitivity="no")
    assert response.status_code == 422 and "Say when this was found out" in text_of(response)


def test_an_earlier_result_counts_from_its_day(here):
    bare = factories.patient(here.site, family_name="Bare")
    assert (
        send(here, "examination", bare, when="earlier", when_day="10-Nov-2026", ecg="normal").status_code
        == 302
    )
    assert facts_of(bare)[0].at == datetime(2026, 11, 10, tzinfo=UTC)
    assert (
        send(
            here, "examination", bare, when="earlier", when_day="2026-11-11", when_time="14:05", ecg="normal"
        ).status_code
        == 302
    )
    assert facts_of(bare)[1].at == datetime(2026, 11, 11, 14, 5, tzinfo=UTC)
    ahead = send(here, "examination", bare, when="earlier", when_day="2026-11-25", ecg="normal")
    assert ahead.status_code == 422 and "lies ahead" in text_of(ahead)


@pytest.mark.hazard("H-25")
def test_a_double_click_records_once(here):
    """The same form twice: one row an answer, the same page (N = 2 sends)."""
    client = signed_in(here.site.nurse)
    url = url_of(here, "examination")
    before = len(facts_of(here.patient))
    form = {**hidden_of(client.get(url), url), "when": "now", "heart_rate": "81"}
    first, second = client.post(url, form), client.post(url, form)
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert first.status_code == 302 and len(facts_of(here.patient)) == before + 1


# ---------------------------------------------------------------- numbers at the door


@pytest.mark.hazard("H-07")
@pytest.mark.hazard("H-08")
def test_no_number_is_read_by_guess(here, record_property):
    """Every measurement x every hostile number: refused at its field, none stored (N = all pairs)."""
    tried = 0
    for part in PARTS:
        for key, question in questions_of(part).items():
            if question.kind != "quantity":
                continue
            for typed in HOSTILE:
                post = QueryDict(mutable=True)
                post.update(
                    {key: typed, f"{key}__unit": (question.units or (question.unit,))[0], "when": "now"}
                )
                sent = read_part(
                    post,
                    {key: question},
                    form_id=uuid4(),
                    drugs=None,
                    origin=Origin(OriginKind.STAFF),
                    now=NOW,
                )
                assert not sent.facts and sent.errors, (key, typed)
                tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-07")
@pytest.mark.parametrize("typed", ["0,5", "７５", "1e2", "NaN", ".5"])
def test_a_number_that_cannot_be_read_stands_beside_its_sentence(here, typed):
    """At the page itself: the sentence beside the field, what was typed kept, nothing stored (N = 5)."""
    before = len(facts_of(here.patient))
    response = send(here, "examination", weight=typed, weight__unit="kg", heart_rate="81")
    page = text_of(response)
    assert response.status_code == 422
    assert "is not a number we can read without guessing" in page[page.index('id="id_weight-error"') :][:400]
    assert f'name="weight" type="text" inputmode="decimal" value="{typed}"' in page
    assert 'value="81"' in page and 'name="weight__unit" value="kg" checked' in page
    assert len(facts_of(here.patient)) == before


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"weight": "-70", "weight__unit": "kg"}, "below zero"),
        ({"weight": "7000", "weight__unit": "kg"}, "beyond what can be true"),
        ({"weight": "70"}, "could be read two ways"),
        ({"weight": "70", "weight__unit": "mg"}, "is not a unit for the weight"),
        ({"weight": "70", "weight__unit": "unknown"}, "“not known” is chosen"),
        ({"weight__unit": "kg"}, "no number is written"),
        ({"ecg": "wonderful"}, "is none of the answers"),
    ],
)
def test_what_cannot_be_true_is_refused_beside_its_field(here, typed, sentence):
    response = send(here, "examination", **typed)
    assert response.status_code == 422 and sentence in text_of(response)


def test_a_day_that_contradicts_itself_is_refused(here):
    response = send(here, "medical", cardiovascular_event_on="2024-05-31", cardiovascular_event_on__how="no")
    assert response.status_code == 422 and "Keep one of the two" in text_of(response)


# ---------------------------------------------------------------- pounds and kilograms


@pytest.mark.hazard("H-02")
def test_a_weight_in_pounds_is_the_weight_in_kilograms(record_property):
    """Every weight from 30.0 to 250.0 kg by 0.1, typed in either unit, is one weight (N = 2,201 x 2)."""
    question, tried = load_library().questions.questions["weight"], 0
    for tenths in range(300, 2_501):
        kg = Decimal(tenths) / 10
        lb = Quantity(kg, "kg").in_unit("[lb_av]").quantize(Decimal("0.000001"))
        read = []
        for typed, unit in ((kg, "kg"), (lb, "[lb_av]")):
            post = QueryDict(mutable=True)
            post.update({"weight": str(typed), "weight__unit": unit, "when": "now"})
            sent = read_part(
                post,
                {"weight": question},
                form_id=uuid4(),
                drugs=None,
                origin=Origin(OriginKind.STAFF),
                now=NOW,
            )
            read.append(sent.facts[0].fact.value.in_unit("kg"))
            tried += 1
        assert abs(read[0] - read[1]) < Decimal("0.000001")
    record_property("n", tried)


@pytest.mark.hazard("H-02")
def test_pounds_typed_as_kilograms_are_questioned_in_both_units(here):
    """158.7 (lb) typed as kg at 72 kg: asked, nothing stored; confirmed, stored and held (N = 1)."""
    client = signed_in(here.site.nurse)
    before = len(facts_of(here.patient))
    response = send(here, "examination", client=client, weight="158.7", weight__unit="kg")
    page = text_of(response)
    assert response.status_code == 422 and len(facts_of(here.patient)) == before
    assert "158.7\u00a0kg (349.9\u00a0lb)" in page and "72\u00a0kg (158.7\u00a0lb) on 24-Nov-2026" in page
    form = {**hidden_of(response, url_of(here, "examination")), "when": "now", "weight__unit": "kg"}
    other = client.post(
        url_of(here, "examination"), {**form, "weight": "160.1", "weight__sure": "158.7\u00a0kg"}
    )
    assert other.status_code == 422, "a confirmation is for the value that was shown"
    sure = client.post(
        url_of(here, "examination"), {**form, "weight": "158.7", "weight__sure": "158.7\u00a0kg"}
    )
    assert sure.status_code == 302
    stored = latest_fact(here.patient, "weight", as_of=NOW)
    assert stored is not None and "confirmed" in stored.origin.detail
    held = {f.rule: f.verdict for f in report_for(here.patient, "ketamine-iv", as_of=NOW).findings}
    assert held["rules-session/weight-changed"] is Verdict.HOLD, "confirmed is not cleared"


# ---------------------------------------------------------------- the medication list


def test_drugs_are_added_and_asked_again_and_a_line_left_alone_stays(here):
    client = signed_in(here.site.nurse)
    send(
        here,
        "medication",
        client=client,
        new_0="Sertraline 100 mg",
        new_0__active="yes",
        new_1="Herbal mixture 7",
        new_1__active="unknown",
    )
    page = text_of(client.get(url_of(here, "medication")))
    assert "Read as sertraline" in page and "Not in our list, so it is not checked" in page
    asked_again = {"drug_0": "Herbal mixture 7", "drug_1": "Sertraline 100 mg", "drug_1__active": "no"}
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert send(here, "medication", client=client, **asked_again).status_code == 302
    drugs = {m.text: m.active for m in medications_of(here.patient, as_of=NOW + timedelta(minutes=1))}
    assert drugs == {"Herbal mixture 7": Answer.UNKNOWN, "Sertraline 100 mg": Answer.NO}
    assert MedicationRow.objects.for_clinic(here.site.clinic).count() == 3


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"new_0": "Sertraline"}, "Say whether it is taken"),
        ({"new_0__active": "yes"}, "no drug is written"),
        (
            {"new_0": "Sertraline", "new_0__active": "yes", "new_1": "sertraline", "new_1__active": "no"},
            "stands twice",
        ),
        ({"new_0": "x" * 301, "new_0__active": "yes"}, "longer than 300"),
    ],
)
def test_a_drug_that_is_half_written_is_asked_for(here, typed, sentence):
    response = send(here, "medication", **typed)
    assert response.status_code == 422 and sentence in text_of(response)
    assert MedicationRow.objects.for_clinic(here.site.clinic).count() == 0


def test_a_part_that_does_not_exist_is_not_found(here):
    assert signed_in(here.site.nurse).get(url_of(here, "astrology")).status_code == 404


def test_names_from_outside_are_shown_as_text(here):
    send(here, "medication", new_0='<script>alert("x")</script>', new_0__active="yes")
    page = text_of(signed_in(here.site.nurse).get(url_of(here, "medication")))
    assert "<script>alert" not in page and "&lt;script&gt;" in page
