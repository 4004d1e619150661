"""How the ledger speaks: amounts with their unit, what an entry did, what a sign means."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from posology.clinic.ledger.models import Kind
from posology.clinic.ledger.queries import GIVEN, LedgerLine
from posology.clinic.ledger.rules import product_of
from posology.knowledge.schema import Product
from posology.quantities import Quantity
from posology.treatment.ledger import Lot
from posology.treatment.ledger_signs import Pattern
from posology.web.components.text import day_text

UG_PER_MG = 1000

DID = {**{kind.value: kind.label for kind in Kind}, GIVEN: "Given"}

# Each pattern: what is seen, and what may lie behind it.
PATTERNS: dict[Pattern, tuple[str, str]] = {
    Pattern.REST_MISSING: ("A rest is not accounted for", "It was kept, or its waste was not written down."),
    Pattern.MORE_THAN_HELD: (
        "More left a container than it held",
        "A dose or a waste is recorded that cannot have been.",
    ),
    Pattern.NO_CONTAINER: (
        "A dose came out of no opened container",
        "The opening was not written down, or nothing was given.",
    ),
    Pattern.UNKNOWN_LOT: (
        "A dose names a lot that was never received",
        "The lot was read wrong, or is not ours.",
    ),
    Pattern.NO_DOSE: ("Opened, and nothing of it was given", "It was opened for nobody."),
    Pattern.SPARE_CONTAINER: (
        "More was opened than the dose needed",
        "One broke and nobody said so, or one was for something else.",
    ),
    Pattern.COUNT_DIFFERS: ("A count differs, or something is missing", "Look at its discrepancy."),
    Pattern.COUNT_SKIPPED: ("Moved on a day and not counted on it", "A loss of that day would not be seen."),
    Pattern.TAKEN_BACK: (
        "An entry was taken back",
        "A waste or a receipt may have been made smaller afterwards.",
    ),
    Pattern.LATE_WASTE: ("Wasted long after it was opened", "The rest lay somewhere meanwhile."),
    Pattern.CHANGED_AFTER_CLOSE: (
        "A session was changed after its day was closed",
        "More, or less, is said to have been given than when the day was closed.",
    ),
    Pattern.ONE_WITNESS: (
        "One person wastes with one witness alone",
        "Others keep the ledger too, and were never asked.",
    ),
}


def mg(ug: int) -> Quantity:
    """Return an amount of the ledger in mg."""
    return Quantity(Decimal(ug) / UG_PER_MG, "mg")


def moment_text(at: datetime, zone: ZoneInfo) -> str:
    """Return the day and the minute of a moment where the clinic is."""
    local = at.astimezone(zone)
    return f"{day_text(local.date())} {local:%H:%M}"


def dose_words(line: LedgerLine, zone: ZoneInfo) -> str:
    """Say of a dose what its amount alone does not: that it is the least, or a day's part of an infusion."""
    parts = ["at least; a spray was not whole"] if line.is_least else []
    parts += [f"after midnight, begun {moment_text(line.began_at, zone)}"] if line.began_at else []
    parts += ["until midnight; the rest is on the next day"] if line.goes_on else []
    return ", ".join(parts)


def volume(ug: int, product: Product | None) -> Quantity | None:
    """Return the volume that an amount has in a vial, to 0.01 mL; ``None`` of a device."""
    if product is None or product.form != "vial" or product.strength_mg_per_mL is None:
        return None
    exact = Decimal(ug) / UG_PER_MG / product.strength_mg_per_mL
    return Quantity(exact.quantize(Decimal("0.01")), "mL")


def containers_text(count: int, lot: Lot) -> str:
    """Say how many vials or devices there are."""
    product = product_of(lot)
    one = product.form if product is not None and product.form != "oral" else "container"
    return f"{count} {one}{'' if count == 1 else 's'}"


def title_of(lot: Lot) -> str:
    """Return what a lot is a lot of."""
    product = product_of(lot)
    return product.title if product else lot.product_id
