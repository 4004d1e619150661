"""Frames: whole messages out of bytes in any pieces, and what was lost is told."""

import random
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.hl7v2 import LARGEST_BYTES, Frame, FrameDecoder, Hl7Error, Loss, Lost, framed
from tests.unit.hl7v2.made import body, obx

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


def decoded(data: bytes, *, pieces=None, largest: int = LARGEST_BYTES) -> list[Frame | Lost]:
    decoder = FrameDecoder(largest=largest)
    cut = [data] if pieces is None else pieces
    return [found for piece in cut for found in decoder.feed(piece)] + list(decoder.close())


def cut_at(data: bytes, places) -> list[bytes]:
    edges = [0, *sorted(p % (len(data) + 1) for p in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


STREAM = (
    framed(body(obx()))
    + b"\r\nnoise"
    + VT
    + framed(b"MSH|second")
    + VT
    + b"MSH|broken off"
    + framed(b"MSH|third")
    + VT
    + b"MSH|stray"
    + FS
    + b"0|end"
    + FS
    + CR
    + framed(b"MSH|fourth")
)
EXPECTED = [
    Frame(body(obx())),
    Lost(Loss.JUNK, 5),
    Frame(b"MSH|second"),
    Lost(Loss.UNENDED, len(b"MSH|broken off")),
    Frame(b"MSH|third"),
    Lost(Loss.STRAY_END, len(b"MSH|stray")),
    Frame(b"MSH|fourth"),
]


def test_frames_survive_junk_a_doubled_start_a_missing_end_and_a_stray_one():
    assert decoded(STREAM) == EXPECTED


def test_a_stream_cut_at_every_byte_gives_the_same_frames():
    for place in range(len(STREAM) + 1):
        assert decoded(STREAM, pieces=[STREAM[:place], STREAM[place:]]) == EXPECTED
    assert decoded(STREAM, pieces=[bytes([b]) for b in STREAM]) == EXPECTED


@given(
    data=st.lists(st.sampled_from([VT, FS, CR, b"\n", b"a", b"MSH|", b"12", VT + b"x" + FS + CR])),
    cuts=st.lists(st.integers(0)),
)
def test_any_split_of_anything_gives_the_same(data, cuts):
    whole = b"".join(data)
    assert decoded(whole, pieces=cut_at(whole, cuts), largest=6) == decoded(whole, largest=6)


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0), max_size=5))
def test_random_bytes_never_fail_and_the_next_message_is_found(data, cuts):
    whole = data + FS + CR + framed(b"MSH|after")
    found = decoded(whole, pieces=cut_at(whole, cuts))
    assert found[-1] == Frame(b"MSH|after")


@pytest.mark.hazard("H-43")
def test_a_message_cut_short_by_a_stray_end_mark_gives_no_number(record_property):
    """An end mark put at each place of a message: no shorter message comes out of it. N is the places."""
    whole = body(obx("120"))
    for place in range(len(whole) + 1):
        found = decoded(VT + whole[:place] + FS + whole[place:] + FS + CR)
        bodies = [f.body for f in found if isinstance(f, Frame)]
        if place == len(whole):  # the end mark is doubled, and nothing is missing
            assert found == [Frame(whole)]
        elif whole[place : place + 1] == CR:  # a frame ends here as HL7 says: whole segments, the rest told
            assert bodies == [whole[:place]]
            assert any(isinstance(f, Lost) for f in found) or not whole[place:].strip()
        else:
            assert not bodies, place
    record_property("n", len(whole) + 1)


def test_an_end_without_its_cr_counts_where_the_next_message_begins():
    assert decoded(VT + b"MSH|a" + FS + framed(b"MSH|b")) == [
        Frame(b"MSH|a", ended_well=False),
        Frame(b"MSH|b"),
    ]


def test_the_end_of_the_stream_tells_what_was_left():
    assert decoded(VT + b"MSH|half") == [Lost(Loss.UNENDED, 8)]
    assert decoded(b"half") == [Lost(Loss.JUNK, 4)]
    assert decoded(b"\r\n") == []


def test_a_message_of_the_largest_size_is_read_and_one_byte_more_is_refused():
    largest = b"M" * LARGEST_BYTES
    assert decoded(framed(largest)) == [Frame(largest)]
    found = decoded(framed(largest + b"M") + framed(b"MSH|next"))
    assert found == [Lost(Loss.TOO_LARGE, LARGEST_BYTES), Frame(b"MSH|next")]
    assert str(LARGEST_BYTES) in found[0].say
    assert "Send fewer values" in found[0].say


def test_a_sender_that_never_ends_a_message_cannot_fill_the_memory():
    decoder = FrameDecoder()
    piece = b"M" * 65_536
    tracemalloc.start()
    try:
        decoder.feed(VT)
        for _ in range(200):  # 13 MB
            decoder.feed(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert decoder.held_bytes <= LARGEST_BYTES
    assert peak < 3 * LARGEST_BYTES


def test_a_large_message_comes_out_of_random_pieces():
    chance = random.Random(7)
    whole = body(*[obx(str(n)) for n in range(4000)])
    stream = framed(whole)
    places = [chance.randrange(len(stream)) for _ in range(500)]
    assert decoded(stream, pieces=cut_at(stream, places)) == [Frame(whole)]


@pytest.mark.parametrize("loss", Loss)
def test_each_loss_is_told_with_what_to_do(loss):
    said = Lost(loss, 12).say
    assert "12 bytes" in said or str(LARGEST_BYTES) in said
    assert said.count(".") >= 2


def test_a_message_with_a_mark_inside_is_not_framed():
    with pytest.raises(Hl7Error, match="would end its frame early"):
        framed(b"MSH|" + FS)


def test_a_decoder_needs_room_for_a_message():
    with pytest.raises(Hl7Error, match="above 0"):
        FrameDecoder(largest=0)
