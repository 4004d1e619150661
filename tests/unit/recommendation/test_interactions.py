"""Each interaction is told with its size by the option's own route, or that the size is not known there."""

import pytest

from posology.knowledge import Route, load_library
from posology.recommendation.interactions import interactions_of
from tests.unit.recommendation.test_alerts import option_for

LIBRARY = load_library()
BY_ROUTE = {
    "oral": "ketamine-oral",
    "intravenous": "ketamine-iv",
    "intramuscular": "ketamine-im",
    "subcutaneous": "ketamine-sc",
    "nasal": "esketamine-nasal-us",
}
# drug, route, what the table of the sheet says (A-DDI-10 to A-DDI-19), and the fact it stands in
TABLE = (
    ("clarithromycin", "oral", "× 2.6 (+160 %); peak × 3.6 (+260 %)", "A-DDI-10"),
    ("ticlopidine", "oral", "× 2.4 (+140 %)", "A-DDI-11"),
    ("grapefruit juice", "oral", "× 3 (+200 %), range 2.4–3.6; peak × 2.1 (+110 %)", "A-DDI-13"),
    ("rifampicin", "oral", "× 0.14 (−86 %)", "A-DDI-14"),
    ("rifampin", "intravenous", "× 0.86 (−14 %)", "A-DDI-15"),
    ("st john's wort", "oral", "× 0.42 (−58 %); peak × 0.34 (−66 %)", "A-DDI-16"),
    ("ticlopidine", "nasal", "× 1.29 (+29 %); peak × 1 (no change)", "A-DDI-17"),
    ("clarithromycin", "nasal", "× 1.04 (+4 %); peak × 1.11 (+11 %)", "A-DDI-18"),
    ("rifampicin", "nasal", "× 0.72 (−28 %); peak × 0.83 (−17 %)", "A-DDI-19"),
)


def told(drug: str, route: str):
    return interactions_of(option_for(drug, protocol=BY_ROUTE[route]), LIBRARY)


@pytest.mark.parametrize(("drug", "route", "size", "fact"), TABLE, ids=[f"{t[0]}-{t[1]}" for t in TABLE])
def test_a_measured_size_is_told_for_its_route(drug, route, size, fact):
    (one,) = told(drug, route)
    assert size in one.how_much.replace("\u00a0", " ")
    assert one.sizes[0].citations[0].facts == (fact,)
    assert ("(unverified)" in one.how_much) == (fact in {"A-DDI-18", "A-DDI-19"})


def test_no_size_is_ever_told_of_another_route(record_property):
    """Every drug of the table by every route (N pairs): measured there, or said to be unknown there."""
    measured = {(s.drug, s.route) for file in LIBRARY.rules for s in file.sizes}
    pairs = 0
    for drug in sorted({drug for drug, _ in measured}):
        for route in BY_ROUTE:
            for one in told(drug, route):
                pairs += 1
                known = (drug, Route(route)) in measured
                assert ("Size not known for this route" in one.how_much) != known
                assert all(s.size.route is Route(route) for s in one.sizes)
    record_property("n", pairs)
    assert pairs == 25


@pytest.mark.parametrize(
    ("drug", "what"),
    [
        ("lorazepam", "deeper sedation; slower breathing; effect of ketamine: studies disagree"),
        ("tranylcypromine", "higher blood pressure"),
        ("lamotrigine", "weaker effect of ketamine"),
    ],
)
def test_what_was_never_measured_says_so(drug, what):
    (one,) = told(drug, "intravenous")
    assert one.what == what
    assert one.how_much == "Size not known for this route (into a vein)."


def test_a_plausible_direction_is_not_told_as_a_measured_one():
    (one,) = told("carbamazepine", "oral")
    assert one.what == "exposure: a change is plausible, and was never measured" and one.sizes == ()


def test_each_ingredient_of_a_combination_is_looked_up():
    both = told("clarithromycin / rifampin", "oral")
    assert [len(one.sizes) for one in both] == [2, 2] and {one.title for one in both} == {
        "Drug that raises oral ketamine",
        "Drug that lowers oral ketamine",
    }


def test_no_dose_is_changed_by_an_interaction():
    plain, with_drug = (option_for(*d, protocol="ketamine-oral") for d in ((), ("rifampin",)))
    assert plain.dose == with_drug.dose and with_drug.blocked_by


def test_a_size_stands_with_each_rule_on_exposure_and_each_rule_on_drugs_says_what_it_changes():
    rules = next(f for f in LIBRARY.rules if f.id == "rules-interactions").rules
    without = {r.id for r in rules if not r.effects}
    assert without == {"unlisted-drug", "ketamine-on-the-list", "nasal-drug"}
