"""``posology simulate``: the table, JSON, CSV and the picture say the same, and what is not known is said."""

import csv
import io
import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests.command_line import CASES

BY_VEIN = ("simulate", "--substance", "ketamine", "--route", "intravenous", "--minutes", "40")
PERSON = ("--weight-kg", "70", "--age", "40")
VEIN = (*BY_VEIN, "--dose-mg", "35", *PERSON, "--members", "200")
NOSE = (
    "simulate", "--substance", "esketamine", "--route", "nasal", "--dose-mg", "84", "--devices", "3",
    "--rest-minutes", "5", *PERSON, "--members", "200",
)  # fmt: skip
CLOSING = "supports and never replaces a clinician."


def test_the_table_has_a_row_a_look_and_says_what_it_is(posology):
    result = posology(*VEIN)
    assert result.code == 0
    for words in (
        "Racemic ketamine 35 mg (0.5 mg/kg) by vein over 40 min For 70 kg, 40 years",
        "Planned curve in venous blood, ng/mL",
        "0 to 4 h typical middle 80 % of 200",
        "time above 100 ng/mL",
        "Clements 1981",
        "Model: ketamine-otto-2021, version 1",
        "Second-hand (read in a transcription of the source): every number of the model.",
        "The racemate from a model of the S-form (derived)",
        "Dissociation was seen at about 100 to 250 ng/mL",
        "Not known here, and no curve would be drawn if it held: Child-Pugh C, Pregnancy",
        "waives no measurement and no observation, and it sets no dose.",
    ):
        assert words in result.words
    assert result.words.endswith(CLOSING)
    times = [f"{m} min" for m in (0, 5, 10, 20, 40, 60, 80, 100, 120, 180, 240)]
    found = [line.strip() for line in result.out.splitlines() if " min  " in line[:12]]
    assert [" ".join(line.split()[:2]) for line in found] == times


def test_a_dose_per_kg_is_the_same_as_its_mg(posology):
    per_kg = posology(*BY_VEIN, "--dose-mg-per-kg", "0.5", *PERSON, "--members", "200", "--json").data
    assert per_kg == posology(*VEIN, "--json").data


def test_json_holds_the_arrays_with_their_units_and_the_words(posology):
    told = posology(*VEIN, "--json").data["simulation"]
    curves = told["curves"]
    assert curves["t_h"][0] == 0
    assert curves["t_h"][-1] == 4
    assert {len(column) for column in curves.values()} == {len(curves["t_h"])}
    assert all(name.endswith(("_ng_per_mL", "t_h")) for name in curves)
    low, high = curves["ketamine_middle_95_low_ng_per_mL"], curves["ketamine_middle_95_high_ng_per_mL"]
    middle = curves["ketamine_median_ng_per_mL"]
    assert all(a <= b <= c for a, b, c in zip(low, middle, high, strict=True))
    highest = max(curves["ketamine_typical_ng_per_mL"])
    assert told["exposure"]["ketamine"]["Cmax_ng_per_mL"]["typical"] == pytest.approx(highest, rel=1e-6)
    assert told["second_opinion"] == "ketamine-clements-1981"
    assert told["range"]["low_ng_per_mL"] == 100
    assert told["flags"] == {
        "second-hand": "read in a transcription of the source",
        "derived": "worked out from numbers that were read",  # the copy that stands for R-ketamine
    }
    assert told["supports"].endswith(CLOSING)
    assert json.loads(json.dumps(told)) == told


def test_the_time_above_the_range_is_what_the_curve_shows(posology):
    told = posology(*VEIN, "--json").data["simulation"]
    t_h, curve = told["curves"]["t_h"], told["curves"]["ketamine_typical_ng_per_mL"]
    above = 0.0
    for a, b, low, high in zip(t_h[:-1], t_h[1:], curve[:-1], curve[1:], strict=True):
        top, bottom = max(low, high), min(low, high)
        above += (b - a) * min(1.0, max(0.0, (top - 100) / (top - bottom)))
    assert told["exposure"]["ketamine"]["time_above_h"]["typical"] == pytest.approx(above, abs=0.01)


def test_csv_opens_as_a_table_of_numbers(posology):
    out = posology(*VEIN, "--csv").out
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0][:2] == ["t_h", "ketamine_typical_ng_per_mL"]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert float(rows[1][0]) == 0
    curves = posology(*VEIN, "--json").data["simulation"]["curves"]
    assert [float(row[0]) for row in rows[1:]] == curves["t_h"]
    assert [float(row[1]) for row in rows[1:]] == curves["ketamine_typical_ng_per_mL"]


def test_the_picture_is_written_whole(posology, tmp_path):
    path = tmp_path / "curve.svg"
    result = posology(*VEIN, "--svg", path)
    assert (result.code, result.out) == (0, f"Wrote {path}.\n")
    root = ElementTree.parse(path).getroot()  # noqa: S314 - our own text, made above
    assert root.get("role") == "img"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_seed_draws_the_same_band_and_another_does_not(posology):
    one, two, other = (posology(*VEIN, "--csv", "--seed", seed).out for seed in ("7", "7", "8"))
    assert one == two != other


def test_a_nasal_dose_is_shared_out_among_its_devices(posology):
    told = posology(*NOSE, "--json").data["simulation"]
    assert [(dose["amount_mg"], dose["device"]) for dose in told["doses"]] == [(28, 1), (28, 2), (28, 3)]
    assert told["given"] == "Esketamine 84 mg by nose from 3 devices of 28 mg, 5 min apart"
    assert told["range"] is None
    assert told["second_opinion"] is None
    assert "esketamine_median_ng_per_mL" in told["curves"]
    words = posology(*NOSE).words
    assert "No range of concentrations linked with dissociation is known here for this substance" in words
    assert "there is no second opinion" in words


def test_sessions_are_told_apart_and_add_up(posology):
    told = posology(*VEIN, "--sessions-h", "0,72", "--json").data["simulation"]
    assert [dose["start_h"] for dose in told["doses"]] == [0, 72]
    once = posology(*VEIN, "--until-h", "76", "--json").data["simulation"]
    twice_auc = told["exposure"]["ketamine"]["AUC_ng_h_per_mL"]["typical"]
    assert 1.9 * 257 < twice_auc < 2.6 * once["exposure"]["ketamine"]["AUC_ng_h_per_mL"]["typical"]
    assert "session 2, 40 min" in posology(*VEIN, "--sessions-h", "0,72").words


@pytest.mark.parametrize(
    ("model", "site"), [("ketamine-clements-1981", "venous"), ("ketamine-domino", "arterial")]
)
def test_a_model_without_a_spread_has_no_band_and_says_so(posology, model, site):
    result = posology(*VEIN, "--model", model)
    assert "This curve has no band: the typical person alone." in result.words
    assert f"Planned curve in {site} blood" in result.words
    assert "middle" not in result.words
    assert posology(*VEIN, "--model", model, "--json").data["simulation"]["members"] == 0


@pytest.mark.parametrize(
    ("substance", "route"),
    [
        ("ketamine", "intramuscular"),
        ("ketamine", "subcutaneous"),
        ("esketamine", "oral"),
        ("ketamine", "oral"),
        ("esketamine", "sublingual"),
    ],
)
def test_each_route_has_its_words(posology, substance, route):
    result = posology(
        "simulate", "--substance", substance, "--route", route, "--dose-mg", "50", *PERSON, "--members", "20"
    )
    assert result.code == 0
    assert "Studied: " in result.words
    assert result.words.endswith(CLOSING)
    if route == "subcutaneous":
        assert "Assumed (no document gives it): F_sc, ka_sc." in result.words


def test_what_was_recalled_is_called_recalled(posology):
    words = posology(*NOSE, "--child-pugh", "B", "--drug", "clarithromycin").words
    assert "is recalled and was not read" in words
    assert "It is derived: the curve is less sure." in words


def test_a_case_gives_weight_with_its_date_age_and_drugs(posology):
    case = CASES / "start-intravenous.yaml"
    given = ("simulate", case, *BY_VEIN[1:], "--dose-mg-per-kg", "0.5", "--members", "20")
    words = posology(*given).words
    assert "36 mg (0.5 mg/kg) by vein over 40 min For 72 kg, 45 years, no liver disease" in words
    assert "Weight 72 kg of 24-Nov-2026, 1 h ago" in words
    told = posology(*given, "--json").data["simulation"]
    assert told["person"]["pregnant"] is False
    assert told["person"]["dialysis"] is False
    assert told["case"].startswith("Synthetic, Ada")
    case = CASES / "itraconazole-changes-nothing.yaml"
    drugs = posology("simulate", case, *BY_VEIN[1:], "--dose-mg", "35", "--members", "5", "--json")
    assert drugs.data["simulation"]["person"]["drugs"] == ["itraconazole"]


def test_a_cold_curve_loads_neither_the_library_that_decides_nor_anything_heavy():
    """A time depends on the machine; that which would cost it is asserted here."""
    code = (
        "import sys; sys.argv = ['posology', *sys.argv[1:]]\n"
        "from posology.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "heavy = ('scipy', 'pandas', 'matplotlib', 'django', 'rich', 'dask', 'numpy.ma',\n"
        "         'posology.case', 'posology.protocols', 'posology.fhir', 'posology.recommendation',\n"
        "         'posology.knowledge.loading', 'posology.knowledge.library',\n"
        "         'posology.knowledge.model_checks', 'posology.knowledge.schema.rules',\n"
        "         'posology.knowledge.schema.protocols',\n"
        "         'posology.knowledge.schema.pk_rows')\n"
        "bad = [m for m in heavy if m in sys.modules]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *VEIN, "--json"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
