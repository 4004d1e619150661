"""Messages: their parts, what is odd about them, and those from which nothing is taken."""

import pytest

from posology.hl7v2 import MessageRefused, read_message
from posology.hl7v2.delimiters import USUAL, escaped, unescape
from tests.unit.hl7v2.made import HEADER, ZONE, body, header, message, obx, readings

PATIENT = "PID|1|OLD-7|A-1^^^WARD^MR~B-2||Doe^J\\T\\ne^^^Ms||19800229|F"


def refused(raw: bytes) -> MessageRefused:
    with pytest.raises(MessageRefused) as found:
        read_message(raw, zone=ZONE)
    return found.value


@pytest.mark.parametrize(
    ("raw", "condition", "rejected", "says"),
    [
        (b"", "100", False, "does not begin with an MSH segment"),
        (b"PID|1", "100", False, "does not begin with an MSH segment"),
        (b"MSH", "102", False, "separators"),
        (b"MSH|", "102", False, "separators"),
        (b"MSH|^^\\&|A", "102", False, "separators"),
        (b"MSH1^~\\&1A", "102", False, "separators"),
        (b"MSH|^.\\&|A", "102", False, "separators"),
        (b"MSH|^~\\&!?|A", "102", False, "separators"),
        (body(obx(), header=header(f10="")), "101", True, "no control id"),
        (body(obx(), header=header(f9="ADT^A01")), "200", True, "of the type 'ADT'"),
        (body(obx(), header=header(f9="ORU")), "201", True, "the event ''"),
        (body(obx(), header=header(f9="ORU^R30")), "201", True, "the event 'R30'"),
        (body(obx(), header=header(f12="2.7")), "203", True, "of version '2.7'"),
        (body(obx(), header=header(f12="")), "203", True, "of version ''"),
        (
            body(obx(), header=header(f18="UNICODE UTF-16")),
            "103",
            False,
            "'UNICODE UTF-16', which is not read",
        ),
        (body(PATIENT, obx(), PATIENT.replace("A-1", "A-2"), obx()), "100", False, "names 2 patients"),
        (body("OBX|" + "|" * 100_001), "102", False, "100000 are the most"),
    ],
)
def test_a_message_that_cannot_be_used_is_refused_with_a_sentence(raw, condition, rejected, says):
    found = refused(raw)
    assert (found.condition, found.rejected) == (condition, rejected)
    assert says in str(found)
    assert str(found).endswith(".")
    assert found.code == "hl7-message"


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.5.1^USA"])
def test_each_version_is_read(version):
    assert len(readings(obx(), header=header(f12=version)).taken) == 1


def test_the_message_says_its_own_separators():
    changed = HEADER.replace("|^~\\&|", "#@*!%#").replace("|", "#").replace("^", "@")
    raw = body(obx("120"), obx("95"), header=HEADER).decode().replace(HEADER, "", 1)
    raw = changed + raw.replace("|", "#").replace("^", "@")
    found = read_message(raw.encode(), zone=ZONE)
    assert [o.values for g in found.groups for o in g.observations] == [(("120",),), (("95",),)]
    assert found.groups[0].observations[0].code.text == "MDC_PRESS_BLD_NONINV_SYS"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"\H\bold\N\ text", "bold text"),
        (r"\X41\\X0D\B", "A\rB"),
        (r"1\Zz\20", r"1\Zz\20"),
        (r"1\X4\20", r"1\X4\20"),
        (r"caf\XE9\ ", r"caf\XE9\ "),
        ("no end \\F", "no end \\F"),
        (r"8\\0", r"8\\0"),
    ],
)
def test_escapes_are_resolved_in_words_and_unknown_ones_stay(raw, said):
    assert unescape(raw, USUAL) == said


def test_what_is_escaped_comes_back():
    text = "a|b^c&d~e\\f"
    assert unescape(escaped(text, USUAL), USUAL) == text
    assert escaped("two\rlines\x0b", USUAL) == "two lines "


def test_the_patient_and_the_bed_are_shown():
    found = message(PATIENT, "PV1|1|I|WARD^ROOM 2^Bed&5", obx())
    assert found.patient is not None
    assert found.patient.names == ("Doe J&ne Ms",)
    assert found.patient.identifiers == ("A-1 WARD MR", "B-2", "OLD-7")
    assert (found.patient.born, found.patient.sex) == ("19800229", "F")
    assert found.location == "WARD ROOM 2 Bed 5"


def test_a_patient_named_twice_alike_is_one():
    assert len(readings(PATIENT, obx(), PATIENT, obx("121")).taken) == 2


@pytest.mark.hazard("H-41")
def test_no_reading_carries_the_patient_that_the_message_names(record_property):
    """A message with and without its PID, and with another: the readings are the same. N is the messages."""
    of_none = readings(obx())
    others = [PATIENT, PATIENT.replace("A-1", "Z-9"), "PID|||" + "9" * 400]
    for patient in others:
        assert readings(patient, obx()).taken == of_none.taken
    record_property("n", len(others) + 1)


@pytest.mark.parametrize(("end", "remark"), [("\r", None), ("\n", "Segments end in LF"), ("\r\n", "CR LF")])
def test_segments_that_end_otherwise_are_read_and_told(end, remark):
    found = read_message(body(obx(), end=end), zone=ZONE)
    assert len(found.groups[0].observations) == 1
    assert (remark is None and not found.remarks) or any(remark in said for said in found.remarks)


def test_what_is_not_read_is_counted_and_what_is_no_segment_is_told():
    found = message("NTE|1||words", "ZZZ|1", "obx|1|NM", "\x07??", obx(), "NTE|2||more")
    assert found.other_segments == {"NTE": 2, "ZZZ": 1}
    assert [said.split(" is ")[0] for said in found.remarks] == ["Line 5", "Line 6"]
    many = message(*["junk line"] * 50, obx())
    assert len(many.remarks) == 6


@pytest.mark.parametrize("line", [obx().replace("OBX|", "OBXX|"), obx().replace("OBX|", "OBX^"), " " + obx()])
def test_a_line_that_only_looks_like_an_observation_is_told(line):
    found = message(line, obx("121"))
    assert [o.values for g in found.groups for o in g.observations] == [(("121",),)]
    assert "Line 3 is no segment" in found.remarks[0]


def test_a_message_without_observations_says_so():
    assert message().remarks == ("The message holds no observation.",)


def test_a_second_header_inside_a_message_ends_it_and_is_told():
    found = message(obx(), HEADER, obx("140"))
    assert sum(len(g.observations) for g in found.groups) == 1
    assert "begins another message" in found.remarks[0]


def test_training_is_told():
    assert "MSH-11 says 'T'" in message(obx(), header=header(f11="T")).remarks[0]
    assert "MSH-11 says 'nothing'" in message(obx(), header=header(f11="")).remarks[0]


@pytest.mark.parametrize(
    ("named", "raw_name", "shown", "remark"),
    [
        ("8859/1", b"M\xfcller", "Müller", None),
        ("ISO-8859-1", b"M\xfcller", "Müller", None),
        ("UNICODE UTF-8", "Müller".encode(), "Müller", None),
        ("ASCII", b"Muller", "Muller", None),
        ("ASCII", b"M\xfcller", "M\ufffdller", "In 1 places"),
        ("UNICODE UTF-8", b"M\xfcller", "M\ufffdller", "In 1 places"),
        ("UNICODE UTF-8", "\ufffd".encode(), "\ufffd", None),
        ("", "Müller".encode(), "Müller", "is read as UTF-8"),
        ("", b"M\xfcller", "M\ufffdller", "In 1 places"),
        ("ASCII~8859/1", b"Muller", "Muller", "several character sets"),
    ],
)
def test_names_are_read_in_the_character_set_of_the_message(named, raw_name, shown, remark):
    raw = body(PATIENT.replace("Doe^J\\T\\ne^^^Ms", "@"), obx(), header=header(f18=named)).replace(
        b"@", raw_name
    )
    found = read_message(raw, zone=ZONE)
    assert found.patient is not None
    assert found.patient.names == (shown,)
    assert (remark is None and not found.remarks) or any(remark in said for said in found.remarks)


def test_a_byte_order_mark_is_told():
    found = read_message(b"\xef\xbb\xbf" + body(obx()), zone=ZONE)
    assert "byte order mark" in found.remarks[0]
