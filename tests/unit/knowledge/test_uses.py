"""The index of uses: what each fact and each source is used for, and nothing lost on the way."""

from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.knowledge.coverage import coverage_of
from posology.knowledge.uses import uses_of


def test_every_place_of_the_coverage_table_is_a_use(record_property):
    """Each fact of the sheets: its places in the coverage table are its uses here (N facts)."""
    library, background = load_library(), load_background()
    uses = uses_of(library, background)
    rows = coverage_of(library, background).rows
    for row in rows:
        entry = background.fact_ids.facts[row.fact]
        mine = {(f"{u.file}: {u.place}" if u.place else u.file) for u in uses.by_fact.get(row.fact, ())}
        assert mine | set(entry.stands_in) == {*row.decides, *row.shown}, row.fact
    record_property("n", len(rows))


def test_a_rule_a_value_a_sentence_and_a_trial_are_told_apart():
    uses = uses_of(load_library(), load_background())
    kinds = {use.kind for use in uses.every}
    assert {"rule", "value", "sentence", "question", "reference", "trial", "setting", "phase"} <= kinds
    assert all(use.told and use.name for use in uses.every)


def test_a_value_tells_its_number_and_its_day():
    uses = uses_of(load_library(), load_background())
    event = next(use for use in uses.every if use.name == "recent_event")
    assert event.told == "Recent event: 42 days" and event.since is not None and event.decides


def test_a_rule_tells_where_it_speaks():
    uses = uses_of(load_library(), load_background())
    by_name = {use.name: use for use in uses.every if use.kind == "rule"}
    assert by_name["age-65-us"].jurisdictions == ("US",)
    assert by_name["aneurysm-or-avm"].jurisdictions == ()


def test_it_is_worked_out_once_a_library():
    library, background = load_library(), load_background()
    assert uses_of(library, background) is uses_of(library, background)


def test_a_fact_is_told_by_its_own_sentence_else_by_a_finding_before_a_number():
    uses, background = uses_of(load_library(), load_background()), load_background()
    for key, fact in background.facts.items():
        assert uses.said[key] == fact.say and uses.named[key] == fact.sources
    assert uses.said["PR-IV-01"] == "0.5 mg/kg over 40 minutes is the dose studied most."


def test_a_default_of_this_product_is_no_source_of_a_fact():
    uses, background = uses_of(load_library(), load_background()), load_background()
    coined = [f for f in uses.named if f not in background.facts]
    assert coined and not any("SITE-DEFAULT" in uses.named[fact] for fact in coined)
