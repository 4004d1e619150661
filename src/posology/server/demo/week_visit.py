"""One patient's visit in the week, from the questions to the next appointment, each act at its moment."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from posology.clinic.orders.queries import active_order, open_course
from posology.clinic.protocols.queries import library_at
from posology.clinic.sessions.models import SessionRow
from posology.clinic.visits.actions import move_visit, plan_visits
from posology.clinic.visits.coming import coming_of
from posology.clinic.visits.hours import open_from
from posology.clinic.visits.queries import Booked, free_places, visits_of
from posology.protocols.visits import after_missed, expected_minutes
from posology.server.demo.cupboard import Cupboard
from posology.server.demo.player import Player, StoryError
from posology.server.demo.programme import complete, enrol
from posology.server.demo.room import Moments
from posology.server.demo.week_plan import MISSED_FOR, Coming, Plan
from posology.server.demo.week_room import WeekRoom

REGISTERED_BEFORE = timedelta(minutes=60)
KEPT_BACK = 2  # chairs of a coming day that are left to whoever calls at short notice
LOOKED_AHEAD = 10  # open days on which the next visit is looked for


class WeekVisit:
    """A patient who comes, what is done, and what is agreed on leaving."""

    def __init__(self, player: Player, coming: Coming, plan: Plan, cupboard: Cupboard) -> None:
        self.player, self.coming, self.plan, self.cupboard = player, coming, plan, cupboard
        self.following = plan.after(coming)
        self.staff, self.clinic = player.staff, player.staff.clinic

    def come(self) -> Moments:
        """Play the whole visit."""
        arrival = self.coming.place.arrival
        if self.coming.number == 1:
            yield from self._register(arrival - REGISTERED_BEFORE)
        yield arrival - timedelta(minutes=30)
        self.player.ask(arrival - timedelta(minutes=30))
        yield arrival - timedelta(minutes=15)
        session = self._session(arrival - timedelta(minutes=15))
        complaint = self.player.course.complaints.get(self.coming.number)
        room = WeekRoom(
            self.staff,
            self.player.story,
            session,
            cupboard=self.cupboard,
            complaint=complaint,
            twist=self.coming.twist,
        )
        yield from self.treat(room)
        yield from self._leave(session, room.at)

    def treat(self, room: WeekRoom) -> Moments:
        """Play the session itself."""
        yield from room.pass_gate()
        yield from room.give()
        yield from room.watch()
        yield from room.let_go()

    def miss(self) -> Moments:
        """Wait for a patient who does not come, and move the visit as the protocol's rule for it says."""
        assert self.coming.missed is not None
        at = self.coming.missed.arrival + MISSED_FOR
        yield at
        booked = self._booked(self.coming.missed.arrival)
        library = library_at(self.clinic, at)
        rule = after_missed(library.protocol(booked.row.course.protocol_id), booked.row.phase, library)
        move_visit(
            visit_id=booked.row.pk,
            act_id=self.player.new_id("moved"),
            starts_at=self.coming.place.arrival,
            chair=self.coming.place.chair,
            because=f"Did not come, reached by telephone. {rule.say}"[:300],
            seen=booked.position,
            by=self.staff.nurse,
            at=at,
        )

    # ------------------------------------------------------------ before the session

    def _register(self, at: datetime) -> Moments:
        player = self.player
        yield at
        player.register(at)
        yield at + timedelta(minutes=5)
        player.ask(at + timedelta(minutes=5))
        yield at + timedelta(minutes=20)
        enrol(self.staff, player.patient, player.course.protocol, at=at + timedelta(minutes=20))
        yield at + timedelta(minutes=25)
        player.score_phq9(player.course.phq9[0], at + timedelta(minutes=25))

    def _session(self, at: datetime) -> SessionRow:
        """Return today's session: of the order that was signed ahead, or of one that is signed now."""
        waiting = active_order(self.player.patient)
        if waiting is not None:
            return (
                SessionRow.objects.for_clinic(self.clinic)
                .select_related("order", "patient__clinic")
                .get(order=waiting)
            )
        place = self.coming.place
        first = self.coming.number == 1
        level = self.player.course.levels[self.coming.number - 1]
        # Later visits have their chair from the appointment.
        return self.player.sign(
            level, at, arrival=place.arrival, chair=place.chair if first else None
        ).session

    # ------------------------------------------------------------ on leaving

    def _leave(self, session: SessionRow, left: datetime) -> Moments:
        player = self.player
        totals = (*player.course.phq9[1:], player.story.phq9_today or 0)
        yield left + timedelta(minutes=4)
        player.score_phq9(totals[self.coming.number - 1], left + timedelta(minutes=4))
        yield left + timedelta(minutes=7)
        complete(self.staff, session, first=self.coming.number == 1, at=left + timedelta(minutes=7))
        yield left + timedelta(minutes=9)
        self._book(left + timedelta(minutes=9))
        if self._signs_ahead():
            yield left + timedelta(minutes=12)
            booked = self._booked(None)
            level = player.course.levels[self.coming.number]
            player.sign(level, left + timedelta(minutes=12), arrival=booked.starts_at)

    def _signs_ahead(self) -> bool:
        """Sign the next order at once for every second patient who comes back; an order moves no visit."""
        following = self.following
        return following is not None and not following.missed and self.player.story.number % 2 == 1

    def _book(self, at: datetime) -> None:
        if self.following is not None:
            place = self.following.missed or self.following.place
            local = place.arrival.astimezone(self._zone)
            self._agree(local, place.chair, at)
        else:
            self._agree(*self._next_free(at), at)

    def _agree(self, local: datetime, chair: int, at: datetime) -> None:
        plan_visits(
            plan_id=self.player.new_id("plan"),
            patient=self.player.patient,
            first_on=local.date(),
            clock=local.time(),
            chair=chair,
            count=1,
            by=self.staff.nurse,
            at=at,
        )

    def _next_free(self, at: datetime) -> tuple[datetime, int]:
        """Return the free time nearest to the usual one, on the first open day after the week."""
        coming = coming_of(self.player.patient, at=at)
        assert coming is not None
        day = open_from(max(coming.on, self.plan.days[-1] + timedelta(days=1)))  # the week itself is full
        for _ in range(LOOKED_AHEAD):
            minutes = expected_minutes(coming.protocol, on=day)
            free = free_places(self.clinic, day, minutes, at=at)
            places = [place for place in free if place[1] > KEPT_BACK]
            if places:
                start, chair = min(places, key=lambda place: (self._off(place[0]), place[1]))
                return start.astimezone(self._zone), chair
            day = open_from(day + timedelta(days=1))
        raise StoryError(f"{self.player.story.identifier} finds no next visit until {day:%d-%b-%Y}.")

    def _off(self, start: datetime) -> int:
        usual = self.coming.place.arrival.astimezone(self._zone)
        local = start.astimezone(self._zone)
        return abs((local.hour - usual.hour) * 60 + local.minute - usual.minute)

    def _booked(self, starts_at: datetime | None) -> Booked:
        """Return the visit that is booked for a time, or the only one that waits."""
        course = open_course(self.player.patient)
        assert course is not None
        waiting = (b for b in visits_of(course) if b.stands and b.session is None)
        return next(b for b in waiting if starts_at in {None, b.starts_at})

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.clinic.zone)
