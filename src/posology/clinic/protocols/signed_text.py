"""The protocol text that an order was signed under, for what is recorded once a session runs.

A dose is given by a text that passes every check today, and by no other. What happens to a patient who
already has the dose is recorded whatever became of the text: a stopped infusion, a reading and a discharge
wait for no administrator.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from posology.clinic.protocols.models import VersionText
from posology.clinic.protocols.queries import family_of, library_of_order, raw_of
from posology.knowledge import Library, load_library
from posology.knowledge.overlay import read_protocol
from posology.knowledge.schema import ProtocolFile
from posology.quantities import DomainError
from posology.treatment import Order


@dataclass(frozen=True, slots=True)
class SignedText:
    """The knowledge that a running session is shown and recorded by, and what is wrong with it.

    Attributes
    ----------
    library : Library or None
        With a protocol under the order's id; ``None`` where no text of it can be read at all.
    fault : str
        Why nothing may be given by it, in a sentence; empty where it passes every check.
    """

    library: Library | None
    fault: str = ""


def signed_text(clinic_id: Any, order: Order) -> SignedText:
    """Return the text an order was signed under, or the next best that can still be read.

    The stored text without the checks of today comes first; where it is gone or altered, the protocol of
    the product that it stands on.
    """
    try:
        return SignedText(library_of_order(clinic_id, order.protocol_id, order.protocol_sha256))
    except DomainError as refusal:
        protocol = _as_stored(clinic_id, order) or _of_the_product(clinic_id, order)
        return SignedText(_with(order.protocol_id, protocol), str(refusal))


def _as_stored(clinic_id: Any, order: Order) -> ProtocolFile | None:
    rows = VersionText.objects.for_clinic(clinic_id).filter(version__protocol__name=order.protocol_id)
    row = (
        rows.filter(sha256=order.protocol_sha256)
        .select_related("version__protocol")
        .order_by("position")
        .last()
    )
    if row is None:
        return None
    try:
        return read_protocol(f"{order.protocol_id}.yaml", raw_of(row))
    except DomainError:
        return None


def _of_the_product(clinic_id: Any, order: Order) -> ProtocolFile | None:
    return load_library().protocols.get(family_of(clinic_id, order.protocol_id))


def _with(protocol_id: str, protocol: ProtocolFile | None) -> Library | None:
    if protocol is None:
        return None
    product = load_library()
    return replace(product, protocols=MappingProxyType({**product.protocols, protocol_id: protocol}))
