"""The one number grammar: it takes what an automaton written apart from it takes, no more."""

from decimal import Decimal
from random import Random

import pytest

from posology.quantities import QuantityError, check_finite, number_of, read_number

REFUSED = [
    *("0,5", "1.200,5", "1,200", "７５", "٧٥", "७५", "७.５", "7_5", "1e2", "1E2", "1e-3", "0x1F", "0b1"),
    *("+5", "--5", "-", ".", "", " ", "\t", "5.", ".5", "-.5", "1..2", "1.2.3", "1 000", "1/2", "50%"),
    *("1\u202f000", "1\u00a0000", "½", "²", "Ⅷ", "−5", "–5", "５", "O.5", "l5", "5mg", "5 mg", "five"),
    *("NaN", "nan", "sNaN", "-nan", "inf", "Infinity", "-Infinity", "∞", "1e999", "None", "True"),
    *("1234567890", "1.1234567", "5\u0000", "5\u200b", "\u200e5", "5\u0660"),
]


@pytest.mark.hazard("H-07")
@pytest.mark.parametrize("text", REFUSED)
def test_what_could_be_read_two_ways_is_refused_with_a_remedy(text):
    with pytest.raises(QuantityError, match="weight") as caught:
        read_number(text, what="weight")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", "0.5"), ("72", "72"), (" 72.50\n", "72.5"), ("-5", "-5"), ("0", "0"), ("007", "7"),
     ("999999999.999999", "999999999.999999")],
)  # fmt: skip
def test_plain_digits_with_one_point_are_read_exactly(text, number):
    assert read_number(text, what="weight") == Decimal(number)


def test_zero_is_never_negative():
    assert str(read_number("-0.0", what="weight")) == "0.0"
    assert str(number_of(-0.0, what="weight")) == "0.0"


def takes(text: str) -> bool:
    """Say whether the grammar takes a string: an automaton over code points, no parser."""
    text = text.strip(" \t\r\n")
    state, whole, decimals = "start", 0, 0
    for character in text:
        digit = "0" <= character <= "9"
        if state in {"start", "sign"} and digit:
            state, whole = "whole", 1
        elif state == "start" and character == "-":
            state = "sign"
        elif state == "whole" and digit:
            whole += 1
        elif state == "whole" and character == ".":
            state = "point"
        elif state in {"point", "decimals"} and digit:
            state, decimals = "decimals", decimals + 1
        else:
            return False
    return state in {"whole", "decimals"} and whole <= 9 and decimals <= 6


ALPHABET = (
    "0123456789" * 3 + "..--" + ",_+eE xXnNaAiIfF/%\u00a0\u202f\u2212\u200b" + "０５９٠٧٩०५९²½Ⅷ" + "\x00\n\t"
)


@pytest.mark.hazard("H-07")
def test_the_accepted_set_of_a_fuzz_is_the_grammar():
    """N = 1,000,000 seeded strings of ASCII and other digits, signs, separators and spaces."""
    random = Random(7)
    tried = accepted = 0
    while tried < 1_000_000:
        text = "".join(random.choices(ALPHABET, k=random.randrange(1, 14)))
        tried += 1
        try:
            number = read_number(text, what="weight")
        except QuantityError:
            assert not takes(text), ascii(text)
        else:
            assert takes(text), ascii(text)
            assert number == Decimal(text.strip(" \t\r\n"))
            accepted += 1
    assert accepted > 1000


@pytest.mark.hazard("H-07")
def test_every_single_character_of_unicode_but_ten_is_no_number():
    """N = 1,112,064 code points, each alone and between two digits."""
    alone, between = set(), set()
    for point in (*range(0xD800), *range(0xE000, 0x110000)):
        character = chr(point)
        for text, found in ((character, alone), (f"7{character}5", between)):
            try:
                read_number(text, what="weight")
            except QuantityError:
                continue
            found.add(character)
    assert alone == set("0123456789")
    assert between == set("0123456789.")


SPOILED = [
    *(float("nan"), float("inf"), float("-inf"), 1e999, 1e300, 10**9, -(10**9), 1j),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E+12")),
    *(True, False, None, [], {}, b"5", object()),
]


@pytest.mark.hazard("H-08")
@pytest.mark.parametrize("value", SPOILED, ids=repr)
def test_what_a_parser_made_of_no_number_is_refused(value):
    """NaN, ±∞, booleans, nothing, lists, bytes and numbers beyond all bounds; N is the number of cases."""
    with pytest.raises(QuantityError, match="weight"):
        number_of(value, what="weight")


@pytest.mark.parametrize(
    ("value", "number"), [(72, "72"), (72.1, "72.1"), ("72.1", "72.1"), (Decimal("0.3"), "0.3")]
)
def test_a_parsed_number_is_read_as_it_was_written(value, number):
    assert number_of(value, what="weight") == Decimal(number)


@pytest.mark.hazard("H-08")
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_float_that_is_no_number_is_refused(value):
    """N = 3."""
    with pytest.raises(QuantityError):
        check_finite(value, what="rate")
    assert check_finite(0.5, what="rate") == 0.5
