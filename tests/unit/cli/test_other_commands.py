"""Scores, worksheets, the knowledge and the questions."""

import pytest

from tests.command_line import CASES, SUPPORTS, refused


def test_score_says_total_band_and_flag(posology):
    out = posology("score", "phq-9", "1,2,3,0,1,2,3,0,1").out
    assert out.startswith("PHQ-9  13 of 27  moderate\nFLAG  Item 9 was answered with 1.")
    assert out.rstrip().endswith(SUPPORTS)


def test_an_open_item_is_never_a_low_score(posology):
    result = posology("score", "phq-9", "1,2,3,0,1,2,3,-,1")
    assert result.out.startswith("PHQ-9  not scored. 1 of 9 items not answered (8)")
    assert "FLAG" in result.out


def test_score_as_json(posology):
    data = posology("score", "gad-7", "1,1,1,1,1,1,1", "--json").data
    assert (data["score"]["total"], data["score"]["maximum"]) == (7, 21)


def test_a_worksheet_shows_every_step_with_its_units(posology):
    result = posology(
        "worksheet", CASES / "start-intravenous.yaml", "--option", "ketamine-iv/start/0.5/40",
        "--product", "ketamine-50", "--final-volume", "50 mL",
    )  # fmt: skip
    assert result.code == 0
    for words in (
        "DRAFT, not signed",
        "Dose: 0.5 mg/kg × 72 kg = 36 mg",
        "36 mg ÷ 50 mg/mL = 0.72 mL",
        "50 mL ÷ 40 min × 60 min/h = 75 mL/h",
    ):
        assert words in result.words


def test_a_worksheet_as_json(posology):
    data = posology(
        "worksheet", CASES / "start-nasal.yaml", "--option", "esketamine-nasal-us/start/56",
        "--product", "esketamine-device-28", "--json",
    ).data  # fmt: skip
    assert data["draft"] is True
    assert (data["worksheet"]["dose_mg"], len(data["worksheet"]["devices"])) == ("56", 2)


@pytest.mark.parametrize(
    ("option", "product", "volume", "says"),
    [
        ("ketamine-iv/start/0.5/40", "esketamine-device-28", None, "esketamine"),
        ("ketamine-iv/start/0.5/40", "nothing", None, "no product 'nothing'"),
        ("ketamine-iv/start/0.5/40", "ketamine-100", None, "undiluted"),
        ("ketamine-iv/start/0.5/40", "ketamine-50", "50", "no unit"),
        ("ketamine-iv/start/0.5/40", "ketamine-50", "50 mg", "one cannot become the other"),
        ("ketamine-iv/start/9", "ketamine-50", None, "The options are:"),
    ],
)
def test_a_worksheet_that_cannot_be_made_is_refused(posology, option, product, volume, says):
    asked = ["--final-volume", volume] if volume else []
    result = posology(
        "worksheet", CASES / "start-intravenous.yaml", "--option", option, "--product", product, *asked
    )
    refused(result, says)


def test_an_uncleared_hold_stands_on_the_worksheet(posology):
    result = posology(
        "worksheet", CASES / "hold-blood-pressure.yaml", "--option", "esketamine-nasal-us/start/56",
        "--product", "esketamine-device-28",
    )  # fmt: skip
    assert "HOLD, not cleared: Blood pressure" in result.words


def test_the_knowledge_is_listed_with_how_sure_it_is(posology):
    result = posology("check-knowledge", "--as-of", "2026-11-24")
    assert result.code == 0
    assert "ketamine-iv protocol 1 active 24-Nov-2027 V" in result.words
    assert "V verified" in result.words
    assert "OVERDUE" not in result.out


def test_a_review_that_is_overdue_is_said(posology):
    result = posology("check-knowledge", "--as-of", "2028-01-01")
    assert "Review is overdue: adjustments" in result.words


def test_the_knowledge_as_json(posology):
    data = posology("check-knowledge", "--json").data
    assert {"id", "version", "review_due", "facts", "sha256"} <= data["files"][0].keys()
    assert all(len(row["sha256"]) == 64 for row in data["files"])


def test_a_faulty_knowledge_file_is_refused_with_its_line(posology, tmp_path):
    (tmp_path / "a.yaml").write_text("id: a\nkind: recipe\n", encoding="utf-8")
    refused(posology("check-knowledge", tmp_path), "a.yaml:2", "the kind is 'recipe'")


def test_an_empty_folder_is_no_knowledge(posology, tmp_path):
    refused(posology("check-knowledge", tmp_path), "no .yaml file")


def test_the_questions_are_listed_as_a_case_file_names_them(posology):
    result = posology("questions")
    assert "weight number with unit (kg, [lb_av])" in result.words
    keys = posology("questions", "--json").data["questions"]
    assert keys["pregnant"]["kind"] == "yes_no"
