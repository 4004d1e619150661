"""Answers: which, if any, is sent, what it repeats, and what it tells."""

from datetime import datetime

import pytest

from posology.hl7v2 import (
    FrameDecoder,
    Hl7Error,
    MessageRefused,
    accept,
    not_stored,
    read_message,
    read_readings,
    refuse,
)
from posology.quantities import QuantityError
from tests.unit.hl7v2.made import NOW, ZONE, body, header, message, obx


def accepted(*segments: str, head: str):
    found = message(*(segments or (obx(),)), header=head)
    return accept(found, read_readings(found), at=NOW, control_id="P-9")


def refused(raw: bytes):
    with pytest.raises(MessageRefused) as found:
        read_message(raw, zone=ZONE)
    return refuse(found.value, at=NOW, control_id="P-9")


def segments(answer) -> list[list[str]]:
    return [segment.split("|") for segment in answer.body.decode().rstrip("\r").split("\r")]


# MSH-15, MSH-16, and the answers to a message that is stored, faulty, of no kind read here.
MODES = [
    ("", "", ["AA"], ["AE"], ["AR"]),
    ("NE", "AL", ["AA"], ["AE"], ["AR"]),
    ("AL", "NE", ["CA"], ["CE"], ["CR"]),
    ("AL", "", ["CA"], ["CE"], ["CR"]),
    ("", "AL", ["AA"], ["AE"], ["AR"]),
    ("AL", "AL", ["CA", "AA"], ["CE", "AE"], ["CR", "AR"]),
    ("NE", "NE", [], [], []),
    ("ER", "ER", [], ["CE", "AE"], ["CR", "AR"]),
    ("SU", "SU", ["CA", "AA"], [], []),
    ("ER", "SU", ["AA"], ["CE"], ["CR"]),
    ("NE", "XX", ["AA"], ["AE"], ["AR"]),
    ("NE", "er", [], ["AE"], ["AR"]),
]


@pytest.mark.parametrize(("of_accept", "of_application", "stored", "faulty", "rejected"), MODES)
def test_the_mode_is_decided_for_each_message(of_accept, of_application, stored, faulty, rejected):
    head = header(f15=of_accept, f16=of_application)
    assert [a.code for a in accepted(head=head)] == stored
    two = body("PID|||A", obx(), "PID|||B", header=head)
    assert [a.code for a in refused(two)] == faulty
    assert [a.code for a in refused(body(obx(), header=head.replace("|2.6|", "|2.9|")))] == rejected
    found = message(obx(), header=head)
    assert [a.code for a in not_stored(found, "The disk is full.", at=NOW, control_id="P-9")] == faulty


def test_an_answer_names_the_message_and_turns_sender_and_receiver_round():
    (answer,) = accepted(head=header(f5="POS", f6="CLINIC"))
    msh, msa = segments(answer)
    assert msh[2:6] == ["POS", "CLINIC", "MON^0011^EUI-64", "WARD"]
    assert msh[6:12] == ["20261128120000+0000", "", "ACK^R01^ACK", "P-9", "P", "2.6"]
    assert msa == ["MSA", "AA", "M-1"]
    assert answer.control_id == "M-1"


def test_two_answers_have_two_numbers():
    first, second = accepted(head=header(f15="AL", f16="AL"))
    assert [segments(a)[0][9] for a in (first, second)] == ["P-9", "P-9-2"]


def test_a_message_without_control_id_is_rejected():
    (answer,) = refused(body(obx(), header=header(f10="")))
    assert (answer.code, answer.control_id) == ("AR", "")
    assert segments(answer)[1] == ["MSA", "AR", ""]
    error = segments(answer)[2]
    assert error[2:5] == ["MSH^1^10", "101^Required field missing^HL70357", "E"]
    assert "no control id" in error[8]


def test_a_fault_is_a_rejection_where_no_control_id_names_the_message():
    (answer,) = refused(body(obx(), header=header(f10="", f18="KLINGON")))
    assert answer.code == "AR"
    (answer,) = refused(body(obx(), header=header(f18="KLINGON")))
    assert answer.code == "AE"


@pytest.mark.parametrize("raw", [b"", b"noise", b"MSH|^"])
def test_what_has_no_header_is_rejected_all_the_same(raw):
    (answer,) = refused(raw)
    assert answer.code == "AR"
    assert segments(answer)[2][0] == "ERR"


def test_a_fault_is_told_as_it_was_found():
    (answer,) = refused(body("PID|||A", obx(), "PID|||B"))
    assert segments(answer)[1][1:3] == ["AE", "M-1"]
    assert "names 2 patients" in segments(answer)[2][8]


def test_values_that_could_not_be_taken_are_warnings_of_an_accepted_message():
    (answer,) = accepted(obx(), obx(""), obx("NaN"), obx("120", unit="furlong"), head=header())
    _, msa, *errors = segments(answer)
    assert msa[1] == "AA"
    assert [(e[2], e[4]) for e in errors] == [("OBX^3^5", "W"), ("OBX^4^6", "W")]
    assert "'furlong'" in errors[1][8]


def test_many_warnings_are_cut_and_counted():
    (answer,) = accepted(*[obx("NaN")] * 30, head=header())
    errors = segments(answer)[2:]
    assert len(errors) == 11
    assert "20 further values" in errors[-1][8]


@pytest.mark.parametrize(
    ("version", "kind"),
    [("2.2", "ACK"), ("2.3", "ACK^R01"), ("2.3.1", "ACK^R01^ACK"), ("2.4", "ACK^R01^ACK")],
)
def test_older_versions_have_the_sentence_where_they_look_for_it(version, kind):
    (answer,) = accepted(obx("NaN"), obx("1|2".replace("|", "&")), head=header(f12=version))
    msh, msa, *errors = segments(answer)
    assert msh[8] == kind
    assert "not a number" in msa[3]
    assert len(errors) == 1
    first, second = errors[0][1].split("~")
    assert first.startswith("OBX^1^5^102&The systolic pressure")
    assert second.endswith("&HL70357")
    assert "'1\\T\\2'" in second


def test_an_answer_is_escaped_and_read_again_by_the_same_separators():
    (answer,) = refused(body(obx(), header=header(f9="A^B")).replace(b"|A^B|", b"|A\\F\\^B|"))
    assert "'A\\E\\F\\E\\'" in answer.body.decode()


@pytest.mark.parametrize(
    ("named", "declared"),
    [
        ("ASCII", "ASCII"),
        ("8859/1", "8859/1"),
        ("UNICODE UTF-8", "UNICODE UTF-8"),
        ("KLINGON", "UNICODE UTF-8"),
        ("", None),
    ],
)
def test_the_answer_is_written_in_the_senders_character_set_where_that_is_known(named, declared):
    head = header(f18=named)
    (answer,) = refused(body(obx(), header=head)) if named == "KLINGON" else accepted(head=head)
    msh = segments(answer)[0]
    assert (msh[17] if len(msh) > 17 else None) == declared


def test_an_answer_that_ascii_cannot_carry_says_that_it_is_utf_8():
    (answer,) = accepted(obx("120", unit="µ"), head=header(f18="8859/1"))
    assert "8859/1" in answer.body.decode("iso-8859-1")
    (answer,) = accepted(obx("１２"), head=header(f18=""))
    assert "|UNICODE UTF-8\r" in answer.body.decode("utf-8")
    assert "'１２'" in answer.body.decode("utf-8")


def test_a_framed_answer_is_a_frame():
    (answer,) = accepted(head=header())
    (frame,) = FrameDecoder().feed(answer.frame)
    assert frame.body == answer.body


def test_an_answer_needs_a_number_and_a_zone():
    found = message(obx())
    with pytest.raises(Hl7Error, match="Number the answers"):
        not_stored(found, "Full.", at=NOW, control_id="")
    with pytest.raises(QuantityError, match="time zone"):
        not_stored(found, "Full.", at=datetime.fromisoformat("2026-11-28T12:00:00"), control_id="P-9")
