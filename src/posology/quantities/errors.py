"""The root of every error a caller can mend, and nothing else."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal in one sentence: what was found, why it stops us, what to do.

    Each subclass stands beside the code that raises it and carries a stable ``code``.
    Logs hold the code; the message may quote a patient's value, so it goes to people only.
    """

    code: ClassVar[str] = "domain-error"


class QuantityError(DomainError):
    """A number, a unit or a moment that cannot be read, or two that measure different things."""

    code = "quantity"
