"""Faulty model files are refused with the file, the line and what to do; one slip is planted at a time."""

import re
from decimal import Decimal

import pytest

from posology.knowledge import KnowledgeError, UnreadableFile, load_library, read_files, read_yaml
from posology.knowledge.background import build_background
from posology.knowledge.loading import build_library
from posology.knowledge.model_checks import build_models, load_models
from posology.knowledge.schema.pk import positive_definite
from tests.knowledge.changed import changed
from tools.knowledge_manifest import DATA

OTTO = "pk/ketamine-otto-2021.yaml"
PEREZ = "pk/esketamine-perez-ruixo-2021.yaml"
SIMONS = "pk/esketamine-simons-2022.yaml"
OLOFSEN = "pk/effects-olofsen-2022.yaml"
PRESSURE = "pk/effects-blood-pressure.yaml"
COVARIATES = "pk/covariates.yaml"
ROWS = "pk/reference-rows.yaml"

# what is wrong: file, text that stands there, text put in its place, what the refusal says
FAULTS = {
    "an unknown key": (OTTO, "site: venous", "site: venous\ncolour: red", "not known here"),
    "an unknown key of a parameter": (
        OTTO,
        "{value: 133, unit: L,",
        "{value: 133, unit: L, valeu: 1,",
        "not known",
    ),
    "a key that stands twice": (OTTO, "site: venous", "site: venous\nsite: arterial", "stands twice"),
    "a parameter that stands twice": (OTTO, "  CL: {", "  V1: {", "stands twice"),
    "an unknown unit": (OTTO, "{value: 133, unit: L,", "{value: 133, unit: litre,", "no"),
    "a unit of something else": (
        OTTO,
        "{value: 133, unit: L,",
        '{value: 133, unit: "L/h",',
        "is a clearance",
    ),
    "an infusion rate for a clearance": (OTTO, '95.2, unit: "L/h"', '95.2, unit: "mL/h"', "is a volume rate"),
    "a volume of nothing": (OTTO, "{value: 133,", "{value: 0,", "greater than 0"),
    "a negative volume": (OTTO, "{value: 133,", "{value: -133,", "greater than 0"),
    "a number in quotes": (OTTO, "{value: 133,", '{value: "133",', "is not a number"),
    "a negative variance": (OTTO, "{variance: 0.0842}", "{variance: -0.0842}", "greater than or equal to 0"),
    "two spreads at once": (
        OTTO,
        "{variance: 0.0842}",
        "{variance: 0.0842, cv_percent: 30}",
        "exactly one of",
    ),
    "a deviation on no scale": (PEREZ, "{sd: 0.708, on: logit}", "{sd: 0.708}", "sd and on go together"),
    "a missing parameter": (OTTO, "  Vn: {", "  # Vn: {", "needs the parameter 'Vn'"),
    "half of a compartment": (OTTO, "  Q3: {", "  # Q3: {", "needs the parameter 'Q3'"),
    "a route without its depot": (OTTO, "  ka_sc: {", "  # ka_sc: {", "needs the parameter 'ka_sc'"),
    "a parameter that no structure has": (OTTO, "  Vnp: {", "  Vpn: {", "no parameter 'Vpn'"),
    "a structure that nobody knows": (
        OTTO,
        "structure: mammillary",
        "structure: recirculatory",
        "mammillary",
    ),
    "a fraction above the whole": (OTTO, "F_im: {value: 0.93", "F_im: {value: 1.93", "no more than 1"),
    "a covariance of what has no variance": (OTTO, "[V1, CL]", "[V1, Q2]", "has no variance"),
    "a covariance beyond its variances": (
        OTTO,
        "covariance: 0.0226",
        "covariance: 0.0526",
        "positive definite",
    ),
    "two covariances of one pair": (OTTO, "[Vn, CLn]", "[CL, V1]", "two covariances"),
    "a source that is not listed": (
        OTTO,
        "sources: [CLEM82]",
        "sources: [CLEM28]",
        "'CLEM28' does not stand",
    ),
    "no source": (OTTO, "sources: [CLEM82]", "sources: []", "names no source"),
    "no flag": (OTTO, "flag: second-hand, sources: [CLEM82]", "sources: [CLEM82]", "is missing"),
    "an unknown flag": (OTTO, "flag: derived,", "flag: guessed,", "measured"),
    "a certainty in place of a flag": (
        OTTO,
        "flag: derived,",
        "flag: derived, certainty: V,",
        "write its flag",
    ),
    "a domain that is empty": (OTTO, "low: 45, high: 120", "low: 120, high: 45", "does not lie below"),
    "a domain of one point": (OTTO, "low: 45, high: 120", "low: 45, high: 45", "does not lie below"),
    "a domain without a bound": (OTTO, "what: age, low: 18,", "what: age,", "has no bound"),
    "a domain in the wrong unit": (OTTO, "low: 18, unit: a", "low: 18, unit: kg", "is a body mass"),
    "a domain of no route of the model": (
        OTTO,
        "routes: [intravenous], low: 5",
        "routes: [nasal], low: 5",
        "a route",
    ),
    "a domain that says nothing": (OTTO, 'unit: a, say: "Only', 'unit: a, say: "only', "pattern"),
    "no hard domain": (OTTO, "  hard:\n", "  hard: []\n  soft_too:\n", "at least 1"),
    "a route that stands twice": (PEREZ, "routes: [nasal, oral]", "routes: [nasal, nasal]", "twice"),
    "a racemate without its number": (OTTO, "method: s-plus-r-copy", "method: twice-s", "twice-s has none"),
    "a racemate that nobody explains": (
        SIMONS,
        'racemate:\n  method: twice-s\n  note: "The whole dose runs as if it were S-ketamine; exploratory, '
        'since only S-ketamine was studied."\n',
        "",
        "say under racemate",
    ),
    "moles without molar masses": (SIMONS, ", hydroxynorketamine: 239.70", "", "molar mass of every analyte"),
    "an effect on no parameter": (PEREZ, "parameter: kel,", "parameter: kell,", "no parameter here"),
    "a slope in the wrong unit": (PEREZ, 'slope_unit: "L/h/a"', 'slope_unit: "L/h"', "is a clearance"),
    "an id that is not the name": (
        OTTO,
        "id: ketamine-otto-2021",
        "id: ketamine-otto",
        "not the file's name",
    ),
    "an interval without its value": (
        OLOFSEN,
        "{value: 0.51, low: 0.38",
        "{value: 0.31, low: 0.38",
        "interval",
    ),
    "a driver of the other site": (OLOFSEN, "site: arterial, model", "site: venous, model", "factor of two"),
    "a driver that is no model": (
        OLOFSEN,
        "model: esketamine-simons-2022",
        "model: simons",
        "no model 'simons'",
    ),
    "a mass that does not follow": (OLOFSEN, "{value: 121,", "{value: 131,", "121.2 ng/mL"),
    "a correction that does not add up": (PRESSURE, "corrected: 7.2", "corrected: 7.7", "less the placebo"),
    "a fold that goes the other way": (
        COVARIATES,
        "{direction: up, ratio: 2.6",
        "{direction: down, ratio: 2.6",
        "mend",
    ),
    "a fold outside of its range": (
        COVARIATES,
        "ratio: 3.0, low: 2.4",
        "ratio: 2.3, low: 2.4",
        "outside its own",
    ),
    "two entries of one id": (COVARIATES, "id: ticlopidine-oral", "id: clarithromycin-oral", "two entries"),
    "more than all passes the gut": (COVARIATES, "m: 1, g: 1.56", "m: 1, g: 1.66", "above 1"),
    "a gut that is not the model's": (
        COVARIATES,
        "fgut_of_the_model: 0.64",
        "fgut_of_the_model: 0.6",
        "both the same",
    ),
    "a gate of no model": (
        ROWS,
        "model: ketamine-otto-2021, low: 130",
        "model: otto, low: 130",
        "no model 'otto'",
    ),
    "a gate without a reason": (
        ROWS,
        "model: ketamine-otto-2021, low: 130, high: 240",
        "low: 130, high: 240",
        "gate",
    ),
    "a gate that is empty": (ROWS, "low: 130, high: 240", "low: 240, high: 130", "does not lie below"),
    "a gate of another route": (
        ROWS,
        "model: esketamine-simons-2022, percent: 15",
        "model: ketamine-otto-2021, percent: 15",
        "no esketamine by the sublingual route",
    ),
    "a gate of the other site": (
        ROWS,
        "model: esketamine-simons-2022, percent: 25}}\n  P-IV11",
        "model: ketamine-otto-2021, percent: 25}}\n  P-IV11",
        "is venous",
    ),
    "a curve whose hours do not rise": (
        ROWS,
        "[[0.5, 12.6], [1, 6.52]",
        "[[1, 12.6], [1, 6.52]",
        "do not rise",
    ),
    "a rate that runs for no time": (
        ROWS,
        "unit: mg/kg/h, duration: 60}",
        "unit: mg/kg/h}",
        "without a duration",
    ),
    "a row that no sheet has": (ROWS, "  P-IV1:", "  P-IV99:", "no fact 'P-IV99'"),
    "a row surer than its sheet": (
        ROWS,
        "    flag: recalled\n    sources: [ZAR12]",
        "    flag: derived\n    sources: [ZAR12]",
        "in the sheet",
    ),
    "an observation in another unit": (ROWS, 'value: 185, unit: "ng/mL"', "value: 185, unit: h", "is a time"),
}


@pytest.mark.hazard("H-18", n=len(FAULTS))
@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_with_file_line_and_remedy(fault):
    """A slip in a model file never loads: each of the faults above is refused by name and line."""
    file, old, new, said = FAULTS[fault]
    with pytest.raises((KnowledgeError, UnreadableFile)) as refusal:
        build_background(changed(file, old, new), load_library())
    message = str(refusal.value)
    assert re.match(rf"{re.escape(file)}:\d+: ", message), message
    assert said in message, message
    assert message.endswith((".", "”")), message
    assert "Traceback" not in message and "pydantic" not in message


@pytest.mark.parametrize("fault", ["a volume of nothing", "a source that is not listed", "an unknown unit"])
def test_the_line_it_names_is_that_of_the_fault(fault):
    file, old, new, _ = FAULTS[fault]
    with pytest.raises(KnowledgeError) as refusal:
        build_background(changed(file, old, new), load_library())
    text = (DATA / file).read_text()
    line = int(re.match(r"[^:]+:(\d+):", str(refusal.value))[1])
    assert abs(line - (text[: text.index(old)].count("\n") + 1)) <= 1 or fault == "an unknown unit"


def test_a_model_file_among_what_decides_is_refused_and_moves_nothing():
    documents = dict(read_files(DATA))
    raw = documents[OTTO][1]
    documents["otto.yaml"] = (read_yaml(raw.decode(), name="otto.yaml"), raw)
    with pytest.raises(KnowledgeError, match="belongs into the folder pk/"):
        build_library(documents)
    documents = dict(read_files(DATA))
    raw = documents["phq-9.yaml"][1]
    documents["pk/phq-9.yaml"] = (read_yaml(raw.decode(), name="pk/phq-9.yaml"), raw)
    with pytest.raises(KnowledgeError, match=r"belongs outside of pk/"):
        build_models(documents, load_library().sources)


def test_a_set_of_files_without_models_has_none():
    without = {name: given for name, given in read_files(DATA).items() if not name.startswith("pk/")}
    assert build_background(without, load_library()).models is None


def test_the_check_as_a_whole_finds_what_one_file_cannot_tell():
    assert len(load_models(DATA).models) == 5


def test_a_covariance_of_variables_that_move_as_one_is_not_positive_definite():
    """Two variances of 1: a covariance below 1 is one, of 1 is the edge, above 1 is none."""
    file = load_models(DATA).models["ketamine-otto-2021"]
    pair = file.between_covariances[0]
    ones = {"V1": Decimal(1), "CL": Decimal(1)}
    told = {
        text: positive_definite(ones, (pair.model_copy(update={"covariance": Decimal(text)}),))
        for text in ("0.99", "1", "1.01", "-0.99")
    }
    assert told == {"0.99": True, "1": False, "1.01": False, "-0.99": True}
