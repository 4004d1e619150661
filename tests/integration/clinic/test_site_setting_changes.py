"""A limit that a site changes: by two people, in the audit, and in force at the next start."""

from datetime import timedelta
from decimal import Decimal

import pytest

from posology.clinic.audit.models import AuditEntry
from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.chairside import chairside
from posology.clinic.protocols.actions import approve_version
from posology.knowledge.editing import Changes, ValueChange
from posology.quantities import DomainError
from posology.treatment.pressure import chair_limits
from tests import factories, site_protocols
from tests.cases import NOW

pytestmark = pytest.mark.django_db

BEFORE = NOW - timedelta(hours=2)
NEW = {
    "intra_session_systolic": (Decimal(171), "mm[Hg]"),
    "intra_session_diastolic": (Decimal(104), "mm[Hg]"),
    "intra_session_repeat": (Decimal(3), "min"),
    "saturation_alert": (Decimal(94), "%"),
}


@pytest.mark.hazard("H-44")
def test_a_changed_limit_takes_two_people_stands_in_the_audit_and_at_the_next_chair(record_property):
    site = factories.site()
    day = BEFORE.date()
    values = tuple(ValueChange(n, v, day, "We decided so.", unit=u) for n, (v, u) in NEW.items())
    row = site_protocols.submitted(site, at=BEFORE, changes=Changes(values=values))
    with pytest.raises(DomainError):
        approve_version(**site_protocols.approval(site, row, at=BEFORE, by=site.prescriber))
    approve_version(**site_protocols.approval(site, row, at=BEFORE + timedelta(minutes=1)))

    written = AuditEntry.objects.filter(table__startswith="protocols_")
    assert {f"user:{site.prescriber.pk}", f"user:{site.director.pk}"} <= {e.actor for e in written}
    texts = " ".join(str(e.new) for e in written)
    for name, (value, _) in NEW.items():
        assert name in texts and str(value) in texts
    assert verify_chain().holds

    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    session = factories.signed_order(site, patient).session
    chair = chairside(site.nurse, session.pk, at=NOW)
    limits = chair_limits(chair.protocol, chair.order.planned_on, chair.library)
    found = (limits.systolic, limits.diastolic, limits.repeat_min, limits.saturation)
    assert found == tuple(value for value, _ in NEW.values())
    assert not limits.is_suggested
    record_property("n", len(NEW))
