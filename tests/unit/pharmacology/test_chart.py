"""The picture of a curve: well formed, without script, no label on another, the same words everywhere."""

import re
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from posology.knowledge.models import pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.chart import chart
from posology.pharmacology.chart_frame import (
    Box,
    Frame,
    is_free,
    level_ticks,
    pushed_apart,
    thinned,
    time_ticks,
)
from posology.pharmacology.choice import dissociation_range, second_opinion
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
from posology.pharmacology.lettering import bound, exactly, shown, text_width, wrapped
from posology.pharmacology.passport import CLOSING, passport, told_person
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.regimens import devices, infusion, rate_profile, single
from posology.pharmacology.simulation import simulate

KET, ESK = Substance.KETAMINE, Substance.ESKETAMINE
PERSON = Person(weight_kg=70, age_years=40)
SVG = "{http://www.w3.org/2000/svg}"
OTTO = "ketamine-otto-2021"
GIVEN = {
    "vein": (OTTO, infusion(KET, 35, 40)),
    "vein-s": (OTTO, infusion(ESK, 20, 40)),
    "course": (OTTO, infusion(KET, 35, 40).repeated([0, 72, 168, 240, 336, 408])),
    "paused": (OTTO, rate_profile(KET, [(0, 0.25, 50), (0.5, 0.9, 40)])),
    "muscle": (OTTO, single(KET, Route.INTRAMUSCULAR, 35)),
    "skin": (OTTO, single(KET, Route.SUBCUTANEOUS, 35)),
    "nose": ("esketamine-perez-ruixo-2021", devices(3, mg_each=28, rest_minutes=5)),
    "mouth": ("esketamine-perez-ruixo-2021", single(KET, Route.ORAL, 70)),
    "film": ("esketamine-simons-2022", single(ESK, Route.SUBLINGUAL, 50)),
    "clements": ("ketamine-clements-1981", infusion(KET, 35, 40)),
    "domino": ("ketamine-domino", infusion(KET, 35, 40)),
}


def made(name, *, members=60, until=None, points=289):
    model, regimen = GIVEN[name]
    until = until or regimen.end_h + 4
    t_h = np.unique([*np.linspace(0, until, points), *(dose.end_h for dose in regimen.doses)])
    return simulate(model, regimen, PERSON, t_h=t_h, members=members)


def drawn(name, *, width=720.0, paper=True, **options):
    simulation = made(name, **options)
    regimen = simulation.regimen
    other = second_opinion(simulation.model, regimen.substance, regimen.routes[0])
    beside = simulate(other.id, regimen, PERSON, t_h=simulation.t_h, members=0) if other else None
    level = dissociation_range(regimen.substance, simulation.site)
    return chart(simulation, beside=beside, level=level, width=width, paper=paper)


def read(text):
    return ElementTree.fromstring(text)  # noqa: S314 - our own text, made above


def boxes(root):
    """Where each text stands; ascent and descent of common fonts, px."""
    found = []
    for text in root.iter(f"{SVG}text"):
        x, y, size = (float(text.get(key)) for key in ("x", "y", "font-size"))
        width = text_width(text.text, size, bold=text.get("font-weight") == "600")
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[text.get("text-anchor")]
        found.append((Box(left, y - 0.75 * size, left + width, y + 0.2 * size), text.text))
    return found


@pytest.mark.parametrize("width", [340.0, 720.0, 1100.0])
@pytest.mark.parametrize("name", list(GIVEN))
def test_no_label_lies_on_another_or_outside(name, width):
    root = read(drawn(name, width=width))
    _, _, right, bottom = (float(part) for part in root.get("viewBox").split())
    found = boxes(root)
    for box, text in found:
        assert box.left >= 0, text
        assert box.right <= right + 0.5, text
        assert box.bottom <= bottom, text
    for (one, text), (other, second) in combinations(found, 2):
        assert not one.meets(other), (text, second)


@pytest.mark.parametrize("name", list(GIVEN))
def test_it_is_well_formed_and_only_shapes_and_text(name):
    root = read(drawn(name))
    allowed = {"svg", "title", "desc", "defs", "pattern", "path", "rect", "text", "g"}
    for part in root.iter():
        assert part.tag.removeprefix(SVG) in allowed
        assert not [key for key in part.attrib if key.startswith("on") or key in ("style", "href")]
    assert root.get("role") == "img"
    ids = {part.get("id") for part in root.iter() if part.get("id")}
    assert set(root.get("aria-labelledby").split()) <= ids


@pytest.mark.parametrize("name", list(GIVEN))
def test_it_says_whose_model_it_is_who_was_studied_and_what_it_is_not(name):
    simulation = made(name)
    root = read(drawn(name))
    words = " ".join(" ".join(t.text.replace("\u00a0", " ") for t in root.iter(f"{SVG}text")).split())
    told = passport(simulation)
    for sentence in (
        told.given,
        told.person,
        told.studied,
        told.evidence,
        *told.basis,
        *told.remarks,
        CLOSING,
    ):
        assert sentence.replace("\u00a0", " ") in words
    assert f"{simulation.model.id}, version" in words
    assert f"{simulation.site} blood" in words
    assert ("simulated persons" in words) is simulation.has_band
    assert ("typical person" in words) is (not simulation.has_band or "second opinion" in words)


def test_the_second_opinion_and_the_range_are_named_with_their_flag():
    words = " ".join(t.text for t in read(drawn("vein")).iter(f"{SVG}text"))
    assert "second opinion: Clements 1981, typical person" in words
    assert "linked with dissociation (ZANOS18, second-hand, in which blood is not stated)" in words
    assert "linked with dissociation" not in " ".join(
        t.text for t in read(drawn("vein-s")).iter(f"{SVG}text")
    )


def test_no_path_holds_more_points_than_are_seen():
    for name in ("vein", "course"):
        for path in read(drawn(name, points=3001)).iter(f"{SVG}path"):
            assert path.get("d").count(",") <= 2 * 120


def test_a_band_lies_around_the_median_and_the_middle_is_darkest():
    root = read(drawn("nose", width=720.0))
    bands = [one for one in root.iter(f"{SVG}path") if one.get("class") == "chart-band"]
    tops = [min(float(y) for y in re.findall(r",(-?[\d.]+)", one.get("d"))) for one in bands]
    assert len(bands) == 3
    assert tops == sorted(tops)  # the widest is drawn first and reaches highest
    tints = [float(one.get("fill-opacity")) for one in bands]
    assert tints == sorted(tints)


def test_in_a_page_it_has_the_ink_of_the_page_and_in_a_file_its_own():
    page, paper = drawn("vein", paper=False), drawn("vein", paper=True)
    assert "#" not in re.sub(r"url\(#[^)]*\)", "", page)
    assert 'fill="#ffffff"' in paper


def test_words_from_a_file_are_only_words():
    simulation = made("clements")
    object.__setattr__(
        simulation,
        "model",
        simulation.model.model_copy(update={"title": '<script>alert(1)</script> & "co"'}),
    )
    text = chart(simulation)
    assert "<script" not in text
    words = "".join(t.text for t in read(text).iter(f"{SVG}text"))
    assert "<script>alert(1)</script>" in words


def test_it_refuses_to_mix_and_what_cannot_be_drawn():
    vein = made("vein")
    with pytest.raises(Mixed, match=r"ketamine in venous blood, and the second opinion .* arterial"):
        chart(vein, beside=made("domino"))
    with pytest.raises(Mixed, match="second opinion of esketamine"):
        chart(vein, beside=made("vein-s"))
    with pytest.raises(Mixed, match=r"range was seen with ketamine .* curve is of esketamine"):
        chart(made("vein-s"), level=dissociation_range(KET, "venous"))
    with pytest.raises(ModelError, match="computes ketamine, norketamine, not 'hydroxynorketamine'"):
        chart(vein, analyte="hydroxynorketamine")
    with pytest.raises(ModelError, match="letters, digits and hyphens"):
        chart(vein, key='a"b')
    for width in (100.0, 5000.0, float("nan")):
        with pytest.raises(OutsideDomain, match="cannot be laid out"):
            chart(vein, width=width)
    with pytest.raises(OutsideDomain, match="at least two times"):
        chart(simulate(OTTO, infusion(KET, 35, 40), PERSON, t_h=np.array([0.0]), members=0))


def test_every_analyte_can_be_drawn():
    simulation = made("film")
    for analyte in simulation.analytes:
        assert f"S-{analyte}" in chart(simulation, analyte=analyte) or analyte == "ketamine"


# ---------------------------------------------------------------- the frame
def test_numbers_have_three_digits_and_no_noise():
    told = {0: "0", 0.004: "<0.01", 0.0523: "0.0523", 1.0: "1", 9.999: "10", 12.345: "12.3"}
    told |= {118.4: "118", 999.6: "1,000", 1234.5: "1,230", 40.0: "40"}
    assert {value: shown(value) for value in told} == told
    assert [exactly(one) for one in (33.75, 35.0, 1200.0, 0.5)] == ["33.75", "35", "1,200", "0.5"]


def test_a_number_is_not_parted_from_its_unit():
    assert bound("35 mg over 40 min, 24 ± 3 years") == (
        "35\u00a0mg over 40\u00a0min, 24\u00a0±\u00a03\u00a0years"
    )
    for line in wrapped("one two three four five six 35 mg", 12, 60):
        assert line != "mg"


def test_ticks_are_round_and_few():
    assert level_ticks(214, 5) == [0, 50, 100, 150, 200]
    assert level_ticks(0.9, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert time_ticks(0, 4, 6) == ("minutes", [(k, str(60 * k)) for k in range(5)])
    word, ticks = time_ticks(0, 412, 10)
    assert (word, [label for _, label in ticks]) == (
        "days",
        ["0", "2", "4", "6", "8", "10", "12", "14", "16"],
    )
    word, ticks = time_ticks(0, 6, 5)
    assert (word, [label for _, label in ticks]) == ("minutes", ["0", "120", "240", "360"])


def test_labels_are_moved_apart_as_little_as_it_takes():
    assert pushed_apart([10, 12], [15, 15], 0, 100) == [10, 25]
    assert pushed_apart([95, 80], [15, 15], 0, 100) == [85, 70]
    assert pushed_apart([50], [15], 0, 100) == [50]


def test_thinning_keeps_ends_and_tops():
    t_h = np.linspace(0, 24, 2000)
    curve = np.where(t_h < 0.6667, t_h, np.exp(-(t_h - 0.6667)) * 0.6667)
    kept = thinned(t_h, [curve])
    assert kept.size <= 120
    assert {0, 1999, int(np.argmax(curve))} <= set(kept.tolist())
    assert np.max(np.abs(np.interp(t_h, t_h[kept], curve[kept]) - curve)) < 0.01 * curve.max()


def test_a_free_place_is_one_without_a_curve():
    x = np.linspace(0, 100, 11)
    assert is_free(Box(40, 0, 60, 10), x, np.full(11, 20.0), np.full(11, 30.0))
    assert not is_free(Box(40, 0, 60, 25), x, np.full(11, 20.0), np.full(11, 30.0))
    frame = Frame(Box(0, 0, 100, 50), (0.0, 4.0), 200.0)
    assert frame.at(2.0, 100.0) == (50.0, 25.0)
    assert frame.at(4.0, 900.0) == (100.0, 0.0)


# ---------------------------------------------------------------- the words
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vein", "Racemic ketamine 35 mg (0.5 mg/kg) by vein over 40 min"),
        ("course", "in each of 6 sessions, at 0, 72, 168, 240, 336, 408 h"),
        ("paused", "Racemic ketamine 28.5 mg (0.407 mg/kg) by vein in 2 steps over 54 min"),
        ("muscle", "Racemic ketamine 35 mg (0.5 mg/kg) into muscle"),
        ("nose", "Esketamine 84 mg by nose from 3 devices of 28 mg, 5 min apart"),
        ("mouth", "Racemic ketamine 70 mg (1 mg/kg) by mouth"),
    ],
)
def test_the_dose_is_told_in_one_line(name, says):
    assert says in passport(made(name)).given


def test_how_each_number_was_come_by_is_told_for_the_route_that_is_used():
    assert passport(made("vein")).basis[0].endswith("every number of the model.")
    skin = " ".join(passport(made("skin")).basis)
    assert "Assumed (no document gives it): F_sc, ka_sc." in skin
    assert "ka_im" not in skin
    assert "Derived (worked out from numbers that were read): ka_im." in passport(made("muscle")).basis
    assert any("change with weight" in line for line in passport(made("film")).basis)
    assert any("racemate" in line and "derived" in line for line in passport(made("mouth")).basis)


def test_every_model_has_a_word_for_all_that_is_told():
    for name in GIVEN:
        told = passport(made(name))
        assert told.sources
        assert told.limits
        assert told.studied.endswith(")")
    assert {GIVEN[name][0] for name in GIVEN} == set(pk_models())


def test_what_is_not_known_of_a_person_is_said():
    assert told_person(Person()) == "weight not known, age not known"
    one = Person(weight_kg=70, age_years=40, child_pugh=ChildPugh.B, drugs=("rifampin",))
    assert told_person(one) == "70 kg, 40 years, Child-Pugh B, with rifampin"
