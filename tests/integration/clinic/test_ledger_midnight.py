"""An infusion over the clinic's midnight: what ran in on each day stands on that day, everywhere."""

import json
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from posology.clinic.ledger.models import Kind
from posology.clinic.ledger.queries import GIVEN, container_view, ledger_day
from posology.clinic.ledger.reports import report
from posology.clinic.ledger.settling import close_day
from posology.treatment.ledger import Lot
from posology.treatment.ledger_days import Passage
from posology.treatment.ledger_signs import Pattern
from posology.web.ledger.papers import csv_lines, report_data
from tests import factories, ledger, rems
from tests.cases import NOW

pytestmark = pytest.mark.django_db

LOT = Lot(ledger.VIALS, factories.LOT)
VIAL_UG = 500_000
# Where the clinic is it is midnight now, while the calendar of the server stands in the afternoon.
ZONE = "Asia/Tokyo"
BEGUN = NOW - timedelta(minutes=10)
EVENING, MORNING = date(2026, 11, 24), date(2026, 11, 25)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def site():
    return factories.site(zone=ZONE)


@pytest.fixture
def night(site):
    """Return the site, the dose in µg, the vial, and when the patient left; nothing is wasted yet."""
    patient = factories.patient(site)
    factories.assess_fully(site, patient, at=BEGUN)
    session = factories.signed_order(site, patient, at=BEGUN).session
    ledger.received(site)
    vial = ledger.opened(site, session=session.pk, at=BEGUN)
    left_at = factories.give(site, session, at=BEGUN)
    return site, int(factories.order_of(session.order).dose_mg * 1000), vial, left_at


def parts(dose_ug: int) -> tuple[int, int]:
    """Return what ran in within ten of forty minutes, and the rest."""
    return round(dose_ug / 4), dose_ug - round(dose_ug / 4)


def passage(site, on: date, *, now: datetime = LATER) -> Passage:
    return ledger_day(site.nurse, on=on, now=now).passages[LOT]


@pytest.mark.hazard("H-50", n=2)
def test_both_days_add_up_and_the_second_begins_with_what_the_first_left(night):
    site, dose_ug, _, _ = night
    before, after = parts(dose_ug)
    evening, morning = passage(site, EVENING), passage(site, MORNING)
    assert (evening.given_ug, morning.given_ug) == (before, after)
    assert (evening.after_ug, morning.before_ug) == (10 * VIAL_UG - before,) * 2
    assert (evening.out_of_balance_ug, morning.out_of_balance_ug) == (0, 0)
    assert passage(site, EVENING, now=NOW) == evening


@pytest.mark.hazard("H-50", n=3)
def test_the_reports_of_each_day_and_of_both_agree(night):
    site, dose_ug, _, _ = night
    before, after = parts(dose_ug)

    def given(first: date, last: date) -> tuple[int, list[int]]:
        found = report(site.nurse, first=first, last=last, at=LATER)
        return found.passages[LOT].given_ug, [line.ug for line in found.lines if line.kind == GIVEN]

    assert given(EVENING, EVENING) == (before, [before])
    assert given(MORNING, MORNING) == (after, [after])
    assert given(EVENING, MORNING) == (dose_ug, [before, after])


def test_each_line_says_on_paper_that_it_is_a_part(night):
    site = night[0]
    found = report(site.nurse, first=EVENING, last=MORNING, at=LATER)
    first, second = (row for row in csv_lines(found) if row[2] == "Given")
    assert (first[0], second[0]) == ("24-Nov-2026 23:50", "25-Nov-2026 00:00")
    assert (first[1], second[1]) == ("2026-11-24T14:50:00+00:00", "2026-11-24T15:00:00+00:00")
    assert "until midnight; the rest is on the next day" in first[12]
    assert "after midnight, begun 24-Nov-2026 23:50" in second[12]
    assert "after midnight, begun 24-Nov-2026 23:50" in json.dumps(report_data(found))


@pytest.mark.hazard("H-50", n=2)
def test_the_vial_is_accounted_for_and_both_days_close_with_what_each_gave(night):
    site, dose_ug, vial, left_at = night
    ledger.wasted(site, vial, VIAL_UG - dose_ug, at=left_at)
    view = container_view(site.nurse, vial.pk, at=left_at)
    assert (view.container.given_ug, view.container.remaining_ug) == (dose_ug, 0)
    ledger.counted(site, 9, at=left_at)
    said = {}
    for on in (EVENING, MORNING):
        row = close_day(row_id=uuid4(), on=on, by=site.nurse, at=left_at)
        assert row.kind == Kind.CLOSED
        said[on] = list(json.loads(row.body)["given_ug"].values())
    before, after = parts(dose_ug)
    assert said == {EVENING: [before], MORNING: [after]}
    seen = report(site.nurse, first=EVENING, last=MORNING, at=LATER).signs
    # The count came after midnight: that is seen, and that a day changed after its close is not.
    assert {pattern for pattern, mine in seen.items() if mine} == {Pattern.COUNT_SKIPPED}


@pytest.mark.hazard("H-50", n=2)
def test_what_was_given_at_the_stroke_of_midnight_is_of_the_next_day_alone(site):
    """A device that was opened in the evening and used at 00:00 is still whole when the evening ends."""
    nasal = rems.Nasal(site=site)
    ledger.received(site, product=ledger.DEVICES)
    ledger.opened(site, session=nasal.session.pk, product=ledger.DEVICES, at=BEGUN)
    nasal.start()
    evening, morning = (ledger_day(site.nurse, on=on, now=LATER) for on in (EVENING, MORNING))
    for day in (evening, morning):
        assert sum(c.remaining_ug for c in day.containers) == sum(p.open_ug for p in day.passages.values())
    assert [c.remaining_ug for c in evening.containers] == [28_000]
    found = report(site.nurse, first=EVENING, last=EVENING, at=LATER)
    assert [s for mine in found.signs.values() for s in mine if s.at >= NOW] == []


def test_a_day_that_was_closed_after_midnight_stands_as_closed_in_its_own_report(night):
    site, dose_ug, vial, left_at = night
    ledger.wasted(site, vial, VIAL_UG - dose_ug, at=left_at)
    ledger.counted(site, 9, at=left_at)
    close_day(row_id=uuid4(), on=EVENING, by=site.nurse, at=left_at)
    (closed,) = report(site.nurse, first=EVENING, last=EVENING, at=LATER).days
    assert (closed.kind, closed.on, closed.at) == (Kind.CLOSED, EVENING, left_at)
    assert report(site.nurse, first=MORNING, last=MORNING, at=LATER).days == ()


def test_what_was_found_after_a_span_is_not_in_its_report(site):
    ledger.received(site)
    short = ledger.counted(site, 9, at=LATER)
    assert report(site.nurse, first=EVENING, last=MORNING, at=LATER).discrepancies == ()
    (found,) = report(site.nurse, first=EVENING, last=MORNING + timedelta(days=3), at=LATER).discrepancies
    assert found.act == short
