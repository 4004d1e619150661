"""A valid new row for every table of a programme, not saved yet."""

from typing import Any
from uuid import uuid4

from posology.clinic.rems.models import (
    Enrolment,
    FinalForm,
    SentForm,
    SessionAnswer,
    SiteCertification,
    StaffContact,
)
from tests.cases import NOW
from tests.rems import PROGRAMME


def _certification(w: Any) -> SiteCertification:
    return SiteCertification(
        id=uuid4(),
        clinic=w.site.clinic,
        programme=PROGRAMME,
        setting="outpatient",
        kind="begins",
        on=NOW.date(),
        number="SYNTHETIC",
        representative="Synthetic, Representative",
        address="1 Synthetic Street",
        by=w.site.director,
        at=NOW,
    )


def _enrolment(w: Any) -> Enrolment:
    return Enrolment(
        id=uuid4(),
        patient=w.patient,
        programme=PROGRAMME,
        kind="begins",
        on=NOW.date(),
        number="SYNTHETIC",
        patient_signed_on=NOW.date(),
        prescriber=w.site.prescriber,
        prescriber_signed_on=NOW.date(),
        by=w.site.prescriber,
        at=NOW,
    )


def _form(w: Any) -> FinalForm:
    last = (
        FinalForm.objects.for_clinic(w.site.clinic).filter(session=w.order.session).order_by("number").last()
    )
    return FinalForm(
        id=uuid4(),
        session=w.order.session,
        number=last.number + 1 if last else 1,
        programme=PROGRAMME,
        version="2025",
        knowledge_sha256="0" * 64,
        body="{}",
        sha256="0" * 64,
        because="Synthetic." if last else "",
        by=w.site.nurse,
        at=NOW,
    )


def _sent(w: Any) -> SentForm:
    form = _form(w)
    form.save()
    return SentForm(id=uuid4(), form=form, on=NOW.date(), way="Portal", by=w.site.director, at=NOW)


REMS_MAKERS = {
    SiteCertification: _certification,
    Enrolment: _enrolment,
    StaffContact: lambda w: StaffContact(
        id=uuid4(), person=w.site.nurse, telephone="555 0100", email="a@example.org", by=w.site.nurse, at=NOW
    ),
    SessionAnswer: lambda w: SessionAnswer(
        id=uuid4(), session=w.order.session, field="vitals_before", value="yes", by=w.site.nurse, at=NOW
    ),
    FinalForm: _form,
    SentForm: _sent,
}
