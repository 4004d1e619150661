"""A valid new row for the table of the drug's ledger, not saved yet."""

from typing import Any
from uuid import uuid4

from posology.clinic.ledger.models import Kind, LedgerAct
from tests.cases import NOW
from tests.ledger import EXPIRES, VIALS


def _act(w: Any) -> LedgerAct:
    last = LedgerAct.objects.for_clinic(w.site.clinic).order_by("position").last()
    return LedgerAct(
        id=uuid4(),
        clinic=w.site.clinic,
        position=last.position + 1 if last else 1,
        kind=Kind.RECEIVED,
        product_id=VIALS,
        lot="SYNTHETIC-1",
        containers=10,
        content_ug=500_000,
        safe_change=10,
        on=NOW.date(),
        expires_on=EXPIRES,
        party="Synthetic Supplier",
        by=w.site.nurse,
        at=NOW,
    )


LEDGER_MAKERS = {LedgerAct: _act}
