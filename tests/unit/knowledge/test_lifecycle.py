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
    ],
)
def test_two_accounts_of_one_person_are_seen_through(one, other, same):
    assert same_person(one, other) is same_person(other, one) is same
