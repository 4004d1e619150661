"""The diff of two protocols: words a pharmacist reads, and nothing left out."""

from datetime import date
from decimal import Decimal

import pytest

from posology.knowledge import load_library
from posology.knowledge.diff import SECTIONS, diff
from posology.knowledge.editing import Changes, ValueChange, edited, fork
from posology.knowledge.schema import ProtocolFile
from tests.unit.knowledge.mutants import mutants

PROTOCOLS = load_library().protocols
IV = PROTOCOLS["ketamine-iv"]
DAY = date(2026, 12, 1)


def drafted(**changes):
    draft = fork(IV, name="north-ketamine-iv", title=IV.title, author="A", version=1, on=DAY,
                 review_due=date(2027, 12, 1))  # fmt: skip
    return draft, edited(draft, Changes(**changes), before=IV)


def one(**changes) -> str:
    old, new = drafted(**changes)
    return diff(old, new)[0].sentence


def test_a_lower_ceiling_is_told_with_its_day_units_and_direction():
    said = one(values=(ValueChange("dose_ceiling", Decimal("0.75"), DAY, "Our limit."),))
    assert said.startswith(
        "Highest dose from 2026-12-01: 1\xa0mg/kg \u2192 0.75\xa0mg/kg (lower, tighter). Rests on"
    )
    assert "SITE-DEFAULT" in said and "Our limit." in said


def test_a_longer_gap_and_a_longer_stay_are_told_as_tighter():
    gap = one(values=(ValueChange("session_interval_min", Decimal(72), DAY, "Further apart."),))
    assert gap.startswith(
        "Smallest gap between two sessions from 2026-12-01: 48\xa0h \u2192 72\xa0h (higher, tighter)"
    )
    assert one(minimum_min=90) == "Shortest stay in minutes: 60 \u2192 90 (higher, tighter)"


def test_a_higher_ceiling_is_told_as_looser():
    assert "(higher, looser)" in one(values=(ValueChange("dose_ceiling", Decimal(2), DAY, "More."),))


def test_added_criteria_and_other_visit_days_are_told():
    said = one(criteria=("Has drunk something.",))
    assert "Has drunk something." in said and "added" in said
    assert "visit days: 1, 4, 8, 11, 15, 18 \u2192 1, 8, 15" in one(
        phases={("induction", "visit_days"): (1, 8, 15)}
    )


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_two_files_that_say_the_same_have_no_diff(protocol):
    assert diff(PROTOCOLS[protocol], PROTOCOLS[protocol].model_copy()) == ()


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_any_change_of_any_field_appears_and_no_two_changes_look_alike(protocol, record_property):
    """Every leaf, item, key and day of each protocol is changed, taken away or turned around: the diff is
    never empty, and two different files never have one diff. N is the number of files."""
    file = PROTOCOLS[protocol]
    seen: dict[tuple, ProtocolFile] = {}
    tried = 0
    for where, made in mutants(file):
        lines = diff(file, made)
        assert lines, f"{where} is left out"
        assert diff(made, file), f"{where} is left out backwards"
        assert {line.section for line in lines} <= set(SECTIONS)
        assert seen.setdefault(lines, made) == made, f"{where} looks like another change: {lines}"
        tried += 1
    record_property("n", tried)
    assert tried > 200


def test_a_diff_that_leaves_a_field_out_is_found_out(monkeypatch):
    """The plant: the same walk with one field of the file forgotten."""
    from posology.knowledge import diff as module

    real = module._walk
    monkeypatch.setattr(
        module, "_walk", lambda s, w, n, a, b: () if n == "review_due" else real(s, w, n, a, b)
    )
    found = [where for where, made in mutants(IV) if not module.diff(IV, made)]
    assert found == ["review_due"]
