"""Refusals of a FHIR document as a whole; what is wrong with one resource is listed instead."""

from posology.quantities import DomainError


class FhirError(DomainError):
    """A document that may not be used: what was found, why it stops us, what to do."""

    code = "fhir"
