"""A programme's form: each field from the events, the facts or a person's answer, and what stays open."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from posology.knowledge.programmes import version_in_use
from posology.treatment.rems import Ask, Enrolled, PatientFacts, changes_since, due_on
from posology.treatment.rems_form import FILLERS, FormError
from tests.remsforms import (
    PROGRAMME,
    STANDING,
    answer,
    form,
    leave,
    score,
    started,
    watched,
)
from tests.sessions import BORN, PATIENT, at


def value(log, key, **changes) -> str:
    return form(log, **changes).field(key).value


def missing(log, key, **changes):
    return form(log, **changes).field(key).missing


def test_every_field_of_every_version_has_one_filler():
    for version in PROGRAMME.versions.values():
        for key in version.fields:
            assert (PROGRAMME.fields[key].question is None) == (key in FILLERS), key
    assert {k for v in PROGRAMME.versions.values() for k in v.fields} == set(PROGRAMME.fields)


def test_a_usual_session_is_filled_but_for_what_only_a_person_can_know():
    told = form(watched())
    assert {f.key for f in told.unfinished} == {"first_treatment", "minutes_ready", "vitals_before"}
    assert told.field("born_on").value == BORN.isoformat() and told.field("dose").value == "56 mg"
    assert told.field("treatment_on").value == "2026-11-24" and told.field("lots").value == "L-1"


def test_nothing_is_filled_before_the_first_device():
    open_keys = {f.key for f in form(started(devices=0)).unfinished}
    assert {"treatment_on", "dose", "lots", "minutes_monitored", "pressure_before", "sedation"} <= open_keys


# ---------------------------------------------------------------- minutes


def test_the_stay_counts_from_the_first_device_and_a_short_one_is_flagged():
    assert value(watched(), "minutes_monitored") == "121 min"
    short = leave(started(), minute=100)
    assert form(short).field("minutes_monitored").flag == (
        "90 min is below the 120 min that the programme asks for."
    )


def test_the_minutes_until_ready_are_told_by_criteria_seen_early_or_unmet_late():
    """Seen at 90: told. First seen at the end: asked. Not met at 130 and met at 150: told."""
    early = leave(
        started(), alert=95, dissociation_resolved=100, breathing_normal=98, blood_pressure_acceptable=90
    )
    assert value(early, "minutes_ready") == "90 min"  # the last of the four, from the first device at 10
    assert missing(watched(), "minutes_ready").ask is Ask.MINUTES
    assert value(watched(), "minutes_ready", answers=answer("minutes_ready", "75")) == "75 min"
    late = started()
    late.add("discharge_criterion", 140, key="alert", met=False)
    assert value(leave(late, minute=160), "minutes_ready") == "150 min"


def test_a_criterion_seen_before_the_last_device_tells_nothing():
    log = started(devices=1)
    for key in ("alert", "dissociation_resolved", "breathing_normal", "blood_pressure_acceptable"):
        log.add("discharge_criterion", 12, key=key, met=True)
    log.add("device_given", 16, number=2, lot="L-1", complete=True)
    assert missing(leave(log), "minutes_ready") is not None


# ---------------------------------------------------------------- pressure


def test_each_pressure_is_the_reading_of_its_time():
    log = started()
    log.reading(48, systolic=150)  # 38 min
    log.reading(55, systolic=160)  # 45 min
    log.reading(129, systolic=130)
    leave(log)
    assert value(log, "pressure_before") == "124/78 mmHg"
    assert value(log, "pressure_at_40") == "150/78 mmHg" and value(log, "pressure_at_end") == "130/78 mmHg"


@pytest.mark.parametrize(("minute", "counts"), [(47, False), (48, True), (65, True), (66, False)])
def test_about_forty_minutes_is_from_38_to_55(minute, counts):
    log = started()
    log.reading(minute)
    assert (missing(leave(log), "pressure_at_40") is None) == counts


def test_the_reading_at_forty_minutes_is_not_given_out_a_second_time():
    log = started()
    log.reading(50)
    gap = missing(leave(log), "pressure_at_end")
    assert gap.ask is Ask.WHY_NOT
    said = answer("pressure_at_end", "Refused.")
    assert value(log, "pressure_at_end", answers=said) == "Not taken: Refused."


# ---------------------------------------------------------------- effects


def test_sedation_and_dissociation_are_read_from_scores_and_events():
    log = started()
    score(log, 30, "moaa_s", 3)
    score(log, 40, "moaa_s", 4)
    score(log, 70, "moaa_s", 5)
    score(log, 40, "cadss", 4)
    log.add("adverse_event", 45, term="dissociation", grade=2, serious=False, related="yes")
    told = form(leave(log))
    assert told.field("sedation").value == "Yes"
    assert told.field("sedation").detail == "From 20 min. Scores: MOAA/S 3, MOAA/S 4. Gone at 60 min."
    assert told.field("dissociation").value == "Yes"
    assert told.field("dissociation").detail == "From 35 min. dissociation, grade 2."


@pytest.mark.parametrize(("cadss", "said"), [(4, "No"), (5, "Yes")])
def test_the_labels_own_bound_decides_what_a_score_of_dissociation_says(cadss, said):
    log = started()
    score(log, 40, "cadss", cadss)
    assert value(leave(log), "dissociation") == said


def test_what_nobody_scored_is_asked_and_never_no():
    log = leave(started())
    assert missing(log, "sedation").ask is Ask.YES_NO and missing(log, "dissociation").ask is Ask.YES_NO
    assert value(log, "sedation", answers=answer("sedation", "no")) == "No"


def test_silence_is_told_as_silence():
    told = form(watched())
    assert {f.key for f in told.by_silence} == {"respiratory_depression", "serious_event"}
    without = started()
    without.add("discharged", 131, with_escort=True)
    assert form(without).field("respiratory_depression").missing is not None  # nobody looked at the breathing


def test_a_serious_event_asks_for_its_account():
    log = started()
    log.add("adverse_event", 60, term="Respiratory depression", grade=3, serious=True, related="yes")
    told = form(leave(log))
    assert told.field("serious_event").value == "Yes" == told.field("respiratory_depression").value
    assert told.field("serious_account").missing.ask is Ask.TEXT


def test_vital_signs_at_the_end_follow_the_criteria():
    assert value(watched(), "vitals_at_end") == "Yes"
    log = started()
    log.add("discharge_criterion", 130, key="blood_pressure_acceptable", met=False)
    log.add("discharge_overridden", 130, reason="Against advice.")
    log.add("discharged", 131, with_escort=True)
    assert value(log, "vitals_at_end") == "No"


# ---------------------------------------------------------------- dose, drugs, standing facts


def test_a_lost_spray_is_another_dose_with_what_went_in_at_least():
    log = started(devices=1)
    log.add("device_given", 16, number=2, lot="L-2", complete=False)
    dose = form(leave(log)).field("dose")
    assert (dose.value, dose.detail) == ("Other: 28 mg", "At least 28 mg: device 2 was lost or partial.")
    assert value(log, "lots") == "L-1, L-2"


def test_the_gates_answers_fill_the_drugs_and_an_unknown_one_is_asked():
    log = started()
    assert value(log, "opioid") == "Yes"  # the synthetic gate's usual answer
    log.add("gate_answered", 5, item="opioid_today", answer="unknown")
    assert missing(log, "opioid").ask is Ask.YES_NO


def test_a_no_beside_a_drug_of_the_list_is_flagged():
    log = started()
    log.add("gate_answered", 5, item="benzodiazepine_today", answer="no")
    told = form(log, drugs={"benzodiazepine": ("Lorazepam 1 mg oral tablet",)})
    assert (
        told.field("benzodiazepine").flag == "The drug list of that session has: Lorazepam 1 mg oral tablet."
    )
    assert told.field("other_sedative").flag == ""


def test_an_answer_never_stands_before_an_entry():
    said = answer("pressure_at_40", "Refused.") | answer("sedation", "yes") | answer("opioid", "no")
    assert form(watched(), answers=said) == form(watched())


def test_an_enrolment_after_the_session_is_told_as_no():
    late = Enrolled(STANDING["enrolment"], date(2026, 11, 25), "E-1", at(2000))
    told = form(watched(), patient=PatientFacts(PATIENT, "SYNTHETIC, Ada", BORN, "female", late))
    assert (told.field("enrolled").value, told.field("enrolled").flag) == (
        "No",
        "Enrolled on 25-Nov-2026, after this session.",
    )


# ---------------------------------------------------------------- versions, clock, changes


def test_the_older_version_has_no_field_of_2025():
    older = {f.key for f in form(watched(), version="2021-11").fields}
    newer = {f.key for f in form(watched()).fields}
    assert newer - older == {"first_treatment", "enrolled", "opioid", "respiratory_depression"}
    with pytest.raises(FormError, match="There is no version '2019'"):
        form(watched(), version="2019")


@pytest.mark.parametrize(
    ("day", "key"),
    [(date(2021, 11, 30), "2021-11"), (date(2025, 12, 30), "2021-11"), (date(2025, 12, 31), "2025")],
)
def test_each_day_has_its_version(day, key):
    assert version_in_use(PROGRAMME, on=day)[0] == key


@pytest.mark.parametrize(
    ("zone", "last"), [("Pacific/Honolulu", date(2026, 11, 30)), ("Pacific/Auckland", date(2026, 12, 2))]
)
def test_the_clock_counts_the_sites_own_days(zone, last):
    """10:00 UTC on the 24th is the 24th at midnight in Honolulu, and the 24th at 23:00 in Auckland."""
    given = at(0).replace(hour=9 if zone.endswith("Honolulu") else 11)
    assert due_on(given, PROGRAMME, zone=ZoneInfo(zone)) == last


def test_a_change_names_what_was_and_what_is():
    before = form(watched())
    log = watched()
    log.add("adverse_event", 60, term="Sedation", grade=1, serious=False, related="yes")
    (change,) = changes_since(before.canonical().decode(), form(log))
    assert (change.label, change.before[:2], change.now[:3]) == ("Sedation", "No", "Yes")
