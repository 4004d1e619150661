"""What is said when an order cannot be prepared, at which edge; and what stands on a sheet beside its lines.

Every sum is worked out by hand; blanks are plain ones here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from posology.knowledge import Library, load_library
from posology.protocols.limits import LimitExceeded
from posology.treatment import DeviceStep, LineKind, Order, Worksheet, WorksheetError, worksheet
from posology.treatment.bench import Bench
from posology.treatment.preparation import device_sheet
from tests.refusals import plain
from tests.sessions import DAY, make_order

LIBRARY = load_library()
NASAL = LIBRARY.protocol("esketamine-nasal-us")
DEVICE = LIBRARY.products.products["esketamine-device-28"]
BENCH = Bench(LIBRARY, DAY)
TEN, FIFTY, HUNDRED = (
    "Ketamine 10 mg/mL, 20 mL vial",
    "Ketamine 50 mg/mL, 10 mL vial",
    "Ketamine 100 mg/mL, 5 mL vial",
)


def prepared(order: Order, final: str | None = None, **words: Any) -> Worksheet:
    """Return the sheet of an order from its own product."""
    volume = None if final is None else Decimal(final)
    return worksheet(order, **{"product_id": order.product_id, "final_volume_mL": volume} | words)


def vial(
    strength: int, level: str = "0.5", kg: str = "72", protocol: str = "ketamine-iv", **other: Any
) -> Order:
    return make_order(protocol, level, kg, product_id=f"ketamine-{strength}", **other)


def refused(asked: Callable[[], object]) -> str:
    with pytest.raises(WorksheetError) as caught:
        asked()
    return plain(caught.value)


def with_bench(name: str, number: str, on: date = date(2000, 1, 1)) -> Library:
    """Return the library with one of the bench's own steps changed from a day on."""
    products = LIBRARY.products
    (usual,) = products.values[name].values()
    changed = usual.model_copy(update={"value": Decimal(number)})
    values = {**products.values, name: {date(2000, 1, 1): usual, on: changed}}
    return replace(LIBRARY, products=products.model_copy(update={"values": values}))


def with_product(product_id: str, **fields: Any) -> Library:
    products = LIBRARY.products
    changed = products.products[product_id].model_copy(update=fields)
    every = {**products.products, product_id: changed}
    return replace(LIBRARY, products=products.model_copy(update={"products": every}))


# ---------------------------------------------------------------- the product in the hand


def test_another_strength_in_the_hand_is_named_beside_the_ordered_one():
    assert refused(lambda: prepared(vial(10), "50", product_id="ketamine-50")) == (
        f"{FIFTY} is in the hand, and the order is for {TEN}. Put it back; take the ordered one, or ask the "
        "prescriber for a new order."
    )


def test_another_substance_in_the_hand_is_named_beside_the_ordered_one():
    assert refused(lambda: prepared(vial(10), "50", product_id="esketamine-device-28")) == (
        f"Esketamine nasal device, 28 mg in two sprays is esketamine, and the order is for ketamine. "
        f"Put it back; take {TEN}."
    )


def test_a_product_of_another_route_is_to_be_put_back():
    """10 mg/mL is not for under the skin."""
    order = make_order("ketamine-sc", "0.5", product_id="ketamine-50")
    said = f"{TEN} is not for the subcutaneous route of this order. Put it back; take {FIFTY}."
    assert refused(lambda: prepared(order, product_id="ketamine-10")) == said


@pytest.mark.parametrize("listed", ["by its protocol", "for its route"])
def test_a_product_must_be_listed_for_the_route_and_by_the_protocol(listed):
    """Each alone does not do."""
    protocol = LIBRARY.protocol("ketamine-iv")
    fewer = protocol.model_copy(update={"products": ("ketamine-10",)})
    library = (
        with_product("ketamine-50", routes=())
        if listed == "by its protocol"
        else replace(LIBRARY, protocols={**LIBRARY.protocols, "ketamine-iv": fewer})
    )
    said = f"{FIFTY} is not for the intravenous route of this order. Put it back; take {FIFTY}."
    assert refused(lambda: prepared(vial(50), "50", library=library)) == said


def test_what_is_not_on_the_list_is_named_in_sixty_letters():
    ends = "on the list. Scan the product again."
    assert refused(lambda: prepared(vial(10), "50", product_id="x" * 70)) == (
        f"There is no product '{'x' * 60}' {ends}"
    )
    unknown = make_order(product_id="ketamine-5")
    assert refused(lambda: prepared(unknown, "50", product_id="ketamine-10")) == (
        f"There is no product 'ketamine-5' {ends}"
    )


@pytest.mark.parametrize(
    ("change", "is_"),
    [
        ({"route": "intramuscular"}, "intramuscular ketamine"),
        ({"substance": "esketamine"}, "intravenous esketamine"),
    ],
)
def test_an_order_that_is_not_its_protocols_is_to_be_written_anew(change, is_):
    assert refused(lambda: prepared(make_order(**change), "50")) == (
        f"The order is {is_} and its protocol is Intravenous racemic ketamine. Write a new order."
    )


# ---------------------------------------------------------------- what is drawn


def test_a_dose_below_one_step_of_the_syringe_asks_for_a_weaker_vial():
    """0.25 × 3 = 0.75, so 0.5 mg, of 100 mg/mL are 0.005 mL; 1 mg are 0.01 mL."""
    assert refused(lambda: prepared(vial(100, "0.25", "3", "ketamine-im"))) == (
        f"0.5 mg of {HUNDRED} is less than 0.01 mL. Order a weaker vial."
    )
    assert prepared(vial(100, "0.25", "4", "ketamine-im")).vial_volume_mL == Decimal("0.01")


def test_a_dose_above_one_vial_asks_for_a_stronger_one():
    assert refused(lambda: prepared(vial(10, "1", "200.5"), "50")) == (
        f"200.5 mg needs 20.05 mL, and {TEN} holds 20 mL. Order a stronger vial."
    )
    assert prepared(vial(10, "1", "200"), "50").vial_volume_mL == 20


def test_a_vial_whose_content_is_not_known_holds_what_is_drawn():
    library = with_product("ketamine-10", volume_mL=None)
    assert prepared(vial(10, "1", "200.5"), "50", library=library).vial_volume_mL == Decimal("20.05")


def test_a_vial_whose_strength_is_not_known_gives_no_volume():
    library = with_product("ketamine-50", strength_mg_per_mL=None)
    assert refused(lambda: prepared(vial(50), "50", library=library)) == (
        f"The strength of {FIFTY} is not known, so no volume can be worked out."
    )


def test_what_the_syringe_cannot_show_stands_on_the_sheet():
    """7.5 mg of 100 mg/mL are 0.075 mL; 0.07 mL hold 7 mg, and 0.5 of 7.5 mg are 6.7 %."""
    sheet = prepared(vial(100, "0.25", "30", "ketamine-im"))
    assert [plain(line.amount) for line in sheet.lines] == ["7.5 mg", "0.07 mL", "7 mg"]
    assert plain(sheet.as_text()).splitlines()[2:] == [
        "Dose: 0.25 mg/kg × 30 kg = 7.5 mg",
        "Volume from the vial: 7.5 mg ÷ 100 mg/mL = 0.07 mL (rounded down to what the syringe shows)",
        "In the syringe: 0.07 mL × 100 mg/mL = 7 mg",
        "The syringe holds 0.5 mg (6.7%) less than was ordered, since the vial is strong for this dose. "
        "A weaker vial measures it closer.",
    ]


def test_the_share_that_is_short_is_told_to_a_tenth():
    """A syringe of 0.1 mL: of 15 mg, 0.15 mL, it holds 10 mg; 5 of 15 mg are 33.3 %."""
    order = vial(100, "0.25", "60", "ketamine-im")
    (warning,) = prepared(order, library=with_bench("volume_step", "0.1")).warnings
    assert plain(warning).startswith("The syringe holds 5 mg (33.3%) less than was ordered,")


def test_a_total_is_drawn_as_it_was_ordered():
    """Under the tongue: 10 mg of 100 mg/mL, whatever the weight."""
    sheet = prepared(vial(100, "10", protocol="ketamine-sl"))
    assert plain(sheet.as_text()).splitlines()[2:] == [
        "Dose: as ordered = 10 mg",
        "Volume from the vial: 10 mg ÷ 100 mg/mL = 0.1 mL",
    ]
    assert [(line.kind, plain(line.amount)) for line in sheet.lines] == [
        (LineKind.DOSE, "10 mg"),
        (LineKind.VOLUME, "0.1 mL"),
    ]


@pytest.mark.parametrize(("step", "warned"), [("0.99", False), ("0.98", True)])
def test_one_percent_less_is_no_warning_and_more_is_one(step, warned):
    """50 mg of 50 mg/mL: 0.99 mL hold 49.5 mg, just 1 % less; 0.98 mL hold 49 mg, 2 % less."""
    sheet = prepared(vial(50, "0.5", "100", "ketamine-im"), library=with_bench("volume_step", step))
    assert [plain(w).split(" less")[0] for w in sheet.warnings] == (
        ["The syringe holds 1 mg (2%)"] if warned else []
    )


# ---------------------------------------------------------------- how it is diluted


def test_a_strong_vial_is_diluted_at_least_by_half():
    """1 mg/kg × 100 kg are 100 mg, 1 mL of 100 mg/mL; so 2 mL or more, at 3 mL/h."""
    order = vial(100, "1", "100")
    assert refused(lambda: prepared(order)) == (
        f"{HUNDRED} may not be given undiluted by the intravenous route (PR-PRD-03). "
        "Dilute it, and give the final volume in mL."
    )
    assert refused(lambda: prepared(order, "1.99")) == (
        f"The final volume is 1.99 mL; {HUNDRED} needs at least an equal volume of diluent, so 2 mL or more "
        "(PR-PRD-03). Dilute it further."
    )
    assert prepared(order, "2").rate_mL_per_h == 3
    assert prepared(vial(50, "1", "100"), "2").rate_mL_per_h == 3, "a weaker vial is not asked for it"


def test_a_dose_that_is_not_infused_has_no_final_volume():
    assert refused(lambda: prepared(vial(50, protocol="ketamine-im"), "50")) == (
        "A final volume is given, and a dose by the intramuscular route is not infused. Leave it out."
    )
    nasal = make_order("esketamine-nasal-us", "56")
    assert refused(lambda: prepared(nasal, "50")) == "A device is not diluted. Leave the final volume out."


@pytest.mark.parametrize("final", ["NaN", "Infinity", "-50", "3.59"])
def test_a_final_volume_below_what_was_drawn_is_named(final):
    """36 mg of 10 mg/mL are 3.6 mL."""
    assert refused(lambda: prepared(vial(10), final)) == (
        f"The final volume is {final} mL, less than the 3.6 mL drawn from the vial. "
        "Give the whole volume after dilution."
    )


def test_the_final_volume_may_be_what_was_drawn():
    sheet = prepared(vial(10), "3.6")
    assert sheet.rate_mL_per_h == Decimal("5.4")
    assert [line.label for line in sheet.lines] == [
        "Dose", "Volume from the vial", "Pump rate", "Dose rate", "End of the infusion",
    ]  # fmt: skip


# ---------------------------------------------------------------- how it is infused


def test_a_rate_that_the_pump_cannot_show_closely_asks_for_a_larger_volume():
    """0.72 mL in 40 min are 1.08 mL/h; the pump shows 1 mL/h, 7 % less."""
    assert refused(lambda: prepared(vial(50), "0.72")) == (
        "0.72 mL over 40 min cannot be set on the pump within 1%: its step is 0.1 mL/h. "
        "Dilute to a larger volume."
    )


def test_one_percent_less_on_the_pump_is_close_enough():
    """1 mL in 198 min is 0.30303… mL/h, of which 0.3 is 99 %; in 197 min less is."""
    assert prepared(vial(50, minutes=198), "1").rate_mL_per_h == Decimal("0.3")
    assert prepared(vial(50, minutes=60), "1").rate_mL_per_h == 1
    assert refused(lambda: prepared(vial(50, minutes=197), "1")).startswith("1 mL over 197 min cannot")


@pytest.mark.parametrize(
    ("minutes", "rate"),
    [
        (40, "0.9125 mg/min"),  # 36.5 ÷ 40
        (60, "0.6083 mg/min (rounded)"),  # 0.60833…
        (80, "0.4562 mg/min (rounded)"),  # 0.45625: to the even one
        (90, "0.4056 mg/min (rounded)"),  # 0.40555…
    ],
)
def test_a_dose_rate_is_told_to_four_decimals(minutes, rate):
    text = plain(prepared(vial(50, "0.5", "73", minutes=minutes), "48").as_text())
    assert f"Dose rate: 36.5 mg ÷ {minutes} min = {rate}\n" in text


# ---------------------------------------------------------------- devices


def test_devices_that_do_not_make_the_dose_make_no_sheet():
    def asked(devices: int | None, dose: int) -> Callable[[], object]:
        order = make_order("esketamine-nasal-us", "56", devices=devices, dose_mg=Decimal(dose))
        return lambda: device_sheet(order, NASAL, DEVICE, BENCH)

    for devices, dose, counted in (
        (3, 56, "3 devices"),
        (None, 28, "0 devices"),
        (1, 84, "1 device"),
        (7, 196, "7 devices"),
        (0, 0, "0 devices"),
    ):
        assert refused(asked(devices, dose)) == (
            f"{counted} of {DEVICE.title} do not make {dose} mg. Write a new order."
        )
    assert len(asked(6, 168)().devices) == 6
    unknown = DEVICE.model_copy(update={"device_mg": None})
    assert "do not make" in refused(lambda: device_sheet(make_order(NASAL.id, "56"), NASAL, unknown, BENCH))


# ---------------------------------------------------------------- what stands beside the lines


def test_the_sheet_of_an_infusion_carries_its_order_and_tolerances():
    order = vial(50, "0.5", "72.3")
    made = prepared(order, "50")
    assert replace(made, lines=()) == Worksheet(
        order_id=order.id,
        order_sha256=order.sha256(),
        substance=order.substance,
        route=order.route,
        product_id="ketamine-50",
        product_title=FIFTY,
        stated_as="Dose and strength are stated as ketamine base.",
        lines=(),
        warnings=(),
        dose_mg=Decimal(36),
        drawn_mg=Decimal(36),
        vial_volume_mL=Decimal("0.72"),
        final_volume_mL=Decimal(50),
        rate_mL_per_h=Decimal(75),
        minutes=40,
        devices=(),
        second_person_percent=Decimal(1),
        pump_check_percent=Decimal(2),
        facts=("PR-PRD-01", "PR-PRD-02", "PR-PRD-07"),
        sources=("KET-US", "OPENFDA-NDC"),
    )
    assert [(line.kind, plain(line.amount)) for line in made.lines] == [
        (LineKind.DOSE, "36 mg"),
        (LineKind.VOLUME, "0.72 mL"),
        (LineKind.VOLUME, "50 mL"),
        (LineKind.RATE, "75 mL/h"),
        (LineKind.RATE, "0.9 mg/min"),
        (LineKind.TIME, "40 min"),
    ]
    assert made.span_min is None


def test_the_sheet_of_devices_carries_its_order_and_no_volume():
    order = make_order("esketamine-nasal-us", "56")
    assert replace(prepared(order), lines=()) == Worksheet(
        order_id=order.id,
        order_sha256=order.sha256(),
        substance=order.substance,
        route=order.route,
        product_id="esketamine-device-28",
        product_title=DEVICE.title,
        stated_as="The dose is stated as esketamine base.",
        lines=(),
        warnings=(),
        dose_mg=Decimal(56),
        drawn_mg=Decimal(56),
        vial_volume_mL=None,
        final_volume_mL=None,
        rate_mL_per_h=None,
        minutes=None,
        devices=(
            DeviceStep(1, Decimal(28), Decimal(0), Decimal(5)),
            DeviceStep(2, Decimal(28), Decimal(5), None),
        ),
        second_person_percent=Decimal(1),
        pump_check_percent=Decimal(2),
        facts=("PR-ESK-11", "PR-PRD-05"),
        sources=("SPR-US", "OPENFDA-NDC"),
    )


def test_the_steps_of_the_bench_are_those_of_the_day():
    """A coarser syringe from 1 December on: 0.72 mL are drawn as 0.7 mL, 35 of 36 mg."""
    library = with_bench("volume_step", "0.1", date(2026, 12, 1))
    order = vial(50)
    for on, drawn in ((None, "0.72"), (date(2026, 11, 30), "0.72"), (date(2026, 12, 1), "0.7")):
        assert prepared(order, "50", library=library, on=on).vial_volume_mL == Decimal(drawn)
    later = replace(order, planned_on=date(2026, 12, 1))
    assert prepared(later, "50", library=library).vial_volume_mL == Decimal("0.7")


def test_the_limits_of_the_day_hold_at_the_bench():
    with pytest.raises(LimitExceeded, match="ceiling"):
        prepared(vial(50, "1"), "50", on=date(2019, 12, 31))
