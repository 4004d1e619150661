"""A message is parted as python-hl7 parts it, whatever stands in it and whichever separators it names."""

import os

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.hl7v2.delimiters import read_delimiters
from posology.hl7v2.messages import _parted, _repetitions, _sorted_out

TRIES = int(os.environ.get("POSOLOGY_DIFFERENTIAL", "300"))
MARKS = ("|^~\\&", "#@*!%", "|^~", "$^~\\")
LAST = {"PID": 8, "PV1": 3, "OBR": 14, "OBX": 18}


def judged(segment: "hl7.Segment", n: int) -> tuple[tuple[str, ...], ...]:
    """Return field ``n`` of python-hl7's segment as repetitions of components."""
    if n >= len(segment) or str(segment[n]) == "":
        return ()
    return tuple(
        (one,) if isinstance(one, str) else tuple(str(component) for component in one) for one in segment[n]
    )


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    marks = draw(st.sampled_from(MARKS))
    text = st.text(st.sampled_from((*marks[1:], *marks[1:], *"1a .é\\\n")), max_size=9)
    kind = st.sampled_from(tuple(LAST))
    segment = st.builds(lambda k, fields: marks[0].join((k, *fields)), kind, st.lists(text, max_size=20))
    return [f"MSH{marks}{marks[0]}MON{marks[0]}", *draw(st.lists(segment, max_size=4))]


@settings(max_examples=TRIES)
@given(lines())
def test_every_field_is_parted_as_the_judge_parts_it(drawn):
    delimiters = read_delimiters(drawn[0])
    kept, others, odd = _sorted_out(drawn, delimiters.field)
    assert not others and not odd and len(kept) == len(drawn)
    ours, theirs = _parted(kept, delimiters.field), hl7.parse("\r".join(kept))
    assert [fields[0] for fields in ours] == [str(segment[0]) for segment in theirs]
    for fields, segment in zip(ours[1:], list(theirs)[1:], strict=True):
        for n in range(1, LAST[fields[0]] + 2):
            assert _repetitions(fields, n, delimiters) == judged(segment, n), (fields, n)


@pytest.mark.parametrize("field", ["", "~", "^", "a~", "~a", "a^b~c", "a&b", "&", "a^b&c^", " "])
def test_the_edges_of_a_field(field):
    delimiters = read_delimiters("MSH|^~\\&|")
    segment = list(hl7.parse(f"MSH|^~\\&|A\rOBX|1|{field}|x"))[1]
    assert _repetitions(["OBX", "1", field, "x"], 2, delimiters) == judged(segment, 2)
