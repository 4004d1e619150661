"""HL7's time stamps: to the minute at least, in the zone they name or in the site's.

A stamp without a zone is read in the zone of the site and marked as such. In the hour that comes twice when
summer time ends it may be either; the earlier is given and the later told. In the hour that is left out in
spring no such time exists, and it is refused.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from posology.hl7v2.errors import Hl7Error
from posology.quantities import QuantityError, check_aware

_STAMP = re.compile(
    r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?(?:([+-])(\d{2})(\d{2}))?", re.ASCII
)
_FURTHEST_ZONE = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was measured.

    Attributes
    ----------
    at : datetime
        In UTC.
    zone_told : bool
        Whether the sender named the offset; else it was read in the site's zone.
    or_later : datetime or None
        In UTC; the other moment it may be, where the clock of the site showed this time twice.
    """

    at: datetime
    zone_told: bool
    or_later: datetime | None = None


def read_stamp(text: str, *, zone: tzinfo) -> Moment:
    """Read one time stamp.

    Parameters
    ----------
    text : str
        As in ``20261128140500+0100``.
    zone : tzinfo
        The site's zone, for a stamp that names none.

    Returns
    -------
    Moment
        In UTC.

    Raises
    ------
    Hl7Error
        If it is not to the minute, no such time exists, or its year is one in which nobody is treated.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise Hl7Error(
            f"The time '{text[:30]}' cannot be read to the minute. Have the sender write it as "
            "20261128140500+0000."
        )
    year, month, day, hour, minute, second, fraction, sign, zone_h, zone_min = match.groups()
    try:
        local = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "").ljust(6, "0")),
            tzinfo=_offset(sign, zone_h, zone_min) if sign else zone,
        )
        return _moment(local, zone_told=sign is not None)
    except (ValueError, OverflowError):
        raise Hl7Error(f"There is no time '{text[:30]}'. Set the clock of the sender.") from None
    except QuantityError as error:
        raise Hl7Error(str(error)) from None


def _offset(sign: str, hours: str, minutes: str) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _FURTHEST_ZONE or int(minutes) > 59:
        raise ValueError
    return timezone(-offset if sign == "-" else offset)


def _moment(local: datetime, *, zone_told: bool) -> Moment:
    at = check_aware(local, what="time of the reading")
    if zone_told:
        return Moment(at, zone_told=True)
    if at.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Hl7Error(
            f"The clocks of the site never showed {local:%Y-%m-%d %H:%M}: that hour was left out when summer "
            "time began. Set the clock of the sender, or have it send its offset."
        )
    later = local.replace(fold=1).astimezone(UTC)
    return Moment(at, zone_told=False, or_later=later if later != at else None)
