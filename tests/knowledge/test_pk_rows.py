"""The public rows against a second transcription of the sheet, and against the sheet where it lies near."""

import re
from decimal import Decimal

import pytest

from posology.knowledge.models import pk_covariates, pk_effects, pk_models, pk_reference
from posology.knowledge.schema.pk_parts import Flag
from tests.knowledge import sheets

ROWS = pk_reference().rows
SEEN = [(key, i, one) for key, row in ROWS.items() for i, one in enumerate(row.observations)]
NEAR = pytest.mark.skipif(
    not sheets.FOLDER.is_dir(), reason="the clinical sheets are no part of the package and are not here"
)

# What was seen, one line an observation: row, quantity, analyte, form, values, unit, gate. S and R are the
# forms, - where both were measured together; the gate is a range, a percent (%), a median error (m%) or none.
TOLD = """
P-IV1 concentration K - 185 ng/mL 130..240
P-IV2 range K - 100..250 ng/mL 100..250
P-IV3 concentration K - 204 ng/mL none
P-IV4 cmax K S 15.6 ng/mL 35%
P-IV4 cmax K R 16.5 ng/mL 35%
P-IV5 clearance K S 1620 mL/min 15%
P-IV5 clearance K R 1530 mL/min 15%
P-IV6 curve K R .5:12.6,1:6.52,2:3.54,4:1.84,6:.95,8:.57 ng/mL m20%
P-IV7 curve K S 2:15.5,5:6.0,6:4.2,10:1.8 ng/mL 25%
P-IV8 curve NK S .5:10,1:23,2:20,8:8 ng/mL 25%
P-IV9 cmax K S 273 ng/mL 15%
P-IV10 curve K S .5:.189,1:.321,1.5:.436,2:.536,2.5:.914,3:1.03,3.5:.410,4:.327,5:.241 nmol/mL m25%
P-IV11 curve NK S 1:.114,2:.304,2.5:.498,3:.640,4:.597,5:.538 nmol/mL m35%
P-IV12 cmax K - 296 ng/mL none
P-IV12 auc K - 113 ng.h/mL none
P-IV12 auc NK - 22 ng.h/mL none
P-IV12 clearance K - 88.5 L/h 20%
P-IV13 steady K - 1.2 ug/mL none
P-IV13 steady NK - 1.0 ug/mL none
P-IV13 steady DHNK - 2.6 ug/mL none
P-IV13 clearance K - 16.7 mL/min/kg 40%
P-IV14 clearance K R 15.8 mL/min/kg 45%
P-IV15 ratio HNK S 1.7 1 none
P-IV15 excreted K R 17 % none
P-IN10 cmax K - 77.6 ng/mL none
P-IN10 tmax K - 16 min none
P-IN10 auc K - 64 ng.h/mL none
P-IN10 F K - 11 % none
P-IN10 cmax NK - 105 ng/mL none
P-IN10 auc NK - 291 ng.h/mL none
P-SL1 cmax K S 96 ng/mL 25%
P-SL1 tmax K S 18.8 min none
P-SL1 auc K S 8363 ng.min/mL 20%
P-SL2 cmax NK S 426 ng/mL 25%
P-SL2 tmax NK S 78 min none
P-SL2 auc NK S 67959 ng.min/mL 20%
P-SL3 cmax HNK S 189 ng/mL 25%
P-SL3 tmax HNK S 109 min none
P-SL3 auc HNK S 44972 ng.min/mL 20%
P-SL4 tmax K - 0.75 h none
P-PO1 cmax K - 45 ng/mL none
P-PO2 F K - 20 % none
P-PO2 auc NK S 500 ng.h/mL none
P-PO2 auc NK R 500 ng.h/mL none
P-PO3 F K S 15 % none
P-PO3 half-life K S 11 h none
P-PO3 half-life K R 10 h none
P-IM1 cmax K - 243 ng/mL none
P-IM1 tmax K - 22 min none
P-RE1 F K - 30 % none
"""
# Stratum, dose, age, population; peak, AUC over 24 h, norketamine's peak, and its AUC, which is no gate
NASAL = """
P-IN1 28 45 -        43.8 147.3 59.1 274.4
P-IN2 56 45 -        72.5 254.7 119.7 516.3
P-IN3 28 45 asian    44.1 158.2 73.4 371.8
P-IN4 56 70 -        73.8 275.8 117.2 522.0
P-IN5 84 70 -        102.7 391.2 177.0 765.9
P-IN6 84 70 asian    103.8 421.5 220.4 1042
P-IN7 28 70 japanese 58.8 212.2 69.0 409.2
P-IN8 56 70 japanese 96.5 363.1 141.7 765.3
P-IN9 84 70 japanese 133.8 513.9 214.4 1121
"""
WORDS = {
    "concentration range": "range",
    "steady-state concentration": "steady",
    "bioavailability": "F",
    "ratio of auc": "ratio",
    "share excreted": "excreted",
}
ANALYTES = {"ketamine": "K", "norketamine": "NK", "hydroxynorketamine": "HNK", "dehydronorketamine": "DHNK"}
FORMS = {"esketamine": "S", "arketamine": "R", None: "-"}


def number(text: str) -> Decimal:
    return Decimal(text)


def values(text: str):
    if ":" in text:
        return tuple(tuple(number(n) for n in pair.split(":")) for pair in text.split(","))
    return tuple(number(n) for n in text.split("..")) if ".." in text else number(text)


def values_of(one):
    return one.curve or ((one.low, one.high) if one.value is None else one.value)


def gate_of(gate):
    if gate.kind == "within-range":
        return (gate.low, gate.high)
    return {"relative": "", "median-error": "m", "none": "none"}[gate.kind] + (
        f"{gate.percent}%" if gate.percent else ""
    )


def as_told(key, one):
    quantity = WORDS.get(one.quantity, one.quantity)
    return (key, quantity, ANALYTES[one.analyte], FORMS[one.of], values_of(one), one.unit, gate_of(one.gate))


def test_every_observation_is_that_of_the_sheet(record_property):
    """Quantity, analyte, form, value, unit and gate, transcribed a second time. N is the number of them."""
    told = []
    for line in TOLD.strip().splitlines():
        key, quantity, analyte, form, seen, unit, gate = line.split()
        gated = values(gate) if ".." in gate else gate
        told.append((key, quantity, analyte, form, values(seen), unit, gated))
    nasal = {line.split()[0] for line in NASAL.strip().splitlines()}
    found = [as_told(key, one) for key, _, one in SEEN if key not in nasal]
    assert sorted(found, key=str) == sorted(told, key=str)
    record_property("n", len(told))


@pytest.mark.parametrize("line", NASAL.strip().splitlines(), ids=lambda line: line.split()[0])
def test_every_nasal_stratum_is_that_of_the_sheet(line):
    key, dose, age, population, *numbers = line.split()
    row = ROWS[key]
    assert sum(one.dose for one in row.design.inputs) == number(dose)
    assert row.design.age_a == number(age)
    # The published Japanese rows come out only if what holds for Asians holds for them too.
    expected = {"-": (), "asian": ("asian",), "japanese": ("asian", "japanese")}[population]
    assert row.design.study_population == expected
    assert [one.value for one in row.observations] == [number(n) for n in numbers]
    kinds = [(one.quantity, one.analyte, gate_of(one.gate)) for one in row.observations]
    assert kinds == [
        ("cmax", "ketamine", "3%"),
        ("auc", "ketamine", "3%"),
        ("cmax", "norketamine", "3%"),
        ("auc", "norketamine", "none"),
    ]


def test_spreads_are_those_of_the_sheet():
    told = {
        ("P-IV4", 0): "4.5", ("P-IV4", 1): "4.9", ("P-IV5", 0): "380", ("P-IV5", 1): "380",
        ("P-IV13", 0): ".3", ("P-IV13", 1): ".6", ("P-IV13", 2): "1.0", ("P-IV14", 0): "3.1",
        ("P-IV15", 0): ".8", ("P-PO1", 0): "10", ("P-PO3", 0): "8", ("P-PO3", 1): "4", ("P-PO3", 2): "4",
    }  # fmt: skip
    assert {(k, i): one.sd for k, i, one in SEEN if one.sd is not None} == {
        key: number(text) for key, text in told.items()
    }
    assert {(k, i): one.gsd for k, i, one in SEEN if one.gsd is not None} == {
        ("P-IV12", 0): number("1.71"),
        ("P-IN10", 0): number("2.29"),
    }


def test_derived_clearances_follow_from_what_was_seen():
    """10 mg over 113 ng·h/mL: 88.5 L/h. 1.2 mg/kg/h over 1.2 µg/mL: 16.7 mL/min/kg. 1620 mL/min: 97.2 L/h."""
    assert round(Decimal(10) / 113 * 1000, 1) == ROWS["P-IV12"].observations[3].value
    assert round(Decimal("1.2") / Decimal("1.2") * 1000 / 60, 1) == ROWS["P-IV13"].observations[3].value
    assert ROWS["P-IV5"].observations[0].value * 60 / 1000 == number("97.2")


def test_what_was_only_recalled_gates_nothing():
    recalled = [(key, one.gate.kind) for key, _, one in SEEN if one.flag is Flag.RECALLED]
    assert {key for key, _ in recalled} == {"P-IV3", "P-IM1"}
    assert {kind for _, kind in recalled} == {"none"}


def test_a_row_that_is_no_gate_says_why_and_a_gate_names_its_model():
    for key, _, one in SEEN:
        if one.gate.kind == "none":
            assert one.gate.reason and one.gate.model is None, key
        else:
            assert one.gate.model in pk_models(), key
    assert sum(one.gate.kind != "none" for _, _, one in SEEN) >= 45


def test_each_primary_model_is_gated_in_its_own_blood():
    gated = {one.gate.model for _, _, one in SEEN if one.gate.model}
    assert gated == {key for key, model in pk_models().items() if model.role == "primary"}


# ---------------------------------------------------------------- the sheet, where it lies near
@NEAR
def test_every_row_of_the_sheet_stands_in_the_file():
    listed = {key for key in sheets.facts() if re.fullmatch(r"P-(?:IV|IN|SL|PO|IM|RE)\d+", key)}
    assert set(ROWS) == listed
    assert len(listed) == 34


@NEAR
@pytest.mark.parametrize("key", ROWS)
def test_no_number_of_a_row_is_missing_from_the_sheet(key):
    """The row itself, and the head of its section where it holds for several rows."""
    text = sheets.text_of("pharmacology").replace("\u202f", " ")
    known = {Decimal(n.replace(" ", "")) for n in re.findall(r"(?:\d{1,3}(?: \d{3})+|\d*\.?\d+)", text)}
    known |= sheets.numbers_in(text)
    for one in ROWS[key].observations:
        found = {number for pair in one.curve for number in pair}
        found |= {
            n for n in (one.value, one.low, one.high, one.sd, one.gsd, one.gate.percent) if n is not None
        }
        assert found - known == set(), one.quantity
        assert set(one.computed.values()) <= known


def numbers_of(part) -> set[Decimal]:
    """Return every number of a file below a part, without what the file says of itself."""
    if isinstance(part, bool) or part is None:
        return set()
    if isinstance(part, Decimal | int):
        return {abs(Decimal(part))}
    if isinstance(part, dict):
        inner = part.values()
    elif hasattr(type(part), "model_fields"):
        inner = [getattr(part, name) for name in type(part).model_fields if name not in {"version", "index"}]
    elif isinstance(part, tuple):
        inner = part
    else:
        return set()
    return {number for one in inner for number in numbers_of(one)}


@NEAR
@pytest.mark.parametrize(
    "file", [*pk_models().values(), *pk_effects().values(), pk_covariates()], ids=lambda f: f.id
)
def test_no_number_of_a_file_is_missing_from_the_sheet(file):
    """Each number of each model, effect and covariate stands in the sheet, or is worked out from it here."""
    text = sheets.text_of("pharmacology").replace("\u202f", " ")
    known = {Decimal(n.replace(" ", "")) for n in re.findall(r"(?:\d{1,3}(?: \d{3})+|\d*\.?\d+)", text)}
    known |= sheets.numbers_in(text)
    worked_out = {
        "ketamine-otto-2021": {59, 5},  # 11 + 48 persons; "not before 5 min"
        "esketamine-simons-2022": {30, 49, 97, 120, 50, Decimal("0.5")},  # mean ± 2 SD; 2 h; 10 women of 20
        "effects-blood-pressure": {Decimal("7.2"), Decimal("3.8")},  # active less placebo
        "covariates": {
            Decimal(400),  # a weight that cannot be true: a bound of its question, of no model
            Decimal(".46"),
            Decimal(".43"),
            Decimal(".82"),
            Decimal(".77"),
            Decimal("1.24"),
            Decimal("1.20"),
        },
    }  # 1 − .54, 1 − .57, 1 − .18, 1 − .23, +24 %, +20 %
    percents = {Decimal(n) / 100 for n in ("54", "51", "18.6", "8", "23.6", "14.3", "10.2", "7.9")}
    missing = numbers_of(file) - known - worked_out.get(file.id, set()) - percents - {Decimal(1), Decimal(0)}
    assert not missing
