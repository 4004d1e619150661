"""How a visit is refused."""

from posology.quantities import DomainError


class VisitRefused(DomainError):
    """A visit that cannot lie there, or cannot be changed any more; ``field`` names what to mend."""

    code = "visit"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)
