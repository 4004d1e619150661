"""What is said when a dose does not go as it was ordered: which thing, in which words, at which edge."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from posology.knowledge import load_library
from posology.protocols.limits import LimitExceeded
from posology.quantities import DomainError
from posology.treatment import (
    CheckFailed,
    NotAllowed,
    check_given_as_ordered,
    check_may_give_device,
    read_payload,
)
from posology.treatment.dosing import check_infusion_rate, most_given, next_device_at
from tests.sessions import Log, at, make_order, through_gate

IV = make_order()
NASAL = make_order("esketamine-nasal-us", "56")
STARTED = {"dose_mg": "36", "lot": "L1", "minutes": 40, "pump_rate_mL_per_h": "75"}
FROM_DEVICES = {"dose_mg": "56", "lot": "L1", "devices": 2}
NASAL_US = load_library().protocol("esketamine-nasal-us")


def obstacles(order, kind: str, data: dict[str, Any], state=None) -> list[tuple[str, str]]:
    state = state or through_gate(order).state
    with pytest.raises(NotAllowed) as caught:
        check_given_as_ordered(order, state, read_payload(kind, data))
    return [(o.key, o.sentence.replace("\u00a0", " ")) for o in caught.value.obstacles]


def nasal_log(*devices: tuple[float, int, bool]) -> Log:
    log = through_gate(NASAL)
    log.add("administration_started", 10, **FROM_DEVICES)
    for minutes, number, complete in devices:
        log.add("device_given", minutes, number=number, lot="L1", complete=complete)
    return log


def device_refused(log: Log, number: int, minutes: float) -> tuple[str, str]:
    with pytest.raises(NotAllowed) as caught:
        check_may_give_device(log.state, NASAL_US, number=number, at=at(minutes))
    (one,) = caught.value.obstacles
    return one.key, one.sentence


def test_nothing_starts_before_the_second_persons_check():
    assert obstacles(IV, "administration_started", STARTED, Log().state) == [
        ("worksheet", "No second person has checked the worksheet. Ask a colleague.")
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"dose_mg": "40"},
            ("dose_mg", "The dose is entered as 40 mg, and 36 mg was prepared. Look at the worksheet."),
        ),
        ({"lot": "L2"}, ("lot", "The lot is 'L2', and 'L1' was checked. Read the label again.")),
        (
            {"minutes": 39},
            ("minutes", "The infusion time is not the order's. Look at the worksheet."),
        ),
        (
            {"minutes": None, "rate_mg_per_min": "1"},
            ("rate_mg_per_min", "The rate is not the worksheet's. Set it again."),
        ),
    ],
)
def test_each_difference_is_named(change, said):
    assert obstacles(IV, "administration_started", STARTED | change) == [said]


def test_another_number_of_devices_is_named():
    # The third device belongs to no dose of 56 mg.
    assert obstacles(NASAL, "administration_started", FROM_DEVICES | {"devices": 3}) == [
        ("devices", "The number of devices is not the order's. Look at the worksheet.")
    ]


def test_a_dose_that_begins_like_another_routes_is_named():
    assert ("route", "A dose by the intravenous route does not begin like this. Reload the page.") in (
        obstacles(IV, "dose_given", {"dose_mg": "36", "lot": "L1"})
    )


def test_a_rate_may_differ_by_one_percent_and_no_more():
    """36 mg in 40 min are 0.9 mg/min; 1 % of it is 0.009."""
    state = through_gate(IV).state
    for rate in ("0.909", "0.891"):
        told = STARTED | {"minutes": None, "rate_mg_per_min": rate}
        check_given_as_ordered(IV, state, read_payload("administration_started", told))
    for rate in ("0.9091", "0.8909"):
        told = STARTED | {"minutes": None, "rate_mg_per_min": rate}
        assert obstacles(IV, "administration_started", told)[0][0] == "rate_mg_per_min"


def test_an_infusion_starts_only_with_what_the_pump_shows():
    state = through_gate(IV).state
    told = {key: value for key, value in STARTED.items() if key != "pump_rate_mL_per_h"}
    with pytest.raises(CheckFailed, match=r"^The pump's rate is missing\. Read it back from the pump"):
        check_given_as_ordered(IV, state, read_payload("administration_started", told))


def test_a_library_that_is_handed_in_decides():
    """A library without the protocol knows no worksheet for it."""
    library = load_library()
    fewer = replace(library, protocols={k: v for k, v in library.protocols.items() if k != "ketamine-iv"})
    state, payload = through_gate(IV).state, read_payload("administration_started", STARTED)
    with pytest.raises(DomainError, match="no protocol 'ketamine-iv'"):
        check_given_as_ordered(IV, state, payload, library=fewer)
    log = through_gate(IV)
    log.add("administration_started", 10, **STARTED)
    with pytest.raises(DomainError, match="no protocol 'ketamine-iv'"):
        check_infusion_rate(IV, log.state, Decimal("0.5"), on=at(20), library=fewer)

    with pytest.raises(DomainError, match="no protocol 'esketamine-nasal-us'"):
        check_given_as_ordered(
            NASAL,
            through_gate(NASAL).state,
            read_payload("administration_started", FROM_DEVICES),
            library=replace(library, protocols={}),
        )


# ---------------------------------------------------------------- the highest rate at the start

# 1 mg/kg for 72 kg in 40 min: 1.8 mg/min, the highest, as 75 mL/h.
HIGHEST = make_order("ketamine-iv", "1", "72", minutes=40, product_id="ketamine-50")
AT_MOST = {"dose_mg": "72", "lot": "L1", "minutes": 40, "pump_rate_mL_per_h": "75"}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"pump_rate_mL_per_h": "76"}, "0.02534 mg/kg/min"),
        ({"minutes": None, "rate_mg_per_min": "1.809"}, "0.02513 mg/kg/min"),
    ],
)
def test_what_a_reading_may_differ_is_no_part_of_the_highest_rate(change, shown):
    """76 mL/h are 1.824 mg/min: within 2 % of the worksheet, and above the limit; so are 1.809 mg/min."""
    with pytest.raises(LimitExceeded) as refused:
        check_given_as_ordered(
            HIGHEST,
            through_gate(HIGHEST).state,
            read_payload("administration_started", AT_MOST | change),
        )
    assert (
        str(refused.value)
        .replace("\u00a0", " ")
        .startswith(
            f"{shown} for 72 kg is above 0.025 mg/kg/min, the highest rate of Intravenous racemic ketamine. "
        )
    )


@pytest.mark.parametrize("rate", [None, "1.8", "1.801"])
def test_minutes_say_the_rate_exactly_and_a_rounded_one_beside_them_is_not_asked(rate):
    told = AT_MOST | ({} if rate is None else {"rate_mg_per_min": rate})
    check_given_as_ordered(HIGHEST, through_gate(HIGHEST).state, read_payload("administration_started", told))


# ---------------------------------------------------------------- devices


def test_no_device_follows_the_last():
    log = nasal_log((10, 1, True), (15, 2, True))
    assert device_refused(log, 3, 30) == (
        "devices",
        "No further device follows; a lost spray is not given again. Ask the prescriber.",
    )


def test_a_device_out_of_turn_is_named():
    log = nasal_log((10, 1, True))
    assert device_refused(log, 3, 30) == ("number", "The next is device 2, not device 3. Look again.")
    assert device_refused(log, 1, 30) == ("number", "The next is device 2, not device 1. Look again.")


@pytest.mark.parametrize(("minutes", "left"), [(10, 5), (12, 3), (12.5, 3), (14.5, 1)])
def test_the_rest_is_told_in_whole_minutes_rounded_up(minutes, left):
    log = nasal_log((10, 1, True))
    assert device_refused(log, 2, minutes) == ("rest", f"The rest is not over; {left} min are left. Wait.")


def test_the_rest_ends_on_its_minute():
    log = nasal_log((10, 1, True))
    assert next_device_at(log.state, NASAL_US) == at(15)
    check_may_give_device(log.state, NASAL_US, number=2, at=at(15))


def test_the_first_device_may_follow_the_start_at_once_and_none_the_last():
    assert next_device_at(nasal_log().state, NASAL_US) == at(10)
    assert next_device_at(nasal_log((10, 1, True), (15, 2, True)).state, NASAL_US) is None
    assert next_device_at(through_gate(NASAL).state, NASAL_US) is None


def test_no_device_follows_the_last_even_where_no_end_was_noted():
    """The number of devices alone decides: none beyond the dose."""
    used = replace(nasal_log((10, 1, True), (15, 2, True)).state, ended_at=None)
    assert next_device_at(used, NASAL_US) is None


def test_a_device_counts_from_its_own_moment():
    """A lost spray counts as its device here from the moment it was used."""
    log = nasal_log((10, 1, True), (15, 2, False))
    assert [most_given(log.state, at(m)) for m in (9, 10, 14, 15, 20)] == [0, 28, 28, 56, 56]


@pytest.mark.parametrize("act", ["rate", "device"])
def test_a_moment_without_its_offset_is_refused_by_name(act):
    naive = datetime(2026, 11, 24, 10, 20)  # noqa: DTZ001  (what must be refused)
    log = through_gate(IV)
    with pytest.raises(DomainError, match=r"^The moment 2026-11-24 10:20:00 has no time zone,"):
        if act == "rate":
            check_infusion_rate(IV, log.state, Decimal("0.5"), on=naive)
        else:
            check_may_give_device(nasal_log((10, 1, True)).state, NASAL_US, number=2, at=naive)
