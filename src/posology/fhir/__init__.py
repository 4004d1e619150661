"""FHIR R4 in: a Bundle of one patient becomes a case, with what was and what was not understood."""

from posology.fhir.bundle import read_bundle
from posology.fhir.chart import Identifier, Import, NotUnderstood, Patient, Reason, Understood
from posology.fhir.errors import FhirError
from posology.fhir.json_door import decode, read_json

__all__ = [
    "FhirError",
    "Identifier",
    "Import",
    "NotUnderstood",
    "Patient",
    "Reason",
    "Understood",
    "decode",
    "read_bundle",
    "read_json",
]
