"""A record broken anywhere is read as far as it goes, or refused with a sentence; no reader crashes."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from posology.case import Answer
from posology.fhir import FhirError, read_bundle, read_json
from tests.cases import NOW

pytestmark = pytest.mark.property

RECORDS = sorted((Path(__file__).parents[1] / "data" / "fhir").glob("*.json"))
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, "", "?", "２", "NaN", "9" * 400, [], {}, [[]], [None], {"a": []},
    [{"system": {}, "code": []}], {"coding": [{"code": {}}]}, {"reference": []}, "2026-11-24", "2999-01-01",
    "\x1b[2J", "\ud800", {"value": "72", "unit": "kg"}, {"start": {}},
)  # fmt: skip
BROKEN_EACH = 600


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, one in inside for deeper in paths(one, (*path, key)))]


def broken(data: Any, chance: random.Random) -> Any:
    """Return the record with junk in one to three places, or a part of it gone."""
    data = copy.deepcopy(data)
    for _ in range(chance.randint(1, 3)):
        *above, last = chance.choice([p for p in paths(data) if p])
        holder = data
        for key in above:
            holder = holder[key]
        if chance.random() < 0.2:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(chance.choice(JUNK))
    return data


@pytest.mark.hazard("H-43")
@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_broken_record_is_read_or_refused_and_never_says_no(path, record_property):
    """Five records × 600 seeded ways to break them: no other error, and no *no* that nobody wrote."""
    data = read_json(path.read_text(encoding="utf-8"))
    chance = random.Random(path.stem)
    for _ in range(BROKEN_EACH):
        try:
            record = read_bundle(broken(data, chance), as_of=NOW, jurisdiction="US")
        except FhirError as refusal:
            assert str(refusal).isprintable()
            continue
        assert all(fact.value is not Answer.NO for fact in record.case.facts)
        assert all(fact.at <= NOW for fact in record.case.facts)
    record_property("n", BROKEN_EACH)
