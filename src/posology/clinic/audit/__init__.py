"""Who wrote what, when, and in the course of what: written by the database itself, never by the code above it."""

from posology.clinic.audit.acting import acting_as, action

__all__ = ["acting_as", "action"]
