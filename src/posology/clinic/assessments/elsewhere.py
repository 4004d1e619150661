"""Doses given elsewhere: told by people and by files, corrected by new entries, each counted once.

Another clinic, a trial or an anaesthesia gave them. A person's entry stands before a file's: who corrected an
imported dose has looked, and the next import of the same file does not undo it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any
from uuid import UUID, uuid5

from posology.case import Answer, CaseError, EarlierDose, Fact, Origin, OriginKind, UndatedDose, check_value
from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.assessments.models import ElsewhereRow
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, WrongPatient, check_page_patient
from posology.clinic.locks import lock_patient
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.fhir.administrations import names_the_dose
from posology.knowledge import Route, Substance, load_library
from posology.quantities import DomainError, Quantity, check_aware, day_in_zone_of

Dose = EarlierDose | UndatedDose

# Not clinical limits: they only keep absurd numbers and texts out of the table.
BEYOND_ANY_MG = Decimal(100_000)
LONGEST_WHERE = 160
# As the table keeps them; what is cut off makes a dose per kg no smaller.
_FINEST_MG, _FINEST_KG = Decimal("0.000001"), Decimal("0.0001")
_PERSONS = frozenset({OriginKind.PATIENT, OriginKind.STAFF})


class ElsewhereRefused(DomainError):
    """A dose elsewhere that cannot be recorded as it was sent; ``field`` names what to mend."""

    code = "elsewhere"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


# ---------------------------------------------------------------- what is on record


def rows_of(patient: Patient, *, as_of: datetime | None = None) -> tuple[ElsewhereRow, ...]:
    """Return every entry, oldest first; with ``as_of`` those that were known by then."""
    rows = ElsewhereRow.objects.for_clinic(patient.clinic_id).filter(patient=patient)
    if as_of is not None:
        rows = rows.filter(recorded_at__lte=as_of)
    return tuple(rows.select_related("entered_by").order_by("recorded_at", "pk"))


def standing_rows(rows: Iterable[ElsewhereRow]) -> tuple[ElsewhereRow, ...]:
    """Return the entries that stand: none has taken their place, and they say that something was given."""
    every = tuple(rows)
    replaced = {row.corrects_id for row in every}
    return tuple(row for row in every if row.pk not in replaced and not row.withdrawn)


def dose_of(row: ElsewhereRow) -> Dose:
    """Return one entry as the library's own dose."""
    told: dict[str, Any] = {
        "substance": Substance(row.substance) if row.substance else None,
        "dose_mg": row.dose_mg,
        "weight_kg": row.weight_kg,
        "route": Route(row.route) if row.route else None,
        "origin": Origin(OriginKind(row.origin_kind), row.origin_detail),
        "identifiers": tuple(row.identifiers),
        "unread": row.unread,
    }
    if row.at is None:
        return UndatedDose(**told)
    return EarlierDose(at=row.at, on=row.on, protocol_id="", helped=Answer.UNKNOWN, **told)


# ---------------------------------------------------------------- told by a person


@action
def record_elsewhere(
    *,
    patient: Patient,
    dose_id: UUID,
    dose: Dose | None,
    corrects: UUID | None = None,
    because: str = "",
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> ElsewhereRow:
    """Record a dose that was given elsewhere, or correct what an earlier entry said of one.

    ``dose`` is ``None`` where the entry that is corrected was of no dose, or of one that counts already;
    ``because`` then says why. A second send of one id changes nothing.

    Raises
    ------
    ElsewhereRefused
        If it cannot be true, or lies ahead.
    Conflict
        If the entry has been corrected meanwhile, or the id is known with another content.
    """
    check_can(by, "record_elsewhere", patient)
    check_page_patient(page_patient_id, patient)
    lock_patient(patient)
    row = _row_of(patient, dose_id, dose, corrects, because, by, at)
    known = (
        ElsewhereRow.objects.everywhere(because="an id is taken once, wherever").filter(pk=dose_id).first()
    )
    if known is not None:
        return _first_answer(known, row)
    if corrects is not None:
        row.identifiers = _standing(patient, corrects).identifiers  # the next file finds it again
    row.save(force_insert=True)
    return row


def _row_of(
    patient: Patient,
    dose_id: UUID,
    dose: Dose | None,
    corrects: UUID | None,
    because: str,
    by: User,
    at: datetime,
) -> ElsewhereRow:
    if dose is not None:
        check_true(patient, dose, at)
        return _new_row(patient, dose_id, dose, corrects=corrects, by=by, at=at)
    why = " ".join(because.split())
    if corrects is None:
        raise ElsewhereRefused("There is no entry to take back. Go back to the list and choose one.")
    if not why or len(why) > LONGEST_WHERE:
        raise ElsewhereRefused(
            f"Say in 1 to {LONGEST_WHERE} characters why it does not count.", field="because"
        )
    nothing = UndatedDose(None, None, origin=Origin(OriginKind.STAFF, why))
    return _new_row(patient, dose_id, nothing, corrects=corrects, by=by, at=at, withdrawn=True)


def check_true(patient: Patient, dose: Dose, at: datetime) -> None:
    """Refuse a dose elsewhere that cannot be true.

    Raises
    ------
    ElsewhereRefused
        With the field at which to mend it.
    """
    if dose.dose_mg is not None and not 0 < dose.dose_mg <= BEYOND_ANY_MG:
        raise ElsewhereRefused(
            f"The dose is {Quantity(dose.dose_mg, 'mg')}, which cannot be. Check the number.", field="dose"
        )
    if dose.weight_kg is not None:
        told = Fact("weight", Quantity(dose.weight_kg, "kg"), at, Origin(OriginKind.STAFF))
        try:
            check_value(told, load_library().questions.questions["weight"])
        except CaseError as refusal:
            raise ElsewhereRefused(str(refusal), field="weight") from None
    if isinstance(dose, EarlierDose):
        _check_moment(patient, dose, at)
    if dose.origin is None or not dose.origin.detail.strip():
        raise ElsewhereRefused("It does not say where it was given. Write it.", field="where")
    if len(dose.origin.detail) > LONGEST_WHERE:
        raise ElsewhereRefused(f"Say in 1 to {LONGEST_WHERE} characters where it was given.", field="where")


def _check_moment(patient: Patient, dose: EarlierDose, at: datetime) -> None:
    if check_aware(dose.at, what="moment of the dose") > at:
        raise ElsewhereRefused(
            f"The dose is dated {dose.at:%Y-%m-%d %H:%M} UTC, which lies ahead. Write when it was given.",
            field="day",
        )
    if (dose.on or dose.at.date()) < patient.born_on:
        raise ElsewhereRefused(
            f"The dose is dated before the patient was born, on {patient.born_on}. Correct its day.",
            field="day",
        )


def _standing(patient: Patient, key: UUID) -> ElsewhereRow:
    mine = ElsewhereRow.objects.for_clinic(patient.clinic_id).filter(patient=patient)
    named = mine.filter(pk=key).first()
    if named is None:
        raise not_found("entry")
    if named.withdrawn or mine.filter(corrects=named).exists():
        raise Conflict(
            "This entry was corrected meanwhile, so nothing was recorded. Look at the list as it is now."
        )
    return named


def _first_answer(known: ElsewhereRow, sent: ElsewhereRow) -> ElsewhereRow:
    if known.patient_id != sent.patient_id:
        raise WrongPatient("This entry was recorded for another patient. Open that patient's record.")
    if _said(known) != _said(sent):
        raise Conflict("This entry was recorded before with another content. Enter it as a new one.")
    return known


def _said(row: ElsewhereRow) -> tuple[Any, ...]:
    """Return what an entry says. Of a day alone the moment hangs on when it was told, and is left out."""
    when = row.on or row.at
    return (row.substance, row.route, row.dose_mg, row.weight_kg, when, row.corrects_id, row.withdrawn)


def _new_row(
    patient: Patient,
    key: UUID,
    dose: Dose,
    *,
    by: User,
    at: datetime,
    corrects: UUID | None = None,
    withdrawn: bool = False,
) -> ElsewhereRow:
    dated = dose if isinstance(dose, EarlierDose) else None
    origin = dose.origin or Origin(OriginKind.CHART)
    return ElsewhereRow(
        id=key,
        patient=patient,
        substance=dose.substance or "",
        route=dose.route or "",
        dose_mg=None if dose.dose_mg is None else dose.dose_mg.quantize(_FINEST_MG, ROUND_UP),
        weight_kg=None if dose.weight_kg is None else dose.weight_kg.quantize(_FINEST_KG, ROUND_DOWN),
        at=dated.at if dated else None,
        on=dated.on if dated else None,
        origin_kind=origin.kind,
        origin_detail=origin.detail[:200],
        identifiers=list(dose.identifiers),
        unread=dose.unread[:1000],
        corrects_id=corrects,
        withdrawn=withdrawn,
        entered_by=by,
        recorded_at=at,
    )


# ---------------------------------------------------------------- told by a file


@dataclass(frozen=True, slots=True)
class News:
    """What a file says of doses that the record does not say yet.

    ``said_before`` are doses that the record has, as the file tells them or as a person corrected them.
    """

    doses: tuple[tuple[Dose, UUID | None], ...]  # each with the entry whose place it takes
    taken_back: tuple[UUID, ...]  # entries of doses that were not given
    said_before: tuple[Dose, ...]

    @property
    def to_count(self) -> tuple[Dose, ...]:
        """Return the doses that would count besides those on record."""
        return tuple(dose for dose, _ in self.doses)


def news_in(
    patient: Patient,
    doses: Sequence[Dose],
    not_given: Iterable[Sequence[str]],
    *,
    rows: Iterable[ElsewhereRow],
) -> News:
    """Compare what a file says with the entries on record: each administration counts once."""
    every = tuple(rows)
    heads = {row.pk: _head(row, every) for row in every}
    new: list[tuple[Dose, UUID | None]] = []
    before: list[Dose] = []
    for dose in doses:
        same = [row for row in every if _is_of(row, dose.identifiers)]
        if not same:
            new.append((dose, None))
            continue
        head = heads[same[-1].pk]
        if head.origin_kind in _PERSONS or (not head.withdrawn and _says_the_same(dose, same, patient)):
            before.append(dose)
        else:
            names = tuple(dict.fromkeys((*dose.identifiers, *head.identifiers)))
            new.append((replace(dose, identifiers=names), head.pk))
    back = [
        heads[row.pk]
        for names in not_given
        for row in every
        if _is_of(row, names) and not _is_of_any(names, doses)
    ]
    taken = dict.fromkeys(h.pk for h in back if not h.withdrawn and h.origin_kind not in _PERSONS)
    return News(tuple(new), tuple(taken), tuple(before))


def _says_the_same(dose: Dose, rows: Sequence[ElsewhereRow], patient: Patient) -> bool:
    told = _new_row(patient, rows[0].pk, dose, by=rows[0].entered_by, at=rows[0].recorded_at)
    return _said(told)[:5] in {_said(row)[:5] for row in rows}


def _is_of(row: ElsewhereRow, identifiers: Iterable[str]) -> bool:
    return bool({i for i in identifiers if names_the_dose(i)} & set(row.identifiers))


def _is_of_any(identifiers: Sequence[str], doses: Iterable[Dose]) -> bool:
    mine = {i for i in identifiers if names_the_dose(i)}
    return any(mine & set(dose.identifiers) for dose in doses)


def _head(row: ElsewhereRow, every: Sequence[ElsewhereRow]) -> ElsewhereRow:
    """Return the entry that stands at the end of a row's corrections."""
    after = {r.corrects_id: r for r in every if r.corrects_id is not None}
    while row.pk in after:
        row = after[row.pk]
    return row


def keep_imported(
    patient: Patient,
    import_id: UUID,
    doses: Sequence[Dose],
    not_given: Iterable[Sequence[str]],
    *,
    by: User,
    at: datetime,
) -> None:
    """Record what a file says of doses; called within the action that imports it, under its lock."""
    news = news_in(patient, doses, not_given, rows=rows_of(patient))
    for n, (dose, head) in enumerate(news.doses):
        row = _new_row(patient, uuid5(import_id, f"dose {n}"), dose, corrects=head, by=by, at=at)
        row.save(force_insert=True)
    told = UndatedDose(None, None, origin=Origin(OriginKind.CHART, "The file says that it was not given."))
    for n, key in enumerate(news.taken_back):
        name = uuid5(import_id, f"not given {n}")
        row = _new_row(patient, name, told, corrects=key, by=by, at=at, withdrawn=True)
        row.save(force_insert=True)


def day_of(row: ElsewhereRow, reference: datetime) -> Any:
    """Return the day of an entry on the clock of ``reference``; ``None`` where nobody knows it."""
    return row.on or (day_in_zone_of(reference, row.at) if row.at else None)
