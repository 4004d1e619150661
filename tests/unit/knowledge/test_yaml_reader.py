"""The strict YAML reader: what it takes, what it refuses, and that it names the line."""

from datetime import date
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from posology.knowledge import UnreadableFile, read_yaml
from posology.quantities import read_number


def read(text: str):
    return read_yaml(text, name="x.yaml").data


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("7", 7),
        ("-3", -3),
        ("0", 0),
        ("007", 7),
        ("0.5", Decimal("0.5")),
        ("72.50", Decimal("72.50")),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ('"7"', "7"),
        ("'true'", "true"),
        ("2026-11-24", date(2026, 11, 24)),
        ("44249-1", "44249-1"),
        ("2708-6", "2708-6"),
        ("1.2.3", "1.2.3"),
        ("mg/kg", "mg/kg"),
        ("５６", "５６"),
    ],
)
def test_it_reads_a_scalar_as_people_mean_it(written, means):
    found = read(f"a: {written}")["a"]
    assert found == means and type(found) is type(means)


def test_a_decimal_is_exact():
    assert str(read("a: 0.025")["a"]) == "0.025"
    assert read("a: [0.1, 0.2]")["a"] == [Decimal("0.1"), Decimal("0.2")]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\na: 2", 2, "'a' stands twice"),
        ("a:\n  b: 1\n  b: 1", 3, "'b' stands twice"),
        ("2026-11-24: 1\n2026-11-24: 2", 2, "stands twice"),
        ("a: 1_000", 1, "not a number"),
        ("a: 0x1f", 1, "not a number"),
        ("a: 0b11", 1, "not a number"),
        ("a: .inf", 1, "not a number"),
        ("a: -.inf", 1, "not a number"),
        ("a: .nan", 1, "not a number"),
        ("a: .5", 1, "zero before the point"),
        ("a: 5.", 1, "not a number"),
        ("a: +5", 1, "not a number"),
        ("a: 190:20", 1, "not a number"),
        ("a: 9999999999", 1, "not a number"),
        ("a: 0.1234567", 1, "not a number"),
        ("b: 1\na: 2026-02-30", 2, "not a day"),
        ("a: !!python/object:os.system x", 1, "uses the tag"),
        ("a: !!binary aGk=", 1, "uses the tag"),
        ("? [a, b]\n: 1", 1, "a key is a list or a mapping"),
        ("b: &x {c: 1}\na:\n  <<: *x", 3, "merges another mapping"),
        ("a: &x\n  b: *x", 1, "repeated by an alias"),
        ("a: &x 1\nb: *x", 1, "repeated by an alias"),
        ("a: &x [1]\nb: *x", 1, "repeated by an alias"),
        ("a: [1, 2", 2, "cannot be read"),
        ("a: b: c", 1, "cannot be read"),
        ("a: 1\n---\nb: 2", 2, "cannot be read"),
        ("a:\n\tb: 1", 2, "cannot be read"),
        ("a: *nobody", 1, "cannot be read"),
    ],
)
def test_it_refuses_with_the_line(text, line, said):
    with pytest.raises(UnreadableFile) as refusal:
        read(text)
    assert str(refusal.value).startswith(f"x.yaml:{line}: "), refusal.value
    assert said in str(refusal.value)


@pytest.mark.parametrize("text", ["", "   \n", "# nothing but a remark\n"])
def test_an_empty_file_is_refused(text):
    with pytest.raises(UnreadableFile, match="the file is empty"):
        read(text)


def test_a_file_that_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(UnreadableFile, match="longer than"):
        read("a: " + "x" * 2_000_000)


@pytest.mark.parametrize("depth", [60, 5_000, 200_000])
def test_a_file_that_is_too_deep_is_refused(depth):
    with pytest.raises(UnreadableFile, match=r"nested too deeply|nesting depth"):
        read("[" * depth + "]" * depth)


def test_aliases_that_would_blow_up_are_refused():
    """Each line doubles the one before: 2^40 items from 41 lines."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 41)]
    with pytest.raises(UnreadableFile, match=r"x\.yaml:1: this part is repeated by an alias"):
        read("\n".join(lines))


def test_it_knows_the_line_of_each_part_and_of_the_nearest_one_above():
    document = read_yaml("a: 1\nb:\n  - c: 2\n  - d: 3\n2026-01-01: x\n", name="x.yaml")
    assert document.line_of(("b", 1, "d")) == 4
    assert document.line_of(("b", 1, "e")) == 4
    assert document.line_of(("b", 7)) == 3
    assert document.line_of(("2026-01-01",)) == 5
    assert document.line_of(("nothing",)) == 1


@pytest.mark.hazard("H-07")
@given(st.text(alphabet="0123456789.-+_eExX:,٠١５ abno", min_size=1, max_size=12))
def test_a_plain_scalar_is_a_number_only_by_the_one_grammar(text):
    """Whatever is written without quotes becomes a number only if the number grammar reads it, and then
    the same number. N = 100 texts."""
    try:
        found = read_yaml(f"a: {text}", name="x.yaml").data
    except UnreadableFile:
        return
    value = found.get("a") if isinstance(found, dict) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        assert read_number(text, what="value") == value


@given(
    st.recursive(
        st.one_of(
            st.booleans(), st.integers(-999, 999), st.text("abc xyz:#-", min_size=1, max_size=8), st.none()
        ),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_what_a_writer_wrote_is_read_back(value):
    """A structure dumped by a common YAML writer, aliases off, comes back as it was."""

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    assert read(yaml.dump({"a": value}, Dumper=Plain, sort_keys=False)) == {"a": value}
