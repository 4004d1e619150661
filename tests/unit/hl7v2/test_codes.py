"""Codes and units: what is said twice must agree, and nothing stands in the file that was not seen."""

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import posology.hl7v2
from posology.hl7v2 import Sign, load_codes
from posology.hl7v2.codes import CodeTable, Disagreement
from posology.hl7v2.messages import Coded
from posology.hl7v2.table import parse_codes, shipped_codes
from posology.knowledge import Certainty, KnowledgeError
from posology.quantities import UNITS, DomainError

CODES = load_codes()
FILE, STAMP = shipped_codes()
SHEET = Path(__file__).resolve().parents[4] / "shared/clinical/codes.md"
RAW = Path(posology.hl7v2.__file__).parent / "data/monitor-codes.yaml"


def coded(text: str) -> Coded:
    return Coded(*text.split("^"))


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", Sign.SYSTOLIC),
        ("150021^^MDC", Sign.SYSTOLIC),
        ("150021^BP sys^MDC", Sign.SYSTOLIC),
        ("150021^MDC_PRESS_BLD_NONINV_SYS", Sign.SYSTOLIC),
        ("MDC_PULS_OXIM_SAT_O2", Sign.SPO2),
        ("MDC_PULS_OXIM_SAT_O2^^MDC", Sign.SPO2),
        ("tt-1^MDC_RESP_RATE^MDC", Sign.RESPIRATORY_RATE),
        ("tt-1^MDC_RESP_RATE^L", Sign.RESPIRATORY_RATE),
        ("149522^MDC_PULS_RATE^MDC", Sign.PULSE_RATE),
        ("0002-4bb8^SpO2^MDIL", Sign.SPO2),
        ("0002-4bb8^SpO2", Sign.SPO2),
        ("0002-4a05^NBPs^MDIL", Sign.SYSTOLIC),
        ("8480-6^Systolic^LN", Sign.SYSTOLIC),
        ("8480-6^Systolic^LOINC", Sign.SYSTOLIC),
        ("X1^Sys^L^8480-6^Systolic^LN", Sign.SYSTOLIC),
        ("8867-4^Heart rate^LN^147842^MDC_ECG_HEART_RATE^MDC", Sign.HEART_RATE),
        ("8867-4^Heart rate^LN^149530^MDC_PULS_OXIM_PULS_RATE^MDC", Sign.PULSE_RATE),
        ("149530^MDC_PULS_OXIM_PULS_RATE^MDC^8867-4^Heart rate^LN", Sign.PULSE_RATE),
        ("0002-4a15^ABPs^MDIL^150033^MDC_PRESS_BLD_ART_SYS^MDC", Sign.SYSTOLIC),
    ],
)
def test_a_code_stands_for_its_sign(text, sign):
    entry = CODES.sign_of(coded(text))
    assert entry is not None
    assert entry.sign is sign


@pytest.mark.parametrize(
    "text", ["", "150344^MDC_TEMP^MDC", "X1^Sys^L", "150021^Sys^L", "0002-4b60^Tcore^MDIL", "SpO2"]
)
def test_what_is_not_known_stands_for_nothing(text):
    assert CODES.sign_of(coded(text)) is None


@pytest.mark.hazard("H-43")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("150017^MDC_PRESS_BLD_NONINV_SYS^MDC", "150017 is not the number of MDC_PRESS_BLD_NONINV_SYS"),
        ("150022^MDC_PRESS_BLD_NONINV_SYS^MDC", "150022 is not the number of MDC_PRESS_BLD_NONINV_SYS"),
        ("150021^MDC_SOMETHING_ELSE^MDC", "150021 is not the number of MDC_SOMETHING_ELSE"),
        ("0002-4bb8^HR^MDIL", "means oxygen saturation and its words 'HR' mean heart rate"),
        ("0002-4a05^^MDIL", "alone is not enough"),
        ("0002-4a05^Press^MDIL", "words 'NBPs'"),
        ("150021", "alone is not enough"),
        ("8480-6^Systolic", "alone is not enough"),
        ("8867-4^Heart rate^LN^150456^MDC_PULS_OXIM_SAT_O2^MDC", "heart rate (8867-4) and oxygen saturation"),
        ("150021^^MDC^150022^^MDC", "systolic pressure (150021) and diastolic pressure (150022)"),
    ],
)
def test_what_disagrees_with_itself_is_refused(text, says, record_property):
    with pytest.raises(Disagreement) as refused:
        CODES.sign_of(coded(text))
    assert says in str(refused.value)
    record_property("n", 1)


@pytest.mark.parametrize(
    ("text", "unit", "of_10"),
    [
        ("266016^MDC_DIM_MMHG^MDC", "mm[Hg]", "10"),
        ("MDC_DIM_MMHG", "mm[Hg]", "10"),
        ("mm[Hg]^^UCUM", "mm[Hg]", "10"),
        ("mm[Hg]", "mm[Hg]", "10"),
        ("mmHg", "mm[Hg]", "10"),
        ("0004-0f20^mmHg^MDIL", "mm[Hg]", "10"),
        ("{beats}/min", "/min", "10"),
        ("1/min", "/min", "10"),
        ("bpm", "/min", "10"),
        ("%", "%", "10"),
        ("264864^MDC_DIM_BEAT_PER_MIN^MDC^{beat}/min^^UCUM", "/min", "10"),
        ("mg^milligram^UCUM", "mg", "10"),
    ],
)
def test_a_unit_is_read_and_converted_exactly(text, unit, of_10):
    found = CODES.read_unit(coded(text))
    assert found is not None
    assert found.unit == unit
    assert found.convert(Decimal(10)) == Decimal(of_10)


def test_a_kilopascal_is_that_of_the_independent_tables():
    """ucum-essence says 1 m[Hg] = 133.3220 kPa: 133.322 kPa are 1000 mm[Hg], exactly."""
    found = CODES.read_unit(coded("kPa^kilopascal^UCUM"))
    assert found is not None
    assert found.convert(Decimal("133.322")) == Decimal(1000)
    assert found.convert(Decimal("13.3322")) == Decimal(100)
    tenfold = Fraction(found.convert(Decimal(10)))
    assert abs(tenfold - Fraction(10_000_000, 133_322)) < Fraction(1, 10**20)


@pytest.mark.parametrize("text", ["", "mmhg", "MMHG", "torr", "pct", "265987^MDC_DIM_KILO_PASCAL^MDC", "1"])
def test_an_unknown_unit_is_none(text):
    assert CODES.read_unit(coded(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "266016^MDC_DIM_PERCENT^MDC",
        "266016^mmHg^MDC^%^^UCUM",
        "0004-0f20^bpm^MDIL",
        "999999^MDC_DIM_MMHG^MDC",
        "266016^MDC_DIM_OTHER^MDC",
        "mm[Hg]^kPa^UCUM",
    ],
)
def test_a_unit_that_disagrees_with_itself_is_refused(text):
    with pytest.raises(Disagreement, match="Mend the sender's units"):
        CODES.read_unit(coded(text))


# ---------------------------------------------------------------- the file
def test_the_file_names_every_sign_in_a_unit_of_the_record():
    assert set(FILE.signs) == set(Sign)
    assert {unit.unit for unit in FILE.signs.values()} == {"mm[Hg]", "/min", "%"} <= set(UNITS)
    assert {entry.sign for entry in FILE.codes} == set(Sign)
    assert (STAMP.id, STAMP.version, len(STAMP.sha256)) == ("monitor-codes", 1, 64)


@pytest.mark.skipif(
    not SHEET.is_file(), reason="the clinical sheets are no part of the package and are not here"
)
def test_each_code_stands_in_the_sheet_and_none_of_those_in_doubt():
    text = SHEET.read_text(encoding="utf-8")
    for entry in (*FILE.codes, *FILE.units):
        shown = entry.code.removeprefix("0002-") if entry.code.startswith("0002-4a") else entry.code
        short = f"/{entry.code[-2:]}" if entry.code.startswith("0002-4a") else shown
        assert shown in text or short in text or entry.code == "1/min", entry.code
        assert not re.search(rf"{re.escape(entry.code)} \(\?\)", text), entry.code
        for name in entry.texts:
            if name.startswith("MDC_") and not name.endswith(("_DIA", "_MEAN")):
                assert name in text, name


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('code: "150022"', 'code: "150021"', "stands twice"),
        (
            'sources: [UCUM], certainty: V}\n  - {system: UCUM, code: "/min"',
            'sources: [ELSEWHERE], certainty: V}\n  - {system: UCUM, code: "/min"',
            "'ELSEWHERE' is not listed",
        ),
        ('unit: "mm[Hg]", times', 'unit: "mmHg", times', "not a UCUM code"),
        ("over: 133.322", "over: 0", "not above 0"),
        ("texts: [NBPs], sign: systolic", "sign: systolic", "names no text"),
        ("certainty: D}", "certainty: N}", "was not verified"),
        ('  spo2: {unit: "%", bounds_of: spo2}\n', "", "'spo2' is missing"),
        ("sign: spo2, method: oximeter", "sign: saturation, method: oximeter", "sign"),
        ('reviewed_by: "Posology second reader"', 'reviewed_by: "Posology editors"', "someone else"),
        ("kind: monitor-codes", "kind: monitor-codes\nkind: other", "stands twice"),
    ],
)
def test_a_faulty_file_is_refused_as_a_whole(old, new, says):
    text = RAW.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(DomainError, match=r"monitor-codes\.yaml") as refused:
        parse_codes(text.replace(old, new).encode())
    assert says in str(refused.value)


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(KnowledgeError, match="UTF-8"):
        parse_codes(b"\xff")


@pytest.mark.hazard("H-43", n=2)
def test_a_derived_code_needs_its_words():
    """The derived codes of the file, without words: neither is taken."""
    derived = [entry for entry in FILE.codes if entry.certainty is Certainty.DERIVED]
    assert len(derived) == 2
    table = CodeTable(FILE, STAMP)
    for entry in derived:
        with pytest.raises(Disagreement):
            table.sign_of(Coded(entry.code, "", entry.system))
