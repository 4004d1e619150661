"""What a form sent, beside its fields: the ids that make a second send change nothing."""

from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest


def sent_id(request: HttpRequest, name: str = "id") -> UUID:
    """Return the id that the form was made with.

    Raises
    ------
    BadRequest
        If there is none: a form of ours always carries one.
    """
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise BadRequest("The form carries no id, so a second send could not be told from a first.") from None


def kept_id(request: HttpRequest, name: str = "id") -> dict[str, str]:
    """Return the id of a form that is shown again, so that it stays the same form."""
    sent = request.POST.get(name, "")
    return {"form_id": sent} if sent else {}
