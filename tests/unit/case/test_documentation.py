"""What the page on the case file says is true of the reader."""

import re
from pathlib import Path

from posology.case.case_file import _KEYS
from posology.case.past_treatment import _SESSION

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "case-file.md").read_text(encoding="utf-8")


def test_its_example_is_the_golden_case_word_for_word():
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    golden = ROOT / "tests" / "golden" / "cases" / "documented-example.yaml"
    assert example[1] == golden.read_text(encoding="utf-8")


def test_it_names_every_key_of_the_file_and_of_a_session():
    for key in _KEYS | _SESSION:
        assert f"`{key}`" in PAGE, key
