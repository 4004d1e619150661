"""The synthetic site's own infusion protocol: the product's, with limits of pressure that the site signed.

No authority sets these limits, so the product has none. The synthetic site takes the tightest systolic limit
and the loosest diastolic one of its bounds: the first is passed by what is played, the second by nobody.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from posology.clinic.protocols.actions import approve_version, begin_version, save_draft, submit_version
from posology.clinic.protocols.queries import version_for
from posology.knowledge.background import load_background
from posology.knowledge.editing import Changes, ValueChange
from posology.server.demo.people import Staff

SYSTOLIC, DIASTOLIC, REPEAT = "intra_session_systolic", "intra_session_diastolic", "intra_session_repeat"
_TIGHTEST = frozenset({SYSTOLIC})
_WHY = "Signed by the synthetic site for its synthetic week."
NAMES = UUID("6d1e7a55-92a7-4b0c-8a27-0f3f5a1f6c02")  # the name space of the ids made here


def limit_of(name: str) -> int:
    """Return the limit that the synthetic site takes: an end of the bounds in which a site may set it."""
    setting = load_background().settings.settings[name]
    found = setting.low if name in _TIGHTEST else setting.high
    assert found is not None
    return int(found)


def sign_own_protocol(staff: Staff, *, based_on: str, on: date, at: datetime) -> None:
    """Draft, submit and approve the site's own protocol, in force from a day: two people, as for any site."""
    version = uuid5(NAMES, based_on)
    begin_version(version_id=version, based_on=based_on, by=staff.prescriber, at=at)
    settings = load_background().settings.settings
    changes = Changes(
        values=tuple(
            ValueChange(name, Decimal(limit_of(name)), on, _WHY, unit=settings[name].unit)
            for name in (SYSTOLIC, DIASTOLIC, REPEAT)
        )
    )
    save_draft(
        version_id=version,
        text_id=uuid5(version, "limits"),
        page_sha256=_sha(staff, version, at),
        changes=changes,
        by=staff.prescriber,
        at=at,
    )
    submit_version(
        version_id=version,
        step_id=uuid5(version, "submit"),
        page_sha256=_sha(staff, version, at),
        effective_on=on,
        by=staff.prescriber,
        at=at,
    )
    read = at + timedelta(hours=1)
    approve_version(
        version_id=version,
        step_id=uuid5(version, "approve"),
        page_sha256=_sha(staff, version, read),
        effective_on=on,
        password_checked=True,
        by=staff.director,
        at=read,
    )


def _sha(staff: Staff, version: UUID, at: datetime) -> str:
    return version_for(staff.prescriber, version, at=at).text.sha256
