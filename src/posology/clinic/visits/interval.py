"""The protocol's smallest interval between a visit, what was given, and the visits before and after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from posology.clinic.care.queries import at_site, given_before
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import current_id, library_at
from posology.clinic.visits.queries import Booked, visits_of
from posology.clinic.visits.refusals import VisitRefused
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Given, History, TooSoon, check_interval


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a visit of a patient has to keep its distance from."""

    patient: Patient
    protocol: ProtocolFile
    history: History
    others: tuple[datetime, ...]

    def check(self, when: datetime) -> None:
        """Ask the smallest interval of what was given, and of each other visit.

        Raises
        ------
        TooSoon, VisitRefused
            If one of them is too close, with the earliest moment.
        """
        local = at_site(self.patient, when)
        check_interval(self.protocol, history=self.history, next_at=local)
        for other in self.others:
            first, second = sorted((local, at_site(self.patient, other)))
            alone = Given(first, self.protocol.id, self.protocol.substance, None, None, None)
            try:
                check_interval(self.protocol, history=History((alone,)), next_at=second)
            except TooSoon as refusal:
                raise VisitRefused(
                    f"{local:%a %d-%b-%Y %H:%M} lies too close to the visit on "
                    f"{at_site(self.patient, other):%a %d-%b-%Y %H:%M}: {refusal.keeps}",
                    field="place",
                ) from None

    def kept_by(self, places: Iterable[tuple[datetime, int]]) -> tuple[tuple[datetime, int], ...]:
        """Return the places, a time and a chair each, at which the interval is kept."""
        asked: dict[datetime, bool] = {}
        kept = []
        for when, chair in places:
            if when not in asked:
                asked[when] = self._keeps(when)
            if asked[when]:
                kept.append((when, chair))
        return tuple(kept)

    def _keeps(self, when: datetime) -> bool:
        try:
            self.check(when)
        except (TooSoon, VisitRefused):
            return False
        return True


def neighbours_of(booked: Booked, *, at: datetime) -> Neighbours:
    """Return what a booked visit has to keep its distance from, as it stands at a moment."""
    course, patient = booked.row.course, booked.row.patient
    library = library_at(patient.clinic, at)
    protocol = library.protocol(current_id(patient.clinic_id, course.protocol_id, library))
    others = tuple(b.starts_at for b in visits_of(course) if b.stands and b.row.pk != booked.row.pk)
    return Neighbours(patient, protocol, given_before(patient, at=at), others)
