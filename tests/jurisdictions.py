"""What no page of one jurisdiction may say of another: the words of its law, its agencies and its schemes."""

import re

from posology.knowledge import load_library
from posology.knowledge.jurisdictions import is_own

_AMERICA = (
    r"REMS",
    r"Risk Evaluation",
    r"\bFDA\b",
    r"Food and Drug Administration",
    r"\bUS\b",
    r"U\.S\.",
    r"United States",
    r"Medicare",
    r"Medicaid",
    r"HCPCS",
    r"\bNDC\b",
    r"National Drug Code",
    r"\bDEA\b",
    r"Drug Enforcement",
    r"DailyMed",
    r"\bCIII\b",
)
_EUROPE = (r"\bEU\b", r"European", r"\bEurope\b(?!/)", r"SmPC", r"\bEMA\b", r"European Medicines Agency")
_KINGDOM = (r"\bUK\b", r"United Kingdom", r"England", r"\bNHS\b", r"\bNICE\b", r"MHRA")

# The European pack is the United Kingdom's as well; what is British is foreign to the other Europeans.
FOREIGN = {"US": (*_EUROPE, *_KINGDOM), "EU": (*_AMERICA, *_KINGDOM), "UK": _AMERICA}


def without_labels(text: str, jurisdiction: str) -> str:
    """Take out the ids and titles of others' labels: names of documents that say whose they are."""
    sources = load_library().sources
    foreign = {k: s for k, s in sources.items() if s.label_of is not None and not is_own(s, jurisdiction)}
    for name in sorted(foreign, key=len, reverse=True):  # SPR-EU-PL before SPR-EU
        text = text.replace(foreign[name].title, "").replace(name, "")
    return text


def foreign_terms(text: str, jurisdiction: str) -> list[str]:
    """Return each foreign term of a text, with the words around it."""
    words = without_labels(" ".join(text.replace("\u00a0", " ").split()), jurisdiction)
    found = re.finditer("|".join(FOREIGN[jurisdiction]), words)
    return [f"{m.group()}: …{words[max(0, m.start() - 60) : m.end() + 60]}…" for m in found]
