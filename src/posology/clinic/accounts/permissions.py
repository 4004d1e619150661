"""Who may do what: one table of actions and roles. What has no line here, nobody may do."""

from typing import Any

from posology.clinic.accounts.models import Role, User
from posology.quantities import DomainError

_N, _P, _D, _A = Role.NURSE, Role.PRESCRIBER, Role.DIRECTOR, Role.ADMINISTRATOR

ACTIONS: dict[str, frozenset[Role]] = {
    name: frozenset(roles)
    for name, roles in {
        "view_board": (_N, _P, _D),
        "view_patient": (_N, _P, _D),
        "register_patient": (_N, _P),
        "record_facts": (_N, _P),
        "record_medications": (_N, _P),
        "record_elsewhere": (_N, _P),
        "import_bundle": (_N, _P),
        "view_advice": (_N, _P, _D),
        "open_course": (_P,),
        "end_course": (_P,),
        "sign_order": (_P,),
        "withdraw_order": (_P,),
        "override_hold": (_P,),
        "choose_none": (_P,),
        "place_session": (_N, _P),
        "view_visits": (_N, _P, _D),
        "plan_visits": (_N, _P),
        "view_session": (_N, _P, _D),
        "record_event": (_N, _P),
        "override_event": (_P,),
        "view_monitors": (_N, _P, _D),
        "place_monitor": (_N, _P),
        "join_monitor": (_N, _P),
        "record_form": (_N, _P),
        "take_risk_task": (_N, _P, _D),
        "close_risk_task": (_P, _D),
        "view_rems": (_N, _P, _D),
        "certify_site": (_D,),
        "enrol_patient": (_P,),
        "fill_rems": (_N, _P),
        "send_rems": (_N, _P, _D),
        "view_duty": (_N, _P, _D),
        "record_duty": (_N, _P, _D),
        "decide_duty": (_P,),
        "set_duty": (_D,),
        "view_ledger": (_N, _P, _D),
        "keep_ledger": (_N, _P, _D),
        "settle_discrepancy": (_P, _D),
        "view_programme": (_D,),
        "view_audit": (_D, _A),
        "view_knowledge": (_N, _P, _D, _A),
        "view_alerts": (_P, _D),
        "rate_alert": (_P, _D),
        "view_protocols": (_N, _P, _D),
        "author_protocol": (_P, _D),
        "review_protocol": (_P, _D),
        "manage_users": (_A,),
    }.items()
}

WORDS = {Role.NURSE: "a nurse", Role.PRESCRIBER: "a prescriber", Role.DIRECTOR: "the medical director",
         Role.ADMINISTRATOR: "the administrator"}  # fmt: skip


class NotPermitted(DomainError):
    """This person may not do this."""

    code = "permission"


class NotFound(DomainError):
    """Nothing of this id is here for this person; the same words whether it exists elsewhere or not."""

    code = "not-found"


def may(user: Any, action: str) -> bool:
    """Say whether a person's role allows an action; an action without a line raises."""
    return bool(isinstance(user, User) and user.is_active and user.role in ACTIONS[action])


def check(user: Any, action: str) -> None:
    """Refuse an action that the person's role does not allow.

    Raises
    ------
    NotPermitted
        Naming who may.
    """
    if not may(user, action):
        allowed = [WORDS[role] for role in Role if role in ACTIONS[action]]
        raise NotPermitted(f"To {action.replace('_', ' ')} is for {' or '.join(allowed)}. Ask one of them.")


def check_same_clinic(user: User, clinic_id: Any, *, what: str) -> None:
    """Refuse, in the words of *not found*, what belongs to another clinic."""
    if user.clinic_id != clinic_id:
        raise not_found(what)


def not_found(what: str) -> NotFound:
    """Return the one refusal for what is absent and for what belongs to others."""
    return NotFound(f"There is no such {what} here. Go back to the list and choose again.")
