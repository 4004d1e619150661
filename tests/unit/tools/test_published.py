"""The published numbers reach the tests that read them, and one that is set by hand stands."""

import re

from tests.plugins.kinds import ROOT
from tools.published import PUBLISHED, published


def test_each_number_is_read_by_a_test_that_is_of_the_faults():
    read: dict[str, bool] = {}
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text()
        for name in re.findall(r'environ\.get\(\s*"(POSOLOGY_\w+)", "[\d.]+"\)', text):
            read[name] = read.get(name, False) or "mark.faults" in text or path.name == "writer.py"
    assert {name: read.get(name) for name in PUBLISHED} == dict.fromkeys(PUBLISHED, True)


def test_what_is_set_by_hand_stands():
    assert published({"POSOLOGY_KILLS": "2", "HOME": "/root"}) == {
        **PUBLISHED,
        "POSOLOGY_KILLS": "2",
        "HOME": "/root",
    }
