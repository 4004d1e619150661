"""FHIR's data types, read from plain Python without trusting their shape.

What is not of the shape that FHIR gives it reads as absent; whoever needed it then says that it is
missing. So a malformed element can never become a value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from posology.case.days import last_moment_of_day, moment_of_day

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
ICD10 = frozenset({"http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10"})

# The same systems as older exports name them.
_ALSO_KNOWN_AS = {
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "urn:oid:2.16.840.1.113883.6.8": UCUM,
}
_SHOWN = {LOINC: "LOINC", SNOMED: "SNOMED CT", RXNORM: "RxNorm", **dict.fromkeys(ICD10, "ICD-10")}

Resource = Mapping[str, Any]

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?)?)?",
    re.ASCII,
)
# Characters that would steer a terminal or turn a line round, and halves of pairs that no text has.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Coding:
    """One code of one system, with the words that came with it."""

    system: str
    code: str
    display: str

    @property
    def shown(self) -> str:
        """``LOINC 29463-7``."""
        return f"{_SHOWN.get(self.system, self.system or 'no system')} {self.code}"


def a_dict(value: object) -> Resource:
    """Return a JSON object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def dicts(value: object) -> tuple[Resource, ...]:
    """Return the JSON objects of an array; an object alone counts as an array of one."""
    if isinstance(value, dict):
        return (value,)
    return tuple(v for v in value if isinstance(v, dict)) if isinstance(value, list) else ()


def a_text(value: object) -> str:
    """Return a string fit to be shown on one line, or an empty one."""
    if not isinstance(value, str):
        return ""
    return _UNSHOWN.sub(" ", value[:_LONGEST_TEXT]).strip()


def system_of(coding: Resource) -> str:
    """Return the code system of a Coding or Quantity under its canonical name."""
    system = a_text(coding.get("system"))
    return _ALSO_KNOWN_AS.get(system, system)


def codings(concept: object) -> tuple[Coding, ...]:
    """Return the codings of a CodeableConcept."""
    found = (
        Coding(system_of(c), a_text(c.get("code")), a_text(c.get("display")))
        for c in dicts(a_dict(concept).get("coding"))
    )
    return tuple(c for c in found if c.code)


def codes(concept: object, system: str) -> tuple[str, ...]:
    """Return the codes that a CodeableConcept has in one system."""
    return tuple(c.code for c in codings(concept) if c.system == system)


def words(concept: object) -> str:
    """Return what a CodeableConcept says in words: its text, or a coding's display, or its code."""
    text = a_text(a_dict(concept).get("text"))
    if text:
        return text
    found = codings(concept)
    return next((c.display for c in found if c.display), found[0].shown if found else "")


def first_code(concept: object) -> str:
    """Return the first code of a status, which older records write as a bare word."""
    if isinstance(concept, str):
        return a_text(concept)
    found = codings(concept)
    return found[0].code if found else a_text(a_dict(concept).get("text"))


def read_moment(value: object, *, as_of: datetime) -> datetime | None:
    """Read a FHIR date or dateTime, or return ``None`` where there is none to be read.

    A part that is not written counts from its first moment (see :func:`moment_of_day`): what is dated
    2026-11 may be of any day in November, and is taken to be of the first. A time without an offset
    could be any of 26 hours and is not read.
    """
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, time = match.groups()
    try:
        if time:
            return datetime.fromisoformat(match[0]).astimezone(UTC)
        return moment_of_day(date(int(year), int(month or 1), int(day or 1)), as_of=as_of)
    except (ValueError, OverflowError):
        return None


def read_last_moment(value: object, *, as_of: datetime) -> tuple[datetime, date | None] | None:
    """Read the last moment that a FHIR date or dateTime may mean, and its day where no time is written.

    A day counts to its end, a month or a year to its last day, and none of them beyond the decision.
    """
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, time = match.groups()
    try:
        if time:
            return datetime.fromisoformat(match[0]).astimezone(UTC), None
        first = date(int(year), int(month or 1), int(day or 1))
        last = first if day else _last_day(first, whole_year=month is None)
    except (ValueError, OverflowError):
        return None
    return last_moment_of_day(last, as_of=as_of), min(last, max(first, as_of.date()))


def _last_day(first: date, *, whole_year: bool) -> date:
    if whole_year:
        return first.replace(month=12, day=31)
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def when(resource: Resource, *names: str, as_of: datetime) -> datetime | None:
    """Return the first moment that stands under one of these names; of a period, its start."""
    for name in names:
        value = resource.get(name)
        moment = read_moment(a_dict(value).get("start") if isinstance(value, dict) else value, as_of=as_of)
        if moment is not None:
            return moment
    return None


def values(element: Resource) -> Iterator[tuple[str, Any]]:
    """Yield what stands in ``value[x]``: the type's name and the value."""
    for key, value in element.items():
        if key.startswith("value") and key[5:6].isupper():
            yield key[5:], value


def label(resource: Resource) -> str:
    """Return what finds a resource again: ``Observation/1234``."""
    kind = a_text(resource.get("resourceType")) or "a resource without a type"
    identity = a_text(resource.get("id"))
    return f"{kind}/{identity}" if identity else kind
