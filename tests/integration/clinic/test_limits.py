"""Limits through the clinic's own actions: at signing and at the start, on both sides of each edge."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from posology.case import Answer
from posology.clinic.care.actions import sign_order
from posology.clinic.care.queries import advice_for, case_of, given_before
from posology.clinic.care.session import record_event, start_of
from posology.clinic.care.signing import SigningRefused
from posology.clinic.orders.actions import end_course
from posology.clinic.orders.models import OverrideRow
from posology.clinic.orders.stored import check_intact, order_of
from posology.clinic.protocols.actions import ask_retirement, decide_retirement
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.queries import state_of
from posology.knowledge import load_library
from posology.protocols import History, TooSoon, Verdict
from posology.protocols.history import Given
from posology.protocols.limits import Intended, LimitExceeded, check_limits
from posology.treatment.policies import NotAllowed, obstacles_to_start
from tests import factories, site_protocols
from tests.cases import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST = NOW - 40 * DAY


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site, at=FIRST - DAY)
    factories.assess_fully(site, made, at=FIRST)
    factories.fill_form(site, made, [3] * 8 + [0], at=FIRST - timedelta(minutes=2))
    return made


def signing_at(site, patient, at, *, when=None, **changes):
    """Return what signs the same dose as before, for a session at a moment."""
    factories.assess_fully(site, patient, at=at)
    factories.fill_form(site, patient, [2] * 8 + [0], at=at - timedelta(minutes=2))
    return factories.signing(site, patient, at=at, scheduled_at=when or at, **changes)


def given_at(site, patient, at, **changes):
    """Sign an order, and tell its infusion of 40 min afterwards, as from paper."""
    sent = signing_at(site, patient, at, **changes)
    signed = sign_order(**sent)
    told(site, signed.session, at)
    return signed


def told(site, session, at):
    """Tell an infusion afterwards."""
    later = {"happened_before": True, "at": at + timedelta(hours=1)}
    given = {"dose_mg": str(order_of(session.order).dose_mg), "lot": "SYNTHETIC-1", "minutes": 40}
    factories.event(site, session, "administration_started", occurred_at=at, **later, **given)
    factories.event(
        site,
        session,
        "infusion_stopped",
        occurred_at=at + timedelta(minutes=40),
        reason="The dose is complete.",
        complete=True,
        **later,
    )


def moved(site, session, *, to, at):
    """Correct the moment of a session's dose."""
    rows = EventRow.objects.everywhere(because="test").filter(session=session)
    begun = next(row for row in rows if row.kind == "administration_started")
    record_event(
        session_id=session.pk,
        event_id=uuid4(),
        kind="corrected",
        payload={
            "event_id": str(begun.pk),
            "reason": "Written on the wrong day.",
            "occurred_at": to.isoformat(),
        },
        occurred_at=at,
        by=site.nurse,
        at=at,
    )


def start(site, session, at):
    factories.pass_gate(site, session, at=at)
    return factories.event(site, session, "administration_started", at=at, **factories.starting(session))


# ---------------------------------------------------------------- the interval


@pytest.mark.hazard("H-23")
def test_48_hours_are_48_hours_at_signing_and_at_the_start(site, patient):
    """N = 4: 47:59:59 and 48:00:00 after the last dose, at signing and at the start."""
    given_at(site, patient, FIRST)
    sent = signing_at(site, patient, FIRST + DAY, when=FIRST + 2 * DAY - timedelta(seconds=1))
    with pytest.raises(TooSoon):
        sign_order(**sent)
    signed = sign_order(**sent | {"scheduled_at": FIRST + 2 * DAY})
    factories.assess_fully(site, patient, at=FIRST + 2 * DAY - timedelta(minutes=1))
    with pytest.raises(NotAllowed) as refused:
        start(site, signed.session, FIRST + 2 * DAY - timedelta(seconds=1))
    assert [o.key for o in refused.value.obstacles] == ["interval"]
    at = FIRST + 2 * DAY
    begun = factories.event(
        site, signed.session, "administration_started", at=at, **factories.starting(signed.session)
    )
    assert begun.state.phase == "running"


# ---------------------------------------------------------------- windows


@pytest.mark.hazard("H-23")
def test_the_window_of_28_days_opens_on_the_29th(site, patient):
    """N = 2 days: eight infusions on days 1 to 25; on day 28 a ninth is held, on day 29 the first is out."""
    for n in (0, 3, 7, 10, 14, 17, 21, 24):
        given_at(site, patient, FIRST + n * DAY)
    at = FIRST + 26 * DAY
    held = signing_at(site, patient, at, when=FIRST + 27 * DAY)
    assert held["overrides"] == {}, "on the planned day no limit is met"
    with pytest.raises(SigningRefused, match="9 sessions fall into 28 days") as refused:
        sign_order(**held)
    assert refused.value.field == "overrides"
    assert sign_order(**held | {"scheduled_at": FIRST + 28 * DAY}).order.status == "active"


@pytest.mark.hazard("H-23")
def test_a_soft_limit_is_passed_by_a_reason_that_is_signed_and_counts_at_the_start(site, patient):
    """N = 1: a fourth infusion in 7 days, with its reason in the order, its row, and under its hash."""
    for n in (0, 2, 4):
        given_at(site, patient, FIRST + n * DAY)
    rule = "limits/ketamine-iv/sessions-in-7-days-hold-above"
    amount = "limits/ketamine-iv/amount-in-7-days-hold-above"
    at = FIRST + 6 * DAY
    sent = signing_at(site, patient, at)
    with pytest.raises(SigningRefused, match="holds this option up"):
        sign_order(**sent)
    with pytest.raises(SigningRefused, match="There is no hold"):
        sign_order(**sent | {"overrides": {"limits/ketamine-iv/none-such": "Because."}})
    why = "Worse since the weekend; the patient goes away on Tuesday."
    signed = sign_order(**sent | {"overrides": {rule: why, amount: why}})
    order = order_of(signed.order)
    assert {(o.rule, o.reason) for o in order.overrides} == {(rule, why), (amount, why)}
    rows = OverrideRow.objects.everywhere(because="test").filter(order=signed.order)
    assert {row.rule for row in rows} == {rule, amount}
    assert start(site, signed.session, at + timedelta(minutes=1)).state.phase == "running"


@pytest.mark.hazard("H-23")
def test_a_limit_that_was_not_met_at_signing_is_asked_anew_at_the_start(site, patient):
    """N = 1: a correction after the signing makes it the fourth in 7 days; a prescriber passes it then."""
    first = given_at(site, patient, FIRST)
    for n in (3, 5):
        given_at(site, patient, FIRST + n * DAY)
    at = FIRST + 8 * DAY
    signed = sign_order(**signing_at(site, patient, at))
    moved(site, first.session, to=FIRST + 2 * DAY, at=at)
    with pytest.raises(NotAllowed) as refused:
        start(site, signed.session, at + timedelta(minutes=1))
    keys = {o.key for o in refused.value.obstacles}
    assert keys == {
        "limits/ketamine-iv/sessions-in-7-days-hold-above",
        "limits/ketamine-iv/amount-in-7-days-hold-above",
    }
    for key in keys:
        factories.event(
            site,
            signed.session,
            "gate_overridden",
            at=at + timedelta(minutes=2),
            by=site.prescriber,
            rule=key,
            reason="Known to the prescriber.",
        )
    begun = factories.event(
        site,
        signed.session,
        "administration_started",
        at=at + timedelta(minutes=3),
        **factories.starting(signed.session),
    )
    assert begun.state.phase == "running"


@pytest.mark.hazard("H-23")
def test_a_reason_covers_the_count_that_was_signed_and_is_asked_again_above_it(site, patient):
    """N = 2 limits: signed for 4 sessions in 7 days, 6 fall into them at the start after two corrections."""
    given = [given_at(site, patient, FIRST + n * DAY) for n in (0, 3, 10, 12, 14)]
    at = FIRST + 16 * DAY
    rules = [f"limits/ketamine-iv/{what}-in-7-days-hold-above" for what in ("sessions", "amount")]
    sent = signing_at(site, patient, at) | {"overrides": dict.fromkeys(rules, "4 in 7 days, agreed.")}
    signed = sign_order(**sent)
    assert {o.counted for o in check_intact(signed.order).overrides} == {"4", "2"}
    assert start_as_of(site, signed.session, at).limits() != ()
    factories.pass_gate(site, signed.session, at=at)
    assert not obstacles_to_start(start_as_of(site, signed.session, at))
    moved(site, given[1].session, to=FIRST + 11 * DAY + timedelta(hours=5), at=at)
    moved(site, given[0].session, to=FIRST + 13 * DAY + timedelta(hours=5), at=at)
    found = obstacles_to_start(start_as_of(site, signed.session, at))
    assert [o.key for o in found] == rules and "6 sessions fall into 7 days" in found[0].sentence


# ---------------------------------------------------------------- other courses


@pytest.mark.hazard("H-23")
def test_a_course_that_ended_still_counts(site, patient):
    """N = 3: the next course, by another protocol, keeps the interval and counts the sessions before it."""
    for n in (0, 2, 4):
        last = given_at(site, patient, FIRST + n * DAY)
    at = FIRST + 5 * DAY
    end_course(course_id=last.order.course_id, because="To another route.", by=site.prescriber, at=at)
    factories.assess_fully(site, patient, at=at)
    too_soon = advice_for(patient, as_of=at)
    assert not [o for o in too_soon.options if o.dose]
    assert all("earliest moment" in " ".join(p.left_out) for p in too_soon.protocols if p.left_out)
    factories.assess_fully(site, patient, at=at + DAY)
    sent = factories.signing(site, patient, at=at + DAY, route="intramuscular")
    assert set(sent["overrides"]) == {"limits/ketamine-im/sessions-in-7-days-hold-above"}
    with pytest.raises(TooSoon):
        sign_order(**sent | {"scheduled_at": at + DAY - timedelta(seconds=1), "at": at + DAY})
    with pytest.raises(SigningRefused, match="4 sessions fall into 7 days"):
        sign_order(**sent | {"overrides": {}})
    assert sign_order(**sent).order.status == "active"
    assert [g.protocol_id for g in given_before(patient, at=at).given] == ["ketamine-iv"] * 3
    assert len(case_of(patient, as_of=at).earlier) == 3
    assert case_of(patient, as_of=at).sessions == ()


def test_what_helped_in_a_course_that_ended_is_told(site, patient):
    """PHQ-9 24 before; 16 after session 1 is no response (33 %), and 8 after session 2 is one (67 %)."""
    given_at(site, patient, FIRST)
    last = given_at(site, patient, FIRST + 3 * DAY)
    factories.fill_form(site, patient, [1] * 8 + [0], at=FIRST + 5 * DAY)
    at = FIRST + 6 * DAY
    end_course(course_id=last.order.course_id, because="The patient is well.", by=site.prescriber, at=at)
    earlier = case_of(patient, as_of=at).earlier
    assert [(d.level, d.helped) for d in earlier] == [
        (Decimal("0.5"), Answer.NO),
        (Decimal("0.5"), Answer.YES),
    ]
    assert all(d.weight_kg == 72 for d in earlier)


# ---------------------------------------------------------------- hard


def test_more_than_the_label_gives_in_28_days_is_refused(site):
    """Eight nasal sessions on days 1 to 25; a ninth on day 28 is refused, whatever reason is given."""
    patient = factories.patient(site, given_name="Bea", at=FIRST - DAY)
    factories.assess_fully(site, patient, at=FIRST)
    factories.fill_form(site, patient, [3] * 8 + [0], at=FIRST - timedelta(minutes=2))
    for n in (0, 3, 7, 10, 14, 17, 21, 24):
        at = FIRST + n * DAY
        signed = sign_order(**signing_at(site, patient, at, route="nasal"))
        nasal_told(site, signed.session, at)
    at = FIRST + 26 * DAY
    sent = signing_at(site, patient, at, when=FIRST + 27 * DAY, route="nasal")
    with pytest.raises(LimitExceeded, match="is the first day that keeps it") as refused:
        sign_order(**sent)
    assert refused.value.limit == "sessions_in_28_days_most"


def nasal_told(site, session, at):
    """Tell the devices of a session afterwards."""
    order = order_of(session.order)
    later = {"happened_before": True, "at": at + timedelta(hours=1)}
    factories.event(
        site,
        session,
        "administration_started",
        occurred_at=at,
        dose_mg=str(order.dose_mg),
        lot="SYNTHETIC-1",
        devices=order.devices,
        **later,
    )
    for n in range(order.devices):
        factories.event(
            site,
            session,
            "device_given",
            occurred_at=at + timedelta(minutes=6 * n),
            number=n + 1,
            lot="SYNTHETIC-1",
            complete=True,
            **later,
        )


# ---------------------------------------------------------------- one protocol, two names


def start_as_of(site, session, at):
    """Return what the start would be judged by at a moment."""
    return start_of(session, state_of(session), at=at)


@pytest.mark.hazard("H-23")
def test_the_last_dose_is_known_when_the_site_s_own_protocol_comes_or_goes(site, patient):
    """N = 2: the site's protocol comes into force after a signing, and is retired after another."""
    given_at(site, patient, FIRST)
    at = FIRST + 3 * DAY
    signed = sign_order(**signing_at(site, patient, at))
    row = site_protocols.in_force(site, at=at + timedelta(minutes=1))
    opened = start_as_of(site, signed.session, at + timedelta(minutes=5))
    assert opened.protocol.id == "ketamine-iv" and opened.limits() == ()
    told(site, signed.session, at + timedelta(minutes=6))
    later = at + 3 * DAY
    second = sign_order(**signing_at(site, patient, later))
    asked = {"version_id": row.pk, "at": later}
    ask_retirement(step_id=uuid4(), reason="Not used any more.", by=site.prescriber, **asked)
    decide_retirement(step_id=uuid4(), retire=True, password_checked=True, by=site.director, **asked)
    opened = start_as_of(site, second.session, later + timedelta(minutes=5))
    assert opened.protocol.id == order_of(second.order).protocol_id != "ketamine-iv" and opened.limits() == ()


@pytest.mark.hazard("H-06")
def test_an_ended_course_lifts_no_limit_of_a_step_up(site):
    """N = 2: 84 mg after 56 mg of a course that was ended is refused for 28 days, and no longer."""
    mdsi, library = load_library().protocol("esketamine-mdsi-us"), load_library()
    last = Given(FIRST, mdsi.id, mdsi.substance, Decimal(56), Decimal(56), None)
    dose = Intended(Decimal(84), Decimal(84), None, None, 3, 1)

    def asked(at):
        return check_limits(mdsi, dose, history=History((last,)), at=at, library=library)

    with pytest.raises(LimitExceeded, match="knows no step up") as refused:
        asked(FIRST + 27 * DAY)
    assert refused.value.limit == "dose_raise_allowed"
    assert asked(FIRST + 28 * DAY) == ()
    kept = {k: v for k, v in mdsi.values.items() if "days" not in k}
    blind = mdsi.model_copy(update={"values": kept})
    (held,) = check_limits(blind, dose, history=History((last,)), at=FIRST + 90 * DAY, library=library)
    assert held.rule == "limits/esketamine-mdsi-us/dose-raise-allowed" and held.verdict is Verdict.HOLD
