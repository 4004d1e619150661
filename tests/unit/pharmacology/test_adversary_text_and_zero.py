"""A title that would be a script, a volume of nothing, and a cohort of another size."""

import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest

from posology.knowledge.models import pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.chart import chart
from posology.pharmacology.choice import dissociation_range
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.model import Model, load
from posology.pharmacology.people import Person
from posology.pharmacology.population import Cohort, draw_cohort
from posology.pharmacology.regimens import devices, infusion, single
from posology.pharmacology.simulation import simulate

SOMEBODY = Person(weight_kg=70, age_years=40)
LOOKS = np.arange(0, 49) / 12
USUAL = {
    "ketamine-otto-2021": infusion(Substance.KETAMINE, 35, 40),
    "ketamine-clements-1981": infusion(Substance.KETAMINE, 35, 40),
    "ketamine-domino": infusion(Substance.KETAMINE, 35, 40),
    "esketamine-perez-ruixo-2021": devices(2, mg_each=28, rest_minutes=5),
    "esketamine-simons-2022": single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50),
}
HOSTILE = [
    '<script>alert("x")</script>',
    "\" onload='alert(1)' x=\"",
    "]]><svg onload=alert(1)>&amp;&#0;&lt;",
    "a\x00b\x08c\x0bd\x1be\x7ff\x9bg\ufffeh",
    "\u202egnp.exe \u2066hidden\u2069",
    "</title><style>*{display:none}</style>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_title_stays_a_text(text):
    """Model, site, evidence, remark and range, wherever a picture writes one."""
    file = pk_models()["ketamine-otto-2021"]
    evil = file.model_copy(
        update={
            "title": text, "site_note": text, "level_of_evidence": text,
            "population": file.population.model_copy(update={"text": text}),
        }
    )  # fmt: skip
    drawn = simulate(Model(evil), USUAL[file.id], SOMEBODY, t_h=LOOKS, members=50)
    drawn = dataclasses.replace(
        drawn, remarks=tuple(dataclasses.replace(one, sentence=text) for one in drawn.remarks)
    )
    level = dissociation_range(Substance.KETAMINE, "venous").model_copy(
        update={"say": text, "site_say": text, "sources": (text,)}
    )
    picture = chart(drawn, level=level, paper=True)
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own text, made above
    tags = {part.tag.rpartition("}")[2] for part in root.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "pattern", "path", "rect", "text", "g"}
    assert not [key for part in root.iter() for key in part.attrib if key.startswith("on")]
    steering = {*map(chr, (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))}
    assert not steering - {"\n"} & set("".join(root.itertext()))


@pytest.mark.parametrize("key", ["a b", 'x"', "<svg>", "", "a\n", "1a", "a" * 60])
def test_a_key_that_would_leave_its_attribute_is_refused(key):
    with pytest.raises(ModelError, match="letters, digits and hyphens alone"):
        chart(simulate("ketamine-otto-2021", USUAL["ketamine-otto-2021"], SOMEBODY, members=0), key=key)


def numbers_of_structure():
    return [
        (id_, name)
        for id_, file in pk_models().items()
        for name in file.parameters
        if not name.startswith(("F", "f"))
    ]


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize(("model", "name"), numbers_of_structure())
@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_a_volume_or_a_flow_of_nothing_is_refused(record_property, model, name, value):
    """Past the schema, which refuses it in a file: by a copy of a file that was changed in memory."""
    file = pk_models()[model]
    changed = file.parameters[name].model_copy(update={"value": type(file.parameters[name].value)(value)})
    wrong = Model(file.model_copy(update={"parameters": {**file.parameters, name: changed}}))
    with pytest.raises(OutsideDomain, match=f"The parameter {name} of {model} comes|has no {name} left"):
        simulate(wrong, USUAL[model], SOMEBODY, t_h=LOOKS, members=0)
    record_property("n", 1)


@pytest.mark.parametrize("deviation", [-np.inf, np.inf, np.nan, -800.0])
def test_a_member_without_a_volume_is_refused(deviation):
    file = load("ketamine-otto-2021").file
    drawn = draw_cohort(file, 5, seed=1)
    values = drawn.deviations["V1"].copy()
    values[3] = deviation
    cohort = Cohort(file.id, 1, {**drawn.deviations, "V1": values}, 5)
    with pytest.raises(OutsideDomain, match=r"The parameter V1 .* for somebody"):
        simulate(file.id, USUAL[file.id], SOMEBODY, t_h=LOOKS, cohort=cohort)


@pytest.mark.parametrize(
    "model", ["ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"]
)
def test_the_first_members_are_the_same_whatever_their_number(model):
    """Not to the last bit: arrays of another width are rounded in another order."""
    many = simulate(model, USUAL[model], SOMEBODY, t_h=LOOKS, members=1000)
    for n in (1, 2, 3, 7, 40, 777):
        few = simulate(model, USUAL[model], SOMEBODY, t_h=LOOKS, members=n)
        for name in few.analytes:
            np.testing.assert_allclose(
                few.members_ng_per_mL[name], many.members_ng_per_mL[name][:, :n], rtol=1e-13
            )
            np.testing.assert_allclose(few.typical_ng_per_mL[name], many.typical_ng_per_mL[name], rtol=1e-13)
