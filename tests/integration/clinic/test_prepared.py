"""A query that is put together once answers as Django's own would, for whatever values it is asked."""

import contextlib
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import NotSupportedError, connection, connections, transaction
from django.db.models import CharField, IntegerField, UUIDField
from django.test.utils import CaptureQueriesContext

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import NotFound
from posology.clinic.locks import lock_of_clinic, lock_patient
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared
from posology.clinic.scope import UnscopedQuery
from posology.clinic.sessions.holding import hold
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import known_events, session_for
from tests import factories
from tests.cases import NOW


def fields_of(row):
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}


def whole(row):
    """Return a session with everything that it was read with, each value as its field gives it."""
    parts = (row, row.order, row.order.signature, row.order.course, row.patient, row.patient.clinic)
    return [(type(part), fields_of(part)) for part in parts]


@pytest.fixture
def site(db):
    return factories.site()


@pytest.fixture
def sessions(site):
    return factories.signed_sessions(site, "Ada", "Bea", "Cleo")


def test_a_session_is_found_whole_as_django_finds_it(site, sessions):
    for one in (*sessions, *reversed(sessions)):
        rows = SessionRow.objects.for_clinic(site.clinic)
        by_django = rows.select_related("order__signature", "order__course", "patient__clinic").get(pk=one.pk)
        with CaptureQueriesContext(connection) as asked:
            found = session_for(site.nurse, one.pk)
            assert whole(found) == whole(by_django)
        assert len(asked) == 1, "what is read with it is asked for again"
        assert session_for(site.nurse, str(one.pk)) == found


def test_another_clinics_row_is_not_found(site, sessions):
    other = factories.site(name="Another clinic")
    with pytest.raises(NotFound):
        session_for(other.nurse, sessions[0].pk)
    with pytest.raises(NotFound):
        lock_of_clinic(SessionRow, sessions[0].pk, other.nurse, what="session")


def test_rows_come_in_their_order_and_only_those_asked_for(site, sessions):
    factories.pass_gate(site, sessions[0], at=NOW)
    told = Prepared(
        lambda session, position: (
            EventRow.objects.everywhere(because="of a test")
            .filter(session=session, position__gte=position)
            .order_by("-position")
        ),
        UUIDField(),
        IntegerField(),
    )
    last = EventRow.objects.everywhere(because="of a test").filter(session=sessions[0]).count()
    assert last > 4
    for first in range(1, last + 2):
        assert [e.position for e in told.all(sessions[0].pk, first)] == list(range(last, first - 1, -1))
    assert told.all(sessions[1].pk, 1) == [] and told.one(sessions[1].pk, 1) is None


def test_many_ids_and_one_are_told_alike(site, sessions):
    factories.pass_gate(site, sessions[0], at=NOW)
    rows = list(EventRow.objects.everywhere(because="of a test"))
    by_one = {key: row for row in rows for key, row in known_events([row.pk, uuid4()][:1]).items()}
    assert {k: fields_of(v) for k, v in by_one.items()} == {r.pk: fields_of(r) for r in rows}
    assert known_events([r.pk for r in rows]) == by_one and known_events([uuid4()]) == {}


def test_a_text_is_a_value_and_no_part_of_the_query(site):
    by_name = Prepared(lambda name: User.objects.filter(username=name), CharField())
    assert by_name.one(site.nurse.username) == site.nurse
    for hostile in ("' OR 1=1 --", "%", "%s", '"', "", "\\"):
        assert by_name.all(hostile) == []


def test_what_cannot_be_a_value_is_refused(site):
    with pytest.raises(TypeError, match="takes 2 values and was given 1"):
        Prepared(lambda a, b: User.objects.filter(pk=a, clinic=b), UUIDField(), UUIDField()).all(uuid4())
    with pytest.raises(ValidationError):
        session_for(site.nurse, "no id")


def test_a_query_without_a_scope_is_not_put_together(site):
    with pytest.raises(UnscopedQuery):
        Prepared(lambda key: Patient.objects.filter(pk=key), UUIDField()).one(uuid4())


@pytest.mark.django_db(transaction=True)
def test_a_row_is_locked_within_a_transaction_only():
    site = factories.site()
    patient = factories.patient(site)
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        assert lock_patient(patient).clinic == site.clinic
    if connection.vendor == "postgresql":
        assert "FOR NO KEY UPDATE OF" in asked[0]["sql"]
        with pytest.raises(transaction.TransactionManagementError, match="within a transaction"):
            lock_patient(patient)


def test_a_held_session_is_whole_and_of_the_persons_clinic(site, sessions):
    other = factories.site(name="Another clinic")
    for one in sessions:
        with transaction.atomic():
            with CaptureQueriesContext(connection) as asked:
                assert whole(hold(site.nurse, one.pk)) == whole(session_for(site.nurse, one.pk))
            assert len(asked) == 3, "the patient, then the session; and once more to compare"
            with pytest.raises(NotFound):
                hold(other.nurse, one.pk)
    with transaction.atomic(), pytest.raises(NotFound):
        hold(site.nurse, uuid4())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_plan_of_before_a_migration_is_made_anew():
    """A column's type changes under a query whose plan PostgreSQL keeps: it is asked again without a word.

    Within a transaction, which cannot go on, it fails, and the connection is a new one for the next.
    """
    site = factories.site()
    query = Prepared(lambda key: User.objects.filter(pk=key), UUIDField())

    def resize(length: int) -> None:
        other = connections.create_connection("default")  # psycopg itself lets go of plans where it alters
        with contextlib.closing(other), other.cursor() as cursor:
            cursor.execute(f"ALTER TABLE accounts_user ALTER COLUMN full_name TYPE varchar({length})")

    length = User._meta.get_field("full_name").max_length
    try:
        for longer in (1, 2):
            for _ in range(8):
                assert query.one(site.nurse.pk) == site.nurse
            resize(length + longer)
            if longer == 2:
                with pytest.raises(NotSupportedError), transaction.atomic():
                    query.one(site.nurse.pk)
                connection.close_if_unusable_or_obsolete()  # as at the end of each request
            assert query.one(site.nurse.pk) == site.nurse
    finally:
        resize(length)
