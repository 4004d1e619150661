"""Who wrote what, when, and in the course of what: told by the database itself, not by the code above it."""

from posology.clinic.audit.acting import acting_as, action

__all__ = ["acting_as", "action"]
