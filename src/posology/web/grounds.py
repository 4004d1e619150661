"""From anything that cites to the chain under it: rule, condition, values, facts, sources, with their pages.

What is shown is read from the library that decided, so a clinic's own protocol shows its own grounds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.urls import reverse

from posology.knowledge import Library
from posology.knowledge.condition_words import condition_lines, day_in_force, value_names, value_text
from posology.knowledge.schema import Cited, Dated, Rule, RulesFile, Value
from posology.protocols import Citation, Finding, Observed
from posology.quantities import Quantity
from posology.web.components import AskedLine, Chain, ChainLink, ForceValue, ReadValue, Rest
from posology.web.components.text import day_text
from posology.web.words import origin_words


@lru_cache(maxsize=4096)
def fact_link(fact_id: str) -> ChainLink:
    """Return the link to a fact's page."""
    return ChainLink(fact_id, reverse("fact", args=[fact_id]))


@lru_cache(maxsize=4096)
def _source_href(source_id: str) -> str:
    return reverse("source", args=[source_id])


def source_link(source_id: str, library: Library) -> ChainLink:
    """Return the link to a source's page, with its title."""
    known = library.sources.get(source_id)
    return ChainLink(source_id, _source_href(source_id), known.title if known else "")


def rule_href(file_id: str, rule_id: str) -> str:
    """Return the address of a rule's page."""
    return reverse("rule", args=[file_id, rule_id])


# ---------------------------------------------------------------- what something rests on


def rest_of(cited: Cited, library: Library, *, where: str = "") -> Rest:
    """Return the facts, sources and certainty of one thing that cites."""
    return Rest(
        cited.certainty.value,
        tuple(fact_link(f) for f in cited.facts),
        tuple(source_link(s, library) for s in cited.sources),
        where,
    )


def rests_of(citations: Iterable[Citation], library: Library) -> tuple[Rest, ...]:
    """Return what citations come to: those of the same facts and certainty are one, with all sources."""
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in citations:
        grouped.setdefault((one.certainty.value, one.facts), []).append(one.source)
    return tuple(
        Rest(
            certainty,
            tuple(fact_link(f) for f in facts),
            tuple(source_link(s, library) for s in dict.fromkeys(sources)),
        )
        for (certainty, facts), sources in grouped.items()
    )


def chain_of(*cited: Cited, library: Library, label: str = "Rests on", where: str = "") -> Chain:
    """Return the folded chain of one or more things that cite: a phase, a statement, a band."""
    return Chain(tuple(dict.fromkeys(rest_of(c, library, where=where) for c in cited)), label=label)


def chain_of_citations(
    citations: Iterable[Citation], library: Library, *, label: str = "Rests on", folded: bool = True
) -> Chain:
    """Return the chain of citations that a lower floor has already gathered."""
    return Chain(rests_of(citations, library), label=label, folded=folded)


# ---------------------------------------------------------------- values


def shown_value(value: Value) -> Quantity | str:
    """Return a value as a page shows it: a quantity where it is one, else words."""
    if isinstance(value.value, Decimal) and value.unit:
        return Quantity(value.value, value.unit)
    return value_text(value)


def value_title(name: str) -> str:
    """Return a value's name as a person reads it."""
    return name.replace("_", " ").capitalize()


def value_in_force(name: str, dated: Dated, library: Library, *, on: date) -> ForceValue | None:
    """Return a value as it is in force on a day; none before its first day."""
    day = day_in_force(dated, on)
    if day is None:
        return None
    value = dated[day]
    note = " ".join(part for part in (value.where, value.note) if part)
    return ForceValue(value_title(name), shown_value(value), day, rest_of(value, library), note)


def chain_of_values(
    names: Iterable[str],
    values: Mapping[str, Dated],
    library: Library,
    *,
    on: date,
    label: str = "Rests on",
    read: tuple[ReadValue, ...] = (),
) -> Chain:
    """Return the chain of a number that was worked out from named values of a file, as in force on a day."""
    found = (value_in_force(n, values[n], library, on=on) for n in names if n in values)
    return Chain((), values=tuple(v for v in found if v is not None), label=label, read=read)


# ---------------------------------------------------------------- rules


def chain_of_rule(
    rule: Rule,
    file: RulesFile,
    library: Library,
    *,
    on: date,
    read: tuple[ReadValue, ...] = (),
    folded: bool = False,
) -> Chain:
    """Return the whole chain of a rule: its condition, the values it compares with, what it rests on."""
    lines = condition_lines(rule.when, library, file.values, on=on)
    found = (value_in_force(n, file.values[n], library, on=on) for n in value_names(rule.when))
    return Chain(
        (rest_of(rule, library),),
        rule=ChainLink(f"{file.id}/{rule.id}", rule_href(file.id, rule.id)),
        asked=tuple(AskedLine(line.text, line.depth) for line in lines),
        read=read,
        values=tuple(v for v in found if v is not None),
        in_force=days_in_force(rule),
        knowledge=_file_words(file.id, library),
        folded=folded,
    )


def chain_of_finding(finding: Finding, library: Library, *, on: date, folded: bool = False) -> Chain:
    """Return the chain of what a rule answered for a patient, with the patient's own values and days."""
    read = tuple(_read(o) for o in finding.because)
    file_id, _, rule_id = finding.rule.partition("/")
    for file in library.rules:
        rule = next((r for r in file.rules if r.id == rule_id), None) if file.id == file_id else None
        if rule is not None:
            chain = chain_of_rule(rule, file, library, on=on, read=read, folded=folded)
            # The sources as the finding cites them, which are those to show in the patient's jurisdiction.
            return replace(chain, rests=rests_of(finding.citations, library))
    return Chain(
        rests_of(finding.citations, library),
        read=read,
        knowledge=_file_words(file_id, library),
        folded=folded,
    )


def days_in_force(rule: Rule) -> str:
    """Say from which day a rule holds and until when; nothing where it has no such days."""
    since = f"from {day_text(rule.in_force_from)}" if rule.in_force_from else ""
    until = f"until {day_text(rule.in_force_until)}" if rule.in_force_until else ""
    return " ".join(part for part in (since, until) if part)


def _file_words(file_id: str, library: Library) -> str:
    stamp = library.stamps.get(file_id)
    return f"{stamp.id}, version {stamp.version}, {stamp.sha256[:12]}" if stamp else ""


def _read(observed: Observed) -> ReadValue:
    origin = origin_words(observed.origin) if observed.origin else ""
    return ReadValue(observed.what, observed.shown, observed.at.date() if observed.at else None, origin)
