"""The generated pages say what the knowledge files say, all of it."""

from decimal import Decimal

import pytest

from posology.knowledge import load_library
from tools import docs


@pytest.fixture(scope="module")
def library():
    return load_library()


@pytest.fixture(scope="module")
def pages():
    return docs.pages()


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (Decimal("0.50"), "mg/kg", "0.5 mg/kg"),
        (Decimal("100"), "mg", "100 mg"),
        ((Decimal("56"), Decimal("84.0")), "mg", "56, 84 mg"),
        (True, None, "yes"),
        ("actual", None, "actual"),
    ],
)
def test_a_value_is_shown_with_its_unit(value, unit, words):
    assert docs.shown(value, unit) == words


def test_every_value_of_every_protocol_has_its_row(library, pages):
    for protocol in library.protocols.values():
        for name, days in protocol.values.items():
            for day, value in days.items():
                row = docs.row(name, day, docs.shown(value.value, value.unit), docs.rests_on(value))
                assert row.removesuffix(" |") in pages["protocols.md"]


def test_every_rule_and_source_has_its_row(library, pages):
    rules = [rule for file in library.rules for rule in file.rules]
    assert rules
    assert all(f"| {rule.id} | {rule.level.value} | " in pages["rules.md"] for rule in rules)
    assert all(f"| {id_} | " in pages["sources.md"] for id_ in library.sources)


def test_a_bar_in_a_text_does_not_break_its_table():
    assert docs.row("a|b") == "| a\\|b |"


def test_the_index_names_every_page(pages):
    assert all(f"]({name})" in pages["README.md"] for name in pages if name != "README.md")
