"""Papers are made from plain data alone, and the same data give the same bytes."""

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

import posology.papers
from posology.papers import Head, PaperError, paper_names, render

pytestmark = pytest.mark.unit

HEAD = Head(
    clinic="Test clinic",
    title="Session record",
    printed="23-Nov-2026 14:05 UTC",
    person=("SYNTHETIC, Ada", "Born 14-Mar-1981", "ID 0007"),
    foot="abc123",
)
TEMPLATES = Path(posology.papers.__file__).parent / "templates"


def plain(head: Head = HEAD, rows: object = (("14:05", "128/76"),)) -> Mapping[str, object]:
    return {
        "head": head.data(),
        "parts": [{"title": "Readings", "text": "Two.", "head": ["At", "BP"], "rows": rows}],
    }


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def test_every_page_carries_clinic_both_identifiers_the_moment_and_its_number():
    pages = text_of(render("plain", plain(rows=[[f"{n}:00", "128/76"] for n in range(120)])))
    assert len(pages) > 1
    for number, text in enumerate(pages, start=1):
        for told in ("Test clinic", "SYNTHETIC, Ada", "Born 14-Mar-1981", "ID 0007", "Printed 23-Nov-2026"):
            assert told in text
        assert f"Page {number} of {len(pages)}" in text


def test_the_same_data_give_the_same_bytes_in_any_order_of_keys():
    turned = {key: plain()[key] for key in reversed(plain())}
    assert render("plain", plain()) == render("plain", turned)
    assert render("plain", plain()) != render("plain", plain(rows=[["14:06", "128/76"]]))


def test_a_training_paper_says_so_on_every_page():
    head = Head(clinic="Test clinic", title="Record", printed="now", training=True)
    assert "TRAINING" in text_of(render("plain", plain(head)))[0]
    assert "TRAINING" not in text_of(render("plain", plain()))[0]


def test_what_people_typed_is_printed_and_never_run():
    typed = '#panic("x") *bold* $x$ <b> @preview/x:1.0 \\ #read("house.typ")'
    (text,) = text_of(render("plain", plain(rows=[["14:05", typed]])))
    assert "#panic" in text and "*bold*" in text and "<b>" in text and "#read" in text


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, Decimal("1.0"), date(2026, 11, 23), b"x", {1: "x"}, {"a", "b"}]
)
def test_it_refuses_what_would_be_printed_by_guess(value):
    with pytest.raises(PaperError, match=r"data\.parts"):
        render("plain", {"head": HEAD.data(), "parts": value})


def test_it_refuses_a_paper_that_is_not_there():
    for name in ("nothing", "house", "../templates/plain"):
        with pytest.raises(PaperError, match="There is no paper"):
            render(name, plain())


def test_it_refuses_data_that_lack_what_the_paper_shows():
    with pytest.raises(PaperError, match="parts"):
        render("plain", {"head": HEAD.data()})


def test_no_template_fetches_runs_or_reads_beyond_its_folder():
    assert len(paper_names()) >= 1
    for path in TEMPLATES.glob("*.typ"):
        text = path.read_text()
        assert "@" not in "".join(line.split("//")[0] for line in text.splitlines() if "import" in line), path
        assert "eval(" not in text and "read(" not in text and "datetime.today" not in text, path


def test_the_scales_of_a_record_grow_with_what_was_read():
    reading = {"at": 5, "systolic": 236, "diastolic": 26, "heart_rate": 150, "spo2": 72}
    usual = {"at": 5, "systolic": 120, "diastolic": 80, "heart_rate": 60, "spo2": 98}
    assert not {"210", "30", "70%"} & set(labels_of_chart(usual))
    assert {"210", "30", "70%"} <= set(labels_of_chart(reading))


def labels_of_chart(reading: Mapping[str, object]) -> list[str]:
    chart = {"minutes": 60, "ticks": [], "readings": [reading], "dose": [], "events": []}
    told = {
        "order": "",
        "signed": "",
        "conflicts": [],
        "facts": [],
        "readings": [],
        "log": [],
        "chart": chart,
    }
    return text_of(render("session-record", {"head": HEAD.data(), **told}))[0].split()
