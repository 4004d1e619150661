"""The life of a site's protocol: every state leads on, and somebody owes the step."""

import pytest

from posology.knowledge.lifecycle import (
    EDITABLE,
    FINAL_STATES,
    MOVES,
    OWNERS,
    Owner,
    VersionState,
    VersionStep,
    move_from,
    same_person,
)
from posology.knowledge.names import why_no_name


@pytest.mark.requirement("SR-17")
def test_every_state_has_an_owner_and_an_exit_or_is_final(record_property):
    for state in VersionState:
        moves = MOVES[state]
        assert bool(moves) != (state in FINAL_STATES), state
        assert (state in OWNERS) != (state in FINAL_STATES), state
        if moves:
            assert OWNERS[state] in {m.by for m in moves} | {Owner.ANYONE}, state
    record_property("n", len(VersionState))


def test_every_state_is_reached_and_every_road_ends():
    reached, waiting = set(), [VersionState.DRAFT]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [m.to for m in MOVES[state]]
    assert reached == set(VersionState)
    for state in VersionState:
        assert _ends(state, set()), state


def _ends(state: VersionState, seen: set[VersionState]) -> bool:
    if state in FINAL_STATES:
        return True
    return any(_ends(m.to, {*seen, state}) for m in MOVES[state] if m.to not in seen)


@pytest.mark.requirement("SR-16")
def test_only_a_reviewer_puts_into_force_or_takes_out_of_it():
    for state, moves in MOVES.items():
        for move in moves:
            if move.step in {VersionStep.APPROVE, VersionStep.RETIRE, VersionStep.RETURN, VersionStep.KEEP}:
                assert move.by is Owner.REVIEWER, state


def test_a_step_that_is_not_in_the_table_does_not_follow(record_property):
    tried = 0
    for state in VersionState:
        for step in VersionStep:
            allowed = step in {m.step for m in MOVES[state]}
            assert (move_from(state, step) is not None) == allowed
            tried += 1
    record_property("n", tried)
    assert {m.to for s in EDITABLE for m in MOVES[s]} == {VersionState.SUBMITTED, VersionState.WITHDRAWN}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("a@x.org", "Nord, Ada"), ("A@X.ORG", "Other"), True),
        (("a+b@x.org", "Nord, Ada"), ("a@x.org", "Other"), True),
        (("a", "Nord, Ada"), ("b", "Ada Nord"), True),
        (("a", "Nörd, Ada"), ("b", "NORD,  ada"), True),
        (("ａ", "Nord, Ada"), ("a", "Other"), True),
        (("a", "Nord, Ada"), ("b", "Nord, Eva"), False),
        (("a@x.org", ""), ("a@y.org", ""), False),
        (("a@x.org", ""), ("a@x.org.", "Other"), True),
        (("a@x.org", "One"), ("a\u200b@x.org", "Other"), True),
        (("a", "Nord, Ada"), ("b", "No\u200brd, Ada"), True),
        (("a", "Nord, Ada"), ("b", "No\u00adrd, Ada"), True),
        (("a", "Nord, Ada"), ("b", "No\u034frd, A\u3164da"), True),
        (("a", "Nord, Ada"), ("b", "Dr. Nord, Ada"), True),
        (("a", "Nord, Ada"), ("b", "Prof. Dr. Ada Nord, MD"), True),
        (("a", "Nord, Ada"), ("b", "Ada-Nord"), True),
        (("a", "Nord, Ada"), ("b", "(Ada) Nord!"), True),
        (("a", "Nord, Ada"), ("b", "N\u043erd, \u0410da"), True),
        (("a", "Sørd, Ada"), ("b", "Sord, Ada"), True),
        (("a", "O'Nord, Ada"), ("b", "ONord, Ada"), True),
        (("a", "Ada Nord"), ("b", "AdaNord"), True),
        (("a", "Dr"), ("b", "Prof"), False),
        (("a", "Nord, Ada"), ("b", "Dr. Nord, Eva"), False),
        (("a", "--"), ("b", ".."), False),
    ],
)
def test_two_accounts_of_one_person_are_seen_through(one, other, same):
    assert same_person(one, other) is same_person(other, one) is same


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Synthetic, Ada", True),
        ("Synthétic-O’Nord, Ada", True),
        ("\u0410\u0434\u0430 \u041d\u043e\u0440\u0434", True),
        ("\u4e00\u30ab\u3042", True),
        ("Synth\u200betic", False),
        ("Synth\u00adetic", False),
        ("Synth\u3164etic", False),
        ("Syn\nthetic", False),
        ("\u0405ynthetic", False),
        ("Synth\u03bftic", False),
    ],
)
def test_a_name_that_hides_or_imitates_a_letter_is_no_account_s(name, fits):
    assert (why_no_name(name) is None) is fits
