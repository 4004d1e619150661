"""How a worksheet reads, line by line, worked out by hand; and what is said when two results differ."""

from decimal import Decimal
from fractions import Fraction

import pytest

from posology.protocols.limits import LimitExceeded
from posology.treatment import (
    CheckFailed,
    Worksheet,
    WorksheetError,
    check_pump,
    check_second_person,
    worksheet,
)
from tests.sessions import make_order

NO_BREAK = "\u00a0"  # between a number and its unit, so that they stay on one line


def sheet(protocol: str, level: str, kg: str = "72", product: str | None = None, final: str | None = None):
    order = make_order(protocol, level, kg, product_id=product)
    volume = Decimal(final) if final else None
    return worksheet(order, product_id=order.product_id, final_volume_mL=volume)


def as_read(made: Worksheet) -> str:
    return made.as_text().replace(NO_BREAK, " ")


def test_three_devices_with_their_rests():
    """84 mg are 3 devices of 28 mg; two rests of 5 min (PR-ESK-12, PR-ESK-13)."""
    assert as_read(sheet("esketamine-nasal-us", "84")) == (
        "Esketamine nasal device, 28 mg in two sprays\n"
        "The dose is stated as esketamine base.\n"
        "Dose: as ordered = 84 mg\n"
        "Devices: 84 mg ÷ 28 mg a device = 3 devices\n"
        "First device: at 0 min (then rest 5 min)\n"
        "Second device: not before 5 min (after the first device; then rest 5 min)\n"
        "Third device: not before 10 min (after the first device; the last)\n"
        "First to last device: at least 2 rests × 5 min = 10 min\n"
    )


def test_two_devices_and_one():
    two = as_read(sheet("esketamine-nasal-us", "56")).splitlines()
    assert two[4:] == [
        "First device: at 0 min (then rest 5 min)",
        "Second device: not before 5 min (after the first device; the last)",
        "First to last device: at least 1 rest × 5 min = 5 min",
    ]
    one = as_read(sheet("esketamine-nasal-eu", "28")).splitlines()
    assert one[3:] == ["Devices: 28 mg ÷ 28 mg a device = 1 device", "First device: at 0 min (the last)"]


def test_each_device_has_its_number_content_and_moment():
    made = sheet("esketamine-nasal-us", "84")
    assert [(d.number, d.holds_mg, d.at_min, d.rest_min) for d in made.devices] == [
        (1, 28, 0, 5),
        (2, 28, 5, 5),
        (3, 28, 10, None),
    ]
    assert made.drawn_mg == 84 and made.span_min == 10
    assert [line.amount.magnitude if line.amount else None for line in made.lines] == [84, None, 0, 5, 10, 10]


def test_a_diluted_infusion():
    """0.5 × 72 = 36 mg; 36 ÷ 50 = 0.72 mL; 50 × 60 ÷ 40 = 75 mL/h; 36 ÷ 40 = 0.9 mg/min."""
    made = sheet("ketamine-iv", "0.5", "72", "ketamine-50", "50")
    assert as_read(made) == (
        "Ketamine 50 mg/mL, 10 mL vial\n"
        "Dose and strength are stated as ketamine base.\n"
        "Dose: 0.5 mg/kg × 72 kg = 36 mg\n"
        "Volume from the vial: 36 mg ÷ 50 mg/mL = 0.72 mL\n"
        "Volume after dilution: 0.72 mL from the vial + 49.28 mL diluent = 50 mL\n"
        "Pump rate: 50 mL ÷ 40 min × 60 min/h = 75 mL/h\n"
        "Dose rate: 36 mg ÷ 40 min = 0.9 mg/min\n"
        "End of the infusion: at 40 min (after the start)\n"
    )
    assert made.rate_mg_per_min == Fraction(9, 10)
    assert made.mg_per_min_at(Decimal(60)) == Decimal("0.72")  # 60 ÷ 50 × 36 ÷ 60


def test_what_is_rounded_says_so():
    """0.5 × 70.3 = 35.15 → 35 mg; 33.3 × 60 ÷ 40 = 49.95 → 49.9 mL/h; 35 ÷ 40 = 0.875 mg/min."""
    made = sheet("ketamine-iv", "0.5", "70.3", "ketamine-100", "33.3")
    assert as_read(made).splitlines()[2:] == [
        "Dose: 0.5 mg/kg × 70.3 kg = 35 mg (rounded down to a step of 0.5 mg)",
        "Volume from the vial: 35 mg ÷ 100 mg/mL = 0.35 mL",
        "Volume after dilution: 0.35 mL from the vial + 32.95 mL diluent = 33.3 mL",
        "Pump rate: 33.3 mL ÷ 40 min × 60 min/h = 49.9 mL/h (rounded down to the pump's step)",
        "Dose rate: 35 mg ÷ 40 min = 0.875 mg/min",
        "End of the infusion: at 40 min (after the start)",
    ]
    assert made.mg_per_min_at(Decimal(60)) == Decimal("1.051052")  # 35 ÷ 33.3 = 1.0510510…, up


def test_an_undiluted_infusion_counts_the_vials_volume():
    """3.6 mL over 40 min are 5.4 mL/h; at 60 mL/h a millilitre a minute, so 10 mg/min."""
    made = sheet("ketamine-iv", "0.5", "72", "ketamine-10")
    assert as_read(made).splitlines()[3:5] == [
        "Volume from the vial: 36 mg ÷ 10 mg/mL = 3.6 mL",
        "Pump rate: 3.6 mL ÷ 40 min × 60 min/h = 5.4 mL/h",
    ]
    assert made.mg_per_min_at(Decimal(60)) == 10


def test_an_injection_has_no_rate():
    made = sheet("ketamine-im", "0.5", "72", "ketamine-50")
    assert as_read(made).splitlines()[2:] == [
        "Dose: 0.5 mg/kg × 72 kg = 36 mg",
        "Volume from the vial: 36 mg ÷ 50 mg/mL = 0.72 mL",
    ]
    assert made.mg_per_min_at(Decimal(60)) is None and made.rate_mg_per_min is None


def refusal(act) -> str:
    with pytest.raises((CheckFailed, WorksheetError)) as caught:
        act()
    return str(caught.value).replace(NO_BREAK, " ")


def test_a_second_persons_other_count_is_refused_in_words():
    made = sheet("esketamine-nasal-us", "84")
    check_second_person(made, typed_devices=3)
    assert refusal(lambda: check_second_person(made)) == (
        "The second person counts no devices, which is not the worksheet's number. "
        "Count again, both of you, from the order."
    )
    for counted, said in ((0, "0 devices"), (1, "1 device"), (2, "2 devices")):
        assert refusal(lambda counted=counted: check_second_person(made, typed_devices=counted)) == (
            f"The second person counts {said}, which is not the worksheet's number. "
            "Count again, both of you, from the order."
        )


def test_a_second_persons_other_volume_is_refused_in_words():
    """The worksheet's own volume, 0.72 mL, is never told; a typed dose is recognised as one."""
    made = sheet("ketamine-iv", "0.5", "72", "ketamine-50", "50")
    assert refusal(lambda: check_second_person(made)) == (
        "The second person's volume is missing. Work it out from the order, and type it in mL."
    )
    assert refusal(lambda: check_second_person(made, typed_volume_mL=Decimal("0.8"))) == (
        "The second person has 0.8 mL, which is not the worksheet's volume. "
        "Work the volume out again, both of you, from the order and the vial."
    )
    assert refusal(lambda: check_second_person(made, typed_volume_mL=Decimal(36))) == (
        "The second person has 36 mL, which is not the worksheet's volume. "
        "36 mg is the dose, not the volume. "
        "Work the volume out again, both of you, from the order and the vial."
    )


def test_a_second_persons_volume_may_differ_by_one_percent_and_no_more():
    """1 % of 0.72 mL are 0.0072 mL."""
    made = sheet("ketamine-iv", "0.5", "72", "ketamine-50", "50")
    for volume in ("0.7272", "0.7128"):
        check_second_person(made, typed_volume_mL=Decimal(volume))
    for volume in ("0.7273", "0.7127"):
        refusal(lambda volume=volume: check_second_person(made, typed_volume_mL=Decimal(volume)))


def test_the_pumps_other_rate_is_refused_in_words():
    """2 % of 75 mL/h are 1.5 mL/h."""
    made = sheet("ketamine-iv", "0.5", "72", "ketamine-50", "50")
    for rate in ("76.5", "73.5"):
        check_pump(made, typed_rate_mL_per_h=Decimal(rate))
    for rate in ("76.6", "73.4"):
        assert refusal(lambda rate=rate: check_pump(made, typed_rate_mL_per_h=Decimal(rate))) == (
            f"The pump shows {rate} mL/h and the worksheet 75 mL/h. "
            "Stop, and set the pump again; its unit is mL/h."
        )
    assert refusal(lambda: check_pump(made, typed_rate_mL_per_h=None)) == (
        "The pump's rate is missing. Read it back from the pump, and type it in mL/h."
    )
    injected = sheet("ketamine-im", "0.5", "72", "ketamine-50")
    assert refusal(lambda: check_pump(injected, typed_rate_mL_per_h=Decimal(75))) == (
        "A pump rate is given, and the intramuscular dose is not infused. Check the order's route."
    )


@pytest.mark.parametrize(
    ("devices", "counted"),
    [(None, "No number of devices"), (0, "0 devices"), (1, "1 device"), (2, "2 devices"), (4, "4 devices")],
)
def test_devices_that_are_not_the_dose_make_no_sheet(devices, counted):
    order = make_order("esketamine-nasal-us", "84", devices=devices)
    with pytest.raises(LimitExceeded, match=f"^{counted} for 84") as caught:
        worksheet(order, product_id=order.product_id)
    assert caught.value.limit == "devices"
