"""One writer at a time to a clinic's protocols: the clinic's row comes first in the order of locks."""

from posology.clinic.accounts.models import Clinic, User


def lock_protocols(by: User) -> Clinic:
    """Hold the clinic's row to the end of the transaction.

    On PostgreSQL this is a row lock. On SQLite the transaction is IMMEDIATE, so it is alone already.
    """
    return Clinic.objects.select_for_update(of=("self",), no_key=True).get(pk=by.clinic_id)
