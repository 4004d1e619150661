"""``posology worksheet``: from one option and the product in the hand to what is drawn and set."""

from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from posology.cli.given import CommandError, read_given
from posology.cli.plain import SUPPORTS, print_json
from posology.cli.words import day, safe
from posology.knowledge import Library, load_library
from posology.quantities import read_quantity
from posology.recommendation import Advice, Option, recommend
from posology.treatment import Order, order_of_option, worksheet

_NOBODY = UUID(int=0)


def run_worksheet(
    path: Path,
    option_id: str,
    product_id: str,
    final_volume: str | None,
    as_of: str | None,
    jurisdiction: str | None,
    *,
    as_json: bool,
) -> None:
    """Work the sheet out and print it."""
    library = load_library()
    given = read_given(path, as_of, jurisdiction, library)
    advice = recommend(given.case, as_of=given.as_of, library=library)
    option = option_of(advice, option_id)
    order = draft_order(option, product_id, library)
    volume = None if final_volume is None else _millilitres(final_volume)
    sheet = worksheet(order, product_id=product_id, library=library, final_volume_mL=volume)
    if as_json:
        print_json({"worksheet": sheet, "option": option, "draft": True})
        return
    print(f"DRAFT, not signed: nothing may be given by it.  {safe(given.label)}")
    print(f"{option.protocol_title}, {option.title}, planned for {day(order.planned_on)}")
    for hold in option.blocked_by:
        print(f"HOLD, not cleared: {hold.message}")
    print()
    print(sheet.as_text())
    print(SUPPORTS)


def option_of(advice: Advice, option_id: str) -> Option:
    """Return an option by its id.

    Raises
    ------
    CommandError
        If there is none, with those there are.
    """
    option = advice.option(option_id)
    if option is None:
        ids = ", ".join(o.id for o in advice.options if o.dose)
        known = f"The options are: {ids}." if ids else "There is none for this case; see posology recommend."
        raise CommandError(f"There is no option '{option_id[:60]}'. {known}")
    if option.dose is None:
        raise CommandError(f"The option '{option.id}' proposes no dose, so there is nothing to prepare.")
    return option


def draft_order(option: Option, product_id: str, library: Library) -> Order:
    """Return the order that signing this option would make; it is nobody's, and signed by nobody."""
    assert option.next_on is not None  # an option with a dose has a first visit
    return order_of_option(
        option,
        order_id=uuid5(NAMESPACE_URL, f"posology:draft:{option.id}:{product_id}"),
        patient_id=_NOBODY,
        product_id=product_id,
        planned_on=option.next_on,
        library=library,
    )


def _millilitres(text: str) -> Decimal:
    return read_quantity(text, what="final volume").in_unit("mL")
