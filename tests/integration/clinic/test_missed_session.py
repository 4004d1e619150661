"""A session missed, a long break and a dose that helped before: from the record to the signature."""

from datetime import timedelta

import pytest

from posology.clinic.care.queries import advice_for
from posology.clinic.care.signing import SigningRefused
from posology.clinic.orders.models import OverrideRow
from posology.recommendation import IntervalChange
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db

MISSED, BREAK = "adjustments/missed-session", "adjustments/long-break"


def treated(away: int):
    """One infusion, then nothing for so many days; scored and asked anew. Return site, patient, moment."""
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    factories.fill_form(site, patient, [2] * 8 + [0], at=NOW - timedelta(hours=1))
    session = factories.signed_order(site, patient).session
    factories.pass_gate(site, session, at=NOW)
    factories.give(site, session, at=NOW)
    later = NOW + timedelta(days=away)
    factories.fill_form(site, patient, [2] * 7 + [0, 0], at=later - timedelta(hours=1))
    factories.assess_fully(site, patient, at=later)
    return site, patient, later


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize(("away", "rule"), [(12, MISSED), (200, BREAK)])
def test_no_order_is_signed_after_a_gap_without_a_prescriber_s_reason(away, rule):
    site, patient, later = treated(away)
    options = [o for o in advice_for(patient, as_of=later).options if o.dose]
    assert options and all(rule in {f.rule for f in o.blocked_by} for o in options)
    chosen = options[0]
    with pytest.raises(SigningRefused, match="holds this option up"):
        factories.signed_order(site, patient, at=later, option_id=chosen.id, overrides={})
    reasons = {f.rule: "Was away on a journey; nothing else changed." for f in chosen.blocked_by}
    signed = factories.signed_order(site, patient, at=later, option_id=chosen.id, overrides=reasons)
    kept = OverrideRow.objects.for_clinic(site.clinic).filter(order=signed.order)
    assert {row.rule for row in kept} == set(reasons)


def test_after_a_long_break_the_induction_is_begun_anew_or_ended():
    _, patient, later = treated(200)
    ways = {o.interval_change for o in advice_for(patient, as_of=later).options if o.dose}
    assert ways == {IntervalChange.RESTART}


def test_on_time_nothing_is_held():
    _, patient, later = treated(3)
    options = [o for o in advice_for(patient, as_of=later).options if o.dose]
    assert options and not any(o.blocked_by for o in options)
