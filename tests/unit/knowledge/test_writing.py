"""A protocol written out is read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.knowledge import load_library
from posology.knowledge.overlay import read_protocol
from posology.knowledge.writing import write_protocol
from tests.unit.knowledge.mutants import mutants

PROTOCOLS = load_library().protocols


def back(file):
    return read_protocol("x", write_protocol(file).encode())


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_every_protocol_and_every_change_of_it_comes_back(protocol, record_property):
    file = PROTOCOLS[protocol].model_copy(update={"id": f"north-{protocol}", "based_on": protocol})
    assert back(file) == file
    tried = 0
    for where, made in mutants(file):
        if made.based_on is not None and tried < 250:  # the same kinds of leaves over and over
            assert back(made) == made, where
            tried += 1
    record_property("n", tried)


@given(
    text=st.text(
        st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\ufffe\uffff"), max_size=40
    )
)
def test_no_title_breaks_out_of_its_line(text):
    file = PROTOCOLS["ketamine-iv"].model_copy(update={"id": "x", "based_on": "ketamine-iv", "title": text})
    written = write_protocol(file)
    assert back(file).title == text
    assert len(written.split("\n")) == len(write_protocol(file.model_copy(update={"title": "x"})).split("\n"))
