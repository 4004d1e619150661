"""The ledger's pages: what is typed is written once, a witness is asked for, and the report says it all."""

import csv
import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse
from pypdf import PdfReader

from posology.clinic.audit.models import RecordView
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.reports import report
from posology.web.ledger.papers import CSV_HEAD, plain_cell, report_data
from tests import factories, ledger
from tests.cases import NOW
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def nurse(site):
    return signed_in(site.nurse)


@pytest.fixture
def session(site):
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    return factories.signed_order(site, patient).session


def rows(site, kind: Kind) -> list[LedgerAct]:
    return list(LedgerAct.objects.for_clinic(site.clinic).filter(kind=kind).order_by("position"))


def witness(site, **changes) -> dict[str, str]:
    return {"witness": site.prescriber.username, "witness_password": factories.PASSWORD} | changes


def send(client, name: str, entry=None, *, form_id=None, **body):
    url = reverse(name, kwargs={"entry": entry} if entry else {})
    return client.post(url, {"id": str(form_id or uuid4()), **body})


RECEIPT = {
    "product_id": ledger.VIALS,
    "lot": "A1",
    "containers": "10",
    "on": "2026-11-24",
    "expires_on": "31-Dec-2028",
    "supplier": "Synthetic Supplier",
}


def test_a_ledger_begins_with_the_first_lot(site, nurse):
    assert "No ledger is kept here yet" in text_of(nurse.get(reverse("ledger")))
    key = uuid4()
    for _ in range(2):
        assert send(nurse, "ledger-receive", form_id=key, **RECEIPT).status_code == 302
    (row,) = rows(site, Kind.RECEIVED)
    assert (row.lot, row.containers, row.content_ug) == ("A1", 10, 500_000)
    page = text_of(nurse.get(reverse("ledger")))
    assert "10 vials" in page and "inventory of the whole stock is due" in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("containers", "1e2", "no number of containers"),
        ("containers", "", "how many vials or devices"),
        ("lot", "", "as it is printed"),
        ("expires_on", "12/2028", "day of expiry"),
        ("expires_on", "2020-01-01", "had expired"),
        ("supplier", "", "who delivered"),
    ],
)
def test_a_receipt_that_cannot_be_stays_as_typed_with_a_sentence(site, nurse, field, typed, said):
    answer = send(nurse, "ledger-receive", **RECEIPT | {field: typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert field == "supplier" or "Synthetic Supplier" in text_of(answer)
    assert rows(site, Kind.RECEIVED) == []


def test_a_vial_is_opened_for_a_session_and_its_rest_wasted_before_a_witness(site, nurse, session):
    receipt = ledger.received(site)
    answer = send(nurse, "ledger-open", lot=str(receipt.pk), session=str(session.pk))
    (vial,) = rows(site, Kind.OPENED)
    assert answer["Location"] == reverse("ledger-container", kwargs={"entry": vial.pk})
    body = {"what": "waste", "amount_mg": "463.8", "reason": "Squirted away."} | witness(site)
    for changes, said in (
        ({"amount_mg": "500.001"}, "is left by the ledger"),
        ({"amount_mg": "0,5"}, "without guessing"),
        ({"amount_mg": "0.0001"}, "has more digits"),
        ({"witness": site.nurse.username}, "signed in, so nobody else"),
        ({"witness_password": "not the pass phrase"}, "do not belong together"),
        ({"witness_password": ""}, "types the own password"),
        ({"witness": site.administrator.username}, "does not keep the ledger"),
    ):
        answer = send(nurse, "ledger-container", vial.pk, **body | changes)
        assert answer.status_code == 422, changes
        assert said in text_of(answer), changes
        assert factories.PASSWORD not in text_of(answer)
    assert rows(site, Kind.WASTED) == []
    key = uuid4()
    for _ in range(3):
        assert send(nurse, "ledger-container", vial.pk, form_id=key, **body).status_code == 302
    (rest,) = rows(site, Kind.WASTED)
    assert (rest.amount_ug, rest.witness, rest.by) == (463_800, site.prescriber, site.nurse)


def test_an_amount_is_never_filled_in_beforehand(site, nurse, session):
    """H-24: neither what is wasted nor what is counted stands in its field when the page opens."""
    ledger.received(site)
    vial = ledger.opened(site, session=session.pk)
    for url in (reverse("ledger-container", kwargs={"entry": vial.pk}), reverse("ledger-count")):
        page = text_of(nurse.get(url))
        boxes = re.findall(r'<input(?=[^>]*name="(?:amount_mg|count-[^"]*)")[^>]*>', page)
        assert boxes
        assert all('value=""' in box or "value=" not in box for box in boxes)


def test_a_count_does_not_say_what_there_should_be_and_keeps_what_was_found(site, nurse):
    receipt = ledger.received(site)
    page = text_of(nurse.get(reverse("ledger-count")))
    assert "10 vials" not in page
    name = f"count-{receipt.pk}"
    assert send(nurse, "ledger-count", **{name: "9"}).status_code == 422
    assert send(nurse, "ledger-count", **witness(site)).status_code == 422
    assert send(nurse, "ledger-count", **{name: "9"}, **witness(site)).status_code == 302
    (row,) = rows(site, Kind.COUNTED)
    assert row.safe_change == -1
    page = text_of(nurse.get(reverse("ledger")))
    assert "no owner yet" in page and "Discrepancies without an owner: 1" in page
    send(nurse, "ledger-discrepancy", row.pk, what="owner", owner=str(site.director.pk), reason="Look again.")
    assert send(nurse, "ledger-discrepancy", row.pk, what="settle", reason="Found.").status_code == 403
    director = signed_in(site.director)
    assert send(director, "ledger-discrepancy", row.pk, what="settle", reason="Found.").status_code == 302
    assert "settled" in text_of(director.get(reverse("ledger-discrepancy", kwargs={"entry": row.pk})))


def test_an_inventory_counts_every_lot_and_says_when_the_next_is_due(site, nurse):
    receipt = ledger.received(site)
    other = ledger.received(site, lot="OTHER-2")
    counted = {f"count-{receipt.pk}": "10", "whole": "1"} | witness(site)
    answer = send(nurse, "ledger-count", **counted)
    assert answer.status_code == 422 and "Not counted today: OTHER-2" in text_of(answer)
    send(nurse, "ledger-count", **counted | {f"count-{other.pk}": "10"})
    assert len(rows(site, Kind.INVENTORY)) == 1
    assert "24-Nov-2028" in text_of(nurse.get(reverse("ledger")))


def test_an_entry_is_taken_back_with_both_passwords(site, nurse):
    ledger.received(site)
    vial = ledger.opened(site)
    body = {"reason": "The wrong lot.", "password": factories.PASSWORD} | witness(site)
    assert send(nurse, "ledger-take-back", vial.pk, **body | {"password": "wrong"}).status_code == 422
    assert send(nurse, "ledger-take-back", vial.pk, **body).status_code == 302
    assert "Taken back" in text_of(nurse.get(reverse("ledger-report")))


def test_a_day_is_closed_from_its_page(site, nurse):
    ledger.received(site)
    send(nurse, "ledger-close", on="2026-11-24")
    assert rows(site, Kind.CLOSED) == []
    ledger.counted(site, 10)
    send(nurse, "ledger-close", on="2026-11-24")
    assert len(rows(site, Kind.CLOSED)) == 1
    assert "Closed by Synthetic, Nurse" in text_of(nurse.get(reverse("ledger")))


def test_the_balance_of_any_day_is_as_it_was_when_that_day_was_over(site, nurse):
    ledger.received(site, at=NOW - timedelta(days=3))
    ledger.opened(site, at=NOW - timedelta(days=1))
    for day, said in (("2026-11-21", "10 vials"), ("2026-11-22", "10 vials"), ("2026-11-23", "9 vials")):
        assert said in text_of(nurse.get(reverse("ledger"), {"day": day})), day
    assert "No lot is in the ledger" in text_of(nurse.get(reverse("ledger"), {"day": "2026-11-20"}))


def test_the_gate_leads_to_the_ledger_where_no_lot_is_there(site, nurse, session):
    ledger.received(site, product=ledger.DEVICES)
    page = text_of(nurse.get(reverse("session", kwargs={"session": session.pk})))
    assert "was received into the ledger" in page
    assert reverse("ledger-receive") in page


# ---------------------------------------------------------------- the report


def whole_day(site, session):
    ledger.received(site, document="=HYPERLINK(1)")
    vial = ledger.opened(site, session=session.pk)
    left_at = factories.give(site, session, at=NOW)
    ug = int(factories.order_of(session.order).dose_mg * 1000)
    ledger.wasted(site, vial, 500_000 - ug, at=left_at)
    ledger.counted(site, 9, at=left_at)
    return left_at, ug


@pytest.mark.hazard("H-54", n=1)
@pytest.mark.hazard("H-50", n=1)
def test_page_paper_and_spreadsheet_say_the_same(site, nurse, session):
    """Every line of the spreadsheet, by its amount, its patient, its people, stands on the paper too."""
    left_at, ug = whole_day(site, session)
    with time_machine.travel(left_at, tick=False):
        nurse = signed_in(site.nurse)
        page = text_of(nurse.get(reverse("ledger-report")))
        paper = nurse.get(reverse("ledger-pdf"))
        sheet = nurse.get(reverse("ledger-csv"))
    assert paper["Content-Type"] == "application/pdf"
    words = " ".join(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(paper.content)).pages).split())
    lines = list(csv.reader(io.StringIO(sheet.content.decode().removeprefix("\ufeff"))))
    assert tuple(lines[0]) == CSV_HEAD
    told = [dict(zip(CSV_HEAD, line, strict=True)) for line in lines[1:]]
    assert [t["what"] for t in told] == ["Received", "Opened", "Given", "Wasted", "Counted"]
    assert [t["amount (mg)"] for t in told] == ["5000", "500", f"{ug / 1000:g}", f"{500 - ug / 1000:g}", "0"]
    given = told[2]
    assert given["patient"] == str(session.patient) and given["substance"] == "ketamine"
    assert given["written by"] == site.nurse.full_name
    assert told[3]["witness"] == site.prescriber.full_name
    for line in told:
        for key in ("patient", "written by", "witness"):
            assert line[key] in words and line[key] in page, (line["what"], key)
    assert f"{ug / 1000:g}\xa0mg" in page
    assert page.count(": none") == 12


@pytest.mark.parametrize(("containers", "said"), [(9, "less"), (11, "more"), (10, "")])
def test_a_count_on_paper_says_what_was_counted_and_by_how_much_it_differs(site, containers, said):
    ledger.received(site)
    ledger.counted(site, containers)
    found = report(site.nurse, first=NOW.date(), last=NOW.date(), at=NOW)
    *_, row = report_data(found)["lines"]
    assert row[1:5] == ["Counted", factories.LOT, f"{containers} vials", row[4]]
    assert row[4] == (f"500\xa0mg {said} than by the ledger" if said else "")


ACTIVE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def test_no_cell_of_the_spreadsheet_is_a_formula(site, nurse, session):
    assert all(plain_cell(text) == f"'{text}" for text in ACTIVE)
    assert plain_cell("A1-7") == "A1-7" and plain_cell("") == ""
    for n, text in enumerate(ACTIVE[:4]):
        ledger.received(site, lot=f"L{n}", supplier=text, document=text)
    sheet = nurse.get(reverse("ledger-csv")).content.decode().removeprefix("\ufeff")
    cells = [cell for line in csv.reader(io.StringIO(sheet)) for cell in line]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell]
    assert sum(cell.startswith("'") for cell in cells) == 4


def test_the_report_shows_what_a_person_should_look_at(site, nurse, session):
    """A dose out of no container, and a lot that moved and was not counted on its day."""
    ledger.received(site, at=NOW - timedelta(days=1))
    factories.give(site, session, at=NOW)
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        page = text_of(signed_in(site.nurse).get(reverse("ledger-report")))
    assert "To look at: 2 of 12" in page
    assert "came out of no opened container" in page and "not counted on it" in page


def test_a_day_before_any_ledger_is_shown_as_the_day_before_its_first(site, nurse, session):
    ledger.received(site)
    for name in ("ledger", "ledger-report", "ledger-pdf", "ledger-csv"):
        for asked in ({"day": "0001-01-01"}, {"first": "0001-01-01", "last": "0001-01-02"}):
            assert nurse.get(reverse(name), asked).status_code == 200, name


@pytest.mark.requirement("SR-18")
def test_every_look_at_a_patient_s_line_is_noted(site, nurse, session):
    """Lot, container, report, paper and spreadsheet name a patient: each leaves who looked (N)."""
    receipt = ledger.received(site)
    vial = ledger.opened(site, session=session.pk)
    doors = [
        reverse("ledger-lot", args=[receipt.pk]), reverse("ledger-container", args=[vial.pk]),
        *(reverse(f"ledger-{name}") for name in ("report", "pdf", "csv")),
    ]  # fmt: skip
    for door in doors:
        assert nurse.get(door).status_code == 200
    seen = RecordView.objects.filter(patient_id=session.patient_id).values_list("page", flat=True)
    assert set(seen) >= {"ledger-lot", "ledger-container", "ledger-report"}
