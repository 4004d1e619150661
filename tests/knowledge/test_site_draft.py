"""What an adversary tried with a site's draft: nothing that disarms a guard of the product is approved."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from posology.knowledge import load_library
from posology.knowledge.editing import Changes, EditRefused, ValueChange, approved, edited, fork
from posology.knowledge.schema import Monitoring, ProtocolFile
from posology.knowledge.site_bounds import in_force_or_first, loosened
from posology.knowledge.submission import faults_of
from posology.knowledge.writing import write_protocol
from tests.cases import NOW

LIBRARY = load_library()
TODAY = NOW.date()
ACTIVE = sorted(p.id for p in LIBRARY.protocols.values() if p.status == "active")
STEPS = ("during_every_min", "after_every_min", "after_until_min")
HUGE = 10**8


def draft_of(base: str, **changes) -> ProtocolFile:
    """Return a site's file with the changes, as it would be approved."""
    product = LIBRARY.protocol(base)
    begun = fork(
        product,
        name=f"north-{base}",
        title="Ours",
        author="Synthetic, Author",
        version=1,
        on=TODAY,
        review_due=TODAY + timedelta(days=365),
    )
    made = edited(begun, Changes(**changes), before=begun)
    return approved(made, author="Synthetic, Author", reviewer="Synthetic, Reader", on=TODAY)


def faults(base: str, **changes) -> str:
    """Return what is said against a draft, when it is written or when it is submitted."""
    try:
        return " ".join(faults_of(write_protocol(draft_of(base, **changes)).encode()))
    except EditRefused as refusal:
        return str(refusal)


def value(name: str, new, on: date = TODAY) -> dict:
    return {"values": (ValueChange(name, new, on, "We decided so."),)}


def numbers(*many: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(n) for n in many)


# ---------------------------------------------------------------- readings
@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("base", ACTIVE)
def test_no_draft_leaves_a_session_without_the_product_s_readings(base, record_property):
    """0, less than 0, and more than a day between readings, and a step where the product has fixed times:
    each is refused for every part of the readings. N is the number of drafts."""
    watch, tried = LIBRARY.protocol(base).monitoring, 0
    for part in STEPS:
        wrong = [0, -5, HUGE] if getattr(watch, part) is not None else [0, 5, 999]
        for number in wrong:
            assert faults(base, monitoring={part: number}), (part, number)
            tried += 1
    record_property("n", tried)


def test_a_step_of_nothing_is_found_out_although_the_schema_let_it_by():
    """The plant: a file that no reader checked, with 0 min between readings, or with a step added."""
    product = LIBRARY.protocol("ketamine-iv")
    for part in ("during_every_min", "after_every_min"):
        watch = product.monitoring.model_copy(update={part: 0})
        assert list(loosened(product.model_copy(update={"monitoring": watch}), product)), part
    fixed = LIBRARY.protocol("ketamine-im")
    watch = fixed.monitoring.model_copy(update={"during_every_min": 999})
    assert list(loosened(fixed.model_copy(update={"monitoring": watch}), fixed))


def test_fixed_times_and_a_step_are_never_both():
    cited = {"sources": ("SITE-DEFAULT",), "certainty": "SITE", "readings": ("spo2",)}
    assert Monitoring(at_min=(5, 10), **cited).at_min == (5, 10)
    with pytest.raises(ValidationError, match="one of the two"):
        Monitoring(at_min=(5, 10), during_every_min=10, **cited)


# ---------------------------------------------------------------- doses
@pytest.mark.hazard("H-17")
@pytest.mark.hazard("H-06")
def test_a_site_s_levels_are_the_product_s_from_the_lowest_on(record_property):
    """Every subset of the levels of each protocol, and each with a number of its own below, between or above:
    only the lowest levels without a gap are no fault. N is the number of lists."""
    tried = 0
    for base in ACTIVE:
        product = LIBRARY.protocol(base)
        levels = in_force_or_first(product.values["dose_levels"], TODAY).value
        for bits in range(1, 2 ** len(levels)):
            kept = tuple(x for i, x in enumerate(levels) if bits >> i & 1)
            lists = [kept, (kept[0] / 100, *kept), (*kept, kept[-1] * 2), (*kept, kept[-1] - Decimal("0.01"))]
            for many in lists:
                file = draft_of(base, **value("dose_levels", many))
                said = [p for p, path in loosened(file, product) if path[:2] == ("values", "dose_levels")]
                fits = many == levels[: len(many)]
                assert bool(said) != fits, (base, many)
                tried += 1
    record_property("n", tried)
    assert tried > 500


@pytest.mark.parametrize("base", ACTIVE)
def test_every_soft_limit_may_be_set_lower_and_is_passed_by_whom_the_product_says(base):
    product = LIBRARY.protocol(base)
    for name, dated in product.values.items():
        if not name.endswith("_hold_above"):
            continue
        was = in_force_or_first(dated, TODAY)
        new = was.value if was.value == 1 else was.value - (1 if was.unit == "1" else was.value / 4)
        file = draft_of(base, **value(name, new))
        assert file.values[name][TODAY].cleared_by is was.cleared_by
        assert faults_of(write_protocol(file).encode()) == (), name
        assert faults(base, **value(name, was.value * 2)), name


def test_a_lower_soft_limit_is_the_one_that_holds():
    file = draft_of("ketamine-iv", **value("sessions_in_7_days_hold_above", Decimal(2)))
    told = in_force_or_first(file.values["sessions_in_7_days_hold_above"], TODAY)
    assert (told.value, told.cleared_by) == (2, "prescriber")


# ---------------------------------------------------------------- what could not be followed
@pytest.mark.parametrize(
    ("base", "changes", "says"),
    [
        ("ketamine-iv", value("infusion_minutes", ()), "empty"),
        ("ketamine-iv", value("infusion_minutes", numbers("40.5")), "whole"),
        ("ketamine-iv", value("dose_levels", ()), "empty"),
        ("ketamine-iv", value("dose_levels", numbers("0", "0.5")), "above 0"),
        ("ketamine-iv", value("rate_ceiling", Decimal(0)), "above 0"),
        ("ketamine-iv", value("dose_ceiling", Decimal(0)), "above 0"),
        ("ketamine-iv", value("dose_start", Decimal(-1)), "above 0"),
        ("esketamine-nasal-us", value("device_rest", Decimal(HUGE)), "longer than"),
        ("esketamine-nasal-us", value("session_interval_min", Decimal(HUGE)), "longer than"),
        ("esketamine-mdsi-us", value("sessions_in_28_days_most", Decimal(0)), "above 0"),
        ("ketamine-iv", {"phases": {("continuation", "every_days"): (HUGE,)}}, "366"),
        ("ketamine-iv", {"phases": {("continuation", "every_days"): (0,)}}, "1"),
        ("ketamine-iv", {"phases": {("continuation", "sessions"): (0,)}}, "1"),
        ("ketamine-iv", {"phases": {("continuation", "sessions"): (HUGE,)}}, "100"),
        ("ketamine-iv", {"phases": {("induction", "visit_days"): (1, HUGE)}}, "366"),
        ("ketamine-iv", {"phases": {("induction", "visit_days"): (1,)}}, "two visits or more"),
        ("ketamine-iv", {"phases": {("maintenance", "interval_days"): (HUGE,)}}, "366"),
        ("ketamine-iv", {"phases": {("maintenance", "interval_days"): (7, 7)}}, "twice"),
        ("ketamine-iv", {"minimum_min": HUGE}, "1440"),
        ("ketamine-iv", {"title": " "}, "no name"),
        ("ketamine-iv", {"review_due": TODAY + timedelta(days=367)}, "more than a year"),
    ],
)
def test_what_no_course_could_be_planned_by_is_refused_in_words(base, changes, says):
    assert says in faults(base, **changes)


def test_a_review_within_a_year_is_kept():
    due = TODAY + timedelta(days=366)
    assert draft_of("ketamine-iv", review_due=due).review_due == due


@pytest.mark.parametrize("base", ACTIVE)
def test_no_visit_comes_earlier_than_the_product_s_of_its_number(base):
    """Visits every 3 days: no two lie closer than the closest pair of the product, and yet it is denser."""
    for phase in LIBRARY.protocol(base).phases:
        if phase.visit_days is None:
            continue
        dense = tuple(1 + 3 * n for n in range(len(phase.visit_days)))
        assert "Keep that day or a later one" in faults(base, phases={(phase.id, "visit_days"): dense})
        later = tuple(day if day == 1 else day + 1 for day in phase.visit_days)
        assert faults(base, phases={(phase.id, "visit_days"): later}) == ""
