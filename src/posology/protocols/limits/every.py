"""The one question of every door before a dose is proposed, signed or begun: is it within all limits?"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.findings import Finding
from posology.protocols.history import History
from posology.protocols.limits.change import change_findings, dose_findings
from posology.protocols.limits.course import course_findings
from posology.protocols.limits.dose import check_dose
from posology.protocols.limits.undated import undated_findings
from posology.protocols.schedule import check_interval


@dataclass(frozen=True, slots=True)
class Intended:
    """One dose that is about to be proposed, signed or begun; ``level`` is in the protocol's basis."""

    level: Decimal
    dose_mg: Decimal
    weight_kg: Decimal | None
    minutes: int | None
    devices: int | None
    number: int  # which session of its course, from 1
    actual_kg: Decimal | None = None  # the actual weight, where the dosing weight is another


def check_limits(
    protocol: ProtocolFile, intended: Intended, *, history: History, at: datetime, library: Library
) -> tuple[Finding, ...]:
    """Refuse a dose beyond a hard limit, and return a hold for each soft limit that it exceeds.

    Parameters
    ----------
    protocol : ProtocolFile
        Whose limits hold.
    intended : Intended
        The dose.
    history : History
        Everything that the patient was given before, in whatever course. There is no default: who asks says
        it, also when it is nothing.
    at : datetime
        When the dose is to be given, aware, in the site's zone.
    library : Library
        The knowledge, for citations and for the protocols of earlier courses.

    Returns
    -------
    tuple of Finding
        Holds like those of any rule: a permitted role may pass each with a written reason.

    Raises
    ------
    LimitExceeded
        At the first hard limit that the dose does not keep.
    TooSoon
        If it would follow the last one inside the protocol's smallest interval.
    """
    check_dose(
        protocol,
        level=intended.level,
        dose_mg=intended.dose_mg,
        weight_kg=intended.weight_kg,
        minutes=intended.minutes,
        devices=intended.devices,
        on=at.date(),
        actual_kg=intended.actual_kg,
    )
    check_interval(protocol, history=history, next_at=at)
    level = intended.level
    return (
        *undated_findings(protocol, history=history, at=at, library=library),
        *dose_findings(protocol, level, at=at, library=library),
        *change_findings(protocol, level, number=intended.number, history=history, at=at, library=library),
        *course_findings(protocol, level, history=history, at=at, library=library),
    )
