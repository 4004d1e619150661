"""What each option would do to the concentration in the blood: a curve beside it, or why there is none.

A curve stands beside an option and changes nothing of it: no dose, no order of the options, no limit. The
module is imported by whoever draws, never by ``recommend``, so that a recommendation alone stays as fast as
it is and needs no arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from posology.case import Case
from posology.knowledge import Library, Route, load_library
from posology.pharmacology.simulation import DEFAULT_MEMBERS
from posology.protocols.limits import limit_in
from posology.quantities import DomainError, check_aware
from posology.recommendation.curve_people import subject_of
from posology.recommendation.dose_curves import Curve, Drawn, planned
from posology.recommendation.options import Option


@dataclass(frozen=True, slots=True)
class OptionCurve:
    """An option's curve, or in one sentence why it has none; one of the two is there."""

    option_id: str
    title: str
    curve: Curve | None
    refused: str = ""


def curves_for(
    options: Sequence[Option],
    case: Case,
    *,
    as_of: datetime,
    library: Library | None = None,
    members: int = DEFAULT_MEMBERS,
) -> tuple[OptionCurve, ...]:
    """Compute the curve of each option, in the order of the options.

    Parameters
    ----------
    options : sequence of Option
        As ``recommend`` returned them. They are read and never changed.
    case : Case
        The same case.
    as_of : datetime
        The same moment, aware.
    library : Library, optional
        The same knowledge; the package's own by default.
    members : int
        Size of the cohort of the band.

    Returns
    -------
    tuple of OptionCurve
        One an option. A refusal of one leaves the others as they are.
    """
    check_aware(as_of, what="as_of")
    library = library or load_library()
    drawn = Drawn(members)
    return tuple(_of_option(option, case, as_of, library, drawn) for option in options)


def curve_for(
    option: Option,
    case: Case,
    *,
    as_of: datetime,
    library: Library | None = None,
    members: int = DEFAULT_MEMBERS,
) -> OptionCurve:
    """Compute the curve of one option; see :func:`curves_for`."""
    (only,) = curves_for((option,), case, as_of=as_of, library=library, members=members)
    return only


def _of_option(option: Option, case: Case, as_of: datetime, library: Library, drawn: "Drawn") -> OptionCurve:
    dose = option.dose
    if dose is None:
        return OptionCurve(option.id, option.title, None, "It gives no dose, so there is no curve.")
    try:
        regimen = planned(
            option.substance,
            option.route,
            dose.dose_mg,
            minutes=dose.minutes,
            devices=dose.devices,
            rest_minutes=rest_of(option.protocol_id, option.route, library, as_of=as_of),
        )
        subject = subject_of(case, as_of=as_of, library=library, weight=dose.weight)
        return OptionCurve(option.id, option.title, drawn.curve(regimen, subject))
    except DomainError as refusal:
        return OptionCurve(option.id, option.title, None, str(refusal))


def rest_of(protocol_id: str, route: Route, library: Library, *, as_of: datetime) -> Decimal | None:
    """Return the minutes of rest between two devices that a protocol asks for; None on other routes."""
    if route is not Route.NASAL:
        return None
    return limit_in(library.protocol(protocol_id), "device_rest", "min", as_of.date())
