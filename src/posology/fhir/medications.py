"""MedicationRequest and MedicationStatement: what is, was or may be taken.

An active drug is never dropped: one whose name or reference cannot be read stays on the list as such,
so that the rule on drugs that could not be checked finds it (hazard H-14).
"""

from types import MappingProxyType

from posology.case import Answer, Medication, Origin, OriginKind
from posology.case.drug_names import DrugReading, ingredients_of, read_drug
from posology.fhir.chart import Chart, NotUnderstood, Reason
from posology.fhir.elements import (
    RXNORM,
    Coding,
    Resource,
    a_dict,
    a_text,
    codings,
    dicts,
    first_code,
    label,
    when,
)

_ACTIVE = MappingProxyType(
    {
        "active": Answer.YES,
        "on-hold": Answer.UNKNOWN,
        "unknown": Answer.UNKNOWN,
        "draft": Answer.UNKNOWN,
        "intended": Answer.UNKNOWN,
        "cancelled": Answer.NO,
        "completed": Answer.NO,
        "stopped": Answer.NO,
        "not-taken": Answer.NO,
    }
)
# WHO's index of drugs, as its code system is named in records.
_ATC = frozenset({"http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"})
# How a drug is called that the record does not name.
NAMELESS = "A drug whose name is not in the record"
ONLY_A_CODE = "A drug known only as"
_ONLY_PROPOSED = frozenset({"proposal", "plan"})
_SHOWN = MappingProxyType(
    {Answer.YES: "active", Answer.UNKNOWN: "not known whether taken", Answer.NO: "ended"}
)


def read_medication(resource: Resource, chart: Chart) -> None:
    """Take over one MedicationRequest or MedicationStatement."""
    status = first_code(resource.get("status"))
    text, rxnorm = drug_of(resource, chart)
    if status == "entered-in-error":
        chart.pass_over(resource, f"{text}: entered in error, so it does not count.")
        return
    at = when(
        resource,
        "authoredOn",
        "effectiveDateTime",
        "effectivePeriod",
        "dateAsserted",
        "dateWritten",
        as_of=chart.as_of,
    )
    chart.check_past(at, resource)
    active = _active(resource, status)
    chart.medications.append(
        Medication(
            text,
            rxnorm,
            active,
            at or chart.record_at or chart.as_of,
            Origin(OriginKind.CHART, label(resource)),
        )
    )
    found = ingredients_of(text, rxnorm, chart.library)
    if found is None and active is not Answer.NO:
        why = f"{text}: not in the list of drugs, so its interactions are not known. Ask a pharmacist."
        chart.not_understood.append(NotUnderstood(label(resource), why, Reason.UNLISTED, "medications"))
        return
    made_of = f" ({', '.join(found)})" if found else ""
    chart.tell("Drug", f"{text}, {_SHOWN[active]}{made_of}", at, resource, key="medications")


def _active(resource: Resource, status: str) -> Answer:
    if resource.get("doNotPerform") is True:
        return Answer.NO
    active = _ACTIVE.get(status, Answer.UNKNOWN)
    return (
        Answer.UNKNOWN
        if active is Answer.YES and a_text(resource.get("intent")) in _ONLY_PROPOSED
        else active
    )


def drug_of(resource: Resource, chart: Chart) -> tuple[str, str | None]:
    """Return the drug's text and RxNorm code, from the resource itself or the Medication it points to."""
    concept = resource.get("medicationCodeableConcept")
    reference = a_dict(resource.get("medicationReference"))
    if concept is None and reference:
        target = a_text(reference.get("reference"))
        medication = _contained(resource, target) or chart.resources.get(target) or {}
        concept = medication.get("code")
        if concept is None:
            named = _ingredients(medication, chart) or a_text(reference.get("display"))
            return named or NAMELESS, None
        text = _text(concept, chart)
        if not read_drug(text, None, chart.library).is_checked and (
            made_of := _ingredients(medication, chart)
        ):
            text = f"{text}: {made_of}"
        return text, _rxnorm(concept)
    return _text(concept, chart), _rxnorm(concept)


def _ingredients(medication: Resource, chart: Chart) -> str:
    """Return the ingredients that a Medication lists, each by its words; empty where it lists none."""
    concepts = [i.get("itemCodeableConcept") for i in dicts(medication.get("ingredient"))]
    return " / ".join(_text(concept, chart) for concept in concepts if concept is not None)


def _contained(resource: Resource, target: str) -> Resource | None:
    if not target.startswith("#"):
        return None
    return next((r for r in dicts(resource.get("contained")) if r.get("id") == target[1:]), None)


def _rxnorm(concept: object) -> str | None:
    return next((c.code for c in codings(concept) if c.system == RXNORM), None)


def _text(concept: object, chart: Chart) -> str:
    """Return the words for a drug, all of them where they name different drugs, and its ATC code where
    that tells more than they do.
    """
    found = codings(concept)
    words = _words(concept, chart)
    read = read_drug(words, None, chart.library)
    for coding in found:
        code = f"ATC {coding.code}"
        if coding.system in _ATC and _tells_more(read_drug(code, None, chart.library), read):
            words = f"{words}; {code}"
    return words


def _tells_more(code: DrugReading, words: DrugReading) -> bool:
    """Answer whether a code names an ingredient or a class that the words beside it do not."""
    return not (set(code.ingredients) <= set(words.ingredients) and code.classes <= words.classes)


def _words(concept: object, chart: Chart) -> str:
    """Return the words for a drug: those that can be read, and both where they name different drugs."""
    ranked = sorted(codings(concept), key=lambda c: c.system != RXNORM)
    texts = [t for t in (*(c.display for c in ranked), a_text(a_dict(concept).get("text"))) if t]
    if not texts:
        return _known_by_code(ranked[0]) if ranked else NAMELESS
    read = {text: found for text in texts if (found := ingredients_of(text, None, chart.library))}
    if len({frozenset(found) for found in read.values()}) > 1:
        return "; ".join(read)
    return next(iter(read), texts[0])


def _known_by_code(coding: Coding) -> str:
    return f"ATC {coding.code}" if coding.system in _ATC else f"{ONLY_A_CODE} {coding.shown}"
