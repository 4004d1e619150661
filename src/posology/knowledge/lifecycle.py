"""The life of a site's protocol: one table of states and the steps between them, and who owes the next one.

What people do is stored; what the calendar does (a day comes, a later version takes over) is read from
the stored steps and the day, so that nothing has to run at midnight.
"""

from dataclasses import dataclass
from enum import StrEnum

from posology.knowledge.names import normalised, same_name


class VersionState(StrEnum):
    """Where one version of a site's protocol stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"  # read and signed; its day has not come
    IN_FORCE = "in force"
    RETIRING = "retiring"  # still in force; a second person decides whether it goes
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class Owner(StrEnum):
    """Who owes the next step."""

    AUTHOR = "author"
    REVIEWER = "reviewer"  # who is never an author of the version
    CALENDAR = "calendar"
    ANYONE = "an author or a reviewer"


class VersionStep(StrEnum):
    """What moves a version on."""

    BEGIN = "begin"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    ASK_RETIREMENT = "ask retirement"
    KEEP = "keep"
    RETIRE = "retire"
    DAY_COMES = "day comes"
    LATER_VERSION = "later version"


@dataclass(frozen=True, slots=True)
class Move:
    """One step from one state to the next, and who may take it."""

    step: VersionStep
    to: VersionState
    by: Owner


_S, _V, _O = VersionStep, VersionState, Owner

OWNERS: dict[VersionState, Owner] = {
    _V.DRAFT: _O.AUTHOR,
    _V.SUBMITTED: _O.REVIEWER,
    _V.RETURNED: _O.AUTHOR,
    _V.APPROVED: _O.CALENDAR,
    _V.IN_FORCE: _O.ANYONE,
    _V.RETIRING: _O.REVIEWER,
}
FINAL_STATES = frozenset({_V.SUPERSEDED, _V.RETIRED, _V.WITHDRAWN})

MOVES: dict[VersionState, tuple[Move, ...]] = {
    _V.DRAFT: (Move(_S.SUBMIT, _V.SUBMITTED, _O.AUTHOR), Move(_S.WITHDRAW, _V.WITHDRAWN, _O.AUTHOR)),
    _V.SUBMITTED: (
        Move(_S.APPROVE, _V.APPROVED, _O.REVIEWER),
        Move(_S.RETURN, _V.RETURNED, _O.REVIEWER),
        Move(_S.WITHDRAW, _V.WITHDRAWN, _O.AUTHOR),
    ),
    _V.RETURNED: (Move(_S.SUBMIT, _V.SUBMITTED, _O.AUTHOR), Move(_S.WITHDRAW, _V.WITHDRAWN, _O.AUTHOR)),
    _V.APPROVED: (
        Move(_S.DAY_COMES, _V.IN_FORCE, _O.CALENDAR),
        Move(_S.ASK_RETIREMENT, _V.RETIRING, _O.ANYONE),
    ),
    _V.IN_FORCE: (
        Move(_S.ASK_RETIREMENT, _V.RETIRING, _O.ANYONE),
        Move(_S.LATER_VERSION, _V.SUPERSEDED, _O.CALENDAR),
    ),
    _V.RETIRING: (
        Move(_S.RETIRE, _V.RETIRED, _O.REVIEWER),
        Move(_S.KEEP, _V.APPROVED, _O.REVIEWER),
        Move(_S.LATER_VERSION, _V.SUPERSEDED, _O.CALENDAR),
    ),
    _V.SUPERSEDED: (),
    _V.RETIRED: (),
    _V.WITHDRAWN: (),
}
EDITABLE = frozenset({_V.DRAFT, _V.RETURNED})
# The steps for which somebody says why.
NEED_A_REASON = frozenset({_S.RETURN, _S.WITHDRAW, _S.ASK_RETIREMENT, _S.KEEP})


def move_from(state: VersionState, step: VersionStep) -> Move | None:
    """Return the move that a step makes from a state; none where it does not follow."""
    return next((move for move in MOVES[state] if move.step is step), None)


def same_person(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Say whether two accounts, each as (account, full name), may be one person (requirement SR-16).

    Two accounts of one e-mail address, or of one name however it is spaced, accented, signed or titled,
    count as one.
    """
    accounts = _account(one[0]) == _account(other[0])
    return accounts or same_name(one[1], other[1])


def _account(text: str) -> str:
    """Return an account's name without what makes two of one mailbox."""
    box, at, host = normalised(text).partition("@")
    return f"{box.partition('+')[0]}{at}{host.rstrip('.')}" if at else box
