"""Rules as lists and one by one: when each holds, what it asks for, who clears it, where, on what grounds."""

from collections.abc import Iterator
from dataclasses import dataclass

from posology.knowledge.certainties import certainty_words
from posology.knowledge.schema import (
    AppliesTo,
    Certainty,
    Level,
    ProtocolFile,
    Route,
    Rule,
    RulesFile,
    Substance,
)
from posology.protocols.eligibility import speaks_of
from posology.web.components import Cell, Chain, Chip, Column, Fact, Row, Status, Table, Verdict, VerdictList
from posology.web.grounds import chain_of_rule, days_in_force, rule_href
from posology.web.knowledge.shelf import Narrowed, Shelf, has_words, nothing_found, where_words
from posology.web.words import ROUTE

LEVEL_TITLES = {Level.STOP: "Stops", Level.HOLD: "Holds", Level.CAUTION: "Cautions"}
CLEARED_BY = {
    "prescriber": "a prescriber, with a reason",
    "nurse": "a nurse or a prescriber",
    "director": "the medical director, with a reason",
    "nobody": "nobody",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule and the file it stands in."""

    file: RulesFile
    rule: Rule

    @property
    def id(self) -> str:
        """Return the id under which findings name it."""
        return f"{self.file.id}/{self.rule.id}"


def jurisdictions_of(applies: AppliesTo, shelf: Shelf) -> tuple[str, ...]:
    """Return where a rule speaks: its own word, or that of the protocols it is tied to."""
    if applies.jurisdictions or not applies.protocols:
        return applies.jurisdictions
    tied = [
        shelf.library.protocols[p].jurisdictions for p in applies.protocols if p in shelf.library.protocols
    ]
    return tuple(dict.fromkeys(j for told in tied for j in told)) if all(tied) else ()


def placed_rules(shelf: Shelf) -> Iterator[Placed]:
    """Yield every rule that belongs on the page, in the order of the files."""
    for file in shelf.library.rules:
        for rule in file.rules:
            if shelf.holds(jurisdictions_of(rule.applies_to, shelf)):
                yield Placed(file, rule)


def rule_filters(shelf: Shelf) -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return by what the list of rules can be narrowed."""
    return {
        "level": ("Level", tuple((level.value, level.value.capitalize()) for level in Level)),
        "part": ("Part", tuple((f.id, f.title.split(":")[0]) for f in shelf.library.rules)),
        "substance": ("Substance", tuple((s.value, s.value) for s in Substance)),
        "route": ("Route", tuple((r.value, ROUTE[r]) for r in Route)),
        "certainty": ("How sure", tuple((c.value, certainty_words(c.value)) for c in Certainty)),
    }


def chosen_rules(shelf: Shelf, by: Narrowed) -> tuple[Placed, ...]:
    """Return the rules that a list is narrowed to."""
    return tuple(p for p in placed_rules(shelf) if _is_chosen(p, by))


def _is_chosen(placed: Placed, by: Narrowed) -> bool:
    rule, applies = placed.rule, placed.rule.applies_to
    return (
        by.chosen("level") in {"", rule.level.value}
        and by.chosen("part") in {"", placed.file.id}
        and (
            not by.chosen("substance")
            or not applies.substances
            or by.chosen("substance") in applies.substances
        )
        and (not by.chosen("route") or not applies.routes or by.chosen("route") in applies.routes)
        and by.chosen("certainty") in {"", rule.certainty.value}
        and has_words(by.words, placed.id, rule.title, rule.say, rule.do, *rule.facts, *rule.sources)
    )


def rule_tables(shelf: Shelf, by: Narrowed, rules: tuple[Placed, ...]) -> tuple[Table, ...]:
    """Return one table a level, stops first; a level without a rule has none."""
    if not rules:
        return (Table("Rules", _COLUMNS, (), empty=nothing_found(by, "rule")),)
    return tuple(
        Table(f"{title}: {len(mine)}", _COLUMNS, tuple(rule_row(p, shelf) for p in mine), show_caption=True)
        for level, title in LEVEL_TITLES.items()
        if (mine := [p for p in rules if p.rule.level is level])
    )


_COLUMNS = (
    Column("Rule"),
    Column("When it holds"),
    Column("Cleared by"),
    Column("Speaks of"),
    Column("Rests on"),
)


def rule_row(placed: Placed, shelf: Shelf) -> Row:
    """Return one rule in a line."""
    rule = placed.rule
    return Row(
        (
            Cell(rule.title, href=rule_href(placed.file.id, rule.id), sub=days_in_force(rule)),
            Cell(rule.say, sub="asked at each session" if rule.each_session else ""),
            Cell(
                CLEARED_BY[rule.cleared_by.value] if rule.level is not Level.CAUTION else "needs no clearing"
            ),
            Cell(speaks_words(rule.applies_to), sub=where_words(jurisdictions_of(rule.applies_to, shelf))),
            Cell(
                ", ".join(rule.facts or rule.sources),
                sub=certainty_words(rule.certainty.value),
                chip=Chip(Status.UNVERIFIED) if rule.certainty is Certainty.NOT_VERIFIED else None,
            ),
        )
    )


def speaks_words(applies: AppliesTo) -> str:
    """Say of which substances, routes and protocols a rule speaks."""
    parts = (
        ", ".join(s.value for s in applies.substances),
        ", ".join(ROUTE[r] for r in applies.routes),
        ", ".join(applies.protocols),
        f"not {', '.join(applies.except_protocols)}" if applies.except_protocols else "",
    )
    return "; ".join(part for part in parts if part) or "every substance and route"


# ---------------------------------------------------------------- one rule


def find_rule(shelf: Shelf, file_id: str, rule_id: str) -> Placed | None:
    """Return a rule by its file and id, whatever pack it is of."""
    return next(
        (
            Placed(file, rule)
            for file in shelf.library.rules
            if file.id == file_id
            for rule in file.rules
            if rule.id == rule_id
        ),
        None,
    )


def rule_facts(placed: Placed, shelf: Shelf) -> tuple[Fact, ...]:
    """Return what a rule says and does, in rows."""
    rule = placed.rule
    clears = CLEARED_BY[rule.cleared_by.value] if rule.level is not Level.CAUTION else "needs no clearing"
    spoken = [
        p.title
        for p in shelf.library.protocols.values()
        if speaks_of(rule, p, _somewhere(rule, p.jurisdictions, shelf), shelf.now)
        and shelf.holds(p.jurisdictions)
    ]
    return (
        Fact("What to do", rule.do),
        Fact("Cleared by", clears),
        Fact("Asked", "anew at each session" if rule.each_session else "when the patient is assessed"),
        Fact("Speaks of", speaks_words(rule.applies_to)),
        Fact("Holds in", where_words(jurisdictions_of(rule.applies_to, shelf))),
        Fact("In force", days_in_force(rule) or "without end"),
        Fact("Protocols here", "; ".join(spoken), missing="none on this day"),
        Fact("Part", placed.file.title),
    )


def _somewhere(rule: Rule, jurisdictions: tuple[str, ...], shelf: Shelf) -> str:
    """Return the jurisdiction to ask a rule in: the clinic's own where it speaks there, else its first."""
    told = rule.applies_to.jurisdictions or jurisdictions or (shelf.here,)
    return shelf.here if shelf.here in told or not shelf.every_pack else told[0]


def rule_chain(placed: Placed, shelf: Shelf) -> Chain:
    """Return the chain of a rule, laid open."""
    return chain_of_rule(placed.rule, placed.file, shelf.library, on=shelf.on)


def level_chip(placed: Placed) -> Chip:
    """Return the chip of what a rule asks for."""
    return Chip(Status.of(placed.rule.level.value))


def rule_verdicts(file: ProtocolFile, shelf: Shelf, *, jurisdiction: str) -> VerdictList:
    """Return every rule that speaks of a protocol in a jurisdiction, stops first, down to its sources."""
    return VerdictList(
        tuple(
            Verdict(
                status=Status.of(rule.level.value),
                what=rule.title,
                because=rule.say,
                say=f"{rule.do} Cleared by: {CLEARED_BY[rule.cleared_by.value]}."
                if rule.level is not Level.CAUTION
                else rule.do,
                chain=chain_of_rule(rule, rules, shelf.library, on=shelf.on),
            )
            for rules in shelf.library.rules
            for rule in rules.rules
            if speaks_of(rule, file, jurisdiction, shelf.now)
        )
    )
