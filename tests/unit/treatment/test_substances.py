"""Three substances, never one word for all, and no way to turn a dose of one into another's (hazard H-09)."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

import posology
from posology.knowledge import Substance, load_library
from posology.knowledge.schema import Product, ProtocolFile
from posology.treatment import Order, Worksheet

SOURCES = sorted(Path(posology.__file__).parent.rglob("*.py"))
# A name that would promise a conversion of doses between substances or routes.
CONVERSION = re.compile(
    r"(convert|equival|potency|switch|translate)\w*(dose|substance|ketamine|route)"
    r"|(dose|substance|ketamine|route)\w*(convert|equival|potency|_to_|from_)\w*(ketamine|dose|route)",
    re.IGNORECASE,
)


def names_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    defined = [
        n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    called = [
        n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, "id", "")
        for n in ast.walk(tree)
        if isinstance(n, ast.Call)
    ]
    return defined + called


@pytest.mark.hazard("H-09")
def test_no_function_converts_a_dose_between_substances_or_routes(record_property):
    """Every name that any module defines or calls."""
    names = [(path.name, name) for path in SOURCES for name in names_in(path)]
    assert not [found for found in names if CONVERSION.search(found[1])]
    record_property("n", len(names))


def test_the_search_would_see_a_conversion():
    """The plant."""
    for name in (
        "convert_dose",
        "equivalent_esketamine_dose",
        "ketamine_to_esketamine",
        "dose_equivalent_for_route",
    ):
        assert CONVERSION.search(name)


@pytest.mark.hazard("H-09")
def test_the_substance_is_an_enum_wherever_a_dose_is_held(record_property):
    """Order, worksheet, product and protocol; no product and no protocol of the library has none."""
    for held in (Order, Worksheet):
        assert {f.name: f.type for f in fields(held)}["substance"] is Substance
    for model in (Product, ProtocolFile):
        assert model.model_fields["substance"].annotation is Substance
    library = load_library()
    held = [*library.products.products.values(), *library.protocols.values()]
    assert all(isinstance(one.substance, Substance) for one in held)
    record_property("n", 4 + len(held))


@pytest.mark.hazard("H-09")
def test_each_protocol_has_products_of_its_own_substance_only(record_property):
    """Every protocol × each of its products."""
    library = load_library()
    pairs = [(p, library.products.products[i]) for p in library.protocols.values() for i in p.products]
    assert all(protocol.substance is product.substance for protocol, product in pairs)
    record_property("n", len(pairs))
