"""A FHIR R4 Bundle of one patient, read into a case.

Only what is about that patient is read: a resource that names another, or nobody, is listed and left
alone. ``docs/fhir.md`` says which resources answer what.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

from posology.case import Answer, Case, Choice, EarlierDose, Fact, FactValue, UndatedDose
from posology.fhir.administrations import doses_once, read_administration
from posology.fhir.allergies import read_allergy
from posology.fhir.chart import Chart, Import, NotUnderstood, Reason
from posology.fhir.conditions import read_condition
from posology.fhir.elements import Resource, a_dict, a_text, dicts, when
from posology.fhir.errors import FhirError
from posology.fhir.medications import read_medication
from posology.fhir.observations import read_observation
from posology.fhir.patient import read_patient
from posology.fhir.pregnancy import is_about_pregnancy, read_pregnancy
from posology.fhir.questionnaires import is_part_of_a_form, read_response, read_score_observations
from posology.knowledge import Library, load_library
from posology.quantities import check_aware

_TYPES = frozenset({"transaction", "batch", "collection", "searchset", "document"})
_MOST_ENTRIES = 200_000

_READERS: Mapping[str, Callable[[Resource, Chart], None]] = MappingProxyType(
    {
        "Observation": read_observation,
        "Condition": read_condition,
        "MedicationRequest": read_medication,
        "MedicationStatement": read_medication,
        "AllergyIntolerance": read_allergy,
        "QuestionnaireResponse": read_response,
        "MedicationAdministration": read_administration,
    }
)
# Not read, yet of a kind that could carry a drug: said on its own, so that nobody takes it for read.
_LEFT_OUT = MappingProxyType(
    {
        "MedicationDispense": "Drugs that were handed out are not read; see whether the list needs them.",
        "FamilyMemberHistory": "Family history is not read; ask for psychosis in close relatives.",
    }
)
_ONLY_REFERRED_TO = frozenset(
    "Patient Medication Organization Practitioner PractitionerRole Location".split()
)
# Under these names stands when something was seen, written or done.
_MOMENTS = (
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "authoredOn", "authored", "recordedDate",
    "performedDateTime", "performedPeriod", "occurrenceDateTime", "period", "onsetDateTime", "dateAsserted",
)  # fmt: skip


def read_bundle(
    data: object, *, as_of: datetime, jurisdiction: str, library: Library | None = None
) -> Import:
    """Read a Bundle that :func:`posology.fhir.read_json` has parsed.

    Parameters
    ----------
    data : object
        The parsed document.
    as_of : datetime
        The moment of the decision, aware, in the site's zone; nothing that is read may be dated after it.
    jurisdiction : str
        Whose labels and law apply: ``US``, ``EU``, ``UK``.

    Returns
    -------
    Import
        The case, what was understood, what was not and why, and who the patient is.

    Raises
    ------
    FhirError
        If it is no Bundle of one living patient, or something in it is dated after ``as_of``.
    """
    library = library or load_library()
    moment = check_aware(as_of, what="as_of")
    bundle = _checked_bundle(data)
    entries = _entries(bundle)
    person, names = _one_patient(entries)
    chart = Chart(library, moment, _last_entry(entries, names, moment), _index(entries))
    chart.zone = as_of.tzinfo or UTC
    patient = read_patient(person, chart)
    if any(link.get("relation") == "next" for link in dicts(bundle.get("link"))):
        chart.pass_over(bundle, "The server holds further pages that are not in this file. Export them all.")
    _read_entries(entries, names, chart)
    facts = _one_answer_a_moment(chart)
    doses = doses_once(chart)
    case = Case(
        born_on=patient.born_on,
        sex=patient.sex,
        jurisdiction=jurisdiction,
        facts=facts,
        medications=tuple(chart.medications),
        scores=tuple(chart.scores),
        earlier=tuple(d for d in doses if isinstance(d, EarlierDose)),
        undated=tuple(d for d in doses if isinstance(d, UndatedDose)),
    )
    not_given = tuple(chart.not_given)
    return Import(case, tuple(chart.understood), chart.all_not_understood(), patient, not_given)


def _checked_bundle(data: object) -> Resource:
    bundle = a_dict(data)
    kind = a_text(bundle.get("resourceType"))
    if kind != "Bundle":
        found = f"a {kind}" if kind else "no FHIR resource"
        raise FhirError(f"The file is {found}, not a Bundle. Export the patient's record as one Bundle.")
    of_type = a_text(bundle.get("type"))
    if of_type not in _TYPES:
        raise FhirError(
            f"The Bundle is of the type '{of_type or 'not given'}', which holds no single state of a record. "
            f"Export one of {', '.join(sorted(_TYPES))}."
        )
    return bundle


def _entries(bundle: Resource) -> tuple[tuple[str, Resource], ...]:
    """Return every resource with the URL under which the others refer to it."""
    entries = dicts(bundle.get("entry"))
    if len(entries) > _MOST_ENTRIES:
        raise FhirError(f"The Bundle has more than {_MOST_ENTRIES:,} entries. Export one patient.")
    found = ((a_text(e.get("fullUrl")), a_dict(e.get("resource"))) for e in entries)
    return tuple((url, resource) for url, resource in found if resource)


def _one_patient(entries: tuple[tuple[str, Resource], ...]) -> tuple[Resource, frozenset[str]]:
    """Return the patient and every reference that means that patient.

    Raises
    ------
    FhirError
        If there is none, or more than one: nothing may be filed to the wrong person (hazard H-01).
    """
    people = [(url, r) for url, r in entries if r.get("resourceType") == "Patient"]
    different = {a_text(r.get("id")) or url for url, r in people}
    if not people:
        raise FhirError(
            "The Bundle holds no Patient, so no one knows whose record it is. Export it with the patient."
        )
    if len(different) > 1:
        raise FhirError(
            f"The Bundle holds {len(different)} patients, so facts could be filed to the wrong one. "
            "Export one."
        )
    names = {name for url, r in people for name in _references(url, r)}
    person = people[-1][1]
    names |= {
        f"Patient?identifier={a_text(i.get('system'))}|{a_text(i.get('value'))}"
        for i in dicts(person.get("identifier"))
        if a_text(i.get("value"))
    }
    return person, frozenset(names)


def _references(url: str, resource: Resource) -> Iterator[str]:
    if url:
        yield url
    kind, identity = a_text(resource.get("resourceType")), a_text(resource.get("id"))
    if kind and identity:
        yield f"{kind}/{identity}"


def _index(entries: tuple[tuple[str, Resource], ...]) -> dict[str, Resource]:
    return {name: resource for url, resource in entries for name in _references(url, resource)}


def _is_about(resource: Resource, names: frozenset[str]) -> bool | None:
    """Answer whether a resource is about the patient; ``None`` when it does not say whom it is about."""
    subject = resource.get("subject") or resource.get("patient")
    reference = a_text(a_dict(subject).get("reference")).split("/_history/")[0]
    if not reference:
        return None
    return reference in names


def _last_entry(
    entries: tuple[tuple[str, Resource], ...], names: frozenset[str], as_of: datetime
) -> datetime | None:
    """Return the last moment, not after the decision, at which anyone wrote into the patient's record."""
    moments = (
        moment
        for _, resource in entries
        if _is_about(resource, names)
        for name in _MOMENTS
        if (moment := when(resource, name, as_of=as_of)) is not None and moment <= as_of
    )
    return max(moments, default=None)


def _read_entries(entries: tuple[tuple[str, Resource], ...], names: frozenset[str], chart: Chart) -> None:
    parts_of_forms: list[Resource] = []
    for _, resource in entries:
        kind = a_text(resource.get("resourceType"))
        if kind in _ONLY_REFERRED_TO:
            continue
        if kind not in _READERS:
            chart.not_used(resource, _LEFT_OUT.get(kind, "This kind of resource is not read."))
        elif (about := _is_about(resource, names)) is not True:
            whom = "it does not say whose it is" if about is None else "it is another person's"
            chart.pass_over(resource, f"Left alone: {whom}.", Reason.SKIPPED)
        elif kind == "Observation" and is_part_of_a_form(resource, chart.library):
            parts_of_forms.append(resource)
        elif kind == "Observation" and is_about_pregnancy(resource):
            read_pregnancy(resource, chart)
        else:
            _READERS[kind](resource, chart)
    read_score_observations(parts_of_forms, chart)


def _one_answer_a_moment(chart: Chart) -> tuple[Fact, ...]:
    """Return one answer a question and moment; where several stand, the one that asks for more care.

    *Yes* goes before *not known* and that before *no*. Of two different measurements neither is
    believed: the question is open, and the list says so.
    """
    together: dict[tuple[str, datetime], list[Fact]] = {}
    for fact in chart.facts:
        together.setdefault((fact.key, fact.at), []).append(fact)
    return tuple(_graver(same, chart) for same in together.values())


def _graver(facts: list[Fact], chart: Chart) -> Fact:
    said = {fact.value for fact in facts}
    choices = {v for v in said if isinstance(v, Choice)}
    days = [v for v in said if isinstance(v, date)]
    if len(said) == 1:
        value: FactValue = facts[0].value
    elif Answer.YES in said:
        value = Answer.YES
    elif len(choices) == 1:
        value = choices.pop()  # beside codes that leave the choice open
    elif days and Answer.UNKNOWN not in said:
        value = max(days)  # the event that lies nearer
    else:
        value = Answer.UNKNOWN
        _list_conflict(facts, chart)
    # Whose word it is must not hang on the order of the entries.
    says_so = [fact for fact in facts if fact.value == value] or facts
    origin = min((fact.origin for fact in says_so), key=lambda origin: origin.detail)
    return Fact(facts[0].key, value, facts[0].at, origin)


def _list_conflict(facts: list[Fact], chart: Chart) -> None:
    first = facts[0]
    told = sorted({"not known" if fact.is_unknown else str(fact.value) for fact in facts})
    where = ", ".join(sorted({fact.origin.detail for fact in facts}))
    why = (
        f"The {chart.question(first.key).named} has several answers of {first.at:%Y-%m-%d %H:%M} UTC: "
        f"{', '.join(told)}. Ask again."
    )
    chart.not_understood.append(NotUnderstood(where, why, Reason.UNREADABLE, first.key))
