"""Plans, rungs and intervals as they are read: whole visits, both sides of each edge, and every sentence."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from posology.knowledge import Library, load_library
from posology.knowledge.schema import Phase, ProtocolFile
from posology.protocols.limits.values import value_of
from posology.protocols.schedule import (
    Place,
    Rung,
    TooSoon,
    Visit,
    check_interval,
    current_rung,
    days_between,
    ladder,
    last_session,
    next_place,
    phase_of,
    phase_size,
    place_after,
    place_of,
    plan,
    protocols_for,
)
from posology.quantities import DomainError
from tests.histories import history

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
MDSI = LIBRARY.protocol("esketamine-mdsi-us")
TWICE, WEEKLY, LATER = IV.phases
FIRST = date(2026, 1, 1)
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TODAY = AT.date()


def with_phases(*phases: Phase) -> ProtocolFile:
    return IV.model_copy(update={"phases": phases})


def phase(name: str, **pattern: object) -> Phase:
    """Return a phase that has this pattern alone."""
    none = {"visit_days": None, "every_days": None, "sessions": None, "interval_days": None}
    return TWICE.model_copy(update={"id": name, "checkpoint": None, **none, **pattern})


def numbers(visits: tuple[Visit, ...]) -> list[tuple[int, int, str]]:
    return [(v.number, (v.on - FIRST).days, v.phase) for v in visits]


# ---------------------------------------------------------------- where a course stands


@pytest.mark.parametrize(
    ("number", "phase_", "index"),
    [(1, TWICE, 0), (6, TWICE, 5), (7, WEEKLY, 0), (10, WEEKLY, 3), (11, LATER, 0), (30, LATER, 19)],
)
def test_a_session_number_has_its_place(number, phase_, index):
    """Six in three weeks, four weekly, and then without an end."""
    assert place_of(IV, number) == Place(phase_, index)


def test_a_session_after_the_last_falls_into_the_last_phase():
    assert [place_of(MDSI, n).phase.id for n in (8, 9, 20)] == ["induction"] * 3
    assert place_of(MDSI, 8).index == 7


def test_one_place_follows_another_to_the_end():
    assert next_place(IV, Place(TWICE, 4)) == Place(TWICE, 5)
    assert next_place(IV, Place(TWICE, 5)) == Place(WEEKLY, 0)
    assert next_place(IV, Place(WEEKLY, 3)) == Place(LATER, 0)
    assert next_place(IV, Place(LATER, 99)) == Place(LATER, 100)
    assert next_place(MDSI, Place(MDSI.phases[0], 6)) == Place(MDSI.phases[0], 7)
    assert next_place(MDSI, Place(MDSI.phases[0], 7)) is None


def test_after_the_last_session_of_a_course_that_ends_there_is_no_place():
    assert place_after(MDSI, ["induction"] * 7) == Place(MDSI.phases[0], 7)
    assert place_after(MDSI, ["induction"] * 8) is None


def test_each_phase_has_its_size_and_the_course_their_sum():
    assert [phase_size(p) for p in IV.phases] == [6, 4, None]
    assert last_session(IV) is None
    assert last_session(MDSI) == 8
    assert last_session(with_phases(TWICE, WEEKLY)) == 10
    assert last_session(with_phases(TWICE, LATER, WEEKLY)) == 10


def test_what_is_no_phase_is_named_in_forty_letters():
    with pytest.raises(DomainError) as caught:
        phase_of(IV, "x" * 50)
    assert str(caught.value) == (
        f"'{'x' * 40}' is no phase of Intravenous racemic ketamine. "
        "Its phases are: induction, continuation, maintenance."
    )
    assert phase_of(IV, "continuation") is WEEKLY


# ---------------------------------------------------------------- rungs


def test_the_ladder_names_each_interval_and_its_phase():
    """Weekly stands once, with the phase that comes first."""
    assert ladder(IV) == (
        Rung("induction", 3),
        Rung("continuation", 7),
        Rung("maintenance", 14),
        Rung("maintenance", 21),
        Rung("maintenance", 28),
    )


def test_a_phase_of_one_visit_stands_as_a_day():
    assert ladder(with_phases(phase("once", visit_days=(1,)), WEEKLY)) == (
        Rung("once", 1),
        Rung("continuation", 7),
    )


@pytest.mark.parametrize(
    ("phase_id", "gap", "days"),
    [
        ("induction", None, 3),
        ("induction", 9, 3),
        ("continuation", 14, 7),
        ("maintenance", None, 14),
        ("maintenance", 0, 14),
        ("maintenance", 1, 7),
        ("maintenance", 4, 7),
        ("maintenance", 5, 7),
        ("maintenance", 18, 14),
        ("maintenance", 19, 21),
    ],
)
def test_a_course_stands_on_the_rung_of_its_last_gap(phase_id, gap, days):
    """Up to two days early a session still counts as given on its day."""
    assert current_rung(IV, phase_id, gap) == Rung(phase_id, days)


# ---------------------------------------------------------------- plans


def test_a_plan_tells_number_day_phase_and_what_to_do_at_the_end_of_each():
    visits = plan(IV, first_number=5, first_on=FIRST, count=3)
    assert visits == (
        Visit(5, FIRST, "induction", TWICE.title, ""),
        Visit(6, date(2026, 1, 4), "induction", TWICE.title, TWICE.checkpoint),
        Visit(7, date(2026, 1, 11), "continuation", WEEKLY.title, ""),
    )
    assert plan(IV, first_number=5, first_on=FIRST, count=0) == ()


def test_a_phase_without_a_checkpoint_has_no_note():
    short = with_phases(phase("short", visit_days=(1, 3)))
    assert [v.note for v in plan(short, first_number=1, first_on=FIRST, count=9)] == ["", ""]


def test_a_chosen_interval_is_kept_where_the_phase_has_no_end():
    visits = plan(IV, first_number=12, first_on=FIRST, count=3, rung=Rung("maintenance", 21))
    assert numbers(visits) == [(12, 0, "maintenance"), (13, 21, "maintenance"), (14, 42, "maintenance")]


def test_a_chosen_phase_that_ends_keeps_its_own_days():
    visits = plan(IV, first_number=12, first_on=FIRST, count=6, rung=Rung("continuation", 99))
    assert [days for _, days, _ in numbers(visits)] == [0, 7, 14, 21, 35, 49]


def test_a_plan_may_begin_elsewhere_than_its_number_says():
    visits = plan(IV, first_number=3, first_on=FIRST, count=3, start=Place(WEEKLY, 2))
    assert numbers(visits) == [(3, 0, "continuation"), (4, 7, "continuation"), (5, 21, "maintenance")]


def test_a_course_that_was_shortened_may_go_on_after_its_number_says_it_is_over():
    late = plan(MDSI, first_number=9, first_on=FIRST, count=9, start=Place(MDSI.phases[0], 6))
    assert numbers(late) == [(9, 0, "induction"), (10, 3, "induction")]
    assert len(plan(MDSI, first_number=8, first_on=FIRST, count=9)) == 1
    assert plan(MDSI, first_number=9, first_on=FIRST, count=9) == ()


def test_the_days_between_two_places_are_those_of_the_phase_that_sets_them():
    """Into a weekly phase, its week; back into visit days, the interval that was left."""
    assert days_between(Place(TWICE, 1), Place(TWICE, 2)) == 4
    assert days_between(Place(TWICE, 5), Place(WEEKLY, 0)) == 7
    assert days_between(Place(WEEKLY, 0), Place(WEEKLY, 1)) == 7
    assert days_between(Place(WEEKLY, 3), Place(LATER, 0)) == 14
    again = phase("again", visit_days=(1, 10))
    assert days_between(Place(LATER, 0), Place(again, 0)) == 14
    assert days_between(Place(TWICE, 5), Place(again, 0)) == 3
    assert days_between(Place(phase("once", visit_days=(1,)), 0), Place(again, 0)) == 1


# ---------------------------------------------------------------- too soon


def too_soon(protocol: ProtocolFile, last_at: datetime, next_at: datetime) -> str:
    with pytest.raises(TooSoon) as caught:
        check_interval(protocol, history=history(last_at), next_at=next_at)
    assert caught.value.code == "too-soon"
    return str(caught.value)


def keeping(**interval: object) -> ProtocolFile:
    value = value_of(IV, "session_interval_min", AT.date()).model_copy(update=interval)
    values = {**IV.values, "session_interval_min": {date(2000, 1, 1): value}}
    return IV.model_copy(update={"values": values})


def test_a_second_too_few_is_not_shown_as_the_whole_interval():
    assert too_soon(IV, AT, AT + timedelta(hours=47, minutes=59, seconds=59)) == (
        "The last session was 47 h before this one; Intravenous racemic ketamine keeps 48 h (PR-IV-20). "
        "The earliest moment is 2026-11-26 15:00 UTC."
    )


@pytest.mark.parametrize(
    ("hours", "kept", "gap"),
    [(71, "3.0 days", "71 h"), (72, "7.0 days", "3.0 days"), (167, "7.0 days", "6.9 days")],
)
def test_from_three_days_on_an_interval_is_told_in_days(hours, kept, gap):
    keeps = keeping(value=Decimal(kept.split(".")[0]), unit="d", facts=("F-1", "F-2"))
    said = too_soon(keeps, AT, AT + timedelta(hours=hours))
    assert said.startswith(f"The last session was {gap} before this one; ")
    assert f" keeps {kept} (F-1, F-2). " in said


def test_the_earliest_moment_is_told_in_utc_wherever_the_last_session_was():
    """15:00 in Berlin in winter is 14:00 UTC."""
    last = datetime(2026, 11, 24, 15, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert too_soon(IV, last, last + timedelta(hours=24)).endswith(
        "The earliest moment is 2026-11-26 14:00 UTC."
    )


def test_the_zone_of_the_machine_plays_no_part(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert "2026-11-26 15:00 UTC" in too_soon(IV, AT, AT + timedelta(hours=24))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_smallest_interval_is_that_of_the_day_and_to_the_second():
    value = value_of(IV, "session_interval_min", AT.date())
    longer = value.model_copy(update={"value": Decimal("50.25")})
    dated = {date(2000, 1, 1): value, date(2026, 11, 27): longer}
    later = IV.model_copy(update={"values": {**IV.values, "session_interval_min": dated}})
    check_interval(later, history=history(AT), next_at=AT + timedelta(hours=48))
    check_interval(
        later, history=history(AT + timedelta(days=1)), next_at=AT + timedelta(hours=74, minutes=15)
    )
    assert "keeps 50 h" in too_soon(later, AT + timedelta(days=1), AT + timedelta(hours=74, minutes=14))


def test_a_first_session_is_never_too_soon():
    check_interval(IV, history=history(), next_at=AT)


# ---------------------------------------------------------------- which protocols


def ids(library: Library, jurisdiction: str, on: date = TODAY) -> list[str]:
    return [p.id for p in protocols_for(library, jurisdiction, on=on)]


def with_protocol(name: str, **fields: object) -> Library:
    changed = LIBRARY.protocols[name].model_copy(update=fields)
    return replace(LIBRARY, protocols={**LIBRARY.protocols, changed.id: changed})


def test_what_a_label_approves_comes_first_and_only_where_it_holds():
    off_label = ["ketamine-im", "ketamine-iv", "ketamine-oral", "ketamine-sc"]
    assert ids(LIBRARY, "US") == ["esketamine-mdsi-us", "esketamine-nasal-us", *off_label]
    assert ids(LIBRARY, "EU") == ["esketamine-mdsi-eu", "esketamine-nasal-eu", *off_label]
    assert ids(LIBRARY, "CH") == off_label


def test_a_protocol_is_offered_from_the_day_all_of_it_is_in_force():
    """The US label of 5 March 2019."""
    assert "esketamine-nasal-us" in ids(LIBRARY, "US", date(2019, 3, 5))
    assert "esketamine-nasal-us" not in ids(LIBRARY, "US", date(2019, 3, 4))


def test_a_protocol_that_is_not_active_is_not_offered():
    assert "ketamine-iv" not in ids(with_protocol("ketamine-iv", status="retired"), "US")


def test_a_sites_own_protocol_stands_in_the_place_of_its_base():
    own = with_protocol("ketamine-iv", id="north-iv", based_on="ketamine-iv")
    assert "north-iv" in ids(own, "US") and "ketamine-iv" not in ids(own, "US")
