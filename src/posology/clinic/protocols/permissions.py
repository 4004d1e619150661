"""Who may write a site's protocol, and who may approve it: always two people (requirement SR-16)."""

from collections.abc import Iterable

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import NotPermitted
from posology.clinic.protocols.models import SiteProtocol
from posology.knowledge.lifecycle import same_person


def check_can_author(by: User, protocol: SiteProtocol | None = None) -> None:
    """Refuse a person who may not write protocols here."""
    permissions.check(by, "author_protocol")
    if protocol is not None:
        permissions.check_same_clinic(by, protocol.clinic_id, what="protocol version")


def check_can_review(by: User, protocol: SiteProtocol, *, first: Iterable[User]) -> None:
    """Refuse a person who may not review, or who had a hand in what is reviewed.

    Raises
    ------
    NotPermitted
        Also for another account of the same e-mail address or the same name.
    """
    permissions.check(by, "review_protocol")
    permissions.check_same_clinic(by, protocol.clinic_id, what="protocol version")
    if not is_another(by, first):
        raise NotPermitted(
            "This needs a second person, and you, or an account of the same name or address, had a hand in "
            "it. Ask another prescriber or the medical director."
        )


def may_review(by: User, *, first: Iterable[User]) -> bool:
    """Say whether a person may be the second one."""
    return permissions.may(by, "review_protocol") and is_another(by, first)


def is_another(by: User, first: Iterable[User]) -> bool:
    """Say whether somebody is none of these people, under whatever account."""
    mine = (by.username, by.full_name)
    return all(
        by.pk != other.pk and not same_person(mine, (other.username, other.full_name)) for other in first
    )
