"""``posology simulate`` refuses in one sentence, with exit code 2 and nothing on the page."""

import pytest

from tests.command_line import CASES, refused

VEIN = {
    "--substance": "ketamine", "--route": "intravenous", "--dose-mg": "35", "--minutes": "40",
    "--weight-kg": "70", "--age": "40", "--members": "5",
}  # fmt: skip
NOSE = {
    "--substance": "esketamine", "--route": "nasal", "--dose-mg": "84", "--devices": "3",
    "--rest-minutes": "5", "--weight-kg": "70", "--age": "40", "--members": "5",
}  # fmt: skip


def words(given, changes):
    merged = {**given, **changes}
    return [word for key, value in merged.items() if value is not None for word in (key, value)]


@pytest.mark.parametrize(
    ("given", "changes", "says"),
    [
        # what is mixed
        (VEIN, {"--beside": "ketamine-domino"}, "of venous blood, and ketamine-domino of arterial blood"),
        (VEIN, {"--beside": "esketamine-simons-2022"}, "About a factor of two"),
        (VEIN, {"--substance": "esketamine", "--model": "ketamine-domino"}, "different substances"),
        (NOSE, {"--substance": "ketamine"}, "No model here describes ketamine by nose"),
        (VEIN, {"--substance": "arketamine"}, "No model describes this substance at all"),
        # what is missing
        (VEIN, {"--dose-mg": None}, "has no dose. Give one of --dose-mg and --dose-mg-per-kg"),
        (VEIN, {"--dose-mg-per-kg": "0.5"}, "both --dose-mg and --dose-mg-per-kg"),
        (VEIN, {"--minutes": None}, "--minutes is missing"),
        (VEIN, {"--weight-kg": None}, "scales with weight, and the weight is not known"),
        (
            VEIN,
            {"--weight-kg": None, "--dose-mg": None, "--dose-mg-per-kg": "0.5"},
            "the weight is not known, so there is no dose in mg",
        ),
        (NOSE, {"--devices": None}, "--devices is missing"),
        (NOSE, {"--rest-minutes": None}, "--rest-minutes is missing"),
        (NOSE, {"--age": None}, "The age is not known, so no curve is drawn"),
        (VEIN, {"--age": None}, "The age is not known, so no curve is drawn"),
        (VEIN, {"--weight-kg": "4000"}, "outside 20 to 400 kg and beyond what can be true"),
        (VEIN, {"--age": "121"}, "outside 0 to 120 years and beyond what can be true"),
        (VEIN, {"--drug": "child-pugh-b"}, "'child-pugh-b'"),
        (
            NOSE,
            {"--devices": "1", "--rest-minutes": None},
            "84 mg from 1 device cannot be given: a device gives 28 mg",
        ),
        (NOSE, {"--dose-mg": "28"}, "28 mg from 3 devices cannot be given"),
        # what belongs elsewhere
        (VEIN, {"--devices": "2"}, "--devices says nothing of a dose by the intravenous route"),
        (NOSE, {"--minutes": "40"}, "--minutes says nothing of a dose by the nasal route"),
        (VEIN, {"--as-of": "2026-11-24"}, "belong to a case"),
        # what cannot be read
        (VEIN, {"--dose-mg": "35 mg"}, "dose in mg"),
        (VEIN, {"--dose-mg": "NaN"}, "dose in mg"),
        (VEIN, {"--dose-mg": "0"}, "0 mg"),
        (VEIN, {"--dose-mg": "-3"}, "-3 mg"),
        (VEIN, {"--weight-kg": "0"}, "which no person has"),
        (VEIN, {"--minutes": "0"}, "cannot be run"),
        (VEIN, {"--substance": "Ketamine"}, "Give one of ketamine, esketamine, arketamine"),
        (VEIN, {"--route": "iv"}, "There is no route 'iv' here"),
        (VEIN, {"--child-pugh": "D"}, "no Child-Pugh class 'D'"),
        (VEIN, {"--members": "1.5"}, "whole number from 0 to 20,000"),
        (VEIN, {"--members": "20001"}, "whole number from 0 to 20,000"),
        (VEIN, {"--seed": "-1"}, "The seed is -1"),
        (NOSE, {"--devices": "0"}, "whole number from 1"),
        (NOSE, {"--rest-minutes": "-5"}, "is no time"),
        (VEIN, {"--sessions-h": "72,0"}, "do not begin at 0"),
        (VEIN, {"--sessions-h": "0,0.5"}, "before the one before it has ended"),
        (VEIN, {"--sessions-h": "0,x"}, "hour of a session"),
        (VEIN, {"--sessions-h": ",".join(str(24 * i) for i in range(61))}, "61 sessions are more than 60"),
        (VEIN, {"--until-h": "0"}, "Give an hour after it"),
        (VEIN, {"--until-h": "99999"}, "no more than"),
        (VEIN, {"--model": "nothing"}, "There is no model 'nothing'"),
        (VEIN, {"--model": "esketamine-perez-ruixo-2021"}, "not by vein"),
        (VEIN, {"--drug": "paracetamol"}, "Nothing is known here of what 'paracetamol' changes"),
        (VEIN, {"--study-population": "german"}, "no study population 'german'"),
        (VEIN, {"--svg": "curve.yaml"}, "does not end in .svg"),
        (VEIN, {"--svg": "no-such-folder-here/curve.svg"}, "there is no such folder"),
        # for whom no curve is drawn
        (VEIN, {"--age": "17"}, "under 18 years"),
        (VEIN, {"--child-pugh": "C"}, "no curve is drawn"),
        (VEIN, {"--minutes": "2"}, "rapid bolus"),
        (NOSE, {"--dose-mg": "140", "--devices": "5"}, "14 to 112 mg"),
    ],
)
def test_it_refuses_in_one_sentence(posology, given, changes, says):
    result = posology("simulate", *words(given, changes))
    refused(result, says)
    assert result.err.strip().endswith(".")


@pytest.mark.parametrize("flag", ["--pregnant", "--dialysis", "--intensive-care"])
def test_no_curve_is_drawn_for_those_whom_nobody_studied(posology, flag):
    refused(posology("simulate", *words(VEIN, {}), flag), "Decide without one.")


def test_one_form_at_a_time(posology, tmp_path):
    refused(posology("simulate", *words(VEIN, {}), "--json", "--csv"), "Give one of them")
    refused(posology("simulate", *words(VEIN, {"--svg": tmp_path / "a.svg"}), "--json"), "Give one of them")
    assert list(tmp_path.iterdir()) == []


def test_a_case_is_never_written_over(posology, tmp_path):
    case = tmp_path / "case.yaml"
    case.write_text("case: mine\n")
    refused(posology("simulate", *words(VEIN, {"--svg": case})), "does not end in .svg")
    assert case.read_text() == "case: mine\n"


def test_a_case_that_cannot_give_a_weight_is_refused(posology):
    asked = {**VEIN, "--weight-kg": None, "--age": None}
    case = CASES / "start-intravenous.yaml"
    refused(posology("simulate", case, *words(VEIN, {"--age": None})), "--weight-kg and a case were given")
    refused(posology("simulate", case, *words(asked, {"--age": "40"})), "--age and a case were given")
    refused(
        posology("simulate", case, *words(asked, {"--as-of": "2027-11-24"})),
        "The weight of this case is",
        "old",
    )
    refused(posology("simulate", CASES / "none.yaml", *words(asked, {})), "there is no such file")
    refused(posology("simulate", CASES / "stop-pregnant.yaml", *words(asked, {})), "no curve is drawn")
