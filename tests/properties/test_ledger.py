"""The ledger of the drug under any sequence of entries: nothing comes from nowhere, nothing is lost."""

import os
import random
from uuid import UUID

from posology.knowledge import Substance
from posology.treatment.ledger import Account, Act, ActKind, Dose, Lot, fold
from tests.sessions import at

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
