"""Advice turned into cards, refusals and open questions. Says what the library says, and adds nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from urllib.parse import quote

from django.urls import reverse

from posology.case import Missing
from posology.clinic.accounts.models import User
from posology.clinic.patients.models import Patient
from posology.knowledge import Library, Role, load_library
from posology.protocols import Citation, Finding, Verdict
from posology.quantities import Quantity
from posology.recommendation import Advice, Option, ProtocolAdvice, Reason
from posology.web import components
from posology.web.assessment.view_models import PARTS
from posology.web.components import Blocked, Evidence, Fact, FactList, Ground, OptionSet, Status
from posology.web.components.text import day_text
from posology.web.options import alert_models

NONE = "none"
NO_CHANGE = "The first dose of a course"
# A prescriber clears what a nurse may clear as well; the action asks again.
CLEARED_BY_PRESCRIBER = frozenset({Role.PRESCRIBER, Role.NURSE})


def option_set(
    advice: Advice, library: Library, *, by: User, zone: tzinfo, on: date, error: str = ""
) -> OptionSet:
    """Return the cards, in the order of the advice; none is chosen, and *none of these* stands among them."""
    return OptionSet(
        tuple(card(option, library, by=by, zone=zone, on=on) for option in advice.options),
        none_of_these=components.NoneOfThese(
            NONE, "None of these", "I decide otherwise, and write down why on the next page."
        ),
        error=error,
    )


def card(option: Option, library: Library, *, by: User, zone: tzinfo, on: date) -> components.Option:
    """Return the card of one option, with the chain under its sum and under each finding."""
    gives = option.dose is not None
    return components.Option(
        value=option.id,
        substance=option.substance.value if gives else option.title,
        route=f"{option.route.value} · {option.approval}" if gives else option.protocol_title,
        dose=Quantity(option.dose.dose_mg, "mg") if option.dose else None,
        sum=sum_of(option),
        rounding=option.dose.steps[0].note if option.dose and option.dose.steps else "",
        basis=basis_of(option, zone),
        given_over=f"over {option.dose.minutes}\u00a0min" if option.dose and option.dose.minutes else "",
        schedule=schedule_of(option),
        dates=tuple(visit.on for visit in option.visits),
        checkpoint=next((visit.note for visit in option.visits if visit.note), ""),
        at_session=asked_at_session(option),
        change=(option.difference or NO_CHANGE) if gives else "",
        reasons_for=tuple(_reason(r, option.protocol_id) for r in option.for_),
        reasons_against=tuple(_reason(r, option.protocol_id) for r in option.against),
        cautions=alert_models.caution_lines(option, library, on=on),
        interactions=alert_models.interaction_lines(option, library),
        sum_chain=alert_models.dose_chain(option, library.protocol(option.protocol_id), library, on=on),
        blocked=_blocked(option, by, library, on),
    )


def sum_of(option: Option) -> tuple[str, ...]:
    """Return the sum that led to the dose, as its steps tell it."""
    if option.dose is None or not option.dose.steps:
        return ()
    step = option.dose.steps[0]
    return (step.expression,) if "=" in step.expression else (step.expression, "=", step.result)


def basis_of(option: Option, zone: tzinfo) -> str:
    """Say from which weight, of which day, a dose was computed."""
    weight = option.dose.weight if option.dose else None
    if weight is None:
        return ""
    return f"{weight.reason} Weighed on {day_text(weight.measured_at.astimezone(zone).date())}."


def schedule_of(option: Option) -> str:
    """Say which stretch of the course the first visits lie in."""
    if not option.visits:
        return "No visit is planned by this option."
    return f"{option.visits[0].phase_title}. Session {option.visits[0].number}:"


def asked_at_session(option: Option) -> tuple[str, ...]:
    """Name what cannot be known before the day, and is asked at the gate; each question once."""
    questions = load_library().questions.questions
    asked = (missing for finding in option.at_session for missing in finding.missing)
    names = (questions[m.key].short if m.key in questions else m.ask for m in asked)
    return tuple(
        dict.fromkeys(name[:1].lower() + name[1:] if name[1:2].islower() else name for name in names)
    )


def _reason(reason: Reason, protocol_id: str) -> str | Evidence:
    if not reason.citations:
        return reason.say
    first = reason.citations[0]
    return Evidence(
        reason.say,
        first.certainty.value,
        ", ".join(c.source for c in reason.citations),
        ", ".join(first.facts),
        reverse("protocol", args=[protocol_id]),
    )


def _blocked(option: Option, by: User, library: Library, on: date) -> Blocked | None:
    if not option.blocked_by:
        return None
    holds = option.blocked_by
    clears = all(h.cleared_by in CLEARED_BY_PRESCRIBER for h in holds) and by.role == Role.PRESCRIBER.value
    others = sorted({h.cleared_by.value for h in holds})
    return Blocked(
        Status.HOLD,
        alert_models.held_lines(option, library, on=on),
        cleared_by="" if clears else ", ".join(others),
        overridable=clears,
    )


# ---------------------------------------------------------------- what stands below the cards


@dataclass(frozen=True, slots=True)
class AlsoPossible:
    """The options of one protocol that found no room among the cards."""

    protocol_id: str
    title: str
    ways: str


def also_possible(advice: Advice, library: Library) -> tuple[AlsoPossible, ...]:
    """Return what is possible and not among the cards, a line a protocol."""
    ways: dict[str, list[str]] = {}
    for option in advice.also_possible:
        ways.setdefault(option.protocol_id, []).append(option.title.lower())
    return tuple(AlsoPossible(p, library.protocol(p).title, ", ".join(told)) for p, told in ways.items())


def of_protocol(advice: Advice, protocol_id: str) -> Advice:
    """Return the advice with the options of one protocol as its cards; the whole where that one has none."""
    mine = tuple(o for p in advice.protocols if p.report.protocol_id == protocol_id for o in p.options)
    return replace(advice, options=mine) if mine else advice


def refused(advice: Advice, library: Library) -> components.VerdictList | None:
    """Return the protocols that gave no option, each with its reason and the findings behind it."""
    rows = tuple(_refusal(p, library) for p in advice.protocols if not p.options)
    return components.VerdictList(rows) if rows else None


def _refusal(advised: ProtocolAdvice, library: Library) -> components.Verdict:
    report = advised.report
    verdict = advised.verdict if not advised.verdict.lets_through else Verdict.CANNOT_SAY
    deciding = report.of(verdict)
    return components.Verdict(
        Status.of(verdict.value),
        library.protocol(report.protocol_id).title,
        advised.why_no_options or "No option is made by this protocol.",
        needs=tuple(f"{m.ask} ({m.why})" for m in (*advised.missing, *report.missing)),
        grounds=tuple(ground for finding in deciding for ground in grounds_of(finding)),
    )


def grounds_of(finding: Finding) -> tuple[Ground, ...]:
    """Return the chain from a finding down to its sources."""
    return tuple(_ground(finding.rule, citation) for citation in finding.citations)


def _ground(rule: str, citation: Citation) -> Ground:
    return Ground(rule, ", ".join(citation.facts), citation.title, citation.certainty.value)


def needed(missing: Iterable[Missing], patient: Patient) -> tuple[FactList, ...]:
    """Return what has to be found out, part by part, each with a link to the place where it is answered."""
    groups: dict[str, list[Fact]] = {}
    for one in missing:
        groups.setdefault(_part_of(one.key), []).append(_open_question(one, patient))
    return tuple(FactList(tuple(facts), f"{name}: {len(facts)} open") for name, facts in groups.items())


def _part_of(key: str) -> str:
    library = load_library()
    if key in library.measures:
        return "Questionnaires"
    question = library.questions.questions.get(key)
    return PARTS[question.part] if question else "Other"


def _open_question(missing: Missing, patient: Patient) -> Fact:
    library = load_library()
    question = library.questions.questions.get(missing.key)
    is_form = missing.key in library.measures
    return Fact(
        question.short if question else missing.ask,
        None,
        missing=missing.why,
        href=answered_at(missing.key, patient),
        action="Fill in the form" if is_form else "Answer this",
    )


def answered_at(key: str, patient: Patient) -> str:
    """Return the address at which a question is answered: a form, or a field of the assessment."""
    library = load_library()
    if key in library.measures:
        return reverse("form", kwargs={"patient": patient.pk, "instrument": key})
    if key == "earlier_dose":
        return reverse("elsewhere", kwargs={"patient": patient.pk})
    question = library.questions.questions.get(key)
    if question is None:  # the patient's own record, or the site's to decide
        return reverse("patient", kwargs={"patient": patient.pk})
    address = reverse("assessment", kwargs={"patient": patient.pk, "part": question.part})
    return f"{address}#id_{quote(key)}"
