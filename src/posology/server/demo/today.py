"""What today holds for each patient: up to now, and not a minute further."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from posology.case import Choice
from posology.quantities import Quantity
from posology.server.demo.hours import day_at, moment_on
from posology.server.demo.player import Player
from posology.server.demo.room import GATE_TAKES, Moments, Room, play, whole_session
from posology.server.demo.story import Today
from posology.server.demo.week_plan import Taken

RAN_FOR = timedelta(minutes=22)
OBSERVED_FOR = timedelta(minutes=75)
AT_THE_GATE_FOR = timedelta(minutes=3)
LATER = timedelta(minutes=75)
MMHG = "mm[Hg]"
STAYS = timedelta(hours=2, minutes=20)  # how long a chair is taken from an arrival, at the longest


def taken_today(now: datetime, zone: str) -> tuple[Taken, ...]:
    """Return what the scenes of today take of the chairs, for whoever plans others beside them."""
    runs, observed, at_gate = now - RAN_FOR, now - OBSERVED_FOR, now - AT_THE_GATE_FOR
    early, later = moment_on(day_at(now, zone), zone), _next_quarter(now + LATER)
    return (
        Taken(1, early, early + STAYS),
        Taken(1, runs - GATE_TAKES, runs + STAYS),
        Taken(2, observed - GATE_TAKES, observed + STAYS),
        Taken(3, at_gate, at_gate + STAYS),
        Taken(4, now, later, is_session=False),  # whoever comes to this chair next is the scene's
        Taken(4, later, later + STAYS),
    )


def play_today(player: Player) -> None:
    """Play what today holds."""
    SCENES[player.story.today](player)


def _infusion_runs(player: Player) -> None:
    _session_now(player, began=player.now - RAN_FOR, chair=1)


def _observed(player: Player) -> None:
    """The devices are used, and the reading at 40 minutes was not taken."""
    room = _open_room(player, began=player.now - OBSERVED_FOR - timedelta(seconds=20), chair=2)
    play(_until_given(room), until=player.now)
    play(
        room.do(
            "note_written", room.at + timedelta(minutes=4), text="Lies quietly, lights dimmed, music on."
        ),
        until=player.now,
    )


def _at_the_gate(player: Player) -> None:
    _session_now(player, began=player.now - AT_THE_GATE_FOR + GATE_TAKES, chair=3)


def _planned(player: Player) -> None:
    arrival = _next_quarter(player.now + LATER)
    player.prepare(_next_number(player), _score(player), arrival=player.now - timedelta(minutes=40))
    player.sign(player.course.levels[-1], player.now - timedelta(minutes=50), arrival=arrival, chair=4)


def _discharged(player: Player) -> None:
    arrival = moment_on(player.today, player.zone)
    level = player.course.levels[-1]

    def whole() -> Moments:
        room = yield from player.come_and_sign(
            _next_number(player), level, _score(player), arrival=arrival, chair=1
        )
        yield from whole_session(room)

    play(whole(), until=player.now)


def _signed_ahead(player: Player) -> None:
    yesterday = moment_on(player.today - timedelta(days=1), player.zone, minutes_after_opening=150)
    player.ask(yesterday)
    player.score_phq9(_score(player), yesterday + timedelta(minutes=5))
    player.sign(player.course.levels[-1], yesterday + timedelta(minutes=15))


def _to_decide(player: Player) -> None:
    _fresh(player)


def _pressure_holds(player: Player) -> None:
    _fresh(player, systolic=Quantity(Decimal(152), MMHG), diastolic=Quantity(Decimal(94), MMHG))


def _risk_answer(player: Player) -> None:
    _fresh(player, suicidal_ideation=Choice("wish_to_be_dead"))


def _assessed(player: Player) -> None:
    _fresh(player)


def _unfinished(player: Player) -> None:
    player.ask(player.now - timedelta(hours=2))


def _fresh(player: Player, **changes: Quantity | Choice) -> None:
    at = player.now - timedelta(minutes=35)
    player.ask(at, changes)
    player.score_phq9(_score(player), at + timedelta(minutes=10), ninth=player.story.risk_answer)
    player.score_gad7(_score(player), at + timedelta(minutes=14))


def _session_now(player: Player, *, began: datetime, chair: int) -> None:
    play(_until_given(_open_room(player, began=began, chair=chair)), until=player.now)


def _until_given(room: Room) -> Moments:
    yield from room.pass_gate()
    yield from room.give()


def _open_room(player: Player, *, began: datetime, chair: int) -> Room:
    """Prepare and sign a session whose dose begins at a moment."""
    arrival = began - GATE_TAKES
    player.prepare(_next_number(player), _score(player), arrival=arrival)
    signed = player.sign(
        player.course.levels[-1], arrival - timedelta(minutes=15), arrival=arrival, chair=chair
    )
    return player.room(signed.session)


def _next_number(player: Player) -> int:
    return len(player.course.days) + 1


def _score(player: Player) -> int:
    assert player.story.phq9_today is not None
    return player.story.phq9_today


def _next_quarter(moment: datetime) -> datetime:
    past = timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past + timedelta(minutes=15)


SCENES: Mapping[Today, Callable[[Player], None]] = MappingProxyType(
    {
        Today.INFUSION_RUNS: _infusion_runs,
        Today.OBSERVED: _observed,
        Today.AT_THE_GATE: _at_the_gate,
        Today.PLANNED: _planned,
        Today.DISCHARGED: _discharged,
        Today.SIGNED_AHEAD: _signed_ahead,
        Today.TO_DECIDE: _to_decide,
        Today.PRESSURE_HOLDS: _pressure_holds,
        Today.RISK_ANSWER: _risk_answer,
        Today.ASSESSED: _assessed,
        Today.UNFINISHED: _unfinished,
        Today.IN_THE_WEEK: lambda _: None,  # the week plays its own sessions
    }
)
