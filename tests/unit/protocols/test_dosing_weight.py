"""Which weight a dose is computed from, by each policy; what is asked for; what is never given."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from posology.case import Case, Missing, Sex
from posology.knowledge import Certainty, KnowledgeError, Library, build_library, load_library
from posology.knowledge.overlay import site_library
from posology.knowledge.schema import Value
from posology.knowledge.submission import faults_of
from posology.knowledge.writing import write_protocol
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import CannotDose, DosingWeight, dosing_weight, ideal_weight_kg
from posology.protocols.limits import LimitExceeded, check_dose
from posology.quantities import Quantity
from posology.recommendation import Advice, Option, recommend
from tests.cases import NOW, complete_case
from tests.knowledge.changed import changed

DAY = NOW.date()
POLICIES = ("actual", "ideal-if-bmi-30", "ideal", "actual-capped")
BY_WEIGHT = tuple(p.id for p in load_library().protocols.values() if p.dose_basis == "mg/kg")


@cache
def library_with(policy: str, cap_kg: str = "", protocol: str = "ketamine-iv") -> Library:
    """Return the shipped library with one protocol's policy, and a site's cap, changed."""
    old = "  dosing_weight_policy:\n    2000-01-01: {value: actual,"
    new = old.replace("actual", policy)
    if cap_kg:
        new = (
            f"  dosing_weight_cap:\n    2000-01-01: {{value: {cap_kg}, unit: kg, sources: [SITE-DEFAULT], "
            f"certainty: SITE}}\n{new}"
        )
    return build_library(changed(f"{protocol}.yaml", old, new))


def person(kg: str | None, cm: str | None, sex: Sex = Sex.MALE, **kwargs: object) -> Case:
    changes = {
        "weight": None if kg is None else Quantity(Decimal(kg), "kg"),
        "height": None if cm is None else Quantity(Decimal(cm), "cm"),
    }
    return replace(complete_case(changes, **kwargs), sex=sex)  # type: ignore[arg-type]


def weight_of(case: Case, library: Library) -> DosingWeight | tuple[Missing, ...] | None:
    return dosing_weight(library.protocol("ketamine-iv"), Context(case, library, NOW, {}))


def first_option(case: Case, library: Library) -> Option:
    option = advice_of(case, library).option("ketamine-iv/start/0.5/40")
    assert option is not None and option.dose is not None
    return option


def advice_of(case: Case, library: Library) -> Advice:
    return recommend(case, as_of=NOW, library=library, protocols=("ketamine-iv",))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


# ---------------------------------------------------------------- the sums
@pytest.mark.parametrize(
    ("policy", "dose_mg"), [("actual", "60"), ("ideal", "37.5"), ("ideal-if-bmi-30", "37.5")]
)
def test_the_published_example_of_two_weights(policy, dose_mg):
    """PR-WT-06: man, 120 kg, 180 cm, BMI 37.0, ideal weight 75.0 kg: 60.0 mg by actual, 37.5 mg by ideal."""
    option = first_option(person("120", "180"), library_with(policy))
    assert option.dose.dose_mg == Decimal(dose_mg)
    assert option.dose.weight.kg == (120 if policy == "actual" else 75)
    assert "BMI 37 kg/m²" in plain(option.dose.weight.reason)


def test_the_option_shows_policy_sum_bmi_and_dates():
    """50 + 2.3 × (180/2.54 − 60), a hand calculation: 50 + 2.3 × 10.87 = 75.0."""
    weight = first_option(person("120", "180"), library_with("ideal")).dose.weight
    told = plain(weight.reason)
    assert "50 + 2.3 × (70.87 − 60) = 75 kg (male, height in inches)" in told
    assert "BMI 37 kg/m²" in told and "actual weight 120 kg" in told and "height 180 cm of 2026-11-24" in told
    assert (weight.policy, weight.measured_at) == ("ideal", NOW - timedelta(hours=1))


@pytest.mark.parametrize(
    ("sex", "height_in", "kg"),
    [
        (Sex.MALE, "60", "50"),
        (Sex.FEMALE, "60", "45.5"),
        (Sex.MALE, "70", "73"),  # 50 + 2.3 × 10
        (Sex.FEMALE, "65", "57"),  # 45.5 + 2.3 × 5
        (Sex.MALE, "72", "77.6"),  # 50 + 2.3 × 12
        (Sex.FEMALE, "61", "47.8"),  # 45.5 + 2.3
    ],
)
def test_the_ideal_weight_is_devines(sex, height_in, kg):
    """PR-WT-05 by hand."""
    assert ideal_weight_kg(Decimal(height_in), sex, load_library(), on=DAY) == Decimal(kg)


def test_under_bmi_30_the_weight_is_the_actual_one_and_needs_no_sex():
    """97.1 kg at 180 cm is 29.97, shown and taken as 30.0; 96.9 kg is 29.91, taken as 29.9."""
    library = library_with("ideal-if-bmi-30")
    under = weight_of(person("96.9", "180", Sex.UNKNOWN), library)
    assert isinstance(under, DosingWeight) and under.kg == Decimal("96.9")
    assert plain(under.reason) == "Actual body weight; BMI 29.9 kg/m², below 30 kg/m²."
    assert weight_of(person("97.1", "180"), library).kg == 75


def test_never_more_than_the_actual_weight():
    """A light, tall man, 60 kg and 190 cm: ideal 50 + 2.3 × 14.8 = 84 kg; the dose is from 60 kg."""
    weight = weight_of(person("60", "190"), library_with("ideal"))
    assert isinstance(weight, DosingWeight) and weight.kg == 60
    assert "the ideal weight would be more" in weight.reason and "84" in weight.reason


@pytest.mark.parametrize(("kg", "used"), [("120", "100"), ("100", "100"), ("99.9", "99.9")])
def test_a_cap_holds_above_it_only(kg, used):
    weight = weight_of(person(kg, "180"), library_with("actual-capped", "100"))
    assert isinstance(weight, DosingWeight) and weight.kg == Decimal(used)
    assert "100" in weight.reason and weight.policy == "actual-capped"


def test_a_dose_in_mg_has_no_dosing_weight():
    library = load_library()
    context = Context(person(None, None), library, NOW, {})
    assert dosing_weight(library.protocol("esketamine-nasal-us"), context) is None


# ---------------------------------------------------------------- what is asked for
@pytest.mark.hazard("H-02", n=10)
@pytest.mark.hazard("H-03", n=10)
@pytest.mark.parametrize(
    ("policy", "kg", "cm", "sex", "asked"),
    [
        ("ideal", None, "180", Sex.MALE, ["weight"]),
        ("ideal", "120", None, Sex.MALE, ["height"]),
        ("ideal", "120", "180", Sex.UNKNOWN, ["sex"]),
        ("ideal", "120", "180", Sex.OTHER, ["sex"]),
        ("ideal", None, None, Sex.UNKNOWN, ["weight", "height", "sex"]),
        ("ideal-if-bmi-30", None, None, Sex.MALE, ["weight", "height"]),
        ("ideal-if-bmi-30", "120", None, Sex.MALE, ["height"]),
        ("ideal-if-bmi-30", "120", "180", Sex.OTHER, ["sex"]),
        ("actual-capped", None, "180", Sex.MALE, ["weight"]),
        ("actual", None, "180", Sex.MALE, ["weight"]),
    ],
)
def test_what_a_policy_needs_and_lacks_is_asked_for(policy, kg, cm, sex, asked):
    """Each input that a policy reads, taken away: it cannot be said, and all of it is named. N = 10."""
    library = library_with(policy, "100" if policy == "actual-capped" else "")
    missing = weight_of(person(kg, cm, sex), library)
    assert isinstance(missing, tuple) and [m.key for m in missing] == asked
    advice = advice_of(person(kg, cm, sex), library)
    assert advice.options == () and advice.verdict.value == "cannot say"
    assert {m.key for m in advice.needed} >= set(asked)


@pytest.mark.hazard("H-03", n=12)
@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_wants_a_weight_that_still_counts(policy, seconds):
    """The boundary of the weight's age, ±1 s, under each policy: N = 12."""
    library = library_with(policy, "100" if policy == "actual-capped" else "")
    days = library.questions.questions["weight"].good_for_days
    old = NOW - timedelta(days=days, seconds=seconds)
    case = person("120", "180")
    facts = tuple(replace(f, at=old) if f.key == "weight" else f for f in case.facts)
    assert isinstance(weight_of(replace(case, facts=facts), library), DosingWeight) == (seconds <= 0)


@pytest.mark.hazard("H-22", n=8)
@pytest.mark.parametrize("sex", [Sex.MALE, Sex.FEMALE])
@pytest.mark.parametrize("policy", ["ideal", "ideal-if-bmi-30"])
@pytest.mark.parametrize(
    ("cm", "defined"), [("152.4", True), ("152.39", False)], ids=["at 60 inches", "just below"]
)
def test_the_ideal_weight_is_never_stretched_below_its_first_height(policy, sex, cm, defined):
    """60 inches are 152.4 cm (PR-WT-05): there it is defined, 0.1 mm below it cannot be said. N = 8."""
    weight = weight_of(person("90", cm, sex), library_with(policy))
    if defined:
        assert isinstance(weight, DosingWeight) and weight.kg == {
            Sex.MALE: Decimal(50),
            Sex.FEMALE: Decimal("45.5"),
        }.get(sex)
        return
    assert isinstance(weight, tuple) and [m.key for m in weight] == ["height"]
    assert "152.4" in weight[0].why and "60" in weight[0].why
    advice = advice_of(person("90", cm, sex), library_with(policy))
    assert advice.options == () and weight[0] in advice.needed


def test_feet_and_inches_reach_the_same_boundary():
    case = person("90", None)
    for inches, defined in (("60", True), ("59.99", False)):
        facts = [replace(case.facts[0], key="height", value=Quantity(Decimal(inches), "[in_i]"))]
        mine = replace(case, facts=(*case.facts, *facts))
        assert isinstance(weight_of(mine, library_with("ideal")), DosingWeight) == defined


# ---------------------------------------------------------------- what is refused
def test_a_cap_that_no_site_has_set_is_refused_when_the_file_is_read():
    with pytest.raises(
        KnowledgeError, match=r"ketamine-iv\.yaml:\d+: .*no cap is set.*the site sets its own"
    ):
        library_with("actual-capped")


@pytest.mark.parametrize("cap", ["0", "-1"])
def test_a_cap_of_nothing_is_refused(cap):
    with pytest.raises(KnowledgeError, match="is not above 0; write a number above 0"):
        library_with("actual-capped", cap)


def test_an_unknown_policy_is_refused_when_the_file_is_read():
    with pytest.raises(KnowledgeError, match=r"'lean' is no dosing weight\. Choose one of actual, ideal-if"):
        library_with("lean")


@pytest.mark.parametrize("spoiled", ["lean", "actual-capped"])
def test_a_policy_that_cannot_be_followed_gives_no_option_and_its_sentence(spoiled):
    """Where a file that was never checked got this far after all."""
    library = load_library()
    protocol = library.protocol("ketamine-iv")
    values = {
        **protocol.values,
        "dosing_weight_policy": {
            d: v.model_copy(update={"value": spoiled})
            for d, v in protocol.values["dosing_weight_policy"].items()
        },
    }
    mine = protocol.model_copy(update={"values": values})
    library = replace(library, protocols={**library.protocols, "ketamine-iv": mine})
    with pytest.raises(CannotDose):
        weight_of(person("120", "180"), library)
    advice = recommend(person("120", "180"), as_of=NOW, library=library)
    told = {p.report.protocol_id: p.why_no_options for p in advice.protocols}
    assert told["ketamine-iv"] and ("no cap is set" in told["ketamine-iv"] or "lean" in told["ketamine-iv"])
    assert any(o.protocol_id == "esketamine-nasal-us" for o in advice.options)


@pytest.mark.parametrize("missing", ["ideal_base_male", "ideal_from_height", "ideal_from_bmi"])
def test_a_number_of_the_formula_that_is_gone_is_refused(missing):
    with pytest.raises(KnowledgeError, match=f"'{missing}' is missing"):
        build_library(changed("dosing-weights.yaml", f"  {missing}:", f"  {missing}_lost:"))


def test_a_dosing_weight_above_the_actual_one_cannot_be_made():
    with pytest.raises(CannotDose, match="does not lie between nothing and the actual"):
        DosingWeight(Decimal(81), "ideal", NOW, "", Decimal(80))


@pytest.mark.hazard("H-02", n=len(BY_WEIGHT))
@pytest.mark.parametrize("protocol_id", BY_WEIGHT)
def test_the_limits_refuse_a_dosing_weight_above_the_actual_one(protocol_id):
    """The gate before signing: 0.1 kg too much is refused, the same passes; N = routes by weight."""
    protocol = load_library().protocol(protocol_id)
    level = min(v for v in protocol.values["dose_levels"][max(protocol.values["dose_levels"])].value)
    step = protocol.values["dose_step"][max(protocol.values["dose_step"])].value
    dose = (level * 80 // step) * step
    minutes = 40 if protocol.route == "intravenous" else None
    given = {"level": level, "dose_mg": dose, "weight_kg": Decimal(80), "minutes": minutes}
    check_dose(protocol, **given, devices=None, on=DAY, actual_kg=Decimal(80))
    with pytest.raises(LimitExceeded, match="above the actual"):
        check_dose(protocol, **given, devices=None, on=DAY, actual_kg=Decimal("79.9"))


# ---------------------------------------------------------------- a site's own choice
def site_file(policy: str, cap_kg: str | None) -> bytes:
    """Return a site's protocol based on the product's, with another policy and its own cap."""
    base = load_library().protocol("ketamine-iv")
    dated = base.values["dosing_weight_policy"]
    values = {
        **base.values,
        "dosing_weight_policy": {d: v.model_copy(update={"value": policy}) for d, v in dated.items()},
    }
    if cap_kg is not None:
        site = {"sources": ("SITE-DEFAULT",), "certainty": Certainty.SITE_DEFAULT}
        cap = Value(value=Decimal(cap_kg), unit="kg", **site)
        values["dosing_weight_cap"] = dict.fromkeys(dated, cap)
    mine = {"id": "north-iv", "based_on": "ketamine-iv", "values": values}
    return write_protocol(base.model_copy(update=mine)).encode()


@pytest.mark.parametrize(
    ("policy", "cap_kg", "says"),
    [
        ("actual", None, None),
        ("ideal", None, None),
        ("ideal-if-bmi-30", None, None),
        ("actual-capped", "50", None),
        ("actual-capped", "160", None),
        ("actual-capped", None, "no cap is set"),
        ("actual-capped", "49.9", "a site chooses from 50"),
        ("actual-capped", "160.1", "a site chooses from 50"),
        ("lean", None, "Choose one of actual, ideal-if-bmi-30, ideal, actual-capped"),
    ],
)
def test_a_site_chooses_its_policy_and_its_cap_within_bounds(policy, cap_kg, says):
    """Each policy, and a cap at and beyond each of its bounds (50 and 160 kg)."""
    raw = site_file(policy, cap_kg)
    faults = faults_of(raw)
    assert bool(faults) == (says is not None)
    if says is not None:
        assert says in plain(" ".join(faults))
        return
    library = site_library({"north.yaml": raw})
    advice = recommend(person("120", "180"), as_of=NOW, library=library, protocols=("north-iv",))
    option = advice.option("north-iv/start/0.5/40")
    assert option is not None and option.dose is not None and option.dose.weight is not None
    used = {"actual": "120", "ideal": "75", "ideal-if-bmi-30": "75", "actual-capped": cap_kg}[policy]
    assert option.dose.weight.kg == min(Decimal(120), Decimal(used))
