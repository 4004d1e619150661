"""Why a model refuses: an input outside what it is defined for, or two things that must not be mixed."""

from posology.quantities import DomainError


class ModelError(DomainError):
    """The model cannot answer as it was asked; the sentence says what to change."""

    code = "model-refused"


class OutsideDomain(ModelError):
    """A value lies where nobody was studied, or where the number has no meaning."""

    code = "outside-domain"


class Mixed(ModelError):
    """Two sampling sites or two substances in one sum."""

    code = "mixed-models"
