"""Twelve ways to divert the drug: each planted into an honest ledger, and seen; and what the stock allows."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from posology.knowledge import Substance
from posology.treatment.ledger import Act, ActKind, Dose, Lot, fold
from posology.treatment.ledger_days import passages
from posology.treatment.ledger_signs import (
    Closed,
    Limits,
    Pattern,
    Sign,
    Written,
    by_pattern,
    given_on,
    signs,
)
from posology.treatment.ledger_stock import Stock, stock_obstacle
from tests.sessions import NAMES, at

VIALS, DEVICES = Lot("ketamine-50", "A1"), Lot("esketamine-device-28", "E1")
HOLDS = {VIALS: 500_000, DEVICES: 28_000}
LIMITS = Limits(settle_within=timedelta(hours=12), one_witness_wastes=10)
PEOPLE = ("Ada", "Bea", "Cy")
DAY = 24 * 60  # minutes


def key(name: str) -> UUID:
    return uuid5(NAMES, f"signs {name}")


@dataclass
class Honest:
    """Two days of a clinic in which everything is as it should be; one thing is then made otherwise."""

    acts: dict[str, Act] = field(default_factory=dict)
    doses: dict[str, Dose] = field(default_factory=dict)
    written: dict[UUID, Written] = field(default_factory=dict)
    closed: list[Closed] = field(default_factory=list)

    def act(self, name: str, kind: ActKind, minute: float, *, lot: Lot = VIALS, who: int = 0, **more) -> None:
        self.acts[name] = Act(key(name), kind, lot, **more)
        witnessed = kind in {ActKind.WASTED, ActKind.RETURNED, ActKind.COUNTED, ActKind.REVERSED}
        # The one who wastes asks now this colleague, now that one.
        other = PEOPLE[(who + 1 + len(self.acts) % 2) % 3] if witnessed else None
        self.written[key(name)] = Written(PEOPLE[who], at(minute), other)

    def dose(self, name: str, minute: float, ug: int, *, lot: Lot = VIALS) -> None:
        self.doses[name] = Dose(key(f"session {name}"), lot, _substance(lot), at(minute), ug)

    def vial(self, name: str, minute: float, ug: int) -> None:
        """Open a vial for one patient, give, and waste the rest before a colleague."""
        self.act(f"open {name}", ActKind.OPENED, minute, session=key(f"session {name}"))
        self.dose(name, minute + 10, ug)
        self.act(
            f"waste {name}",
            ActKind.WASTED,
            minute + 60,
            who=1,
            amount_ug=HOLDS[VIALS] - ug,
            opened=key(f"open {name}"),
        )

    def seen(self, *, minute: float = 2 * DAY) -> tuple[Sign, ...]:
        ledger = fold(self.acts.values(), self.doses.values())
        assert all(sum(p.ug for p in line.postings) == 0 for line in ledger.lines)
        return signs(
            ledger,
            written=self.written,
            closed=self.closed,
            limits=LIMITS,
            day_of=day_of,
            at=at(minute),
        )


def _substance(lot: Lot) -> Substance:
    return Substance.KETAMINE if lot == VIALS else Substance.ESKETAMINE


def day_of(moment: datetime) -> date:
    return moment.date()


def honest() -> Honest:
    made = Honest()
    made.act("receive", ActKind.RECEIVED, 0, containers=20, content_ug=HOLDS[VIALS])
    made.act("receive devices", ActKind.RECEIVED, 1, lot=DEVICES, containers=10, content_ug=HOLDS[DEVICES])
    for n in range(6):
        made.vial(f"iv {n}", 5 + n, 36_000 + n)
    made.act("vial", ActKind.OPENED, 20)  # for several patients: drawn from, the rest wasted
    for n in range(2):
        session = key(f"session sc {n}")
        made.act(f"draw {n}", ActKind.DRAWN, 21 + n, amount_ug=40_000, opened=key("vial"), session=session)
        made.dose(f"sc {n}", 30 + n, 40_000)
    made.act("waste vial", ActKind.WASTED, 100, amount_ug=420_000, opened=key("vial"))
    for n in (1, 2):
        made.act(f"device {n}", ActKind.OPENED, 24 + n, lot=DEVICES, session=key("session nasal"))
        made.doses[f"nasal {n}"] = Dose(
            key("session nasal"), DEVICES, _substance(DEVICES), at(30 + 5 * n), 28_000
        )
    made.act("count", ActKind.COUNTED, 110, containers=13)
    made.act("count devices", ActKind.COUNTED, 111, lot=DEVICES, containers=8)
    ledger = fold(made.acts.values(), made.doses.values())
    day = day_of(at(0))
    made.closed = [Closed(key("close"), day, given_on(ledger, day, day_of))]
    made.written[key("close")] = Written("Ada", at(120))
    return made


# ---------------------------------------------------------------- each planted
def _keep_a_rest(c: Honest) -> None:
    """Waste less than there is, and keep the rest."""
    c.acts["waste iv 3"] = replace(c.acts["waste iv 3"], amount_ug=c.acts["waste iv 3"].amount_ug - 1)


def _write_more_waste(c: Honest) -> None:
    """Write down a larger waste than the vial can have held: another was taken for it."""
    c.acts["waste iv 3"] = replace(c.acts["waste iv 3"], amount_ug=c.acts["waste iv 3"].amount_ug + 1)


def _write_a_dose_without_a_vial(c: Honest) -> None:
    """Write down a dose for which no vial was opened."""
    del c.acts["open iv 2"], c.acts["waste iv 2"]
    c.acts["count"] = replace(c.acts["count"], containers=14)


def _bring_ones_own_lot(c: Honest) -> None:
    """Give out of a lot that never came, and keep the clinic's."""
    c.doses["iv 2"] = replace(c.doses["iv 2"], lot=Lot(VIALS.product_id, "X9"))


def _open_for_nobody(c: Honest) -> None:
    """Open a vial for a session in which nothing is given, and write all of it down as wasted."""
    del c.doses["iv 4"]
    c.acts["waste iv 4"] = replace(c.acts["waste iv 4"], amount_ug=HOLDS[VIALS])
    _close_again(c)


def _open_a_second(c: Honest) -> None:
    """Open one more vial for a patient than the dose needs, and write it down as wasted."""
    c.act("second", ActKind.OPENED, 70, session=key("session iv 1"))
    c.act("waste second", ActKind.WASTED, 80, who=1, amount_ug=HOLDS[VIALS], opened=key("second"))
    c.acts["count"] = c.acts.pop("count")
    c.acts["count"] = replace(c.acts["count"], containers=12)


def _take_from_the_safe(c: Honest) -> None:
    """Take an unopened vial out of the safe."""
    c.acts["count"] = replace(c.acts["count"], containers=12)


def _hide_a_receipt(c: Honest) -> None:
    """Receive more than is written down: the count finds too much."""
    c.acts["count"] = replace(c.acts["count"], containers=14)


def _skip_the_count(c: Honest) -> None:
    """Never count on the day."""
    del c.acts["count"]


def _make_a_waste_smaller(c: Honest) -> None:
    """Take a witnessed waste back, and write a smaller one and a larger dose."""
    c.act("back", ActKind.REVERSED, 102, reverses=key("waste iv 5"))
    rest = c.acts["waste iv 5"].amount_ug - 20_000
    c.act("waste again", ActKind.WASTED, 103, who=1, amount_ug=rest, opened=key("open iv 5"))
    c.doses["iv 5"] = replace(c.doses["iv 5"], amount_ug=c.doses["iv 5"].amount_ug + 20_000)
    _close_again(c)


def _let_a_rest_lie(c: Honest) -> None:
    """Keep an open vial until the next day, and waste what may be something else by then."""
    c.written[key("waste vial")] = replace(c.written[key("waste vial")], at=at(20 + 12 * 60 + 1))


def _change_after_the_close(c: Honest) -> None:
    """Correct a dose to more once the day is closed, and the waste to less."""
    c.doses["iv 0"] = replace(c.doses["iv 0"], amount_ug=c.doses["iv 0"].amount_ug + 10_000)
    waste = c.acts["waste iv 0"]
    c.acts["waste iv 0"] = replace(waste, amount_ug=waste.amount_ug - 10_000)


def _waste_with_a_friend(c: Honest) -> None:
    """Waste ten times, each time with the same colleague."""
    for n in range(6, 10):
        c.vial(f"iv {n}", 40 + n, 36_000)
    c.acts["count"] = replace(c.acts.pop("count"), containers=9)
    for act in c.acts.values():
        if act.kind is ActKind.WASTED:
            c.written[act.id] = replace(c.written[act.id], by="Bea", witness="Cy")
    _close_again(c)


def _close_again(c: Honest) -> None:
    ledger = fold(c.acts.values(), c.doses.values())
    c.closed = [replace(one, given_ug=given_on(ledger, one.day, day_of)) for one in c.closed]


PLANTED: dict[str, tuple[Callable[[Honest], None], set[Pattern]]] = {
    "a rest is kept": (_keep_a_rest, {Pattern.REST_MISSING}),
    "more is wasted than it held": (_write_more_waste, {Pattern.MORE_THAN_HELD}),
    "a dose without a vial": (_write_a_dose_without_a_vial, {Pattern.NO_CONTAINER}),
    # The clinic's own vial, opened for that session, then has a rest and no dose, and its day another sum.
    "a lot of one's own": (
        _bring_ones_own_lot,
        {Pattern.UNKNOWN_LOT, Pattern.REST_MISSING, Pattern.NO_DOSE, Pattern.CHANGED_AFTER_CLOSE},
    ),
    "opened for nobody": (_open_for_nobody, {Pattern.NO_DOSE}),
    # The second vial is seen as one of which nothing was given, too.
    "a second vial": (_open_a_second, {Pattern.SPARE_CONTAINER, Pattern.NO_DOSE}),
    "taken from the safe": (_take_from_the_safe, {Pattern.COUNT_DIFFERS}),
    "a receipt that is not written down": (_hide_a_receipt, {Pattern.COUNT_DIFFERS}),
    "never counted": (_skip_the_count, {Pattern.COUNT_SKIPPED}),
    "a waste made smaller": (_make_a_waste_smaller, {Pattern.TAKEN_BACK}),
    "a rest that lies about": (_let_a_rest_lie, {Pattern.LATE_WASTE}),
    "changed after the close": (_change_after_the_close, {Pattern.CHANGED_AFTER_CLOSE}),
    "one witness": (_waste_with_a_friend, {Pattern.ONE_WITNESS}),
}  # fmt: skip


def test_an_honest_ledger_shows_no_sign():
    assert honest().seen() == ()


@pytest.mark.hazard("H-50")
def test_each_of_the_twelve_patterns_is_seen_where_it_is_planted(record_property):
    """Each planted alone into two honest days; its sign is there, and only what is its due. N: how many."""
    for name, (plant, expected) in PLANTED.items():
        made = honest()
        plant(made)
        assert {sign.pattern for sign in made.seen()} == expected, name
    assert set().union(*(expected for _, expected in PLANTED.values())) == set(Pattern)
    record_property("n", len(PLANTED))


@pytest.mark.parametrize("name", PLANTED)
def test_the_sign_that_a_plant_is_named_for_is_there(name):
    plant, expected = PLANTED[name]
    named = {
        "a lot of one's own": Pattern.UNKNOWN_LOT,
        "a second vial": Pattern.SPARE_CONTAINER,
    }.get(name) or next(iter(expected))
    made = honest()
    plant(made)
    told = by_pattern(made.seen())
    assert set(told) == set(Pattern)
    assert told[named], name
    assert all(sign.at <= at(2 * DAY) for sign in told[named])


def test_a_second_vial_is_seen_beside_an_infusion_that_ran_over_midnight():
    """Its part of the next day is no second dose that would explain a second vial."""
    made = honest()
    _open_a_second(made)
    first = made.doses["iv 1"]
    made.doses["iv 1"] = replace(first, amount_ug=first.amount_ug - 9_000, goes_on=True)
    made.doses["iv 1 after"] = replace(first, at=at(17), amount_ug=9_000, began_at=first.at)
    assert {s.pattern for s in made.seen()} == {Pattern.SPARE_CONTAINER, Pattern.NO_DOSE}


def test_what_may_still_be_put_right_today_is_no_sign_yet():
    made = honest()
    _keep_a_rest(made)
    del made.acts["count"]
    assert made.seen(minute=8 + 12 * 60) == ()
    assert {s.pattern for s in made.seen(minute=2 * DAY)} == {Pattern.REST_MISSING, Pattern.COUNT_SKIPPED}


def test_a_device_of_which_a_spray_was_lost_is_not_opened_for_nobody():
    made = honest()
    lost = made.doses["nasal 2"]
    made.doses["nasal 2"] = replace(lost, amount_ug=0, is_least=True)
    assert Pattern.NO_DOSE not in {s.pattern for s in made.seen()}


# ---------------------------------------------------------------- a day adds up


def test_the_passage_of_a_lot_through_a_day_adds_up_to_nothing(record_property):
    """Every planted ledger, cut at every half hour: before + in = out + after, to the microgram."""
    tried = 0
    for plant, _ in PLANTED.values():
        made = honest()
        plant(made)
        ledger = fold(made.acts.values(), made.doses.values())
        for start in range(0, 180, 30):
            found = passages(
                ledger, at_of=lambda k, w=made.written: w[k].at, start=at(start), end=at(start + 30)
            )
            assert all(p.out_of_balance_ug == 0 for p in found.values())
            tried += len(found)
    record_property("n", tried)


# ---------------------------------------------------------------- the stock before a dose

TODAY = date(2026, 11, 24)


def _why(stocks, *, named=None, needed=36_000) -> str | None:
    found = stock_obstacle(stocks, product="Ketamine", named=named, needed_ug=needed, on=TODAY)
    return found.key.removeprefix("ledger/") if found else None


def test_a_dose_needs_a_lot_that_came_is_good_and_is_enough():
    good, old = Stock("A", TODAY, 36_000), Stock("B", TODAY - timedelta(days=1), 500_000)
    assert _why([]) == "no-lot"
    assert _why([good]) is None
    assert _why([good], needed=36_001) == "not-enough"
    assert _why([old]) == "expired"
    assert _why([good, old], named="B") == "expired"
    assert _why([good, old], named="C") == "unknown-lot"
    assert _why([good, old], needed=36_001) == "not-enough"
    assert _why([replace(good, left_ug=-5)], needed=1) == "not-enough"
