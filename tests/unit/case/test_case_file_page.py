"""The page on case files names every key that the reader knows, and none that it refuses."""

import re
from pathlib import Path

import pytest

from posology.case import case_file, past_treatment

PAGE = (Path(__file__).parents[3] / "docs/case-file.md").read_text(encoding="utf-8")
# The heading of a part of the page, and the keys that the reader takes there.
PARTS = {
    "Its parts": case_file._KEYS,
    "Sessions": past_treatment._SESSION,
    "Earlier doses": frozenset(past_treatment._EARLIER_NEEDED) | past_treatment._ELSEWHERE,
}


def part_of(heading: str) -> str:
    """Return what stands under a heading, up to the next."""
    return re.split(r"^#+ ", PAGE.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def rows(text: str) -> set[str]:
    """Return the keys in the first column of a table; several may share a row."""
    return {key for line in text.splitlines() if line.startswith("| `") for key in named(line.split("|")[1])}


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


@pytest.mark.parametrize("heading", PARTS)
def test_every_key_of_the_reader_stands_on_the_page(heading):
    assert PARTS[heading] - named(part_of(heading)) == set()


@pytest.mark.parametrize("heading", ["Its parts", "Sessions"])
def test_every_key_in_a_table_of_the_page_is_read(heading):
    assert rows(part_of(heading)) - PARTS[heading] == set()


def test_the_keys_of_a_score_stand_on_the_page():
    assert past_treatment._SCORE - named(part_of("Its parts")) == set()
