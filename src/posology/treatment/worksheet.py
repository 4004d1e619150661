"""The preparation worksheet: from a signed order and the product in the hand to what is drawn and set.

A volume is computed only from the product in the hand, which must be the product that was ordered
(hazard H-05), and the order meets its limits once more.
"""

from datetime import date
from decimal import Decimal

from posology.knowledge import Library, load_library
from posology.knowledge.schema import Product, ProtocolFile
from posology.protocols.limits import check_dose
from posology.treatment.bench import Bench
from posology.treatment.orders import Order
from posology.treatment.preparation import device_sheet, volume_sheet
from posology.treatment.sheet import Worksheet, WorksheetError


def worksheet(
    order: Order,
    *,
    product_id: str,
    library: Library | None = None,
    final_volume_mL: Decimal | None = None,
    on: date | None = None,
) -> Worksheet:
    """Work out how an order is prepared from the product that was picked or scanned.

    Parameters
    ----------
    order : Order
        What was signed.
    product_id : str
        The product in the hand.
    library : Library, optional
        The knowledge; the package's own when left out.
    final_volume_mL : Decimal or None
        Volume after dilution, mL; for infusions.
    on : date or None
        The day of the preparation; the order's planned day when left out.

    Raises
    ------
    WorksheetError
        If the product is not the ordered one, or the order cannot be measured or diluted as asked.
    LimitExceeded
        If the order does not meet its protocol's limits on that day.
    """
    knowledge = library or load_library()
    day = order.planned_on if on is None else on
    protocol = knowledge.protocol(order.protocol_id)
    product = _check_product(order, protocol, product_id, knowledge)
    check_dose(
        protocol,
        level=order.level,
        dose_mg=order.dose_mg,
        weight_kg=order.weight_kg,
        minutes=order.minutes,
        devices=order.devices,
        on=day,
    )
    bench = Bench(knowledge, day)
    if product.form == "device":
        if final_volume_mL is not None:
            raise WorksheetError("A device is not diluted. Leave the final volume out.")
        return device_sheet(order, protocol, product, bench)
    return volume_sheet(order, protocol, product, bench, final_volume_mL)


def _check_product(order: Order, protocol: ProtocolFile, product_id: str, library: Library) -> Product:
    ordered = library.products.products.get(order.product_id)
    product = library.products.products.get(product_id)
    if product is None or ordered is None:
        missing = order.product_id if ordered is None else product_id
        raise WorksheetError(f"There is no product '{missing[:60]}' on the list. Scan the product again.")
    if (protocol.substance, protocol.route) != (order.substance, order.route):
        raise WorksheetError(
            f"The order is {order.route} {order.substance} and its protocol is {protocol.title}. "
            "Write a new order."
        )
    if product.substance is not order.substance:
        raise WorksheetError(
            f"{product.title} is {product.substance}, and the order is for {order.substance}. Put it back; "
            f"take {ordered.title}."
        )
    if order.route not in product.routes or product_id not in protocol.products:
        raise WorksheetError(
            f"{product.title} is not for the {order.route} route of this order. Put it back; "
            f"take {ordered.title}."
        )
    if product_id != order.product_id:
        raise WorksheetError(
            f"{product.title} is in the hand, and the order is for {ordered.title}. Put it back; "
            "take the ordered one, or ask the prescriber for a new order."
        )
    return product
