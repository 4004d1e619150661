"""Who may decide on a site's protocol, and that what was decided stays: two people, and stored texts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from posology.clinic.accounts.actions import AccountError
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.protocols import actions
from posology.clinic.protocols.models import VersionText
from posology.clinic.protocols.queries import ProtocolAltered, library_at
from posology.clinic.protocols.steps import ProtocolRefused
from posology.knowledge.editing import Changes
from posology.knowledge.lifecycle import VersionState
from posology.knowledge.overlay import sha256_of
from tests import factories, site_protocols
from tests.cases import NOW
from tests.factories import Site
from tests.site_protocols import approval, drafted, in_force, second_prescriber, submitted, told

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def site() -> Site:
    return factories.site("North Clinic")


# ---------------------------------------------------------------- two people
@pytest.mark.requirement("SR-16")
@pytest.mark.hazard("H-17")
def test_nobody_approves_what_they_wrote_under_whatever_account(site, record_property):
    """The author, and accounts that differ from the author's by case, accents, order of names, spaces, signs,
    a title or a plus-address: each is refused; N is the number of accounts. Someone else is let through."""
    author = second_prescriber(site, username="ada.nord@north.example", full_name="Nörd, Ada")
    row = site_protocols.begun(site, at=NOW, by=author)
    actions.submit_version(
        version_id=row.pk,
        step_id=uuid4(),
        effective_on=NOW.date(),
        by=author,
        page_sha256=told(site, row, at=NOW).text.sha256,
        at=NOW,
    )
    accounts = (
        ("ADA.nord@North.example", "Somebody Else"),
        ("ada.nord+two@north.example", "Somebody Else Too"),
        ("other-1", "Nörd,  ada"),
        ("other-2", "NORD, ADA"),
        ("other-3", "Ada Nord"),
        ("other-4", "Dr. Ada Nord"),
        ("other-5", "Ada-Nord"),
    )
    same = [author, *(second_prescriber(site, username=u, full_name=n) for u, n in accounts)]
    for person in same:
        with pytest.raises(NotPermitted, match="second person"):
            actions.approve_version(**approval(site, row, at=NOW, by=person))
        with pytest.raises(NotPermitted, match="second person"):
            actions.return_version(
                version_id=row.pk,
                step_id=uuid4(),
                reason="x",
                by=person,
                at=NOW,
                page_sha256=told(site, row, at=NOW).text.sha256,
            )
    record_property("n", len(same))
    actions.approve_version(**approval(site, row, at=NOW, by=site.prescriber))
    assert told(site, row, at=LATER).state is VersionState.IN_FORCE


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize(
    ("username", "full_name"),
    [("other", "N\u200bord, Ada"), ("o\u200bther", "Nord, Eva"), ("other", "N\u043erd, Ada")],
)
def test_no_account_is_made_whose_name_hides_or_imitates_a_letter(site, username, full_name):
    with pytest.raises(AccountError, match="Type it"):
        second_prescriber(site, username=username, full_name=full_name)


@pytest.mark.requirement("SR-16")
def test_everyone_who_edited_a_draft_is_an_author_of_it(site):
    row = drafted(site, at=NOW)
    actions.save_draft(
        version_id=row.pk,
        text_id=uuid4(),
        page_sha256=told(site, row, at=NOW).text.sha256,
        changes=Changes(title="Ours"),
        by=site.director,
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
    with pytest.raises(NotPermitted, match="second person"):
        actions.approve_version(**approval(site, row, at=NOW, by=site.director))
    assert actions.approve_version(**approval(site, row, at=NOW, by=second_prescriber(site)))


@pytest.mark.requirement("SR-16")
def test_nobody_retires_alone(site):
    row = in_force(site, at=NOW)
    actions.ask_retirement(
        version_id=row.pk, step_id=uuid4(), reason="Not needed.", by=site.director, at=LATER
    )
    with pytest.raises(NotPermitted, match="second person"):
        actions.decide_retirement(
            version_id=row.pk, step_id=uuid4(), retire=True, password_checked=True, by=site.director, at=LATER
        )


@pytest.mark.requirement("SR-09")
def test_an_approval_asks_for_the_password(site):
    row = submitted(site, at=NOW)
    with pytest.raises(ProtocolRefused, match="password"):
        actions.approve_version(**approval(site, row, at=NOW, password_checked=False))


def test_nurse_and_administrator_change_nothing_and_another_clinic_finds_nothing(site):
    row = submitted(site, at=NOW)
    for person in (site.nurse, site.administrator):
        with pytest.raises(NotPermitted):
            actions.begin_version(version_id=uuid4(), based_on="ketamine-im", by=person, at=NOW)
        with pytest.raises(NotPermitted):
            actions.approve_version(**approval(site, row, at=NOW, by=person))
    other = factories.site("South Clinic")
    with pytest.raises(NotFound):
        actions.approve_version(**approval(site, row, at=NOW, by=other.director))
    with pytest.raises(NotFound):
        actions.withdraw_version(version_id=row.pk, step_id=uuid4(), reason="x", by=other.prescriber, at=NOW)


# ---------------------------------------------------------------- what is stored stays
@pytest.mark.hazard("H-17")
def test_what_was_written_and_decided_is_never_changed_or_removed(site, record_property):
    """Each table × update and delete, straight at the database: refused; N is the number of tries."""
    in_force(site, at=NOW)
    tables = (
        "protocols_siteprotocol",
        "protocols_siteversion",
        "protocols_versiontext",
        "protocols_versionsteprow",
    )
    tried = 0
    for table in tables:
        column = "name" if table.endswith("protocol") else "id"
        for sql in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
            tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-17")
def test_any_one_digit_changed_in_a_stored_text_is_refused(site, record_property, monkeypatch):
    """Each digit of the approved text in turn, as the database would give it back altered: the clinic's
    library refuses to load; N is the number of digits."""
    row = in_force(site, at=NOW)
    text = told(site, row, at=LATER).text
    raw, tried = text.text, 0
    for at in [i for i, letter in enumerate(raw) if letter.isdigit()]:
        altered = raw[:at] + str((int(raw[at]) + 1) % 10) + raw[at + 1 :]
        monkeypatch.setattr(VersionText, "from_db", classmethod(_given_back(altered)))
        with pytest.raises(ProtocolAltered, match="not the one"):
            library_at(site.clinic, LATER)
        tried += 1
    monkeypatch.undo()
    assert library_at(site.clinic, LATER).stamps["north-clinic-ketamine-iv"].sha256 == sha256_of(raw.encode())
    record_property("n", tried)
    assert tried > 200


def _given_back(altered):
    original = VersionText.from_db.__func__

    def from_db(cls, db, names, values):
        row = original(cls, db, names, values)
        row.text = altered
        return row

    return from_db
