"""The knowledge files that ship: what holds of every one of them, and how they fit together."""

import itertools
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from posology.case.drug_names import ingredients_of
from posology.knowledge import Certainty, Level, Role, in_force, load_library
from posology.knowledge.background import load_background
from posology.knowledge.coverage import deciding_files
from posology.knowledge.library import citations_in
from posology.knowledge.schema import Rule, Value
from posology.knowledge.schema.rules import InteractionSize
from posology.protocols.schedule import last_session, place_of
from posology.quantities import Quantity

LIBRARY, BACKGROUND = load_library(), load_background()
FILES = {file.id: file for file in deciding_files(LIBRARY)}
READ_ONLY = {file.id: file for file in BACKGROUND.files}
RULES = [(file.id, rule) for file in LIBRARY.rules for rule in file.rules]
CITED = [(file.id, cited) for file in FILES.values() for cited in citations_in(file)]
FACT_ID = re.compile(r"(PR|A|S|E)-[A-Z]+\d*-\d+[a-z]?|MEASURES-[A-Z0-9-]+")


# ---------------------------------------------------------------- every file
@pytest.mark.parametrize("file", [*FILES.values(), *READ_ONLY.values()], ids=[*FILES, *READ_ONLY])
def test_it_was_read_by_a_second_person_and_has_a_day_for_the_next_reading(file):
    assert file.reviewed_by != file.authored_by
    assert file.last_review_date < file.review_due
    assert file.clinical_sign_off is None, "only a site's own clinician signs off; nothing ships signed"


def test_nothing_is_overdue_on_the_day_before_and_everything_long_after():
    due = min(file.review_due for file in FILES.values())
    assert LIBRARY.overdue(due - timedelta(days=1)) == ()
    assert LIBRARY.overdue(due)
    assert set(LIBRARY.overdue(date(2100, 1, 1))) == set(FILES)


def test_every_citation_resolves_and_every_source_is_cited():
    cited = {source for _, one in CITED for source in one.sources}
    cited |= {s for file in READ_ONLY.values() for one in citations_in(file) for s in one.sources}
    cited |= {s for study in BACKGROUND.trials.studies.values() for s in study.sources}
    assert cited == set(LIBRARY.sources)


def test_every_fact_id_has_the_form_of_one():
    wrong = {fact for _, one in CITED for fact in one.facts if not FACT_ID.fullmatch(fact)}
    assert not wrong


def test_a_source_names_a_place_where_it_can_be_found_or_says_what_it_is():
    for key, source in LIBRARY.sources.items():
        assert len(source.title) > 15, key
        if source.doi is not None:
            assert re.fullmatch(r"10\.\d{4,9}/\S+", source.doi), key
        if source.pmid is not None:
            assert re.fullmatch(r"\d{7,8}", source.pmid), key


# ---------------------------------------------------------------- what is not verified may only tighten
def test_no_value_statement_or_stop_rests_on_what_is_not_verified():
    for file, one in CITED:
        if one.certainty is not Certainty.NOT_VERIFIED:
            continue
        assert not isinstance(one, Value), f"{file}: {one}"
        if isinstance(one, Rule):
            assert one.level is not Level.STOP, one.id
            assert one.level is Level.CAUTION or one.cleared_by is not Role.NOBODY, one.id
        elif not isinstance(one, InteractionSize):  # a size is told, and nothing is computed from it
            assert file == LIBRARY.questions.id, f"{file}: {one}"


# ---------------------------------------------------------------- rules
def test_rule_ids_are_one_rule_each_across_files():
    ids = [rule.id for _, rule in RULES]
    assert len(ids) == len(set(ids))
    assert len(ids) > 90


@pytest.mark.parametrize("rule", [r for _, r in RULES], ids=[r.id for _, r in RULES])
def test_a_rule_says_what_was_found_in_one_plain_sentence_or_two(rule):
    assert rule.facts or rule.certainty is Certainty.SITE_DEFAULT
    assert rule.say.endswith((".", "%.")) and rule.say[0].isupper()
    assert rule.do.endswith(".") and rule.do[0].isupper()
    if rule.level is Level.STOP:
        assert rule.do.startswith("Do not"), rule.id
    if rule.level is Level.CAUTION:
        assert rule.cleared_by is Role.NOBODY, "a caution asks nobody to clear it"
    if rule.certainty is Certainty.SITE_DEFAULT:
        assert "SITE-DEFAULT" in rule.sources, rule.id


def test_a_rule_that_copies_a_limit_into_its_sentence_copies_the_limit_in_force():
    """Numbers in a sentence are words to the reader, so they must be those that decided."""
    file = next(f for f in LIBRARY.rules if f.id == "rules-session")
    told = {rule.id: rule.say for rule in file.rules}
    held = {name: in_force(dated, on=date(2026, 11, 24)).value for name, dated in file.values.items()}
    pressure = f"{held['systolic_guide']}/{held['diastolic_guide']} mmHg"
    assert pressure in told["pressure-above-guide"]
    assert (
        f"{held['systolic_guide_racemic']}/{held['diastolic_guide_racemic']} mmHg"
        in (told["pressure-above-guide-racemic"])
    )
    assert f"below {held['systolic_low']} mmHg" in told["pressure-low"]
    assert f"above {held['heart_rate_high']}/min or below {held['heart_rate_low']}/min" in told["heart-rate"]
    assert f"below {held['saturation_low']} %" in told["saturation"]
    assert f"slower than {held['breathing_slow']}/min" in told["breathing-rate"]
    assert f"faster than {held['breathing_fast']}/min" in told["breathing-rate"]


def test_the_american_antidepressant_rule_ends_when_monotherapy_was_announced():
    rule = next(r for _, r in RULES if r.id == "oral-antidepressant-us-until-2025")
    value = LIBRARY.protocol("esketamine-nasal-us").values["oral_antidepressant_required"]
    assert rule.in_force_until == date(2025, 1, 21)
    assert in_force(value, on=date(2025, 1, 20)).value is True
    assert in_force(value, on=date(2025, 1, 21)).value is False


# ---------------------------------------------------------------- questions
def test_every_required_question_decides_something():
    """A question that nothing reads is an answer that somebody gives for nothing."""
    dosing = {"weight", "height"}
    read = dosing | {c.fact for _, rule in RULES for c in _conditions(rule.when) if c.fact is not None}
    read |= {"medication_list_complete"}
    unread = {k for k, q in LIBRARY.questions.questions.items() if q.need == "required" and k not in read}
    assert not unread


def _conditions(condition):
    yield condition
    for inner in (
        *(condition.any_of or ()),
        *(condition.all_of or ()),
        *([condition.not_] if condition.not_ else ()),
    ):
        yield from _conditions(inner)


def test_what_is_measured_at_each_session_counts_for_a_day():
    for key, question in LIBRARY.questions.questions.items():
        if question.part == "session" or (question.each_session and question.kind == "quantity"):
            assert question.good_for_days == 1, key


# ---------------------------------------------------------------- codes carry check digits
def _luhn(digits: str) -> int:
    total = 0
    for i, digit in enumerate(reversed(digits)):
        n = int(digit) * (2 if i % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return -total % 10


_D = [[(i + j) % 5 if j < 5 else 5 + (i + j) % 5 for j in range(10)] for i in range(5)]
_D += [[(5 + (i - j) % 5) if j < 5 else (i - j) % 5 for j in range(10)] for i in range(5, 10)]
_P = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _verhoeff_holds(number: str) -> bool:
    check = 0
    for i, digit in enumerate(reversed(number)):
        n = int(digit)
        for _ in range(i % 8):
            n = _P[n]
        check = _D[check][n]
    return check == 0


def test_the_check_digit_sums_know_a_good_code_from_a_bad_one():
    assert _verhoeff_holds("373464007") and not _verhoeff_holds("373464008")
    assert not _verhoeff_holds("734364007")
    assert _luhn("44249") == 1 and _luhn("8480") == 6


def test_every_loinc_and_snomed_code_passes_its_check_digit():
    loinc = [code for q in LIBRARY.questions.questions.values() for code in q.loinc]
    snomed = [code for q in LIBRARY.questions.questions.values() for code in q.snomed]
    for question in LIBRARY.questions.questions.values():
        snomed += [code for listed in question.choice_codes.values() for code in listed.snomed]
    for measure in LIBRARY.measures.values():
        loinc += [measure.loinc_panel, measure.loinc_total, *(i.loinc for i in measure.items)]
    for code in loinc:
        body, _, check = code.partition("-")
        assert _luhn(body) == int(check), code
    for code in snomed:
        assert _verhoeff_holds(code), code
    assert len(loinc) > 20 and len(snomed) > 60


# ---------------------------------------------------------------- drugs
def test_every_ingredient_and_every_name_of_it_is_read_as_itself():
    for key, drug in LIBRARY.drugs.drugs.items():
        for name in (key, *drug.names):
            assert name == name.lower(), name
            assert key in (ingredients_of(name, None, LIBRARY) or ()), f"{name} is not read as {key}"


def test_no_code_stands_for_two_ingredients():
    codes = [c for d in LIBRARY.drugs.drugs.values() for c in (d.rxnorm, *d.rxnorm_products) if c]
    assert len(codes) == len(set(codes))


def test_a_code_says_that_it_was_read_with_its_name():
    for key, drug in LIBRARY.drugs.drugs.items():
        assert (drug.rxnorm is None) == (drug.code_certainty is None), key
        assert drug.code_certainty in {None, Certainty.VERIFIED}, key
        assert bool(drug.atc) == (drug.atc_certainty is not None), key
        assert all(re.fullmatch("[A-V][0-9]{2}[A-Z]{2}[0-9]{2}", code) for code in drug.atc), key


def test_a_listed_atc_code_is_of_the_class_of_its_group():
    """Some of a drug's code's ingredients are of the class, but for the few named here with their reason."""
    apart = {
        ("atomoxetine", "stimulant"),  # stands with the sympathomimetics: it is no psychostimulant
        ("esketamine", "antidepressant"),  # a rule of its own speaks of it
        ("st johns wort", "antidepressant"),  # a herb, of whose use as one no rule speaks
    }
    drugs = LIBRARY.drugs.drugs
    for code in {code for drug in drugs.values() for code in drug.atc}:
        of_code = {key: drug.classes for key, drug in drugs.items() if code in drug.atc}
        for name, group in LIBRARY.drugs.classes.items():
            if code.startswith(group.atc) and not any((key, name) in apart for key in of_code):
                assert any(name in classes for classes in of_code.values()), (code, name)


# ---------------------------------------------------------------- protocols
@pytest.mark.parametrize("protocol", LIBRARY.protocols.values(), ids=LIBRARY.protocols)
def test_no_phase_brings_sessions_closer_than_the_smallest_interval(protocol):
    smallest = in_force(protocol.values["session_interval_min"], on=date(2026, 11, 24))
    hours = Quantity(smallest.value, smallest.unit).in_unit("h")
    for phase in protocol.phases:
        days = phase.visit_days or ()
        gaps = [b - a for a, b in itertools.pairwise(days)]
        gaps += [phase.every_days] if phase.every_days else list(phase.interval_days or ())
        assert min(gaps) * 24 >= hours, phase.id


@pytest.mark.parametrize("protocol", LIBRARY.protocols.values(), ids=LIBRARY.protocols)
def test_a_course_ends_in_a_phase_that_can_go_on(protocol):
    """Or with its last planned session, where the label ends it: 84 mg for 4 weeks (PR-ESK-07, PR-ESK-32)."""
    assert place_of(protocol, 1).phase.id == "induction"
    if protocol.only_where is not None:
        assert last_session(protocol) == 8
    else:
        assert place_of(protocol, 200).phase.interval_days


@pytest.mark.parametrize("protocol", LIBRARY.protocols.values(), ids=LIBRARY.protocols)
def test_an_off_label_protocol_says_so(protocol):
    against = " ".join(s.say for s in protocol.statements if s.side == "against")
    assert (protocol.approval == "off-label") == ("ff-label" in against)
    assert any(s.side == "for" for s in protocol.statements)


def test_the_highest_rate_is_the_highest_dose_over_the_shortest_time():
    """1.0 mg/kg over 40 min is 0.025 mg/kg/min; 0.5 mg/kg over 40 min is 0.0125 (by hand: 1/40, 0.5/40)."""
    rate = LIBRARY.protocol("ketamine-iv").values["rate_ceiling"]
    assert in_force(rate, on=date(2026, 1, 1)).value == Decimal("0.025")
    assert in_force(rate, on=date(2016, 1, 1)).value == Decimal("0.0125")


def test_a_patient_leaves_no_sooner_than_the_sources_say():
    """Esketamine: 2 h from the first device (label). Infusion: 1 h after its end. By mouth: 2 h (trial)."""
    stay = {p.id: (p.discharge.clock_from, p.discharge.minimum_min) for p in LIBRARY.protocols.values()}
    assert stay == {
        "esketamine-nasal-us": ("first_device", 120),
        "esketamine-nasal-eu": ("first_device", 120),
        "ketamine-iv": ("administration_end", 60),
        "ketamine-im": ("dose", 60),
        "ketamine-oral": ("dose", 120),
        "ketamine-sc": ("dose", 120),
        "ketamine-sl": ("dose", 120),
        "esketamine-mdsi-us": ("first_device", 120),
        "esketamine-mdsi-eu": ("first_device", 120),
    }


@pytest.mark.hazard("H-05")
def test_what_must_be_diluted_is_marked_and_strength_times_volume_is_the_vial():
    """Ketamine vials hold 200, 500 and 500 mg (label); only 100 mg/mL may not go into a vein undiluted.
    N = 4 products."""
    held = {}
    for key, product in LIBRARY.products.products.items():
        if product.strength_mg_per_mL is not None:
            held[key] = product.strength_mg_per_mL * product.volume_mL
            assert ("intravenous" in product.dilute_first) == (product.strength_mg_per_mL >= 100), key
        else:
            held[key] = product.device_mg
    assert held == {"ketamine-10": 200, "ketamine-50": 500, "ketamine-100": 500, "esketamine-device-28": 28}


# ---------------------------------------------------------------- the next options
STATES = list(
    itertools.product(
        ("worse", "worse after response", "none", "partial", "response", "remission"),
        ("good", "fair", "poor"),
        ("induction", "continuation", "maintenance"),
        ("none", "missed", "long"),
    )
)


@pytest.mark.parametrize(("response", "tolerability", "phase", "pause"), STATES)
def test_every_state_has_three_to_five_options_and_some_that_are_always_possible(
    response, tolerability, phase, pause
):
    shown = [
        option
        for option in LIBRARY.adjustments.options
        if response in option.response
        and tolerability in option.tolerability
        and (not option.phases or phase in option.phases)
        and pause in option.pauses
    ]
    assert 3 <= len(shown) <= 5
    doses = {option.dose for option in shown}
    assert {"hold", "end"} <= doses
    assert doses & {"same", "effective"}
    assert all(option.for_ and option.against for option in shown), "each option has two sides"
    if tolerability != "good":
        assert not any(option.dose == "raise" for option in shown)
        assert any(option.dose == "lower" for option in shown)
    if response in {"response", "remission"}:
        assert not any(option.dose == "raise" for option in shown)
    if response.startswith("worse"):
        assert not any(option.interval == "lengthen" for option in shown)
    if pause == "long" and phase == "induction":
        assert not any(option.interval in {"keep", "shorten", "lengthen"} for option in shown)


def test_a_checkpoint_lies_within_what_its_protocol_plans():
    """Futility is asked of sessions that its phase has; day 28 comes after the last visit of its phase."""
    asked = 0
    for protocol in LIBRARY.protocols.values():
        for phase in protocol.phases:
            for checkpoint in phase.checkpoints:
                asked += 1
                if checkpoint.asks == "futility":
                    assert max((checkpoint.after_one, *checkpoint.after_each)) < len(phase.visit_days)
                if checkpoint.asks == "benefit":
                    assert checkpoint.on_day >= phase.visit_days[-1]
    assert asked >= 6


def test_only_the_united_states_labels_carry_the_maker_s_rule_for_a_missed_session():
    """PR-ESK-16, PR-ESK-17 stand under the American label; no ketamine and no European protocol has them."""
    ruled = {p.id for p in LIBRARY.protocols.values() if any(phase.missed for phase in p.phases)}
    assert ruled == {"esketamine-nasal-us", "esketamine-mdsi-us"}
    for protocol_id in ruled:
        assert all(phase.missed for phase in LIBRARY.protocol(protocol_id).phases)


def test_an_option_is_named_after_what_it_does():
    for option in LIBRARY.adjustments.options:
        name = option.id.split("-")
        assert name[0] == option.dose
        assert option.interval == "none" if option.dose in {"hold", "end"} else name[1] == option.interval
        words = {"raise": "Raise", "lower": "Lower", "same": "Same", "hold": "Hold", "end": "End"}
        word = "Begin the induction anew" if option.interval == "restart" else words[option.dose]
        assert option.title.startswith(word)


# ---------------------------------------------------------------- measures
def test_phq_9_is_scored_as_published():
    """0-4, 5-9, 10-14, 15-19, 20-27; response at half, remission below 5; item 9 above 0 is a risk."""
    phq = LIBRARY.measures["phq-9"]
    assert [(b.low, b.high) for b in phq.bands] == [(0, 4), (5, 9), (10, 14), (15, 19), (20, 27)]
    held = {name: in_force(dated, on=date(2026, 11, 24)).value for name, dated in phq.values.items()}
    assert held == {"response_fall_percent": 50, "remission_below": 5, "meaningful_change": 6}
    assert [(r.item, r.above) for r in phq.risk] == [(9, 0)]


def test_gad_7_is_scored_as_published_and_claims_no_more():
    """5 mild, 10 moderate, 15 severe; no remission and no meaningful change, since none was verified."""
    gad = LIBRARY.measures["gad-7"]
    assert [(b.low, b.high) for b in gad.bands] == [(0, 4), (5, 9), (10, 14), (15, 21)]
    assert set(gad.values) == {"response_fall_percent"}


@pytest.mark.parametrize("measure", LIBRARY.measures.values(), ids=LIBRARY.measures)
def test_wording_ships_with_its_notice(measure):
    assert "No permission required" in measure.notice
    assert all(item.text for item in measure.items)
