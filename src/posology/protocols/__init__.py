"""Rules over a case: eligibility, schedules and limits; each answer with what decided it and its sources."""

from posology.protocols.eligibility import assess, cite
from posology.protocols.findings import Citation, Finding, Observed, Report, Severity, Verdict
from posology.protocols.history import Given, History
from posology.protocols.schedule import TooSoon, Visit, check_interval

__all__ = [
    "Citation",
    "Finding",
    "Given",
    "History",
    "Observed",
    "Report",
    "Severity",
    "TooSoon",
    "Verdict",
    "Visit",
    "assess",
    "check_interval",
    "cite",
]
