"""``posology explain``: the chain of a fact, a rule or a source, as text or as JSON.

The same index and the same words as on the pages: what it says, when it holds, what it rests on, how sure.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from posology.cli.given import CommandError, read_as_of
from posology.cli.plain import print_json
from posology.cli.words import day
from posology.knowledge import Library, load_library
from posology.knowledge.background import Background, load_background
from posology.knowledge.certainties import certainty_words
from posology.knowledge.condition_words import condition_lines, day_in_force, value_names, value_text
from posology.knowledge.schema import Cited, Rule, RulesFile
from posology.knowledge.uses import Use, uses_of


@dataclass(frozen=True, slots=True)
class Explained:
    """One id with everything between it and the documents: pairs to print, lines under each."""

    id: str
    kind: str  # "fact", "rule" or "source"
    says: str
    sure: tuple[str, ...]
    holds_when: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    do: str = ""
    cleared_by: str = ""
    facts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    why_not: str = ""


def run_explain(asked: str, as_of: str | None, *, as_json: bool) -> None:
    """Print the chain of one fact id, rule id or source id."""
    on = (read_as_of(as_of) if as_of else datetime.now(UTC)).date()
    library, background = load_library(), load_background()
    explained = (
        _fact(asked, library, background)
        or _rule(asked, library, background, on)
        or _source(asked, library, background)
    )
    if explained is None:
        raise CommandError(
            f"There is no fact, rule or source '{asked[:60]}'. 'posology check-knowledge --coverage' lists "
            "the facts; a rule is named as in rules-session/heart-rate."
        )
    if as_json:
        print_json({"explained": explained, "knowledge_sha256": library.sha256})
    else:
        _print(explained)


def _fact(asked: str, library: Library, background: Background) -> Explained | None:
    entry = background.fact_ids.facts.get(asked.upper()) or background.fact_ids.facts.get(asked)
    if entry is None:
        return None
    fact_id = asked if asked in background.fact_ids.facts else asked.upper()
    index = uses_of(library, background)
    uses = index.by_fact.get(fact_id, ())
    codes = entry.codes or tuple(dict.fromkeys(use.certainty for use in uses))
    return Explained(
        fact_id,
        "fact",
        index.said.get(fact_id, ""),
        tuple(f"{code} {certainty_words(code)}" for code in codes),
        sources=_documents(index.named.get(fact_id, ()), library),
        used=(*(_used(use) for use in uses), *entry.stands_in),
        why_not=entry.why_not or "",
    )


def _rule(asked: str, library: Library, background: Background, on: date) -> Explained | None:
    found = [
        (file, rule)
        for file in library.rules
        for rule in file.rules
        if asked in {rule.id, f"{file.id}/{rule.id}"}
    ]
    if not found:
        return None
    file, rule = found[0]
    lines = condition_lines(rule.when, library, file.values, on=on)
    return Explained(
        f"{file.id}/{rule.id}",
        "rule",
        f"{rule.level.value.upper()}: {rule.say}",
        (f"{rule.certainty} {certainty_words(rule.certainty)}",),
        holds_when=tuple(f"{'  ' * line.depth}{line.text}" for line in lines),
        values=tuple(_values(rule, file, on)),
        do=rule.do,
        cleared_by=rule.cleared_by.value,
        facts=tuple(_told_fact(fact, library, background) for fact in rule.facts),
        sources=_documents(rule.sources, library),
    )


def _values(rule: Rule, file: RulesFile, on: date) -> list[str]:
    told = []
    for name in value_names(rule.when):
        since = day_in_force(file.values[name], on)
        if since is not None:
            value = file.values[name][since]
            told.append(
                f"{name.replace('_', ' ')} {value_text(value)}, from {day(since)}, on {_grounds(value)}"
            )
    return told


def _grounds(cited: Cited) -> str:
    named = ", ".join((*cited.facts, *cited.sources))
    return f"{named} ({certainty_words(cited.certainty)})"


def _told_fact(fact_id: str, library: Library, background: Background) -> str:
    fact = _fact(fact_id, library, background)
    return f"{fact_id}: {fact.says}" if fact else fact_id


def _source(asked: str, library: Library, background: Background) -> Explained | None:
    source = library.sources.get(asked) or library.sources.get(asked.upper())
    if source is None:
        return None
    source_id = asked if asked in library.sources else asked.upper()
    uses = uses_of(library, background).by_source.get(source_id, ())
    return Explained(
        source_id,
        "source",
        source.title,
        (f"{source.read} {certainty_words(source.read)}",),
        facts=tuple(sorted({fact for use in uses for fact in use.facts})),
        sources=_documents((source_id,), library),
        used=tuple(_used(use) for use in uses),
    )


def _documents(ids: tuple[str, ...], library: Library) -> tuple[str, ...]:
    return tuple(_document(source, library) for source in ids)


def _document(source_id: str, library: Library) -> str:
    source = library.sources[source_id]
    parts = (
        f"DOI {source.doi}" if source.doi else "",
        f"PMID {source.pmid}" if source.pmid else "",
        f"SPL set id {source.set_id}" if source.set_id else "",
    )
    told = ", ".join(part for part in parts if part)
    return f"{source_id}: {source.title}{f' ({told})' if told else ''}"


def _used(use: Use) -> str:
    place = f"{use.file}: {use.place}" if use.place else use.file
    return f"{place} ({'decides' if use.decides else 'is read, decides nothing'}): {use.told}"


def _print(explained: Explained) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from posology.cli.console import console, heading

    out = console()
    heading(out, f"{explained.id}, {explained.kind}")
    out.print(Text(explained.says or explained.why_not))
    parts: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("Holds when", explained.holds_when),
        ("Values in force", explained.values),
        ("What to do", (explained.do,) if explained.do else ()),
        ("Cleared by", (explained.cleared_by,) if explained.cleared_by else ()),
        ("Facts", explained.facts),
        ("Sources", explained.sources),
        ("How sure", explained.sure),
        ("Used in", explained.used),
        ("Why nowhere else", (explained.why_not,) if explained.why_not and explained.says else ()),
    )
    for title, lines in parts:
        if lines:
            out.print(Text(title, style="bold"))
            for line in lines:
                out.print(Padding(Text(line), (0, 0, 0, 2)))
