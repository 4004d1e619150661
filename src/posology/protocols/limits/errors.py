"""A dose, a rate or a session that a protocol does not allow."""

from posology.knowledge.schema import Role, Value
from posology.quantities import DomainError


class LimitExceeded(DomainError):
    """A dose that a protocol does not allow. The message says the limit, its source, and who may override it.

    Attributes
    ----------
    limit : str
        The name of the limit: ``dose_ceiling``, ``dose_floor``, ``dose_levels``, ``dose_step``, ``weight``,
        ``rate_ceiling``, ``minutes``, ``devices``, ``number``, ``session_total``, ``dose_raise_allowed``, or
        that of a hard limit over days.
    facts, sources : tuple of str
        What the limit rests on; empty where the limit is arithmetic alone.
    may_override : Role
        Who may pass it, as its value says. Nobody, where it says nothing: a limit that somebody may pass is a
        hold, and is not raised.
    """

    code = "limit"

    def __init__(self, sentence: str, *, limit: str, value: Value | None = None) -> None:
        self.limit = limit
        self.facts: tuple[str, ...] = value.facts if value else ()
        self.sources: tuple[str, ...] = value.sources if value else ()
        self.may_override = (value.cleared_by if value else None) or Role.NOBODY
        grounds = ", ".join((*self.facts, *self.sources))
        who = str(self.may_override)
        passes = "Nobody" if self.may_override is Role.NOBODY else f"Only a {who}, with a reason,"
        super().__init__(
            f"{sentence} {f'The limit rests on {grounds}. ' if grounds else ''}{passes} may override it."
        )
