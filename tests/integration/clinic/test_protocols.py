"""A site's own protocols: two people, a day, and what was in force when."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from posology.clinic.care.queries import advice_for
from posology.clinic.conflicts import Conflict
from posology.clinic.protocols import actions
from posology.clinic.protocols.models import SiteVersion, VersionStepRow
from posology.clinic.protocols.queries import library_at, versions_of
from posology.clinic.protocols.steps import ProtocolRefused
from posology.knowledge import load_library
from posology.knowledge.editing import Changes, EditRefused, ValueChange
from posology.knowledge.lifecycle import VersionState
from tests import factories, site_protocols
from tests.cases import NOW
from tests.factories import Site
from tests.site_protocols import LOWER, approval, drafted, in_force, submitted, told

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def site() -> Site:
    return factories.site("North Clinic")


def offered(site: Site, *, at=LATER) -> set[str]:
    of = factories.patient(site)
    factories.assess_fully(site, of)
    factories.fill_form(site, of)
    return {option.protocol_id for option in advice_for(of, as_of=at).options}


def state(site: Site, row: SiteVersion, *, at=LATER) -> VersionState:
    return told(site, row, at=at).state


# ---------------------------------------------------------------- the life
def test_a_fork_is_offered_in_the_place_of_the_product_s_from_its_day_on(site):
    row = in_force(site, at=NOW, on=NOW.date() + timedelta(days=3))
    assert state(site, row) is VersionState.APPROVED
    assert "ketamine-iv" in offered(site)
    then = NOW + timedelta(days=3)
    assert state(site, row, at=then) is VersionState.IN_FORCE
    of = factories.patient(site)
    factories.assess_fully(site, of, at=then)
    factories.fill_form(site, of, at=then)
    options = [o for o in advice_for(of, as_of=then).options if o.route == "intravenous"]
    assert {o.protocol_id for o in options} == {"north-clinic-ketamine-iv"}
    assert LOWER in {o.dose.level for o in options if o.dose}
    assert "ketamine-iv" in library_at(site.clinic, then).protocols, "the rules still name it"


def test_another_clinic_decides_by_the_product_s(site):
    in_force(site, at=NOW)
    other = factories.site("South Clinic")
    assert "north-clinic-ketamine-iv" in offered(site)
    assert "ketamine-iv" in offered(other) and "north-clinic-ketamine-iv" not in offered(other)


def test_what_was_in_force_before_the_approval_stays_what_it_was(site):
    in_force(site, at=NOW)
    assert library_at(site.clinic, NOW).sha256 == load_library().sha256
    assert library_at(site.clinic, LATER).sha256 != load_library().sha256


def test_a_version_that_is_returned_is_edited_and_submitted_again(site):
    row = submitted(site, at=NOW)
    actions.return_version(
        version_id=row.pk,
        step_id=uuid4(),
        page_sha256=told(site, row, at=NOW).text.sha256,
        reason="Say why it begins lower.",
        by=site.director,
        at=NOW,
    )
    assert state(site, row) is VersionState.RETURNED
    changes = Changes(
        values=(ValueChange("dose_start", Decimal("0.3"), NOW.date(), "Most of ours are frail."),)
    )
    actions.save_draft(
        version_id=row.pk,
        text_id=uuid4(),
        page_sha256=told(site, row, at=NOW).text.sha256,
        changes=changes,
        by=site.prescriber,
        at=NOW,
    )
    actions.submit_version(
        version_id=row.pk,
        step_id=uuid4(),
        page_sha256=told(site, row, at=NOW).text.sha256,
        effective_on=NOW.date(),
        by=site.prescriber,
        at=NOW,
    )
    actions.approve_version(**approval(site, row, at=LATER))
    assert state(site, row) is VersionState.IN_FORCE


def test_a_later_version_supersedes_and_a_retirement_brings_the_product_s_back(site):
    first = in_force(site, at=NOW)
    later = NOW + timedelta(days=2)
    second = in_force(site, at=later, changes=site_protocols.lower_start(later.date(), Decimal("0.3")))
    after = later + timedelta(minutes=5)
    assert state(site, first, at=after) is VersionState.SUPERSEDED
    assert state(site, second, at=after) is VersionState.IN_FORCE
    assert library_at(site.clinic, after).protocols["north-clinic-ketamine-iv"].version == 2
    assert library_at(site.clinic, later).protocols["north-clinic-ketamine-iv"].version == 1
    actions.ask_retirement(
        version_id=second.pk,
        step_id=uuid4(),
        reason="The product's suits us now.",
        by=site.prescriber,
        at=after,
    )
    assert library_at(site.clinic, after).protocols["north-clinic-ketamine-iv"].version == 2, "still in force"
    actions.decide_retirement(
        version_id=second.pk, step_id=uuid4(), retire=True, password_checked=True, by=site.director, at=after
    )
    assert state(site, second, at=after) is VersionState.RETIRED
    assert library_at(site.clinic, after).sha256 == load_library().sha256
    assert "ketamine-iv" in offered(site, at=after + timedelta(minutes=1))


def test_a_retirement_that_is_not_wanted_leaves_it_in_force(site):
    row = in_force(site, at=NOW)
    actions.ask_retirement(
        version_id=row.pk, step_id=uuid4(), reason="Not needed.", by=site.prescriber, at=LATER
    )
    actions.decide_retirement(
        version_id=row.pk,
        step_id=uuid4(),
        retire=False,
        reason="It is needed.",
        password_checked=False,
        by=site.director,
        at=LATER,
    )
    assert state(site, row) is VersionState.IN_FORCE


def test_a_withdrawn_draft_leaves_room_for_the_next(site):
    row = drafted(site, at=NOW)
    with pytest.raises(ProtocolRefused, match="being worked on already"):
        site_protocols.begun(site, at=NOW)
    actions.withdraw_version(
        version_id=row.pk, step_id=uuid4(), reason="Begun by mistake.", by=site.prescriber, at=NOW
    )
    assert site_protocols.begun(site, at=NOW).number == 2


def test_every_step_that_does_not_follow_is_refused(site):
    row = drafted(site, at=NOW)
    with pytest.raises(ProtocolRefused, match="does not follow"):
        actions.approve_version(**approval(site, row, at=NOW, effective_on=NOW.date()))
    with pytest.raises(ProtocolRefused, match="does not follow"):
        actions.ask_retirement(version_id=row.pk, step_id=uuid4(), reason="x", by=site.prescriber, at=NOW)
    actions.withdraw_version(version_id=row.pk, step_id=uuid4(), reason="x", by=site.prescriber, at=NOW)
    with pytest.raises(ProtocolRefused, match="stays as it is"):
        actions.save_draft(
            version_id=row.pk,
            text_id=uuid4(),
            page_sha256=told(site, row, at=NOW).text.sha256,
            changes=Changes(title="Other"),
            by=site.prescriber,
            at=NOW,
        )


def test_a_second_send_of_each_step_gets_its_first_answer(site):
    version_id = uuid4()
    made = [
        actions.begin_version(version_id=version_id, based_on="ketamine-iv", by=site.prescriber, at=NOW)
        for _ in range(2)
    ]
    assert made[0].pk == made[1].pk and SiteVersion.objects.for_clinic(site.clinic).count() == 1
    save = {
        "version_id": version_id,
        "text_id": uuid4(),
        "changes": site_protocols.lower_start(NOW.date()),
        "page_sha256": told(site, version_id, at=NOW).text.sha256,
        "by": site.prescriber,
        "at": NOW,
    }
    assert actions.save_draft(**save).pk == actions.save_draft(**save).pk
    submit = {
        "version_id": version_id,
        "step_id": uuid4(),
        "effective_on": NOW.date(),
        "by": site.prescriber,
        "page_sha256": told(site, version_id, at=NOW).text.sha256,
        "at": NOW,
    }
    assert actions.submit_version(**submit).pk == actions.submit_version(**submit).pk
    approve = approval(site, made[0], at=NOW)
    assert actions.approve_version(**approve).pk == actions.approve_version(**approve).pk
    assert VersionStepRow.objects.for_clinic(site.clinic).count() == 3
    with pytest.raises(Conflict):
        actions.withdraw_version(
            version_id=version_id, step_id=submit["step_id"], reason="x", by=site.prescriber, at=NOW
        )


def test_a_page_made_from_another_text_changes_and_decides_nothing(site):
    row = drafted(site, at=NOW)
    old = told(site, row, at=NOW).texts[0].sha256
    with pytest.raises(Conflict):
        actions.save_draft(
            version_id=row.pk,
            text_id=uuid4(),
            page_sha256=old,
            changes=Changes(title="Other"),
            by=site.prescriber,
            at=NOW,
        )
    with pytest.raises(Conflict):
        actions.submit_version(
            version_id=row.pk,
            step_id=uuid4(),
            page_sha256=old,
            effective_on=NOW.date(),
            by=site.prescriber,
            at=NOW,
        )
    submitted_row = row
    actions.submit_version(
        version_id=row.pk,
        step_id=uuid4(),
        effective_on=NOW.date(),
        by=site.prescriber,
        page_sha256=told(site, row, at=NOW).text.sha256,
        at=NOW,
    )
    with pytest.raises(Conflict):
        actions.approve_version(**approval(site, submitted_row, at=NOW, page_sha256=old))


# ---------------------------------------------------------------- days and bounds
def test_a_day_that_has_passed_is_refused(site):
    row = drafted(site, at=NOW)
    sha = told(site, row, at=NOW).text.sha256
    with pytest.raises(ProtocolRefused, match="has passed"):
        actions.submit_version(
            version_id=row.pk,
            step_id=uuid4(),
            page_sha256=sha,
            by=site.prescriber,
            effective_on=NOW.date() - timedelta(days=1),
            at=NOW,
        )
    actions.submit_version(
        version_id=row.pk,
        step_id=uuid4(),
        page_sha256=sha,
        by=site.prescriber,
        effective_on=NOW.date(),
        at=NOW,
    )
    late = NOW + timedelta(days=2)
    with pytest.raises(ProtocolRefused, match="has passed"):
        actions.approve_version(**approval(site, row, at=late, effective_on=NOW.date()))
    with pytest.raises(ProtocolRefused, match="earlier day was not asked for"):
        actions.approve_version(
            **approval(site, row, at=NOW - timedelta(days=3), effective_on=date(2020, 1, 1))
        )
    actions.approve_version(**approval(site, row, at=late, effective_on=late.date()))
    assert state(site, row, at=late) is VersionState.IN_FORCE


def test_a_draft_that_is_looser_is_kept_and_not_submitted(site):
    changes = Changes(
        values=(
            ValueChange("dose_ceiling", Decimal("1.2"), NOW.date(), "More."),
            ValueChange("session_interval_min", Decimal(24), NOW.date(), "Sooner."),
        )
    )
    row = drafted(site, at=NOW, changes=changes)
    with pytest.raises(ProtocolRefused) as refusal:
        actions.submit_version(
            version_id=row.pk,
            step_id=uuid4(),
            effective_on=NOW.date(),
            by=site.prescriber,
            page_sha256=told(site, row, at=NOW).text.sha256,
            at=NOW,
        )
    said = " ".join(refusal.value.faults)
    assert "Highest dose is 1.2\xa0mg/kg, and the product's is 1\xa0mg/kg" in said
    assert "Smallest gap between two sessions is 24\xa0h, and the product's is 48\xa0h" in said
    assert state(site, row) is VersionState.DRAFT


def test_a_change_without_a_reason_is_refused(site):
    with pytest.raises(EditRefused, match="Say in 1 to 300"):
        drafted(site, at=NOW, changes=Changes(values=(ValueChange("dose_start", LOWER, NOW.date(), " "),)))


def test_a_protocol_that_the_product_only_drafts_is_not_forked(site):
    with pytest.raises(ProtocolRefused, match="not offered"):
        site_protocols.begun(site, at=NOW, based_on="ketamine-sl")


def test_the_approved_text_names_author_and_reviewer(site):
    row = in_force(site, at=NOW)
    file = library_at(site.clinic, LATER).protocols["north-clinic-ketamine-iv"]
    assert (file.authored_by, file.reviewed_by) == ("Synthetic, Prescriber", "Synthetic, Medical director")
    assert file.status == "active" and file.based_on == "ketamine-iv"
    late = file.review_due
    assert "north-clinic-ketamine-iv" in library_at(site.clinic, LATER).overdue(late)
    assert versions_of(row.protocol, on=NOW.date())[0].effective_on == NOW.date()


def test_a_draft_that_no_course_can_be_begun_by_is_not_submitted(site):
    """A highest rate below that of the usual first dose over the usual time: tighter, and no dose fits it."""
    changes = Changes(values=(ValueChange("rate_ceiling", Decimal("0.001"), NOW.date(), "Slower."),))
    with pytest.raises(ProtocolRefused, match="no course can be begun"):
        submitted(site, at=NOW, changes=changes)
