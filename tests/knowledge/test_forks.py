"""A site's own protocol: it escapes no rule, and is never looser than the product's."""

import ast
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import posology
from posology.knowledge import Certainty, KnowledgeError, load_library
from posology.knowledge.overlay import overlay, site_library
from posology.knowledge.schema import ProtocolFile, Value
from posology.knowledge.site_bounds import CHOSEN, higher_is_tighter, loosened, lower_is_tighter
from posology.knowledge.submission import faults_of
from posology.knowledge.writing import write_protocol
from posology.protocols import assess
from posology.protocols.eligibility import speaks_of
from posology.protocols.schedule import protocols_for
from tests.cases import NOW, complete_case

LIBRARY = load_library()
ACTIVE = sorted(p.id for p in LIBRARY.protocols.values() if p.status == "active")
JURISDICTIONS = ("US", "EU", "UK")
DAYS = (date(2019, 6, 1), date(2022, 1, 1), NOW.date(), NOW.date() + timedelta(days=400))


def fork_of(protocol: str, **changes) -> ProtocolFile:
    base = LIBRARY.protocols[protocol]
    return base.model_copy(update={"id": f"north-{protocol}", "based_on": protocol, **changes})


def laid_over(file: ProtocolFile):
    return overlay(LIBRARY, {"north.yaml": write_protocol(file).encode()})


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("protocol", ACTIVE)
def test_every_rule_that_speaks_of_a_protocol_speaks_of_its_fork(protocol, record_property):
    """All rules × jurisdictions × four days: of the fork exactly those speak that speak of the product's."""
    base, fork = LIBRARY.protocols[protocol], fork_of(protocol)
    tried = spoken = 0
    for file in LIBRARY.rules:
        for rule in file.rules:
            for where in JURISDICTIONS:
                for day in DAYS:
                    at = NOW.replace(year=day.year, month=day.month, day=day.day)
                    speaks = speaks_of(rule, base, where, at)
                    assert speaks_of(rule, fork, where, at) == speaks, (rule.id, where, day)
                    tried, spoken = tried + 1, spoken + speaks
    record_property("n", tried)
    assert spoken > 50


def test_a_fork_that_escapes_the_rules_of_its_base_is_found_out():
    """The plant: a copy that does not say what it is based on is spoken of by other rules."""
    base = LIBRARY.protocols["esketamine-mdsi-us"]
    stray = base.model_copy(update={"id": "north-esketamine-mdsi-us"})
    rules = [rule for file in LIBRARY.rules for rule in file.rules]
    assert any(speaks_of(r, base, "US", NOW) != speaks_of(r, stray, "US", NOW) for r in rules)
    with pytest.raises(KnowledgeError, match="based_on"):
        overlay(LIBRARY, {"north.yaml": write_protocol(stray).encode()})


@pytest.mark.parametrize("protocol", ACTIVE)
def test_the_findings_on_a_fork_are_those_on_its_base(protocol):
    library = laid_over(fork_of(protocol))
    case = complete_case()
    ours = assess(case, f"north-{protocol}", as_of=NOW, library=library)
    theirs = assess(case, protocol, as_of=NOW, library=library)
    assert ours.findings == theirs.findings


@pytest.mark.parametrize("protocol", ACTIVE)
def test_a_fork_is_offered_in_the_place_of_its_base_and_nothing_else_changes(protocol):
    library = laid_over(fork_of(protocol))
    for where in JURISDICTIONS:
        before = [p.id for p in protocols_for(LIBRARY, where, on=NOW.date())]
        after = [p.id for p in protocols_for(library, where, on=NOW.date())]
        assert {p.removeprefix("north-") for p in after} == set(before)
        assert (f"north-{protocol}" in after) == (protocol in before) and protocol not in after
    assert (
        replace(library, protocols=LIBRARY.protocols, stamps=LIBRARY.stamps, sha256=LIBRARY.sha256) == LIBRARY
    )


# ---------------------------------------------------------------- tighter, or chosen within bounds
def looser(base: ProtocolFile):
    """Yield the base with one part loosened in turn."""
    for name, dated in base.values.items():
        day = max(dated)
        for factor in (Decimal("0.5"), Decimal("1.5")):
            value = dated[day]
            if not isinstance(value.value, Decimal | int) or isinstance(value.value, bool):
                continue
            tighter = lower_is_tighter(name) if factor < 1 else higher_is_tighter(name)
            if name in CHOSEN or tighter:
                continue
            changed = value.model_copy(update={"value": Decimal(value.value) * factor})
            yield f"{name} × {factor}", {"values": {**base.values, name: {**dated, day: changed}}}
        later = day + timedelta(days=1)
        if len(dated) == 1:
            yield f"{name} later", {"values": {**base.values, name: {later: dated[day]}}}
        yield f"{name} gone", {"values": {k: v for k, v in base.values.items() if k != name}}
    for i, phase in enumerate(base.phases):
        for part, worse in (
            ("visit_days", tuple(range(1, len(phase.visit_days or ()) + 1))),
            ("visit_days", (*(phase.visit_days or ()), 400)),
            ("every_days", (phase.every_days or 2) - 1),
            ("sessions", (phase.sessions or 0) + 1),
            ("interval_days", (min(phase.interval_days or (2,)) - 1,)),
            ("id", "other"),
            ("checkpoint", None),
        ):
            if getattr(phase, part) and worse != getattr(phase, part):
                made = phase.model_copy(update={part: worse})
                yield f"{phase.id} {part}", {"phases": (*base.phases[:i], made, *base.phases[i + 1 :])}
        yield f"{phase.id} gone", {"phases": (*base.phases[:i], *base.phases[i + 1 :])}
    watch, leave = base.monitoring, base.discharge
    for part, worse in (
        ("before", False),
        ("at_min", watch.at_min[1:]),
        ("readings", watch.readings[1:]),
        ("during_every_min", (watch.during_every_min or 0) + 1),
        ("after_every_min", (watch.after_every_min or 0) + 1),
        ("after_until_min", (watch.after_until_min or 1) - 1),
        ("during_every_min", None),
    ):
        if getattr(watch, part):
            yield f"monitoring {part}", {"monitoring": watch.model_copy(update={part: worse})}
    yield "stay", {"discharge": leave.model_copy(update={"minimum_min": leave.minimum_min - 1})}
    for key in leave.criteria:
        fewer = {k: v for k, v in leave.criteria.items() if k != key}
        yield f"criterion {key}", {"discharge": leave.model_copy(update={"criteria": fewer})}
    for i, said in enumerate(base.statements):
        if said.side == "against":
            yield f"sentence {i}", {"statements": (*base.statements[:i], *base.statements[i + 1 :])}
    yield "route", {"route": "oral" if base.route != "oral" else "nasal"}
    yield "substance", {"substance": "arketamine"}
    yield "approval", {"approval": "approved" if base.approval == "off-label" else "off-label"}
    yield "products", {"products": ()}
    if base.jurisdictions:
        yield "jurisdictions", {"jurisdictions": ()}
    if base.only_where:
        yield "only_where", {"only_where": None}
    if base.older_adults:
        yield "older adults", {"older_adults": None}


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("protocol", ACTIVE)
def test_nothing_that_is_looser_than_the_product_s_may_be_submitted(protocol, record_property):
    """One part of the protocol is loosened in turn: each is refused with a sentence, and by the loader too.
    N is the number of parts; the untouched fork passes both."""
    base, tried = LIBRARY.protocols[protocol], 0
    for what, changes in looser(base):
        file = fork_of(protocol, **changes)
        found = list(loosened(file, base))
        assert found and all(problem.endswith(".") for problem, _ in found), what
        assert faults_of(write_protocol(file).encode()), what
        with pytest.raises(KnowledgeError):
            laid_over(file)
        tried += 1
    assert not list(loosened(fork_of(protocol), base))
    assert faults_of(write_protocol(fork_of(protocol)).encode()) == ()
    record_property("n", tried)
    assert tried > 25


def chosen(name: str, value, unit: str) -> ProtocolFile:
    base = LIBRARY.protocols["ketamine-iv"]
    new = Value(value=value, unit=unit, sources=("SITE-DEFAULT",), certainty=Certainty.SITE_DEFAULT)
    return fork_of("ketamine-iv", values={**base.values, name: {**base.values[name], NOW.date(): new}})


@pytest.mark.parametrize(
    ("name", "value", "unit", "says"),
    [
        ("infusion_minutes", (Decimal(45),), "min", ()),
        ("infusion_minutes", (Decimal(101),), "min", ("a site chooses from 40",)),
        ("infusion_minutes", (Decimal(39),), "min", ("a site chooses from 40",)),
        ("dose_step", Decimal(1), "mg", ()),
        ("dose_step", Decimal("2.6"), "mg", ("a site chooses from 0.1",)),
        ("session_interval_min", Decimal(96), "h", ()),
        ("session_interval_min", Decimal(4), "d", ()),
        ("session_interval_min", Decimal(97), "h", ("a site chooses from 24",)),
        ("session_interval_min", Decimal(1), "d", ("never lower",)),
        ("dose_ceiling", Decimal("0.75"), "mg/kg", ("dose level is above the ceiling",)),
        ("dose_ceiling", Decimal(1), "mg", ("It cannot be compared",)),
    ],
)
def test_what_a_site_chooses_lies_within_the_bounds_of_its_settings(name, value, unit, says):
    said = " ".join(faults_of(write_protocol(chosen(name, value, unit)).encode())).replace("\xa0", " ")
    assert bool(said) == bool(says), said
    assert all(part in said for part in says), said


def test_a_draft_that_the_product_does_not_offer_is_never_offered_by_a_site():
    file = fork_of("ketamine-sl", status="active")
    assert any("not offered by the product" in s for s in faults_of(write_protocol(file).encode()))


def test_two_forks_of_one_protocol_and_a_taken_id_are_refused():
    raw = write_protocol(fork_of("ketamine-iv")).encode()
    other = write_protocol(fork_of("ketamine-iv", id="south-ketamine-iv")).encode()
    with pytest.raises(KnowledgeError, match="only one can replace it"):
        overlay(LIBRARY, {"a": raw, "b": other})
    with pytest.raises(KnowledgeError, match="is taken"):
        overlay(LIBRARY, {"a": write_protocol(fork_of("ketamine-iv", id="ketamine-im")).encode()})


def test_a_set_of_texts_is_read_once():
    texts = {"north.yaml": write_protocol(fork_of("ketamine-iv")).encode()}
    assert site_library(texts) is site_library(dict(texts))
    assert site_library({}) is LIBRARY


# ---------------------------------------------------------------- nobody passes the clinic's library by
def test_no_page_and_no_action_reads_a_protocol_of_the_product_by_itself(record_property):
    """Every call of load_library() in the clinic and the pages reads what a site's protocol cannot change."""
    root, tried = Path(posology.__file__).parent, 0
    same_for_all = {"questions", "products", "measures", "drugs", "adjustments", "sources"}
    for path in sorted([*(root / "clinic").rglob("*.py"), *(root / "web").rglob("*.py")]):
        if path.is_relative_to(root / "clinic/protocols") or path.is_relative_to(root / "web/protocols"):
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = _named(function) if isinstance(function, ast.FunctionDef) else set()
            for node in ast.walk(function) if isinstance(function, ast.Module | ast.FunctionDef) else ():
                if isinstance(node, ast.Attribute) and _is_library(node.value, names):
                    assert node.attr in same_for_all, f"{path}:{node.lineno} reads .{node.attr}"
                    tried += 1
    record_property("n", tried)
    assert tried > 15


def _named(tree: ast.AST) -> set[str]:
    """Return the names that a file gives to the product's library."""
    given = (n for n in ast.walk(tree) if isinstance(n, ast.Assign) and _is_library(n.value, set()))
    return {t.id for n in given for t in n.targets if isinstance(t, ast.Name)}


def _is_library(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load_library"


@pytest.mark.hazard("H-17")
def test_an_upgrade_that_lowers_a_limit_leaves_no_site_above_it():
    """The product's highest dose falls under what a site approved before: the site's file is refused when it
    is loaded, with what to do. N = 1."""
    base = LIBRARY.protocols["ketamine-iv"]
    dated = base.values["dose_ceiling"]
    lower = dated[max(dated)].model_copy(update={"value": Decimal("0.6")})
    tighter = base.model_copy(update={"values": {**base.values, "dose_ceiling": {max(dated): lower}}})
    upgraded = replace(LIBRARY, protocols={**LIBRARY.protocols, "ketamine-iv": tighter})
    with pytest.raises(KnowledgeError, match="A site may go lower, never higher"):
        overlay(upgraded, {"north.yaml": write_protocol(fork_of("ketamine-iv")).encode()})
