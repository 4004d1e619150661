"""The worked examples run, and their pages are what a reader sees."""

import pytest

from tools.docs_examples import FOLDER, cells, run

EXAMPLES = sorted(FOLDER.glob("*.py"))


def test_there_are_the_three_examples():
    assert [one.stem for one in EXAMPLES] == ["compare_routes", "maintenance_intervals", "one_patient"]


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda one: one.stem)
def test_a_page_shows_what_its_script_prints_today(script):
    for name, text in run(script).items():
        assert (FOLDER / name).read_text() == text, f"{name} is stale; run: make docs"


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda one: one.stem)
def test_each_page_says_what_a_curve_is_not(script):
    page = (FOLDER / f"{script.stem}.md").read_text().replace("\n", " ")
    assert any(
        words in page
        for words in ("sets no dose", "is decided by clinician and patient", "never stands in for watching")
    )


def test_a_script_is_cut_into_text_and_code():
    script = "# %% [markdown]\n# # Title\n# Words.\n\n# %%\nprint(1)\n"
    assert list(cells(script)) == [(True, "# Title\nWords."), (False, "print(1)")]


def test_a_broken_example_is_no_page(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("# %%\nraise ValueError('no')\n")
    with pytest.raises(ValueError, match="no"):
        run(broken)
