"""The score of the tests: what is kept of a run, what stays of earlier ones, and how its page tells it."""

from dataclasses import replace
from datetime import date

import pytest

from tools.mutants import became, function_of
from tools.mutation_score import Row, Sum, accepted, is_limit, keep, kept, page

SAME = ("posology.protocols.limits.dose.check", "- a => + b")
SEEN = ("posology.protocols.schedule.plan", "- n + 1 => + n + 2")
ROW = Row(date(2026, 11, 28), "0123456", 'make mutants ARGS="protocols/*.py"', 7, 2, ())
REASONS = {SAME: "Nothing\nreads it."}


def table(**rows: Row) -> list[str]:
    names = {"dose": "protocols/limits/dose.py", "plan": "protocols/schedule.py"}
    return "\n".join(page({names[n]: r for n, r in rows.items()}, REASONS)).splitlines()


def test_rows_of_other_files_stay_as_they_were(tmp_path):
    place = tmp_path / "score.yaml"
    old = {"a.py": replace(ROW, not_noticed=(SEEN, SAME)), "b.py": ROW}
    keep(old, place)
    new = replace(ROW, tried_on=date(2026, 12, 1), commit="89abcde", by_tests=8)
    keep({"b.py": new}, place)
    assert kept(place) == {"a.py": old["a.py"], "b.py": new}


def test_nothing_is_kept_before_the_first_run(tmp_path):
    assert kept(tmp_path / "none.yaml") == {}
    assert accepted(tmp_path / "none.yaml") == {}


def test_a_share_is_of_all_but_the_accepted_and_rounded_down():
    """2,999 of 3,000 are 99.96 %: only all of them are 100."""
    near = replace(ROW, by_tests=2000, by_types=999, not_noticed=(SEEN, SAME))
    found = Sum.of([near], REASONS)
    assert (found.tried, found.accepted, found.left, found.share) == (3001, 1, 1, 99.9)
    assert Sum.of([replace(near, not_noticed=(SAME,))], REASONS).share == 100
    assert Sum.of([], REASONS).share == 100


def test_a_row_tells_its_figures_its_day_and_its_commit():
    lines = table(plan=replace(ROW, not_noticed=(SEEN,)), dose=replace(ROW, not_noticed=(SAME,)))
    assert "| `protocols/limits/dose.py` | 10 | 7 | 2 | 1 | 0 | 100.0 % | 2026-11-28 | `0123456` |" in lines
    assert "| `protocols/schedule.py` | 10 | 7 | 2 | 0 | 1 | 90.0 % | 2026-11-28 | `0123456` |" in lines
    assert "| **limits** | 10 | 7 | 2 | 1 | 0 | 100.0 % |  |  |" in lines
    assert "| **all** | 20 | 14 | 4 | 1 | 1 | 94.7 % |  |  |" in lines
    assert "Of the 16 that the types let pass, a test noticed 14." in lines
    assert (
        '- `make mutants ARGS="protocols/*.py"`: `protocols/schedule.py`, `protocols/limits/dose.py`' in lines
    )


def test_what_was_left_stands_apart_from_what_was_accepted_with_its_reason():
    text = "\n".join(
        table(plan=replace(ROW, not_noticed=(SEEN,)), dose=replace(ROW, not_noticed=(SAME,) * 2))
    )
    left = "- `protocols.schedule.plan`  \n  ``- n + 1 => + n + 2``"
    fine = "- `protocols.limits.dose.check`  \n  ``- a => + b``\n  Nothing reads it."
    assert text.endswith(f"## Left\n\n{left}\n\n## Accepted\n\n{fine}")
    assert "## Left\n\nNone.\n" in "\n".join(table(plan=ROW))


def test_a_file_without_anything_to_change_has_no_row():
    lines = table(plan=replace(ROW, by_tests=0, by_types=0), dose=ROW)
    assert not any("protocols/schedule.py" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("protocols/limits/dose.py", True),
        ("treatment/dosing.py", True),
        ("protocols/schedule.py", False),
        ("treatment/sheet.py", False),
    ],
)
def test_the_files_that_must_reach_all_are_the_limits(name, limit):
    assert is_limit(name) is limit


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (None, "not run"),
        (1, "by tests"),
        (37, "by types"),
        (36, "by tests"),
        (0, "not noticed"),
        (33, "not noticed"),
    ],
)
def test_a_change_that_no_test_reaches_was_not_noticed(code, told):
    assert became(code) == told


def test_a_mutant_is_named_by_the_function_it_changed():
    assert function_of("posology.case.x__read__mutmut_12") == "posology.case._read"
    assert function_of("posology.case.xǁCaseǁof__mutmut_1") == "posology.case.Case.of"


def test_each_accepted_change_has_a_reason():
    assert all(reason.strip() for reason in accepted().values())
