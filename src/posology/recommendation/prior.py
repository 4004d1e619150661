"""What earlier courses say of a new one: the dose that helped, or that none did (PR-ADJ-04).

Only doses of the same substance count, and only those by the same route lend their dose: nothing is converted
between routes. A dose of which nobody knows whether it helped says nothing, for or against.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from posology.case import Answer, Case, EarlierDose
from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile, Statement
from posology.quantities import day_in_zone_of
from posology.recommendation.doses import numbers, show_level
from posology.recommendation.options import Reason
from posology.recommendation.reasons import reasons


@dataclass(frozen=True, slots=True)
class Prior:
    """The newest dose that helped, by this route or another, or the newest of those of which none did."""

    helped: EarlierDose | None
    elsewhere: EarlierDose | None
    in_vain: EarlierDose | None


def prior_of(case: Case, protocol: ProtocolFile, library: Library) -> Prior:
    """Return what the earlier doses of a protocol's substance say."""
    mine = sorted((d for d in case.earlier if d.substance is protocol.substance), key=lambda d: d.at)
    known = [d for d in mine if d.helped is not Answer.UNKNOWN]
    helped = [d for d in known if d.helped is Answer.YES]
    by_route = [d for d in helped if d.level is not None and _same_route(d, protocol, library)]
    return Prior(
        helped=by_route[-1] if by_route else None,
        elsewhere=helped[-1] if helped and not by_route else None,
        in_vain=known[-1] if known and not helped else None,
    )


def effective_level(case: Case, protocol: ProtocolFile, library: Library, as_of: datetime) -> Decimal | None:
    """Return the level that helped before, where a course may begin with it; ``None`` elsewhere.

    It must be one of the protocol's levels. A label names its first dose, and no other takes its place.
    """
    helped = prior_of(case, protocol, library).helped
    if helped is None or helped.level is None or protocol.approval == "approved":
        return None
    return helped.level if helped.level in numbers(protocol, "dose_levels", as_of) else None


def _same_route(dose: EarlierDose, protocol: ProtocolFile, library: Library) -> bool:
    by = library.protocols.get(dose.protocol_id)
    return by is not None and (by.route, by.dose_basis) == (protocol.route, protocol.dose_basis)


def reasons_from_before(
    case: Case, protocol: ProtocolFile, level: Decimal, library: Library, *, as_of: datetime
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return what earlier courses say for, and against, beginning with a level.

    A level above the usual first dose carries what speaks against every raise.
    """
    prior, asks = prior_of(case, protocol, library), library.adjustments.earlier_course
    for_: list[Reason] = []
    against: list[Reason] = []
    helped = prior.helped
    if helped is not None and helped.level is not None:
        told = f"{show_level(protocol, helped.level)}, last on {day_in_zone_of(as_of, helped.at)}"
        same = helped.level == level
        for_ += _told(asks.helped if same else (), told, case, library)
        against += _told(asks.began_again if same else asks.helped_at_another, told, case, library)
    if prior.elsewhere is not None:
        told = f"last on {day_in_zone_of(as_of, prior.elsewhere.at)}"
        for_ += _told(asks.helped_by_another_route, told, case, library)
    if prior.in_vain is not None:
        told = f"last on {day_in_zone_of(as_of, prior.in_vain.at)}"
        against += _told(asks.in_vain, told, case, library)
    if level > max(numbers(protocol, "dose_start", as_of)):
        against += reasons(library.adjustments.beside_every_raise, library, case.jurisdiction)
    return tuple(for_), tuple(against)


def _told(statements: Iterable[Statement], told: str, case: Case, library: Library) -> Iterator[Reason]:
    """Yield each sentence with the dose and day that it speaks of."""
    for reason in reasons(statements, library, case.jurisdiction):
        yield Reason(f"{reason.say} (On record: {told}.)", reason.citations)
