"""Worksheets against sums that stand in the sheets of facts or were done by hand; each file says where."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from posology.treatment import Worksheet, worksheet
from tests.sessions import make_order

FILES = sorted((Path(__file__).parent / "worksheets").glob("*.yaml"))


def sheet_of(case: dict[str, Any], product_id: str | None) -> Worksheet:
    order = make_order(
        case["protocol"],
        case["level"],
        case.get("weight_kg"),
        minutes=case.get("minutes"),
        product_id=product_id,
    )
    final = case.get("final_volume_mL")
    return worksheet(order, product_id=order.product_id, final_volume_mL=final and Decimal(final))


@pytest.mark.golden
@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_sheet_says_what_was_worked_out_by_hand(path, record_property):
    """Each case file, for each product that it names."""
    case = yaml.safe_load(path.read_text())
    expect = case["expect"]
    volumes = expect.get("vial_volume_mL", {None: None})
    for product_id, volume in volumes.items():
        sheet = sheet_of(case, product_id)
        assert sheet.dose_mg == Decimal(expect["dose_mg"]) == sheet.drawn_mg
        if volume is not None:
            assert sheet.vial_volume_mL == Decimal(volume)
        if "rate_mL_per_h" in expect:
            assert sheet.rate_mL_per_h == Decimal(expect["rate_mL_per_h"])
            assert sheet.rate_mg_per_min == Fraction(expect["rate_mg_per_min"])
        if "devices_at_min" in expect:
            assert [d.at_min for d in sheet.devices] == [Decimal(m) for m in expect["devices_at_min"]]
            assert sheet.span_min == Decimal(expect["span_min"])
            assert all(d.holds_mg == 28 for d in sheet.devices)
    record_property("n", len(volumes))
