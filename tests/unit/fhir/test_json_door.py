"""JSON comes in as it was written, or not at all."""

import gzip
import json
import time
import tracemalloc
from decimal import Decimal

import pytest

from posology.fhir.errors import FhirError
from posology.fhir.json_door import LARGEST_BYTES, ExponentNumber, decode, read_json


def test_numbers_keep_their_digits():
    assert read_json('{"a": 72.50, "b": 3, "c": 83.70000000000001}') == {
        "a": Decimal("72.50"),
        "b": 3,
        "c": Decimal("83.70000000000001"),
    }


BEYOND = "NaN -NaN sNaN Infinity -Infinity 1e999 -1e999 1E400 1e-400 1e31".split()


@pytest.mark.hazard("H-08", n=12)
@pytest.mark.parametrize("number", [*BEYOND, "9" * 41, "0." + "1" * 40])
def test_a_number_of_nothing_refuses_the_document(number):
    """Twelve ways to write a number that would pass a limit check; none is read."""
    with pytest.raises(FhirError, match=r"Mend it|Export it again"):
        read_json(f'{{"resourceType": "Bundle", "value": {number}}}')


@pytest.mark.hazard("H-07", n=10)
@pytest.mark.parametrize("number", ["0,5", "７５", "7_5", "٧٥", ".5", "5.", "+5", "0x10", "1e", "07"])
def test_a_number_of_another_grammar_is_not_json(number):
    with pytest.raises(FhirError, match="cannot be read as JSON"):
        read_json(f'{{"value": {number}}}')


def test_an_exponent_is_marked_so_that_no_one_takes_it_for_a_measurement():
    number = read_json('{"cost": 1.0E4}')["cost"]
    assert isinstance(number, ExponentNumber)
    assert number == 10_000


@pytest.mark.requirement("SR-35")
def test_a_key_that_stands_twice_is_refused():
    with pytest.raises(FhirError, match="'unit' stands twice"):
        read_json('{"unit": "kg", "value": 1, "unit": "[lb_av]"}')


@pytest.mark.requirement("SR-35", n=4)
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, "[" * 61 + "]" * 61],
    ids=["open brackets", "open objects", "closed", "one too deep"],
)
def test_deep_nesting_is_refused_quickly(text):
    began = time.perf_counter()
    with pytest.raises(FhirError, match="nested"):
        read_json(text)
    assert time.perf_counter() - began < 1


def test_brackets_inside_strings_do_not_count():
    assert read_json(json.dumps(["[[[[" * 100, '\\"[[' * 50])) == ["[[[[" * 100, '\\"[[' * 50]


@pytest.mark.requirement("SR-35")
def test_what_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(FhirError, match="larger than 50 MB"):
        read_json(" " * (LARGEST_BYTES + 1))


@pytest.mark.requirement("SR-35")
def test_a_packed_bomb_is_not_unpacked_beyond_the_limit():
    """500 MB of zeros in half a megabyte: memory stays near the limit and the file is refused."""
    bomb = gzip.compress(bytes(500 * 1024 * 1024), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(FhirError, match="larger than 50 MB"):
            decode(bomb, name="bomb.json.gz")
        assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("raw", [b"\x1f\x8b not really", gzip.compress(b"{}")[:-6], b"\xff\xfe{}"])
def test_a_damaged_file_is_refused_with_a_sentence(raw):
    with pytest.raises(FhirError, match=r"bad\.json: it is"):
        decode(raw, name="bad.json")


def test_packed_and_plain_files_read_the_same():
    plain = '{"a": "Zoë"}'.encode()
    assert (
        decode(plain, name="a")
        == decode(gzip.compress(plain), name="a")
        == decode(b"\xef\xbb\xbf" + plain, name="a")
    )


@pytest.mark.parametrize("text", ["", "{", '{"a": }', "nul", "{'a': 1}", '{"a": 1} {"b": 2}'])
def test_what_is_not_json_names_its_line(text):
    with pytest.raises(FhirError, match=r"x\.json:1: it cannot be read as JSON"):
        read_json(text, name="x.json")
