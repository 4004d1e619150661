"""MedicationAdministration: doses of ketamine and its forms that were given, here or elsewhere.

They count in every limit that looks back. Racemic ketamine, esketamine and arketamine stay three substances,
and nothing is converted. What cannot be read of such a dose (which drug, how much, when) is not known, is
listed, and is never taken for nothing (hazards H-09, H-14, H-23).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from posology.case import EarlierDose, Origin, OriginKind, UndatedDose
from posology.case.drug_names import read_drug
from posology.fhir.chart import Chart
from posology.fhir.elements import (
    SNOMED,
    Resource,
    a_dict,
    a_text,
    codes,
    codings,
    dicts,
    first_code,
    label,
    read_last_moment,
    read_moment,
)
from posology.fhir.measurements import NotMeasured, number_in, unit_code
from posology.fhir.medications import NAMELESS, ONLY_A_CODE, drug_of
from posology.knowledge import Route, Substance
from posology.quantities import Quantity, QuantityError

Dose = EarlierDose | UndatedDose

# These count: of a dose that is running, paused or was broken off, what is told counts whole.
_GIVEN = frozenset({"completed", "in-progress", "on-hold", "stopped"})
_NOT_GIVEN = MappingProxyType({"not-done": "it was not given", "entered-in-error": "it was entered in error"})
# SNOMED CT's codes of the routes (clinical sheet on codes, section on drugs).
_ROUTE_CODES = MappingProxyType(
    {
        "47625008": Route.INTRAVENOUS,
        "46713006": Route.NASAL,
        "78421000": Route.INTRAMUSCULAR,
        "34206005": Route.SUBCUTANEOUS,
        "26643006": Route.ORAL,
        "37839007": Route.SUBLINGUAL,
    }
)
_ROUTE_WORDS = MappingProxyType(
    {
        **{route.value: route for route in Route},
        **dict.fromkeys(("iv", "i.v."), Route.INTRAVENOUS),
        **dict.fromkeys(("im", "i.m."), Route.INTRAMUSCULAR),
        **dict.fromkeys(("sc", "s.c.", "subcut"), Route.SUBCUTANEOUS),
        **dict.fromkeys(("po", "p.o.", "by mouth"), Route.ORAL),
        **dict.fromkeys(("sl", "s.l."), Route.SUBLINGUAL),
        "intranasal": Route.NASAL,
    }
)
_BY_ROUTE = re.compile(r"( route( of administration)?| use)$")
_ATC_CODE = re.compile(r"\bATC ([A-V][0-9]{2}[A-Z]{2}[0-9]{2})\b")
# Above this an amount is a slip of the pen; it keeps absurd numbers out, and is no clinical limit.
_BEYOND_ANY_MG = Decimal(100_000)
_LONG = timedelta(days=1)  # an infusion of days counts from its end
_READ = MappingProxyType({s.value: s for s in Substance})


def read_administration(resource: Resource, chart: Chart) -> None:
    """Take over one MedicationAdministration of ketamine, esketamine or arketamine; others are counted.

    One that may be of the three and cannot be read is taken over with what is not known of it.
    """
    text, rxnorm = drug_of(resource, chart)
    substance, why_not = _substance(text, rxnorm, chart)
    if substance is None and not why_not:
        chart.not_used(resource, _other_drug(text, rxnorm, chart))
        return
    status = first_code(resource.get("status"))
    names = identifiers_of(resource)
    if status in _NOT_GIVEN:
        chart.pass_over(resource, f"{text}: {_NOT_GIVEN[status]}, so it does not count.")
        chart.not_given.append(names)
        return
    faults = [why_not] if why_not else []
    amount = _amount(resource, status, text, chart, faults)
    found = _moment(resource, chart)
    if found is None:
        faults.append("it has no moment that can be read, so it could fall into any interval")
    route = _route(resource)
    unread = "; ".join(faults)
    told: dict[str, Any] = {
        "substance": substance,
        "dose_mg": amount,
        "route": route,
        "origin": Origin(OriginKind.CHART, label(resource)),
        "identifiers": names,
        "unread": unread,
    }
    if faults:
        chart.half_read(f"{text}, given: {unread}. Find out, and enter it under doses elsewhere.", resource)
    if found is None:
        chart.doses.append(UndatedDose(**told))
        return
    at, on = found
    chart.doses.append(EarlierDose(at=at, on=on, protocol_id="", **told))


# ---------------------------------------------------------------- which drug


def _substance(text: str, rxnorm: str | None, chart: Chart) -> tuple[Substance | None, str]:
    """Return the substance; or why a drug that may be one of the three cannot be read; or neither."""
    if text.startswith((NAMELESS, ONLY_A_CODE)):
        return _by_code_alone(text, rxnorm, chart)
    read = read_drug(text, rxnorm, chart.library)
    named = [_READ[name] for name in dict.fromkeys((*read.ingredients, *read.unread)) if name in _READ]
    left = [word for word in read.unread if word not in _READ]
    if len(named) == 1 and (read.is_checked or not left):
        return named[0], ""
    if not named and not _sounds_like_one(text, chart):
        return None, ""
    if len(named) > 1:
        return None, _two_names(named)
    return None, "which of ketamine, esketamine and arketamine it was cannot be read"


def _by_code_alone(text: str, rxnorm: str | None, chart: Chart) -> tuple[Substance | None, str]:
    """Read a drug of which the record gives no words: a code that is known here decides, or nothing does."""
    coded = _ATC_CODE.findall(text)
    read = [read_drug(f"ATC {code}", None, chart.library) for code in coded]
    found = {name for one in (*read, read_drug("", rxnorm, chart.library)) for name in one.ingredients}
    named = [_READ[name] for name in sorted(found) if name in _READ]
    if len(named) > 1:
        return None, _two_names(named)
    if named:
        return named[0], ""
    if found or coded:  # a whole code of WHO's index that is none of the three is another drug
        return None, ""
    return None, f"the record names no drug ({text[:80]}), so it may be any"


def _two_names(named: list[Substance]) -> str:
    return f"it is named as {' and as '.join(named)}, and the two are never one"


def _sounds_like_one(text: str, chart: Chart) -> bool:
    """Answer whether a name that is not read may be of the three: by its letters, or by a group of codes."""
    drugs = chart.library.drugs.drugs
    ours = [code for name in _READ if name in drugs for code in drugs[name].atc]
    groups = re.findall(r"\b[A-V][0-9]{2}[A-Z]{0,2}\b", text)
    return "ketamin" in text.casefold() or any(code.startswith(group) for group in groups for code in ours)


def _other_drug(text: str, rxnorm: str | None, chart: Chart) -> str:
    if read_drug(text, rxnorm, chart.library).is_checked:
        return "Drugs that were given are not read; see whether the list needs them."
    return f"{text[:80]}: given, and not in our list of drugs. If it holds ketamine, enter the dose by hand."


# ---------------------------------------------------------------- how much, by which route


def _amount(resource: Resource, status: str, text: str, chart: Chart, faults: list[str]) -> Decimal | None:
    """Return the amount in mg, or say why it is not known."""
    if status not in _GIVEN:
        faults.append(f"its status is '{status or 'not given'}', so whether it was given is not known")
        return None
    quantity = a_dict(a_dict(resource.get("dosage")).get("dose"))
    try:
        amount = _milligrams(quantity)
    except (NotMeasured, QuantityError) as refused:
        faults.append(str(refused).rstrip("."))
        return None
    if not 0 < amount <= _BEYOND_ANY_MG:
        faults.append(f"its dose is {Quantity(amount, 'mg')}, which cannot be")
        return None
    if len(read_drug(text, None, chart.library).ingredients) > 1:
        faults.append("it was given mixed with another drug, so how much of each is not known")
        return None
    return amount


def _milligrams(quantity: Resource) -> Decimal:
    if not quantity:
        raise NotMeasured("The record says no dose.")
    number = number_in(quantity, "dose")
    return Quantity(number, unit_code(quantity, "dose")).in_unit("mg")


def _route(resource: Resource) -> Route | None:
    """Return the route, by code and by words; ``None`` where there is none, or two that differ."""
    concept = a_dict(resource.get("dosage")).get("route")
    words = (a_text(a_dict(concept).get("text")), *(c.display for c in codings(concept)))
    said = (_BY_ROUTE.sub("", word.casefold().strip()) for word in words)
    found = {_ROUTE_WORDS[word] for word in said if word in _ROUTE_WORDS}
    found |= {_ROUTE_CODES[code] for code in codes(concept, SNOMED) if code in _ROUTE_CODES}
    return found.pop() if len(found) == 1 else None


# ---------------------------------------------------------------- when


def _moment(resource: Resource, chart: Chart) -> tuple[datetime, date | None] | None:
    """Return the last moment at which the dose may have been given, and its day where that is all.

    Of a period it is the start, as of a session here; of one that lasted days it is the end.

    Raises
    ------
    FhirError
        If it is dated after the decision.
    """
    as_of = chart.as_of.astimezone(chart.zone)
    single = resource.get("effectiveDateTime")
    period = a_dict(resource.get("effectivePeriod"))
    for value in (single, period.get("start"), None if period.get("start") else period.get("end")):
        chart.check_past(read_moment(value, as_of=chart.as_of), resource)
    if single is not None:
        return read_last_moment(single, as_of=as_of)
    start = read_last_moment(period.get("start"), as_of=as_of)
    end = read_last_moment(period.get("end"), as_of=as_of)
    if start is None or end is None:
        return start or end
    end = (min(end[0], chart.as_of), end[1])
    if end[0] < start[0]:
        return end if start[1] is not None else start
    return end if end[0] - start[0] > _LONG else start


# ---------------------------------------------------------------- the same dose, told twice


def identifiers_of(resource: Resource) -> tuple[str, ...]:
    """Return the names under which an administration is known again.

    An identifier counts with its system, and an id where it is unique anywhere. Another server's number
    1234 is another dose: such an id counts only with the very same content. The session and the order it
    belongs to are named too, so that a dose of our own is not counted again.
    """
    found = [
        f"{a_text(i.get('system'))}|{a_text(i.get('value'))}"
        for i in dicts(resource.get("identifier"))
        if a_text(i.get("system")) and a_text(i.get("value"))
    ]
    own = [a_text(resource.get("id")), *(a_text(i.get("value")) for i in dicts(resource.get("identifier")))]
    found += [f"uuid:{key}" for key in _uuids(own)]
    if not found:
        content = {k: v for k, v in resource.items() if k not in {"meta", "text"}}
        told = json.dumps(content, sort_keys=True, default=str)
        found = [f"content:{hashlib.sha256(told.encode()).hexdigest()}"]
    around = {
        "session": [*dicts(resource.get("context")), *dicts(resource.get("encounter"))],
        "order": dicts(resource.get("request")),
    }
    for kind, references in around.items():
        ends = (a_text(r.get("reference")).rpartition("/")[2] for r in references)
        found += [f"{kind}:{key}" for key in _uuids(ends)]
    return tuple(dict.fromkeys(found))


def _uuids(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield str(UUID(text.removeprefix("urn:uuid:")))
        except ValueError:
            continue


def names_the_dose(identifier: str) -> bool:
    """Answer whether an identifier is the dose's own, and not that of its session or order."""
    return not identifier.startswith(("session:", "order:"))


def doses_once(chart: Chart) -> tuple[Dose, ...]:
    """Return each dose once; where the record tells one in several ways, what differs is not known."""
    together: list[Dose] = []
    for dose in chart.doses:
        mine = {i for i in dose.identifiers if names_the_dose(i)}
        same = next((n for n, d in enumerate(together) if mine & set(d.identifiers)), None)
        if same is None:
            together.append(dose)
        else:
            together[same] = _one_of(together[same], dose, chart)
    for dose in together:
        at = dose.at if isinstance(dose, EarlierDose) else None
        name = dose.origin.detail if dose.origin else ""
        chart.tell("Dose given", _shown(dose), at, _resource_named(name))
    return tuple(together)


def _one_of(one: Dose, other: Dose, chart: Chart) -> Dose:
    """Return what two tellings of one dose agree on; the later moment counts, and no moment before any."""
    if replace(one, identifiers=()) == replace(other, identifiers=()):
        return one
    kept = other if isinstance(other, UndatedDose) else one
    if isinstance(one, EarlierDose) and isinstance(other, EarlierDose):
        kept = max(one, other, key=lambda d: d.at)
    differs = [
        word
        for word, a, b in (
            ("drugs", one.substance, other.substance),
            ("amounts", one.dose_mg, other.dose_mg),
            ("routes", one.route, other.route),
        )
        if a != b
    ]
    said = f"the record tells it with two {' and two '.join(differs)}" if differs else ""
    if said and kept.origin:
        chart.half_read(f"{_shown(kept)}: {said}. Find out which holds.", _resource_named(kept.origin.detail))
    return replace(
        kept,
        substance=one.substance if one.substance is other.substance else None,
        dose_mg=one.dose_mg if one.dose_mg == other.dose_mg else None,
        route=one.route if one.route is other.route else None,
        identifiers=tuple(dict.fromkeys((*one.identifiers, *other.identifiers))),
        unread="; ".join(dict.fromkeys(w for w in (one.unread, other.unread, said) if w)),
    )


def _resource_named(name: str) -> Resource:
    kind, _, identity = name.partition("/")
    return {"resourceType": kind, "id": identity}


def _shown(dose: Dose) -> str:
    drug = str(dose.substance or "drug not known")
    amount = "amount not known" if dose.dose_mg is None else str(Quantity(dose.dose_mg, "mg"))
    return f"{drug}, {amount}, {dose.route or 'route not known'}"
