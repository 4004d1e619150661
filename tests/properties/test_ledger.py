"""The ledger of the drug under any sequence of entries: nothing comes from nowhere, nothing is lost."""

import os
import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from posology.knowledge import Substance
from posology.treatment import replay
from posology.treatment.ledger import Account, Act, ActKind, Dose, Lot, fold
from posology.treatment.ledger_days import passages
from posology.treatment.ledger_doses import MOVES_NOTHING, doses_of
from tests.midnights import day_ends, start_of
from tests.sessions import DAY, SESSION, Log, at

SEQUENCES = int(os.environ.get("POSOLOGY_LEDGERS", "3000"))  # set it higher for a longer run
LOTS = {
    Lot("ketamine-50", "A"): 500_000,
    Lot("ketamine-10", "A"): 200_000,
    Lot("esketamine-device-28", "E"): 28_000,
}


def drawn(chance: random.Random) -> tuple[list[Act], list[Dose]]:
    """Draw entries and doses, also such as no clinic should write."""
    acts: list[Act] = []
    for _ in range(chance.randint(0, 12)):
        lot = chance.choice(list(LOTS))
        kind = chance.choice(list(ActKind))
        openings = [a.id for a in acts if a.kind is ActKind.OPENED]
        acts.append(
            Act(
                UUID(int=chance.getrandbits(128)),
                kind,
                lot,
                containers=chance.randint(0, 5),
                content_ug=LOTS[lot],
                amount_ug=chance.randint(0, 600_000),
                opened=chance.choice([None, *openings]),
                session=chance.choice([None, UUID(int=1), UUID(int=2)]),
                reverses=chance.choice([a.id for a in acts]) if kind is ActKind.REVERSED and acts else None,
            )
        )
    doses = [
        Dose(
            UUID(int=chance.randint(1, 3)),
            chance.choice(list(LOTS)),
            Substance.KETAMINE,
            at(n),
            chance.randint(0, 600_000),
        )
        for n in range(chance.randint(0, 4))
    ]
    return acts, doses


@pytest.mark.hazard("H-50")
def test_the_accounts_add_up_to_nothing_after_any_sequence(record_property):
    """Every line by itself and all accounts together, for each lot; what was given is whole in the patients'
    account. N is the number of sequences."""
    for seed in range(SEQUENCES):
        acts, doses = drawn(random.Random(seed))
        ledger = fold(acts, doses)
        assert all(sum(p.ug for p in line.postings) == 0 for line in ledger.lines), seed
        for lot in LOTS:
            assert sum(ledger.balance_ug(account, lot) for account in Account) == 0, seed
            told = sum(d.amount_ug for d in doses if d.lot == lot)
            assert ledger.balance_ug(Account.PATIENT, lot) == told, seed
        assert len(ledger.lines) == len(acts) + len(doses), seed
    record_property("n", SEQUENCES)


@pytest.mark.hazard("H-50")
def test_a_microgram_that_is_planted_into_a_whole_ledger_shows(record_property):
    """Vials that are accounted for, then one amount off by 1 to 1,000 µg. N is the number of ledgers."""
    lot, content = next(iter(LOTS.items()))
    for seed in range(SEQUENCES):
        chance = random.Random(seed)
        acts = [Act(UUID(int=99), ActKind.RECEIVED, lot, containers=10, content_ug=content)]
        doses = []
        vials = chance.randint(1, 6)
        for n in range(1, vials + 1):
            ug = chance.randint(0, content)
            acts.append(Act(UUID(int=n), ActKind.OPENED, lot, session=UUID(int=n)))
            waste = Act(UUID(int=100 + n), ActKind.WASTED, lot, amount_ug=content - ug, opened=UUID(int=n))
            acts.append(waste)
            doses.append(Dose(UUID(int=n), lot, Substance.KETAMINE, at(n), ug))
        assert fold(acts, doses).unaccounted_ug == 0, seed
        off = chance.choice([-1, 1]) * chance.randint(1, 1000)
        hit = chance.randrange(vials)
        changed = doses[hit]
        doses[hit] = Dose(changed.session, lot, changed.substance, changed.at, changed.amount_ug + off)
        assert fold(acts, doses).unaccounted_ug == abs(off), seed
    record_property("n", SEQUENCES)


@pytest.mark.hazard("H-50")
def test_a_day_that_is_cut_anywhere_adds_up_to_nothing(record_property):
    """What lay there, came, went and lies there now, of each lot, between any two moments. N: the ledgers."""
    for seed in range(SEQUENCES):
        chance = random.Random(seed)
        acts, doses = drawn(chance)
        moments = {act.id: at(n) for n, act in enumerate(acts)}
        start = chance.uniform(0, 12)
        told = passages(
            fold(acts, doses),
            at_of=lambda key, known=moments: known[key],
            start=at(start),
            end=at(start + chance.uniform(0, 6)),
        )
        assert all(passage.out_of_balance_ug == 0 for passage in told.values()), seed
    record_property("n", SEQUENCES)


def of_one_lot_each(acts: list[Act]) -> list[Act]:
    """Let each entry be of the lot of the one that it names, as the clinic writes them."""
    lots: dict[UUID, Lot] = {}
    told = []
    for act in acts:
        named = act.reverses or act.opened
        told.append(replace(act, lot=lots[named]) if named in lots else act)
        lots[act.id] = told[-1].lot
    return told


@pytest.mark.hazard("H-50")
def test_a_lot_that_is_read_alone_says_the_same_as_among_all(record_property):
    """Pages read single lots: its balances and containers are those of the whole ledger. N: the ledgers."""
    for seed in range(SEQUENCES):
        acts, doses = drawn(random.Random(seed))
        acts = of_one_lot_each(acts)
        whole = fold(acts, doses)
        for lot in LOTS:
            alone = fold([a for a in acts if a.lot == lot], [d for d in doses if d.lot == lot])
            assert {k: v for k, v in whole.balances.items() if k[1] == lot} == dict(alone.balances), seed
            assert {k: c for k, c in whole.containers.items() if c.lot == lot} == dict(alone.containers), seed
    record_property("n", SEQUENCES)


# ---------------------------------------------------------------- what a ledger leaves out of a session

_LOTS = ("A1", "B2")
OF = {
    "session": SESSION,
    "product_id": "ketamine-50",
    "substance": Substance.KETAMINE,
    "day_ends": day_ends,
}


def told(chance: random.Random, *, start: float = 0.0) -> Log:
    """Draw the log of a session, also such as no clinic should have: dose upon dose, corrections of all."""
    log = Log()
    minute = start
    for _ in range(chance.randint(1, 14)):
        minute += chance.choice([0, 1, 2.5, 7])
        lot = chance.choice(_LOTS)
        kind, said = chance.choice(
            [
                ("administration_started", {"dose_mg": "36", "lot": lot, "minutes": "40"}),
                ("administration_started", {"dose_mg": "56", "lot": lot, "devices": 2}),
                (
                    "device_given",
                    {"number": chance.randint(1, 3), "lot": lot, "complete": chance.random() < 0.8},
                ),
                ("dose_given", {"dose_mg": "35.5", "lot": lot}),
                ("infusion_paused", {}),
                ("infusion_resumed", {}),
                ("infusion_rate_changed", {"rate_mg_per_min": "0.5"}),
                ("infusion_stopped", {"reason": "Through."}),
                ("reading_taken", {"systolic": 124, "diastolic": 78}),
                ("scale_scored", {"scale": "moaa_s", "value": 5}),
                ("note_written", {"text": "A note."}),
                ("discharge_criterion", {"key": "walks", "met": True}),
                ("discharged", {"with_escort": True}),
                ("session_cancelled", {"reason": "Ill."}),
            ]
        )
        log.add(kind, minute, **said)
        if chance.random() < 0.25:
            event = chance.choice(log.events)
            if event.kind == "dose_given":
                change = {
                    "event_kind": "dose_given",
                    "payload": {"dose_mg": "20", "lot": chance.choice(_LOTS)},
                }
            elif chance.random() < 0.5:
                change = {"withdrawn": True}
            else:
                change = {"occurred_at": (event.occurred_at + timedelta(minutes=3)).isoformat()}
            if event.kind != "corrected":
                log.add("corrected", minute + 4, event_id=str(event.id), reason="Wrong.", **change)
    return log


@pytest.mark.hazard("H-50")
def test_a_session_gives_the_ledger_the_same_doses_without_what_moves_no_drug(record_property):
    """The ledger reads fewer events than the chair; the doses are the same. N is the number of sessions."""
    some = 0
    for seed in range(SEQUENCES):
        chance = random.Random(seed)
        log = told(chance)
        until = at(chance.uniform(0, 80))
        few = replay(e for e in log.events if e.kind not in MOVES_NOTHING)
        of = {**OF, "at": until}
        found = doses_of(replay(log.events), **of)
        assert doses_of(few, **of) == found, seed
        some += bool(found)
    assert some > SEQUENCES / 3
    record_property("n", SEQUENCES)


@pytest.mark.hazard("H-50")
def test_each_day_gives_what_ran_in_on_it_whenever_it_is_read(record_property):
    """Sessions around a midnight, read at the end of each day and at the last moment: a day that is over says
    the same in both; what lies there at its end is what the next day begins with; all days together are what
    the session gave. N is the number of sessions."""
    lots = [Lot("ketamine-50", number) for number in _LOTS]
    acts = [
        Act(UUID(int=n), ActKind.RECEIVED, lot, containers=9, content_ug=500_000)
        for n, lot in enumerate(lots, start=1)
    ]
    days = [start_of(DAY + timedelta(days=n)) for n in range(4)]
    over_midnight = 0
    for seed in range(SEQUENCES):
        chance = random.Random(seed)
        state = told(chance, start=chance.uniform(13.3 * 60, 14.1 * 60)).state
        last = fold(acts, doses_of(state, at=days[-1], **OF))
        left = dict.fromkeys(lots, 9 * 500_000)
        for start, end in pairwise(days):
            now = fold(acts, doses_of(state, at=end, **OF))
            span = {"at_of": lambda _: days[0], "start": start, "end": end}
            seen, later = passages(now, **span), passages(last, **span)
            assert seen == later, seed
            if start > days[0]:
                assert {lot: seen[lot].before_ug for lot in lots} == left, seed
            left = {lot: seen[lot].after_ug for lot in lots}
        assert last.balance_ug(Account.PATIENT) == state.delivered_mg(days[-1]) * 1000, seed
        over_midnight += any(dose.goes_on for dose in last.doses)
    assert over_midnight > SEQUENCES / 10
    record_property("n", SEQUENCES)
