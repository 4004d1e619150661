"""The code on the pages runs as it stands there, and gives what the page says."""

import re
from pathlib import Path

import numpy as np
import pytest

HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to"


def run(page):
    """What the code blocks of a page leave behind, run one after another."""
    space = {"__name__": "page"}
    blocks = re.findall(r"^```python\n(.*?)^```", (HOW_TO / page).read_text(), re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), space)  # noqa: S102, our own pages
    return space


@pytest.fixture(scope="module")
def notebook():
    return run("use-it-from-a-notebook.md")


def test_the_page_of_the_command_line_shows_code_that_runs():
    made = run("simulate-a-dose.md")
    assert made["picture"].startswith("<svg")


def test_arrays_have_the_shapes_that_the_page_says(notebook):
    curve = notebook["curve"]
    assert curve.t_h.shape == curve.typical_ng_per_mL["ketamine"].shape == (97,)
    assert curve.members_ng_per_mL["ketamine"].shape == (97, notebook["cohort_ng_per_mL"].size)
    assert [band.percent for band in curve.bands("ketamine")] == [50, 80, 95]
    assert curve.exposures["ketamine"].AUC.shape == curve.hours_above("ketamine", 100.0).shape == (1001,)


def test_every_attribute_that_the_page_names_is_there(notebook):
    page = (HOW_TO / "use-it-from-a-notebook.md").read_text()
    named = set(re.findall(r"`curve\.(\w+)", page))
    assert len(named) >= 9
    assert all(hasattr(notebook["curve"], name) for name in named)


def test_the_typical_person_is_the_last(notebook):
    curve = notebook["curve"]
    assert notebook["typical_ng_per_mL"] == pytest.approx(
        curve.typical_ng_per_mL["ketamine"][8], rel=1e-9
    )  # at 40 min, the end of the infusion


def test_the_other_regimens_hold_what_their_words_say(notebook):
    assert notebook["sprays"].total_mg == 84
    assert notebook["into_muscle"].total_mg == 35
    assert notebook["as_it_ran"].total_mg == pytest.approx(23.125)
    assert len(notebook["course"].doses) == 6


def test_a_faster_infusion_peaks_higher_in_each_of_the_same_persons(notebook):
    assert notebook["higher"].shape == (201,)
    assert np.all(notebook["higher"] > 1)
