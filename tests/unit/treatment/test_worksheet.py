"""Worksheets: every number with its unit, volumes only from the product in the hand, refusals in words."""

import re
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from posology.knowledge import Route, Substance, load_library
from posology.protocols.limits import LimitExceeded, allowed_levels
from posology.treatment import (
    CheckFailed,
    LineKind,
    WorksheetError,
    check_pump,
    check_second_person,
    worksheet,
)
from tests.sessions import DAY, VIALS, make_order

PROTOCOLS = tuple(load_library().protocols)
FIFTY = Decimal(50)
NUMBER = re.compile(r"(?<![\w.])\d[\d\u202f]*(?:\.\d+)?")
UNIT = re.compile(
    r"[\u00a0 ]?(mg/kg/min|mg/kg|mg/min|mg/mL|mL/h|min/h|mg|mL|kg|min|%|devices?\b|rests?\b)(?![\w/])"
)


def sheet_for(
    protocol_id: str, product_id: str | None = None, level: str | Decimal | None = None, kg: str = "72"
):
    library = load_library()
    protocol = library.protocol(protocol_id)
    order = make_order(protocol_id, level or allowed_levels(protocol, DAY)[-1], kg, product_id=product_id)
    final = FIFTY if order.minutes else None
    return worksheet(order, product_id=order.product_id, final_volume_mL=final)


def numbers_without_unit(text: str) -> list[str]:
    return [text[m.start() : m.end() + 12] for m in NUMBER.finditer(text) if not UNIT.match(text, m.end())]


@pytest.mark.hazard("H-04")
def test_every_number_on_a_sheet_is_followed_by_its_unit(record_property):
    """Every protocol × product × level × weight: each number of the sheet's text, counted one by one."""
    library, counted = load_library(), 0
    for name in PROTOCOLS:
        protocol = library.protocol(name)
        weights = ("30", "54.3", "72", "118.9") if protocol.dose_basis == "mg/kg" else ("72",)
        for product_id, level, kg in product(protocol.products, allowed_levels(protocol, DAY), weights):
            text = sheet_for(name, product_id, level, kg).as_text()
            assert not numbers_without_unit(text), text
            counted += len(NUMBER.findall(text))
    assert counted > 1000
    record_property("n", counted)


def test_the_check_of_units_sees_a_bare_number():
    """The plant: a sheet with its units taken away is caught."""
    text = sheet_for("ketamine-iv").as_text()
    bare = text.replace("\u00a0mL", "", 1)
    assert numbers_without_unit(bare)


@pytest.mark.hazard("H-04")
def test_a_dose_and_a_volume_are_never_of_one_kind(record_property):
    """Every line of every sheet: mg stand on dose lines, mL on volume lines, rates and times on theirs."""
    kinds = {"mg": LineKind.DOSE, "mL": LineKind.VOLUME, "mL/h": LineKind.RATE, "mg/min": LineKind.RATE,
             "min": LineKind.TIME}  # fmt: skip
    counted = 0
    for name in PROTOCOLS:
        for product_id in load_library().protocol(name).products:
            for line in sheet_for(name, product_id).lines:
                if line.amount is not None:
                    assert line.kind is kinds[line.amount.unit]
                    assert line.result == str(line.amount)
                    counted += 1
    record_property("n", counted)


@pytest.mark.hazard("H-05")
def test_the_product_in_the_hand_must_be_the_one_that_was_ordered(record_property):
    """3 ordered × 3 scanned strengths, infused and injected: every mismatch refused."""
    tried = 0
    for name, ordered, scanned in product(("ketamine-iv", "ketamine-im"), VIALS, VIALS):
        order = make_order(name, "0.5", product_id=ordered)
        final = FIFTY if order.minutes else None
        tried += 1
        if ordered == scanned:
            assert worksheet(order, product_id=scanned, final_volume_mL=final).product_id == ordered
            continue
        with pytest.raises(WorksheetError, match=r"is in the hand, and the order is for"):
            worksheet(order, product_id=scanned, final_volume_mL=final)
    record_property("n", tried)


@pytest.mark.hazard("H-09")
@pytest.mark.hazard("H-10")
def test_only_the_listed_cells_of_protocol_and_product_make_a_sheet(record_property):
    """Every protocol × product on the list, ordered and scanned alike, and each other scanned: only a
    protocol's own products make a sheet.
    """
    library, tried = load_library(), 0
    for name, product_id in product(PROTOCOLS, library.products.products):
        protocol = library.protocol(name)
        order = make_order(name, allowed_levels(protocol, DAY)[0], product_id=product_id)
        final = FIFTY if order.minutes else None
        tried += 1
        if product_id in protocol.products:
            worksheet(order, product_id=product_id, final_volume_mL=final)
        else:
            with pytest.raises(WorksheetError):
                worksheet(order, product_id=product_id, final_volume_mL=final)
    record_property("n", tried)


@pytest.mark.hazard("H-10")
def test_an_order_whose_route_or_substance_is_not_its_protocols_is_refused(record_property):
    """Every protocol × every route and substance that is not its own: refused."""
    tried = 0
    for name in PROTOCOLS:
        protocol = load_library().protocol(name)
        level = allowed_levels(protocol, DAY)[0]
        others = [{"route": r} for r in Route if r is not protocol.route]
        others += [{"substance": s} for s in Substance if s is not protocol.substance]
        for change in others:
            order = make_order(name, level, **change)
            with pytest.raises(WorksheetError, match="Write a new order"):
                worksheet(order, product_id=order.product_id)
            tried += 1
    record_property("n", tried)


def test_100_mg_per_mL_may_not_be_infused_undiluted():
    """It is diluted with at least an equal volume (PR-PRD-03)."""
    order = make_order(product_id="ketamine-100")
    with pytest.raises(WorksheetError, match="may not be given undiluted"):
        worksheet(order, product_id="ketamine-100")
    with pytest.raises(WorksheetError, match="at least an equal"):
        worksheet(order, product_id="ketamine-100", final_volume_mL=Decimal("0.71"))
    assert worksheet(order, product_id="ketamine-100", final_volume_mL=FIFTY).vial_volume_mL == Decimal(
        "0.36"
    )


def test_100_mg_per_mL_may_be_injected_into_a_muscle_as_it_is():
    assert sheet_for("ketamine-im", "ketamine-100", "0.5").vial_volume_mL == Decimal("0.36")


@pytest.mark.parametrize("final", ["NaN", "Infinity", "-50", "0", "0.3"])
def test_a_final_volume_that_cannot_be_is_refused(final):
    with pytest.raises(WorksheetError, match=r"final volume"):
        worksheet(
            make_order(product_id="ketamine-50"), product_id="ketamine-50", final_volume_mL=Decimal(final)
        )


def test_a_final_volume_has_no_place_in_an_injection_or_a_device():
    for name, level in (("ketamine-im", "0.5"), ("esketamine-nasal-us", "56")):
        order = make_order(name, level)
        with pytest.raises(WorksheetError):
            worksheet(order, product_id=order.product_id, final_volume_mL=FIFTY)


def test_a_dose_that_one_vial_does_not_hold_is_refused():
    """250 kg × 1 mg/kg is 250 mg, and a 10 mg/mL vial holds 200 mg (PR-PRD-02)."""
    order = make_order("ketamine-iv", "1", "250", product_id="ketamine-10")
    with pytest.raises(WorksheetError, match="stronger vial"):
        worksheet(order, product_id="ketamine-10", final_volume_mL=FIFTY)


def test_a_dose_below_the_smallest_volume_is_refused():
    order = make_order("ketamine-im", "0.25", "3", product_id="ketamine-100")
    with pytest.raises(WorksheetError, match="weaker vial"):
        worksheet(order, product_id="ketamine-100")


def test_what_the_syringe_cannot_show_is_said_and_not_hidden():
    order = make_order("ketamine-im", "0.25", "30", product_id="ketamine-100")
    sheet = worksheet(order, product_id="ketamine-100")
    assert (order.dose_mg, sheet.drawn_mg) == (Decimal("7.5"), Decimal("7.00"))
    assert sheet.warnings and "0.5\u00a0mg (6.7%) less than was ordered" in sheet.warnings[0]
    assert not sheet_for("ketamine-im", "ketamine-10", "0.25", "30").warnings


def test_a_pump_rate_that_cannot_be_set_closely_is_refused():
    order = make_order("ketamine-iv", "0.1", "70", product_id="ketamine-50")
    with pytest.raises(WorksheetError, match="Dilute to a larger volume"):
        worksheet(order, product_id="ketamine-50")


def test_the_limits_hold_once_more_at_the_bench():
    order = make_order(dose_mg=Decimal("360"))
    with pytest.raises(LimitExceeded):
        worksheet(order, product_id=order.product_id, final_volume_mL=FIFTY)


def test_the_day_of_the_preparation_decides_which_limits_hold():
    order = make_order(level="1", weight_kg="80", product_id="ketamine-10")
    with pytest.raises(LimitExceeded):
        worksheet(order, product_id="ketamine-10", final_volume_mL=FIFTY, on=date(2019, 1, 1))


def test_an_unknown_product_is_refused():
    with pytest.raises(WorksheetError, match="There is no product"):
        worksheet(make_order(), product_id="ketamine-5")
    with pytest.raises(WorksheetError, match="There is no product"):
        worksheet(make_order(product_id="ketamine-5"), product_id="ketamine-10")


def test_devices_that_do_not_hold_the_dose_are_refused():
    order = make_order("esketamine-nasal-us", "56")
    with pytest.raises(LimitExceeded):
        worksheet(make_order("esketamine-nasal-us", "56", devices=3), product_id=order.product_id)


# ---------------------------------------------------------------- the second person, and the pump


@pytest.mark.hazard("H-04")
def test_a_second_result_off_by_more_than_one_percent_blocks(record_property):
    """Every volume from 0.00 to 2.00 × the sheet's, by 400th parts: blocked outside ± 1 %."""
    tried = 0
    for product_id in VIALS:
        sheet = sheet_for("ketamine-iv", product_id, "0.5")
        for part in range(801):
            typed = sheet.vial_volume_mL * part / 400
            tried += 1
            if abs(part - 400) <= 4:
                check_second_person(sheet, typed_volume_mL=typed)
            else:
                with pytest.raises(CheckFailed):
                    check_second_person(sheet, typed_volume_mL=typed)
    record_property("n", tried)


@pytest.mark.hazard("H-04")
def test_the_dose_typed_for_the_volume_is_named_as_that(record_property):
    """Infused and injected × product × weight: mg typed for mL is refused, and said to be the dose."""
    tried = 0
    for name, product_id, kg in product(("ketamine-iv", "ketamine-im"), VIALS, ("45", "72", "131.7")):
        sheet = sheet_for(name, product_id, "0.5", kg)
        with pytest.raises(CheckFailed, match="is the dose, not the volume"):
            check_second_person(sheet, typed_volume_mL=sheet.dose_mg)
        tried += 1
    record_property("n", tried)


@pytest.mark.parametrize("typed", [None, Decimal("NaN"), Decimal("Infinity")])
def test_a_second_result_that_is_no_number_blocks(typed):
    with pytest.raises(CheckFailed, match="is missing"):
        check_second_person(sheet_for("ketamine-im"), typed_volume_mL=typed)


def test_devices_are_counted_by_the_second_person():
    sheet = sheet_for("esketamine-nasal-us", level="84")
    check_second_person(sheet, typed_devices=3)
    for wrong in (None, 2, 4):
        with pytest.raises(CheckFailed, match="Count again"):
            check_second_person(sheet, typed_devices=wrong)


@pytest.mark.hazard("H-11")
def test_a_pump_that_shows_another_rate_blocks(record_property):
    """Every rate from 0 to 2 × the sheet's, by its 500th parts, and the same number in mL/min and mg/min:
    blocked outside ± 2 %.
    """
    sheet = sheet_for("ketamine-iv", "ketamine-50", "0.5")
    assert sheet.rate_mL_per_h == 75
    tried = 0
    for part in range(1001):
        typed = sheet.rate_mL_per_h * part / 500
        tried += 1
        if abs(part - 500) <= 10:
            check_pump(sheet, typed_rate_mL_per_h=typed)
        else:
            with pytest.raises(CheckFailed, match="its unit is mL/h"):
                check_pump(sheet, typed_rate_mL_per_h=typed)
    for slipped in (
        Decimal("1.25"),
        Decimal("0.9"),
        Decimal("54"),
        Decimal("7.5"),
        Decimal("750"),
        Decimal("NaN"),
    ):
        with pytest.raises(CheckFailed):
            check_pump(sheet, typed_rate_mL_per_h=slipped)
        tried += 1
    record_property("n", tried)


def test_a_pump_rate_has_no_place_where_nothing_is_infused():
    with pytest.raises(CheckFailed, match="is not infused"):
        check_pump(sheet_for("ketamine-im"), typed_rate_mL_per_h=Decimal(75))
