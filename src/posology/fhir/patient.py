"""Patient: who the record is about, and whether it may be used at all."""

from datetime import date, datetime

from posology.case import Sex
from posology.fhir.chart import Chart, Identifier, Patient
from posology.fhir.elements import Resource, a_dict, a_text, dicts, label, read_moment, words
from posology.fhir.errors import FhirError
from posology.quantities import QuantityError, read_day


def read_patient(resource: Resource, chart: Chart) -> Patient:
    """Read the patient of a record.

    Raises
    ------
    FhirError
        If the patient has died, or the record was merged into another.
    """
    _check_not_merged(resource)
    deceased_at = _deceased_at(resource, chart.as_of)
    patient = Patient(
        names=_names(resource),
        identifiers=_identifiers(resource),
        born_on=_born_on(resource, chart),
        sex=_sex(resource, chart),
        deceased_at=deceased_at,
        resource=label(resource),
    )
    if patient.born_on is not None:
        chart.tell("Born on", patient.born_on.isoformat(), None, resource, key="born_on")
    if patient.sex is not Sex.UNKNOWN:
        chart.tell("Sex", patient.sex.value, None, resource, key="sex")
    return patient


def _check_not_merged(resource: Resource) -> None:
    if any(link.get("type") == "replaced-by" for link in dicts(resource.get("link"))):
        raise FhirError(
            f"{label(resource)} was merged into another record, so this one is no longer kept. "
            "Export the other."
        )


def _deceased_at(resource: Resource, as_of: datetime) -> datetime | None:
    written = resource.get("deceasedDateTime")
    if written is None and resource.get("deceasedBoolean") in (None, False):
        return None
    on = f" on {read:%Y-%m-%d}" if (read := read_moment(written, as_of=as_of)) else ""
    raise FhirError(
        f"{label(resource)}: the record says that the patient died{on}, so no treatment is proposed. "
        "Check that it is the right record."
    )


def _names(resource: Resource) -> tuple[str, ...]:
    ranked = sorted(
        dicts(resource.get("name")), key=lambda n: a_text(n.get("use")) not in {"official", "usual"}
    )
    return tuple(name for name in map(_name, ranked) if name)


def _name(name: Resource) -> str:
    given = name.get("given")
    first = " ".join(a_text(g) for g in given if a_text(g)) if isinstance(given, list) else a_text(given)
    parts = [part for part in (a_text(name.get("family")), first) if part]
    return ", ".join(parts) or a_text(name.get("text"))


def _identifiers(resource: Resource) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(a_text(i.get("system")), a_text(i.get("value")), words(a_dict(i.get("type"))))
        for i in dicts(resource.get("identifier"))
        if a_text(i.get("value"))
    )


def _born_on(resource: Resource, chart: Chart) -> date | None:
    written = a_text(resource.get("birthDate"))
    try:
        born = read_day(written, what="birth day")
    except QuantityError:
        why = f"The birth day is '{written}', which is no whole day." if written else "It has no birth day."
        chart.pass_over(resource, f"{why} Ask for it: the age decides.")
        return None
    if born > chart.as_of.date():
        raise FhirError(f"{label(resource)}: the birth day {born} lies in the future. Correct it.")
    return born


def _sex(resource: Resource, chart: Chart) -> Sex:
    written = a_text(resource.get("gender"))
    if written in {s.value for s in Sex}:
        return Sex(written)
    chart.pass_over(
        resource, f"The sex is '{written}', which is none of FHIR's codes." if written else "It has no sex."
    )
    return Sex.UNKNOWN
