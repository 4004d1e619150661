"""Worksheets against sums that stand in the sheets of facts or were done by hand; each file says where."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from posology.quantities import DomainError
from posology.treatment import Worksheet, worksheet
from tests.golden.expectations import plain
from tests.sessions import make_order

HERE = Path(__file__).parent / "worksheets"
FILES = sorted(HERE.glob("*.yaml"))
CASES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
MADE = [name for name, case in CASES.items() if "expect" in case]
REFUSED = [name for name, case in CASES.items() if "refused" in case]


def sheet_of(case: dict[str, Any], product_id: str | None) -> Worksheet:
    wrong = {key: Decimal(value) for key, value in case.get("order", {}).items()}
    order = make_order(
        case["protocol"],
        case["level"],
        case.get("weight_kg"),
        minutes=case.get("minutes"),
        product_id=product_id,
        **wrong,
    )
    final = case.get("final_volume_mL")
    in_hand = case.get("in_hand", order.product_id)
    return worksheet(order, product_id=in_hand, final_volume_mL=final and Decimal(final))


@pytest.mark.golden
@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("name", MADE)
def test_a_sheet_says_what_was_worked_out_by_hand(name, record_property):
    """Each case file, for each product that it names."""
    case = CASES[name]
    expect = case["expect"]
    volumes = expect.get("vial_volume_mL", {None: None})
    for product_id, volume in volumes.items():
        sheet = sheet_of(case, product_id)
        assert sheet.dose_mg == Decimal(expect["dose_mg"])
        assert sheet.drawn_mg == Decimal(expect.get("drawn_mg", {}).get(product_id, expect["dose_mg"]))
        if volume is not None:
            assert sheet.vial_volume_mL == Decimal(volume)
        if "rate_mL_per_h" in expect:
            assert sheet.rate_mL_per_h == Decimal(expect["rate_mL_per_h"])
        if "rate_mg_per_min" in expect:
            assert sheet.rate_mg_per_min == Fraction(expect["rate_mg_per_min"])
        if "devices_at_min" in expect:
            assert [d.at_min for d in sheet.devices] == [Decimal(m) for m in expect["devices_at_min"]]
            assert sheet.devices[-1].at_min == sheet.span_min == Decimal(expect["span_min"])
            assert all(d.holds_mg == 28 for d in sheet.devices)
        warned = plain(" ".join(sheet.warnings))
        phrases = expect.get("warns", {}).get(product_id, [])
        assert bool(warned) == bool(phrases)
        assert all(phrase in warned for phrase in phrases)
    record_property("n", len(volumes))


@pytest.mark.golden
@pytest.mark.hazard("H-06")
@pytest.mark.parametrize("name", REFUSED)
def test_a_sheet_is_refused_with_what_was_found_and_what_to_do(name, record_property):
    """A slipped point, a dose or rate above its limit, undiluted 100 mg/mL, another vial: none is made."""
    case = CASES[name]
    with pytest.raises(DomainError) as refused:
        sheet_of(case, case.get("product"))
    told = plain(str(refused.value))
    for phrase in case["refused"]:
        assert phrase in told, told
    record_property("n", 1)


@pytest.mark.golden
def test_every_worksheet_says_where_its_numbers_come_from():
    assert set(MADE) | set(REFUSED) == set(CASES) and not set(MADE) & set(REFUSED)
    for path in FILES:
        assert path.read_text(encoding="utf-8").startswith("# "), path.name
