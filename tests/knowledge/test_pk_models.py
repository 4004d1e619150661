"""The model files against a second, independent transcription of the published tables."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.knowledge.models import pk_covariates, pk_effects, pk_models
from posology.knowledge.schema import Certainty
from posology.knowledge.schema.pk_parts import Flag
from posology.knowledge.schema.pk_structures import STRUCTURES, dimension_of
from posology.quantities import UNITS

OTTO, PEREZ, SIMONS = "ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"
CLEMENTS, DOMINO = "ketamine-clements-1981", "ketamine-domino"

# One line a parameter: name, value, unit, then w = variance, cv = CV in percent, sd = deviation on the logit,
# o = variance between occasions, x = exponent of weight, f = flag where it is not second-hand.
PUBLISHED = {
    OTTO: """
        V1 133 L w .0842 x 1 | CL 95.2 L/h w .0260 x .75 | V2 187 L | Q2 23.2 L/h | V3 98.8 L | Q3 157 L/h
        Vn 98.6 L w .0404 x 1 | CLn 57.7 L/h w .103 x .75 | Vnp 160 L | Qn 42.8 L/h | fN 1 1
        F_im .93 1 | ka_im .10 1/min cv 50 f derived | F_sc .93 1 f assumed | ka_sc .05 1/min cv 60 f assumed
    """,
    PEREZ: """
        FRn .54 1 sd .708 | FRn_later_devices .62 1 | ka_nasal 2.93 1/h cv 61.5 | D_swallowed .53 h
        ka_swallowed 1.45 1/h cv 132 | D_oral .32 h | ka_oral .97 1/h cv 132 | Fgut .64 1 | Vc 192 L cv 27.5
        Q1 84.3 L/h | Vp1 143 L cv 49.3 | Q2 37.6 L/h | Vp2 417 L | Qh 151 L/h cv 23.2 | Vh 101 L cv 34.6
        kel 1.11 1/h cv 120 | kmet 2.77 1/h | Vcn 70.0 L cv 31.6 | CLn 38.0 L/h cv 25.4 | Vpn 115 L
        Q3 26.1 L/h
    """,
    SIMONS: """
        F1 .263 1 o .060 | D1 13.1 min o .154 | KA1 .040 1/min o .062 | F2 1.16 1 o .057 | D2 29.9 min o .611
        KA2 .049 1/min o .376 | MTT_gut 10.7 min o .937 | V1 11.6 L w .057 x 1 | V2 39.0 L x 1 | V3 174 L x 1
        CL 1.48 L/min w .029 x .75 | Q2 2.43 L/min x .75 | Q3 1.21 L/min w .026 x .75
        MTT_metabolism 20.1 min w .021 o .751 | fN .8 1 | Vn2 221 L x 1 | CLn 1.00 L/min w .050 x .75
        Qn 2.63 L/min x .75 | MTT_second 1.12 min | fH .7 1 | VH 4.4 L w 1.22 x 1 | VH2 87.5 L o .152 x 1
        CLH .933 L/min w .103 o .008 x .75 | QH 1.70 L/min w .287 x .75
    """,
    CLEMENTS: "V1_per_kg 1.7522 L/kg | k10 .0109 1/min | k12 .0186 1/min | k21 .0137 1/min",
    DOMINO: """
        V1_per_kg .063 L/kg | k10 .438 1/min | k12 .592 1/min | k13 .590 1/min | k21 .247 1/min
        k31 .0146 1/min
    """,
}
# structure, site, substances, analytes, routes, role
SHAPES = {
    OTTO: ("mammillary", "venous", "esketamine ketamine", "ketamine norketamine",
           "intravenous intramuscular subcutaneous", "primary"),
    PEREZ: ("hepatoportal", "venous", "esketamine ketamine", "ketamine norketamine", "nasal oral", "primary"),
    SIMONS: ("delayed-metabolites", "arterial", "esketamine ketamine",
             "ketamine norketamine hydroxynorketamine", "sublingual intravenous", "primary"),
    CLEMENTS: ("rate-constants", "venous", "ketamine", "ketamine", "intravenous", "second-opinion"),
    DOMINO: ("rate-constants", "arterial", "ketamine", "ketamine", "intravenous", "second-opinion"),
}  # fmt: skip
RESIDUALS = {
    OTTO: {"ketamine": (".236", None, None), "norketamine": (".143", None, None)},
    PEREZ: {"ketamine": (None, ".276", None), "norketamine": (None, ".422", None)},
    SIMONS: {
        "ketamine": (".11", None, None),
        "norketamine": (".102", None, ".058"),
        "hydroxynorketamine": (".079", None, ".020"),
    },
    CLEMENTS: {},
    DOMINO: {},
}


def table(text: str) -> dict[str, tuple[Decimal, str, dict[str, str]]]:
    found = {}
    for line in text.replace("\n", " | ").split("|"):
        if words := line.split():
            name, value, unit, *rest = words
            found[name] = (Decimal(value), unit, dict(zip(rest[::2], rest[1::2], strict=True)))
    return found


def as_written(parameter) -> dict[str, Decimal | str]:
    between, scaling = parameter.between, parameter.scaling
    told = {
        "w": between and between.variance,
        "cv": between and between.cv_percent,
        "sd": between and between.sd,
        "o": parameter.between_occasion and parameter.between_occasion.variance,
        "x": scaling.exponent if scaling is not None and scaling.covariate == "weight" else None,
        "f": parameter.flag.value if parameter.flag is not Flag.SECOND_HAND else None,
    }
    return {key: value for key, value in told.items() if value is not None}


def test_these_models_ship_and_no_other():
    assert set(pk_models()) == set(PUBLISHED) == set(SHAPES)


@pytest.mark.parametrize("model", PUBLISHED)
def test_every_parameter_is_that_of_the_published_table(model, record_property):
    """Value, unit, spread, exponent and flag of each parameter. N is the number of parameters."""
    told = table(PUBLISHED[model])
    file = pk_models()[model]
    assert set(file.parameters) == set(told)
    for name, (value, unit, rest) in told.items():
        parameter = file.parameters[name]
        assert (parameter.value, parameter.unit) == (value, unit), name
        expected = {key: text if key == "f" else Decimal(text) for key, text in rest.items()}
        assert as_written(parameter) == expected, name
        assert UNITS[parameter.unit].dimension == dimension_of(name)
    record_property("n", len(told))


@pytest.mark.parametrize("model", SHAPES)
def test_its_shape_is_what_the_paper_describes(model):
    file = pk_models()[model]
    lists = (file.substances, file.analytes, file.routes)
    assert (file.structure, file.site, *(" ".join(one) for one in lists), file.role) == SHAPES[model]


@pytest.mark.parametrize("model", RESIDUALS)
def test_what_it_leaves_unexplained_is_as_published(model):
    told = {
        analyte: tuple(None if text is None else Decimal(text) for text in texts)
        for analyte, texts in RESIDUALS[model].items()
    }
    found = {
        analyte: (one.proportional_sd, one.log_sd, one.additive.value if one.additive else None)
        for analyte, one in pk_models()[model].residual.items()
    }
    assert found == told


def test_covariances_and_effects_of_populations_are_as_published():
    found = {one.parameters: one.covariance for one in pk_models()[OTTO].between_covariances}
    assert found == {("V1", "CL"): Decimal(".0226"), ("Vn", "CLn"): Decimal(".0446")}
    effects = {(e.population, e.parameter): e.multiplier for e in pk_models()[PEREZ].study_population_effects}
    assert effects == {
        ("japanese", "FRn"): Decimal("1.34"),
        ("asian", "kel"): Decimal(".36"),
        ("asian", "CLn"): Decimal(".81"),
    }
    assert not any(m.study_population_effects for key, m in pk_models().items() if key != PEREZ)
    assert pk_models()[PEREZ].parameters["kmet"].between.try_sd == (0, Decimal(".30"))
    age = pk_models()[PEREZ].parameters["Qh"].scaling
    assert (age.above, age.slope, age.slope_unit) == (60, Decimal("-2.19"), "L/h/a")
    racemate = pk_models()[OTTO].racemate
    assert racemate.method == "s-plus-r-copy"
    assert racemate.R_over_S_clearance.value == Decimal(".944") == round(Decimal(1530) / 1620, 3)


def test_nobody_s_age_or_weight_was_lost():
    perez, simons = pk_models()[PEREZ].population, pk_models()[SIMONS].population
    assert (perez.n, perez.healthy, perez.patients, perez.female_percent) == (820, 256, 564, 58)
    assert (perez.age.low, perez.age.high, perez.age.median) == (18, 86, 45)
    assert (perez.weight.low, perez.weight.high, perez.weight.median) == (39, 170, 74)
    assert (simons.n, simons.age.mean, simons.age.sd, simons.weight.mean, simons.weight.sd) == (
        20, 24, 3, 73, 12,
    )  # fmt: skip


# ---------------------------------------------------------------- what follows from the numbers
def test_cv_follows_from_variance_as_published():
    """CV = sqrt(exp(variance) - 1): 29.6, 16.2, 20.3 and 33.0 %; correlations 0.48 and 0.69. A variance
    printed with three digits gives the last CV as 32.94."""
    file = pk_models()[OTTO]
    for name, cv in (("V1", 29.6), ("CL", 16.2), ("Vn", 20.3), ("CLn", 33.0)):
        assert 100 * math.sqrt(math.expm1(file.variances[name])) == pytest.approx(cv, abs=0.07), name
    for pair, rho in zip(file.between_covariances, (0.48, 0.69), strict=True):
        a, b = (float(file.variances[name]) for name in pair.parameters)
        assert float(pair.covariance) / math.sqrt(a * b) == pytest.approx(rho, abs=0.005)


def test_the_residual_deviation_is_the_root_of_its_published_variance():
    residual = pk_models()[OTTO].residual
    for analyte, variance in (("ketamine", 0.0557), ("norketamine", 0.0203)):
        assert float(residual[analyte].proportional_sd) == pytest.approx(math.sqrt(variance), abs=0.0006)
    assert float(pk_models()[SIMONS].residual["ketamine"].proportional_sd) == pytest.approx(
        math.sqrt(0.012), abs=0.0006
    )


def test_volumes_add_to_those_at_steady_state():
    def total(model, names):
        return sum(pk_models()[model].parameters[name].value for name in names.split())

    assert round(total(OTTO, "V1 V2 V3")) == 419
    assert total(PEREZ, "Vc Vp1 Vp2") == 752 == pk_models()[PEREZ].also_published["Vss"].value
    assert total(PEREZ, "Vcn Vpn") == 185 == pk_models()[PEREZ].also_published["Vss_norketamine"].value
    assert round(total(SIMONS, "V1 V2 V3")) == 225


def test_clearance_of_the_classical_sets_at_70_kg():
    """V1 × k10 × 70 kg: 80 and 116 L/h."""
    for model, expected in ((CLEMENTS, 80), (DOMINO, 116)):
        p = pk_models()[model].parameters
        assert round(float(p["V1_per_kg"].value * p["k10"].value * 70 * 60)) == expected


def test_what_reaches_the_blood_by_nose_and_mouth():
    """FRn of one to three devices .540 .437 .403; total F .62 .54 .51; oral F 17.8 %; CL 109 L/h."""
    p = {name: Fraction(one.value) for name, one in pk_models()[PEREZ].parameters.items()}
    lost = p["Vh"] * (p["kel"] + p["kmet"])
    extracted = lost / (p["Qh"] + lost)
    oral = p["Fgut"] * (1 - extracted)
    for n, (fraction, total) in enumerate(((0.540, 0.62), (0.437, 0.54), (0.403, 0.51)), start=1):
        frn = p["FRn"] * (1 + p["FRn_later_devices"] * (n - 1)) / n
        assert float(frn) == pytest.approx(fraction, abs=0.0006)
        assert float(frn + (1 - frn) * oral) == pytest.approx(total, abs=0.0051)
    assert float(oral) == pytest.approx(0.178, abs=0.0006)
    assert float(p["Qh"] * extracted) == pytest.approx(109, abs=0.5)
    assert float(p["kmet"] / (p["kel"] + p["kmet"])) == pytest.approx(0.71, abs=0.005)


def test_molar_masses_follow_from_the_sum_formulas():
    weights = {"C": 12.011, "H": 1.008, "Cl": 35.45, "N": 14.007, "O": 15.999}
    formulas = {"ketamine": (13, 16, 1), "norketamine": (12, 14, 1), "hydroxynorketamine": (12, 14, 2)}
    for analyte, mass in pk_models()[SIMONS].molar_mass_g_per_mol.values.items():
        c, h, o = formulas[analyte]
        made = c * weights["C"] + h * weights["H"] + o * weights["O"] + weights["Cl"] + weights["N"]
        assert float(mass) == pytest.approx(made, abs=0.01)
    assert [m.id for m in pk_models().values() if m.metabolites_carried_as == "moles"] == [SIMONS]


# ---------------------------------------------------------------- effects and covariates
def test_the_effect_site_is_that_of_the_paper():
    site = pk_effects()["effects-olofsen-2022"].effect_sites["dissociation-like"]
    assert (site.c50.value, site.c50.low, site.c50.high, site.c50.unit) == (
        Decimal(".51"), Decimal(".38"), Decimal(".66"), "nmol/mL",
    )  # fmt: skip
    delay = site.t_half_ke0
    assert (delay.value, delay.low, delay.high, delay.unit) == (
        Decimal("8.3"), Decimal("5.1"), Decimal("13.0"), "min",
    )  # fmt: skip
    assert (site.driver.substance, site.driver.site, site.driver.model) == ("esketamine", "arterial", SIMONS)
    ranges = pk_effects()["effects-olofsen-2022"].ranges.values()
    assert [(r.range.low, r.range.high) for r in ranges] == [(50, 200), (100, 250)]


def test_blood_pressure_is_anchored_to_what_placebo_leaves():
    seen = pk_effects()["effects-blood-pressure"].observed["nasal-blood-pressure"]
    told = {name: (c.active, c.placebo, c.corrected) for name, c in seen.changes.items()}
    assert told == {
        "systolic": (Decimal("13.3"), Decimal("6.1"), Decimal("7.2")),
        "diastolic": (Decimal("8.7"), Decimal("4.9"), Decimal("3.8")),
    }
    times = (seen.peak, seen.back_by, seen.label_allows_until)
    assert [(t.value, t.unit) for t in times] == [(40, "min"), (Decimal("1.5"), "h"), (4, "h")]


# with, route: AUC, Cmax; r marks a size that was only recalled
FOLDS = """
clarithromycin oral 2.6 3.6 | ticlopidine oral 2.4 - | itraconazole oral 1 - | grapefruit oral 3.0 2.1
st-johns-wort oral .42 .34 | rifampin intravenous .86 - | rifampin oral .14 - | ticlopidine nasal 1.29 1
clarithromycin nasal 1.04r 1.11r | rifampin nasal .72r .83r | child-pugh-b nasal 2.03r 1.08r
"""


def size_of(fold):
    if fold is None or fold.ratio is None:
        return "-"
    return f"{fold.ratio.normalize():f}".lstrip("0") + ("r" if fold.flag is Flag.RECALLED else "")


def test_every_size_of_an_interaction_is_that_of_the_sheet():
    told = {}
    for line in FOLDS.replace("\n", "|").split("|"):
        if words := line.split():
            told[words[0], words[1]] = tuple(
                word
                if word == "-"
                else word.rstrip("r").rstrip("0").rstrip(".") + ("r" if "r" in word else "")
                for word in words[2:]
            )
    found = {
        (one.with_.replace(" ", "-"), one.route): (size_of(one.auc), size_of(one.cmax))
        for one in pk_covariates().fold_changes
        if one.with_ != "kidney-impairment"
    }
    assert found == told
    kidney = next(one for one in pk_covariates().fold_changes if one.with_ == "kidney-impairment")
    assert (kidney.auc.low, kidney.auc.high) == (Decimal("1.13"), Decimal("1.36"))
    assert (kidney.cmax.low, kidney.cmax.high) == (Decimal("1.20"), Decimal("1.26"))


def test_multipliers_weights_genes_and_refusals_are_those_of_the_sheet():
    known = pk_covariates()
    assert [(one.id, one.m, one.g, tuple(one.predicts.values())) for one in known.multipliers] == [
        ("child-pugh-b", Decimal(".26"), 1, tuple(map(Decimal, ("3.8", "2.03", "2.2", "1.05", "1.8")))),
        ("rifampin", 3, Decimal(".40"), tuple(map(Decimal, (".13", ".73", ".67", ".95", ".82")))),
        ("ticlopidine", Decimal(".50"), 1, tuple(map(Decimal, ("2.0", "1.37", "1.42", "1.03", "1.27")))),
        ("gut-wall", 1, Decimal("1.56"), tuple(map(Decimal, ("1.56", "1.07", "1.12", "1.03", "1.00")))),
    ]
    told = [[(d["ketamine"], d["norketamine"]) for d in (w.cmax, w.auc)] for w in known.weight_extremes]
    assert told == [
        [(Decimal("1.07"), Decimal("1.10")), (Decimal("1.09"), Decimal("1.15"))],
        [(Decimal(".86"), Decimal(".91")), (Decimal(".83"), Decimal(".86"))],
    ]
    assert tuple(known.genotypes[0].clearance.values()) == tuple(map(Decimal, ("68.1", "40.6", "21.6")))
    refused = {"child-pugh-c", "children", "pregnancy", "dialysis", "intensive-care"}
    assert {one.id for one in known.refusals} == refused


# ---------------------------------------------------------------- flags and lists
def test_the_certainty_of_each_number_follows_from_its_flag():
    certainties = {
        Flag.MEASURED: Certainty.VERIFIED,
        Flag.SECOND_HAND: Certainty.SECONDARY,
        Flag.RECALLED: Certainty.NOT_VERIFIED,
        Flag.DERIVED: Certainty.DERIVED,
        Flag.ASSUMED: Certainty.NOT_VERIFIED,
    }
    for model in pk_models().values():
        for parameter in model.parameters.values():
            assert parameter.certainty is certainties[parameter.flag]
    fast = pk_models()[OTTO].parameters["ka_sc"]
    assert (fast.flag, fast.sources) == (Flag.ASSUMED, ("ASSUMED",))


def test_every_structure_that_is_known_is_used_and_has_its_names():
    assert {m.structure for m in pk_models().values()} == set(STRUCTURES)
    for model in pk_models().values():
        assert set(model.parameters) <= STRUCTURES[model.structure].known


def test_the_files_stand_in_the_lists_of_what_is_only_read():
    listed = {file.id: file for file in load_background().files}
    for file in (*pk_models().values(), *pk_effects().values(), pk_covariates()):
        assert listed[file.id].kind == file.kind
        assert file.id in load_background().stamps


def test_sizes_shown_by_the_rules_and_sizes_of_the_models_are_the_same():
    """The same finding stands in two files, one told beside an option and one laid into a curve."""
    sizes = {(s.drug, s.route.value): s for f in load_library().rules for s in f.sizes}
    compared = 0
    for one in pk_covariates().fold_changes:
        size = sizes.get((one.with_, one.route))
        if size is not None:
            assert (one.auc.ratio, one.auc.direction) == (size.auc_ratio, size.direction), one.id
            assert one.facts == size.facts
            compared += 1
    assert compared == len(sizes) == 10
