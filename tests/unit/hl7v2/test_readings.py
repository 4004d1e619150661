"""Readings: what is taken and how, what is not and why, and what is odd and kept all the same."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.hl7v2 import Flag, Reason, Sign, Status, read_message, read_readings
from posology.hl7v2.readings import containers_of
from posology.quantities import Quantity
from tests.unit.hl7v2.made import (
    DIASTOLIC,
    HEADER,
    MMHG,
    PERCENT,
    SPO2,
    SYSTOLIC,
    ZONE,
    body,
    header,
    obx,
    readings,
)

TEN_FIVE = datetime(2026, 11, 28, 10, 5, tzinfo=UTC)


def only(*segments: str, **changes):
    found = readings(*segments, **changes)
    assert len(found.taken) == 1, found
    return found.taken[0]


@pytest.mark.parametrize(
    ("segment", "sign", "value"),
    [
        (obx("120"), Sign.SYSTOLIC, "120 mm[Hg]"),
        (obx(" 120 "), Sign.SYSTOLIC, "120 mm[Hg]"),
        (obx("85.80"), Sign.SYSTOLIC, "85.80 mm[Hg]"),
        (obx("97", code=SPO2, unit=PERCENT), Sign.SPO2, "97 %"),
        (obx("13.3322", unit="kPa^^UCUM"), Sign.SYSTOLIC, "100 mm[Hg]"),
        (obx("14", code="151562^MDC_RESP_RATE^MDC", unit="{breaths}/min"), Sign.RESPIRATORY_RATE, "14 /min"),
        (obx("72", code="0002-4182^HR^MDIL", unit="0004-0aa0^bpm^MDIL"), Sign.HEART_RATE, "72 /min"),
        (obx("^120", kind="SN"), Sign.SYSTOLIC, "120 mm[Hg]"),
        (obx("=^120", kind="SN"), Sign.SYSTOLIC, "120 mm[Hg]"),
        (obx("120", kind=""), Sign.SYSTOLIC, "120 mm[Hg]"),
        (obx("120", kind="ST"), Sign.SYSTOLIC, "120 mm[Hg]"),
    ],
)
def test_a_value_is_taken_in_the_unit_of_the_record(segment, sign, value):
    found = only(segment)
    number, unit = value.split()
    assert (found.sign, found.value) == (sign, Quantity(Decimal(number), unit))


REFUSALS = [
    (obx(""), Reason.EMPTY, 5, "no value was sent"),
    (obx("  "), Reason.EMPTY, 5, "no value was sent"),
    (obx('""'), Reason.EMPTY, 5, "no value was sent"),
    (obx("~"), Reason.EMPTY, 5, "no value was sent"),
    (obx(">250"), Reason.UNREADABLE, 5, "only a bound ('>250')"),
    (obx("<60"), Reason.UNREADABLE, 5, "only a bound"),
    (obx(">^250", kind="SN"), Reason.UNREADABLE, 5, "only a bound"),
    (obx("^120^-^130", kind="SN"), Reason.UNREADABLE, 5, "more than one number"),
    (obx("NaN"), Reason.UNREADABLE, 5, "not a number"),
    (obx("inf"), Reason.UNREADABLE, 5, "not a number"),
    (obx("---"), Reason.UNREADABLE, 5, "not a number"),
    (obx("1e2"), Reason.UNREADABLE, 5, "not a number"),
    (obx("12_0"), Reason.UNREADABLE, 5, "not a number"),
    (obx("+120"), Reason.UNREADABLE, 5, "not a number"),
    (obx("120 mmHg"), Reason.UNREADABLE, 5, "not a number"),
    (obx("120/80"), Reason.UNREADABLE, 5, "not a number"),
    (obx("85,8"), Reason.UNREADABLE, 5, "Write a point for decimals"),
    (obx("１２０"), Reason.UNREADABLE, 5, "not a number"),
    (obx("١٢٠"), Reason.UNREADABLE, 5, "not a number"),
    (obx("1\\Zz\\20"), Reason.UNREADABLE, 5, "not a number"),
    (obx("12\\X30\\"), Reason.UNREADABLE, 5, "not a number"),
    (obx("\\H\\120\\N\\"), Reason.UNREADABLE, 5, "not a number"),
    (obx("120~121"), Reason.UNREADABLE, 5, "2 values in one field"),
    (obx("120^80"), Reason.UNREADABLE, 5, "more than one number"),
    (obx("120&80"), Reason.UNREADABLE, 5, "not a number"),
    (obx("9" * 40), Reason.UNREADABLE, 5, "not a number"),
    (obx("120", kind="CWE"), Reason.UNREADABLE, 2, "sent as 'CWE'"),
    (obx("120", unit=""), Reason.UNREADABLE, 6, "has no unit"),
    (obx("120", unit="furlong"), Reason.UNREADABLE, 6, "the unit 'furlong', which is not known"),
    (obx("120", unit=PERCENT), Reason.UNREADABLE, 6, "one cannot become the other"),
    (obx("120", unit="mg^^UCUM"), Reason.UNREADABLE, 6, "one cannot become the other"),
    (
        obx("120", unit="266016^MDC_DIM_PERCENT^MDC"),
        Reason.DISAGREES,
        6,
        "'266016' and as '262688', which differ",
    ),
    (obx("120", code="150017^MDC_PRESS_BLD_NONINV_SYS^MDC"), Reason.DISAGREES, 3, "150017 is not the number"),
    (obx("36.6", code="150344^MDC_TEMP^MDC"), Reason.UNUSED, 3, "nothing that is read here"),
    (obx("120", status="X"), Reason.NOT_OBTAINED, 11, "cannot be obtained"),
    (obx("120", status="N"), Reason.NOT_OBTAINED, 11, "not asked for"),
    (obx("120", status="D"), Reason.WITHDRAWN, 11, "takes back an earlier systolic pressure: deleted"),
    (obx("120", status="W"), Reason.WITHDRAWN, 11, "as for another patient"),
    (obx("120", status="Q"), Reason.UNREADABLE, 11, "Its status 'Q' is not known"),
]


@pytest.mark.hazard("H-43")
def test_what_is_no_value_becomes_none_and_is_told(record_property):
    """Each way in which a value may be missing or unreadable: no reading, one sentence. N is the ways."""
    for segment, reason, field, says in REFUSALS:
        found = readings(segment, header=header(f18="UNICODE UTF-8"))
        assert not found.taken, segment
        (told,) = found.not_taken
        assert (told.reason, told.field) == (reason, field), segment
        assert says in told.why, told.why
        assert told.why.endswith("."), told.why
        assert (told in found.unreadable) == (reason in {Reason.UNREADABLE, Reason.DISAGREES})
    record_property("n", len(REFUSALS))


@given(st.text(max_size=12).filter(lambda text: not set(text) & set("|^~\\&\r\n")))
def test_any_text_is_its_own_number_or_no_reading(text):
    found = readings(obx(text), header=header(f18="UNICODE UTF-8"))
    assert len(found.taken) + len(found.not_taken) == 1
    for reading in found.taken:
        assert text.strip(" \t").isascii()
        assert reading.value.magnitude == Decimal(text.strip())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("F", Status.FINAL),
        ("R", Status.NOT_VERIFIED),
        ("P", Status.PRELIMINARY),
        ("C", Status.CORRECTED),
        ("", Status.NOT_TOLD),
    ],
)
def test_the_status_is_kept(status, expected):
    assert only(obx(status=status)).status is expected


def test_a_withdrawal_says_what_it_takes_back():
    (told,) = readings(obx(status="D", at="20261128110700+0100", device="CUFF-1")).not_taken
    assert (told.sign, told.channel, told.device) == (Sign.SYSTOLIC, "1.0.1.1", "CUFF-1")
    assert told.at is not None
    assert told.at.at == datetime(2026, 11, 28, 10, 7, tzinfo=UTC)


# ---------------------------------------------------------------- time and device
CONTAINER = "OBX|1||150020^MDC_PRESS_BLD_NONINV^MDC|1.0.1|||||||X|||20261128110600+0100||||CUFF-7"


@pytest.mark.parametrize(
    ("segments", "minute", "place"),
    [
        ((CONTAINER, obx(at="20261128110700+0100")), 7, "OBX-14"),
        ((CONTAINER, obx()), 6, "OBX-14 of the container"),
        ((obx(), CONTAINER), 6, "OBX-14 of the container"),
        ((CONTAINER.replace("|1.0.1|", "|1.0.1.0|"), obx()), 6, "OBX-14 of the container"),
        ((CONTAINER.replace("|1.0.1|", "|1|"), obx()), 6, "OBX-14 of the container"),
        ((CONTAINER.replace("|1.0.1|", "|1.0.2|"), obx()), 5, "OBR-7"),
        ((obx(channel="0"),), 5, "OBR-7"),
        ((obx(channel=""),), 5, "OBR-7"),
    ],
)
def test_the_time_is_its_own_or_its_containers_or_its_requests(segments, minute, place):
    found = only(*segments)
    assert found.at is not None
    assert (found.at.at, found.at_from) == (TEN_FIVE.replace(minute=minute), place)


def test_a_time_in_obr_14_counts_and_that_of_the_message_does_not():
    raw = body(obx()).decode()
    late = raw.replace("|||20261128110500+0100\r", "|||||||||| 20261128110900+0100\r")
    found = read_readings(read_message(late.encode(), zone=ZONE)).taken[0]
    assert (found.at and found.at.at.minute, found.at_from) == (9, "OBR-14")
    none = raw.replace("|||20261128110500+0100\r", "\r")
    found = read_readings(read_message(none.encode(), zone=ZONE)).taken[0]
    assert (found.at, found.at_from, found.flags) == (None, "", (Flag.NO_MOMENT, Flag.HALF_A_PRESSURE))


def test_a_time_that_cannot_be_read_is_not_replaced_by_an_older_one():
    found = readings(CONTAINER, obx(at="2026-11-28"))
    assert found.taken[0].at is None
    assert Flag.NO_MOMENT in found.taken[0].flags
    assert "OBX-14: The time '2026-11-28' cannot be read" in found.remarks[0]


def test_a_time_without_a_zone_is_marked_and_the_doubled_hour_flagged():
    told, plain, twice = (
        only(obx(at=at)) for at in ("20261128110500+0100", "20261128110500", "20261025023000")
    )
    assert [r.at and r.at.zone_told for r in (told, plain, twice)] == [True, False, False]
    assert [Flag.TWO_MOMENTS in r.flags for r in (told, plain, twice)] == [False, False, True]


@pytest.mark.parametrize(
    ("segments", "head", "device", "place"),
    [
        ((CONTAINER, obx(device="CUFF-9^EUI-64")), HEADER, "CUFF-9 EUI-64", "OBX-18"),
        ((CONTAINER, obx()), HEADER, "CUFF-7", "OBX-18 of the container"),
        ((obx(),), HEADER, "MON 0011 EUI-64", "MSH-3"),
        ((obx(),), header(f3=""), "", ""),
    ],
)
def test_the_device_is_its_own_or_its_containers_or_the_sender(segments, head, device, place):
    found = only(*segments, header=head)
    assert (found.device, found.device_from) == (device, place)


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("1.0.1.2", ["1.0.1", "1.0.1.0", "1.0", "1.0.0.0", "1", "1.0.0.0"]),
        ("1.1.0.0", ["1.1.0", "1.1", "1", "1.0.0.0"]),
        ("0", []),
        ("", []),
    ],
)
def test_the_containers_of_a_channel(channel, expected):
    assert list(containers_of(channel)) == expected


# ---------------------------------------------------------------- what is odd, and kept
@pytest.mark.hazard("H-42")
def test_what_cannot_be_true_is_kept_as_it_was_sent_and_marked(record_property):
    """Every pressure pair of a grid and ten times too much of each sign: stored is sent. N is the pairs."""
    n = 0
    for high in range(10, 320, 15):
        for low in range(10, 320, 15):
            found = readings(obx(str(high)), obx(str(low), code=DIASTOLIC, channel="1.0.1.2"))
            assert [int(r.value.magnitude) for r in found.taken] == [high, low]
            assert (Flag.IMPOSSIBLE_PAIR in found.taken[0].flags) == (high <= low)
            assert (Flag.IMPOSSIBLE_PAIR in found.taken[1].flags) == (high <= low)
            n += 1
    for value, code, unit in (
        ("1200", SYSTOLIC, MMHG),
        ("12", SYSTOLIC, MMHG),
        ("970", SPO2, PERCENT),
        ("9.7", SPO2, PERCENT),
        ("-5", SYSTOLIC, MMHG),
        ("0", "147842^MDC_ECG_HEART_RATE^MDC", "/min"),
        ("720", "149530^MDC_PULS_OXIM_PULS_RATE^MDC", "/min"),
        ("0", "150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", MMHG),
    ):
        found = only(obx(value, code=code, unit=unit))
        assert found.value.magnitude == Decimal(value)
        assert Flag.IMPOSSIBLE in found.flags, value
        n += 1
    record_property("n", n)


def test_an_unusual_value_is_marked_as_unusual_alone():
    assert only(obx("85", code=SPO2, unit=PERCENT)).flags == (Flag.UNUSUAL,)
    assert only(obx("97", code=SPO2, unit=PERCENT)).flags == ()


@pytest.mark.hazard("H-42", n=3)
def test_the_same_sign_from_two_channels_is_kept_twice_and_never_averaged():
    """Two probes, a cuff beside an arterial line, one channel twice."""
    probes = readings(
        obx("97", code=SPO2, unit=PERCENT, channel="1.1.1.1"),
        obx("91", code=SPO2, unit=PERCENT, channel="1.2.1.1"),
    )
    lines = readings(obx("120"), obx("131", code="150033^MDC_PRESS_BLD_ART_SYS^MDC", channel="1.3.1.1"))
    again = readings(obx("120"), obx("120"))
    for found, values in ((probes, [97, 91]), (lines, [120, 131]), (again, [120, 120])):
        assert [int(r.value.magnitude) for r in found.taken] == values
        assert all(Flag.SEVERAL in r.flags for r in found.taken)
        assert "comes 2 times at one moment" in found.remarks[0]
    assert "channel '1.2.1.1'" in probes.remarks[0]


def test_the_same_sign_at_two_moments_is_no_doublet():
    found = readings(obx("120", at="20261128110500+0100"), obx("124", at="20261128111000+0100"))
    assert all(Flag.SEVERAL not in r.flags for r in found.taken)


def test_half_a_pressure_is_marked_and_a_whole_one_is_not():
    assert only(obx("80", code=DIASTOLIC)).flags == (Flag.HALF_A_PRESSURE,)
    whole = readings(obx("120"), obx("80", code=DIASTOLIC, channel="1.0.1.2"))
    assert [r.flags for r in whole.taken] == [(), ()]


def test_a_mean_outside_of_its_pressures_is_marked():
    mean = obx("130", code="150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", channel="1.0.1.3")
    found = readings(obx("120"), obx("80", code=DIASTOLIC, channel="1.0.1.2"), mean)
    assert [Flag.IMPOSSIBLE_PAIR in r.flags for r in found.taken] == [False, False, True]
    assert "does not lie between" in found.remarks[0]


def test_what_the_device_says_of_a_value_is_kept_and_marked():
    found = only(obx("97", code=SPO2, unit=PERCENT, mark="QUES~H"))
    assert (found.marks, found.flags) == (("QUES", "H"), (Flag.MARKED_BY_DEVICE,))
    assert only(obx("97", code=SPO2, unit=PERCENT, mark="N")).flags == ()


def test_every_observation_is_taken_or_told():
    segments = [segment for segment, *_ in REFUSALS] + [obx(str(n)) for n in range(60, 90)]
    found = readings(*segments, header=header(f18="UNICODE UTF-8"))
    positions = sorted([r.position for r in found.taken] + [n.position for n in found.not_taken])
    assert positions == list(range(1, len(segments) + 1))


def test_observations_before_any_request_are_read():
    raw = "\r".join((HEADER, obx(at="20261128110700+0100"), "")).encode()
    assert len(read_readings(read_message(raw, zone=ZONE)).taken) == 1
