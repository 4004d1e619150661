"""The monitoring form of one session: answered, finalised, sent. Each act is one row, once."""

from datetime import date, datetime
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, check_page_patient
from posology.clinic.locks import lock_of_clinic
from posology.clinic.rems.actions import RemsRefused, check_day, first_answer
from posology.clinic.rems.gate import SETTING
from posology.clinic.rems.models import (
    LONGEST_ANSWER,
    FinalForm,
    SentForm,
    SessionAnswer,
)
from posology.clinic.rems.permissions import FILL, SEND, check_can
from posology.clinic.rems.queries import FormState, SessionForm, final_for, form_for
from posology.clinic.rems.standing import (
    day_at,
)
from posology.clinic.sessions.models import SessionRow
from posology.knowledge.programmes import load_programmes
from posology.treatment.rems import Ask, OriginKind

_MOST_MINUTES = 24 * 60  # a guard against a slip


@action
def answer_field(
    *,
    row_id: UUID,
    session_id: UUID,
    field: str,
    value: str,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> SessionAnswer:
    """Record what only a person can know of one session, for one field of its form.

    Raises
    ------
    NotPermitted, NotFound, WrongPatient, RemsRefused, Conflict
        If this person may not, an entry of the session tells it already, or the value is none.
    """
    check_can(by, FILL)
    session: SessionRow = lock_of_clinic(SessionRow, session_id, by, what="session")
    value = value.strip()
    told = {"session_id": session.pk, "field": field, "value": value}
    known = first_answer(SessionAnswer, row_id, by.clinic_id, told)
    if known:
        return known
    found = form_for(by, session_id, at=at)
    check_page_patient(page_patient_id, found.session.patient)
    if field == SETTING:
        raise RemsRefused("The setting is said by itself, with its reason. Choose it below.", field=field)
    _check_value(found, field, value)
    return SessionAnswer.objects.create(id=row_id, by=by, at=at, **told)


def asks(found: SessionForm, key: str) -> Ask | None:
    """Return how a person may answer a field of this session; ``None`` where an entry tells it, or a page."""
    field = found.form.field(key)
    if field is None:
        return None
    if field.missing is not None:
        return None if field.missing.ask is Ask.LINK else field.missing.ask
    if all(o.kind is OriginKind.ANSWER for o in field.origins) and field.origins:
        return _kind_of(found, key)
    return None


def _kind_of(found: SessionForm, key: str) -> Ask:
    """Return how an answered field was asked, so that the answer can be changed."""
    kind = found.programme.fields[key].kind
    return {"yes_no": Ask.YES_NO, "minutes": Ask.MINUTES, "pressure": Ask.WHY_NOT}.get(kind, Ask.TEXT)


def _check_value(found: SessionForm, key: str, value: str) -> None:
    ask = asks(found, key)
    if ask is None:
        raise RemsRefused(
            "An entry of this session, or of the record, tells this field already. Correct it there.",
            field=key,
        )
    if not value:
        raise RemsRefused("The answer is empty. Choose or write it.", field=key)
    if len(value) > LONGEST_ANSWER:
        raise RemsRefused(f"The answer has {len(value)} characters. Say it in {LONGEST_ANSWER}.", field=key)
    if ask is Ask.YES_NO and value not in {"yes", "no"}:
        raise RemsRefused("The answer is neither yes nor no. Choose one of them.", field=key)
    if ask is Ask.MINUTES and not (value.isascii() and value.isdigit() and int(value) <= _MOST_MINUTES):
        raise RemsRefused(
            f"'{value[:20]}' is no number of minutes. Write whole minutes, as in 95.", field=key
        )


@action
def finalise_form(
    *,
    row_id: UUID,
    session_id: UUID,
    version: str,
    seen_sha256: str,
    because: str = "",
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> FinalForm:
    """Finalise the form of one session as it was seen; a later one amends it, and says why.

    Raises
    ------
    NotPermitted, NotFound, WrongPatient
        If this person may not, or the page was of somebody else.
    RemsRefused
        If the setting has no form, the version is not in use on this day, or a field is not known yet.
    Conflict
        If the record has changed since the page was made.
    """
    check_can(by, FILL)
    session: SessionRow = lock_of_clinic(SessionRow, session_id, by, what="session")
    known = first_answer(FinalForm, row_id, by.clinic_id, {"session_id": session.pk, "sha256": seen_sha256})
    if known:
        return known
    found = form_for(by, session_id, at=at, version=version)
    check_page_patient(page_patient_id, found.session.patient)
    check_may_finalise(found, version=version, because=because, at=at)
    if found.form.sha256 != seen_sha256:
        raise Conflict(
            "The record has changed since this page was made, so the form is not the one you looked at. "
            "Nothing was finalised. Look at it again."
        )
    return FinalForm.objects.create(
        id=row_id,
        session=session,
        number=len(found.finals) + 1,
        programme=found.programme.id,
        version=version,
        knowledge_sha256=load_programmes().stamps[found.programme.id].sha256,
        body=found.form.canonical().decode(),
        sha256=found.form.sha256,
        because=because.strip(),
        by=by,
        at=at,
    )


def check_may_finalise(found: SessionForm, *, version: str, because: str, at: datetime) -> None:
    """Refuse to finalise what is not due, not whole, not in use, or not amended.

    Raises
    ------
    RemsRefused
        With the reason, and what to do.
    """
    if not found.is_due:
        raise RemsRefused(
            "This session has no form: nothing was given, or its setting has none. Suspected adverse events "
            "are reported all the same."
        )
    today = day_at(found.session.patient.clinic, at)
    text = found.programme.versions[version]
    if not text.is_in_use(today):
        retired = text.retired is not None and text.retired <= today
        when = f"retired on {text.retired:%d-%b-%Y}" if retired and text.retired else "not in use yet"
        raise RemsRefused(
            f"The {text.title.lower()} is {when}, so it cannot be finalised. Take the version in use today.",
            field="version",
        )
    if found.form.unfinished:
        names = "; ".join(f.label for f in found.form.unfinished)
        raise RemsRefused(f"Not known yet: {names}. Complete these first.")
    if found.final is not None and not because.strip():
        raise RemsRefused("A finalised form stands. Say why it is amended.", field="because")
    if found.stands in {FormState.FINAL, FormState.SENT} and found.final and found.final.version == version:
        raise RemsRefused("Nothing has changed since the form was finalised, so there is nothing to amend.")


@action
def record_sent(*, row_id: UUID, form_id: UUID, on: date, way: str, by: User, at: datetime) -> SentForm:
    """Record that a finalised form was given to the programme: on which day, and how.

    Raises
    ------
    NotPermitted, NotFound, RemsRefused, Conflict
        If this person may not, the day does not fit, or it was sent before.
    """
    check_can(by, SEND)
    form = final_for(by, form_id)
    lock_of_clinic(SessionRow, form.session_id, by, what="session")
    told = {"form_id": form.pk, "on": on, "way": way.strip()}
    known = first_answer(SentForm, row_id, by.clinic_id, told)
    if known:
        return known
    clinic = form.session.patient.clinic
    check_day(on, clinic, at)
    if on < day_at(clinic, form.at):
        raise RemsRefused(
            f"The form was finalised on {day_at(clinic, form.at):%d-%b-%Y}, so it was not sent before. "
            "Check the day.",
            field="on",
        )
    if not told["way"]:
        raise RemsRefused("How it was sent is empty. Write it, as in: portal, fax.", field="way")
    if SentForm.objects.for_clinic(by.clinic_id).filter(form=form).exists():
        raise RemsRefused("This form is recorded as sent already. Reload the page.")
    return SentForm.objects.create(id=row_id, by=by, at=at, **told)
