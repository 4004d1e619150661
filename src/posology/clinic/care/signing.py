"""What must hold before an order is signed; each refusal is a sentence and names its field."""

from collections.abc import Mapping
from datetime import date, datetime

from posology.clinic.accounts.models import User
from posology.clinic.care.queries import at_site, given_before
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import library_at
from posology.knowledge import Library, Role
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Finding
from posology.protocols.limits import check_limits
from posology.quantities import DomainError, QuantityError, read_day
from posology.recommendation import Advice, Option, ProposedDose
from posology.treatment import OverriddenHold


class SigningRefused(DomainError):
    """An order that may not be signed as it was sent; ``field`` names what to mend."""

    code = "signing"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


def check_identifiers(patient: Patient, typed_identifier: str, typed_born_on: date | str) -> None:
    """Refuse unless both identifiers were typed as they stand in the record (hazard H-01)."""
    if typed_identifier.strip() != patient.identifier:
        raise SigningRefused(
            "The record number that was typed is not this patient's. Look at the banner and type it again.",
            field="typed_identifier",
        )
    try:
        typed = read_day(typed_born_on, what="birth day") if isinstance(typed_born_on, str) else typed_born_on
    except QuantityError as fault:
        raise SigningRefused(str(fault), field="typed_born_on") from None
    if typed != patient.born_on:
        raise SigningRefused(
            "The birth day that was typed is not this patient's. Look at the banner and type it again.",
            field="typed_born_on",
        )


def chosen_option(option_id: str, shown: Advice, now: Advice) -> tuple[Option, ProposedDose]:
    """Return the chosen option as advised now, if it still is what was shown when it was chosen.

    Raises
    ------
    SigningRefused
        If the option is gone, its dose differs, it gives no dose, or the knowledge changed meanwhile.
    """
    before, option = shown.option(option_id), now.option(option_id)
    if before is None or option is None:
        raise SigningRefused(
            "This option is not advised as things stand now. Look at the options again.", field="option_id"
        )
    if option.dose is None:
        raise SigningRefused(
            "This option gives no dose, so there is no order to sign. Record it as a decision.",
            field="option_id",
        )
    if before.dose != option.dose or before.blocked_by != option.blocked_by:
        raise SigningRefused(
            "What is known of the patient changed after this option was shown, and the option with it. "
            "Look at the options again.",
            field="option_id",
        )
    return option, option.dose


def check_product(product_id: str, protocol: ProtocolFile, library: Library) -> None:
    """Refuse a product that is not this protocol's substance and route (hazards H-05, H-09, H-10)."""
    product = library.products.products.get(product_id)
    if product is None or product_id not in protocol.products:
        listed = ", ".join(protocol.products)
        raise SigningRefused(
            f"This product is not one of {protocol.title}. Choose one of {listed}.", field="product_id"
        )
    if product.substance is not protocol.substance or protocol.route not in product.routes:
        raise SigningRefused(
            f"{product.title} is not {protocol.substance} for the {protocol.route} route. "
            "Choose another product.",
            field="product_id",
        )


def limits_at(
    patient: Patient, option: Option, *, when: datetime, at: datetime, library: Library
) -> tuple[Finding, ...]:
    """Ask every limit of an option's dose for a session at ``when``; the last step before signing.

    Returns the holds of the soft limits.

    Raises
    ------
    LimitExceeded, TooSoon
        If the dose is beyond a limit that nobody may pass.
    """
    assert option.dose is not None and option.session_number is not None
    return check_limits(
        library.protocol(option.protocol_id),
        option.dose.intended(option.session_number),
        history=given_before(patient, at=at),
        at=at_site(patient, when),
        library=library,
    )


def further_holds(patient: Patient, option: Option, *, when: datetime, at: datetime) -> tuple[Finding, ...]:
    """Return what a limit holds up at the time that was chosen, beyond what the option was shown with.

    A page asks it, so that each has its field; what is refused altogether is said by the signing.
    """
    try:
        limits = limits_at(patient, option, when=when, at=at, library=library_at(patient.clinic, at))
    except DomainError:
        return ()
    return all_holds(option.blocked_by, limits)[len(option.blocked_by) :]


def all_holds(shown: tuple[Finding, ...], limits: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the holds an option was shown with, and those of the limits at the time that was chosen for it.

    A session on another day than the planned one may meet a limit that the option did not.
    """
    rules = {finding.rule for finding in shown}
    return (*shown, *(finding for finding in limits if finding.rule not in rules))


def holds_passed(
    holds: tuple[Finding, ...], reasons: Mapping[str, str], by: User
) -> tuple[OverriddenHold, ...]:
    """Return the holds that were passed, each with its reason.

    Raises
    ------
    SigningRefused
        If a hold has no reason, a reason has no hold, or this person may not clear one.
    """
    open_rules = {finding.rule for finding in holds}
    stray = sorted(rule for rule in reasons if rule not in open_rules)
    if stray:
        raise SigningRefused(
            f"There is no hold '{stray[0][:80]}' on this option. Look at the options again.",
            field="overrides",
        )
    return tuple(_passed(finding, " ".join(reasons.get(finding.rule, "").split()), by) for finding in holds)


# A prescriber clears what a nurse may clear; what is a director's or nobody's stays.
_CLEARS = {"prescriber": {Role.PRESCRIBER, Role.NURSE}, "director": {Role.DIRECTOR}}


def _passed(finding: Finding, reason: str, by: User) -> OverriddenHold:
    if finding.cleared_by not in _CLEARS.get(by.role, set()):
        raise SigningRefused(
            f"'{finding.title}' is cleared by the {finding.cleared_by}, not by you. Ask them.",
            field="overrides",
        )
    if not reason or len(reason) > 500:
        raise SigningRefused(
            f"'{finding.title}' holds this option up: {finding.message} Give the reason to go on, in 1 to "
            "500 characters, or choose another option.",
            field="overrides",
        )
    counted = None if finding.counted is None else str(finding.counted)
    return OverriddenHold(finding.rule, str(by.pk), reason, counted)


def check_chosen_moment(advice_as_of: datetime, at: datetime) -> None:
    """Refuse a choice dated after the moment of signing."""
    if advice_as_of > at:
        raise SigningRefused(
            "The options were shown at a moment that lies ahead. Reload the page.", field="option_id"
        )
