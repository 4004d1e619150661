"""A programme's form under any session: each origin is this session's or a standing fact."""

import os
import random
from uuid import uuid5

from posology.treatment import replay
from posology.treatment.rems import OriginKind, Stated
from posology.treatment.rems_form import form_of
from tests.remsforms import CRITERIA, form, known_ids, leave, score, started, told
from tests.sessions import NAMES, Log, at

SESSIONS = int(os.environ.get("POSOLOGY_FORMS", "400"))  # set it higher for a longer run
ASKED = ("first_treatment", "minutes_ready", "vitals_before", "sedation", "pressure_at_40", "serious_account")


def drawn(chance: random.Random) -> Log:
    """Draw a session, also such as was told late, broken off, or never ended."""
    log = started(devices=chance.randint(0, 2))
    for _ in range(chance.randint(0, 12)):
        minute = chance.randint(0, 200)
        match chance.randint(0, 4):
            case 0:
                log.reading(minute, systolic=chance.randint(100, 175))
            case 1:
                score(log, minute, chance.choice(["moaa_s", "dissociation"]), chance.randint(0, 3))
            case 2:
                term = chance.choice(["Sedation", "Respiratory depression", "Nausea"])
                log.add(
                    "adverse_event", minute, term=term, grade=chance.randint(1, 4),
                    serious=chance.random() < 0.3, related="unknown",
                )  # fmt: skip
            case 3:
                log.add("discharge_criterion", minute, key=chance.choice(CRITERIA), met=chance.random() < 0.7)
            case 4:
                log.add(
                    "gate_answered", 3, item="opioid_today", answer=chance.choice(["yes", "no", "unknown"])
                )
    return leave(log, minute=chance.randint(100, 200)) if chance.random() < 0.7 else log


def answers(chance: random.Random) -> dict[str, Stated]:
    keys = [key for key in ASKED if chance.random() < 0.5]
    return {key: Stated(uuid5(NAMES, f"answer {key}"), "yes", at(300)) for key in keys}


def test_each_field_is_open_or_comes_from_this_session_a_person_or_a_standing_fact(record_property):
    """Every value has an origin, and every origin is known here. N is the number of sessions."""
    for seed in range(SESSIONS):
        chance = random.Random(seed)
        log, said = drawn(chance), answers(chance)
        events = {e.id for e in log.events}
        allowed = known_ids(log, *(row.id for row in said.values()))
        for field in form(log, answers=said).fields:
            assert bool(field.value) != bool(field.missing), (seed, field.key)
            assert bool(field.value) == bool(field.origins), (seed, field.key)
            for origin in field.origins:
                assert origin.id in allowed, (seed, field.key)
                assert (origin.kind is OriginKind.EVENT) == (origin.id in events), (seed, field.key)
    record_property("n", SESSIONS)


def test_no_order_of_arrival_and_no_later_moment_changes_a_form(record_property):
    """The same entries in any order, looked at much later: the same text. N is the number of sessions."""
    for seed in range(SESSIONS):
        chance = random.Random(seed)
        log = drawn(chance)
        before = form(log).sha256
        shuffled = list(log.events)
        chance.shuffle(shuffled)
        assert form_of(told(replay(shuffled))).sha256 == before, seed
        assert form(log, minute=100_000).sha256 == before, seed
    record_property("n", SESSIONS)
