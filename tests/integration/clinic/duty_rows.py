"""A valid new row for every table of a day's staff and equipment, not saved yet."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from posology.clinic.duty.models import DutyDecision, DutyEntry, DutyPerson, DutySetting, EquipmentCheck
from tests.cases import NOW


def _entry(w: Any) -> DutyEntry:
    rows = DutyEntry.objects.for_clinic(w.site.clinic)
    day = date(2020, 1, 1) + timedelta(days=rows.count())
    return DutyEntry(
        id=uuid4(), clinic=w.site.clinic, day=day, kind="staff", number=1, by=w.site.nurse, at=NOW
    )


def _saved_entry(w: Any) -> DutyEntry:
    entry = _entry(w)
    entry.save()
    return entry


DUTY_MAKERS = {
    DutyEntry: _entry,
    DutyPerson: lambda w: DutyPerson(entry=_saved_entry(w), person=w.site.nurse, role="watcher"),
    EquipmentCheck: lambda w: EquipmentCheck(entry=_saved_entry(w), item="oxygen", ready=True),
    DutyDecision: lambda w: DutyDecision(
        id=uuid4(), entry=_saved_entry(w), key="oxygen", because="Test.", by=w.site.prescriber, at=NOW
    ),
    DutySetting: lambda w: DutySetting(
        id=uuid4(),
        clinic=w.site.clinic,
        number=DutySetting.objects.for_clinic(w.site.clinic).count() + 1,
        kept=True,
        because="Test.",
        by=w.site.director,
        at=NOW,
    ),
}
