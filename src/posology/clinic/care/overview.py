"""One patient as a whole, read once: the case, the advice, the sessions, the decisions, what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posology.case import Case, Missing
from posology.clinic.accounts.models import User
from posology.clinic.care.queries import advice_of, case_of
from posology.clinic.care.standing import Standing, open_questions, standing_of
from posology.clinic.orders.models import DecisionRow, OrderRow
from posology.clinic.orders.queries import decisions_of, orders_of
from posology.clinic.orders.stored import order_of
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.outcomes.queries import forms_of, risk_tasks_of
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import sessions_of, states_of
from posology.recommendation import Advice
from posology.treatment import Order, SessionState


@dataclass(frozen=True, slots=True)
class ToldSession:
    """One session: its row, the order it was for, and what its events tell."""

    row: SessionRow
    order: Order
    state: SessionState


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """One order: its row, and what was ordered."""

    row: OrderRow
    order: Order


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the patient's page shows."""

    case: Case
    advice: Advice
    standing: Standing
    open_questions: tuple[Missing, ...]
    sessions: tuple[ToldSession, ...]  # newest first
    orders: tuple[ToldOrder, ...]
    decisions: tuple[DecisionRow, ...]
    forms: tuple[CompletedForm, ...]
    tasks: tuple[RiskTask, ...]
    staff: Mapping[UUID, str]

    @property
    def open_tasks(self) -> tuple[RiskTask, ...]:
        """The risk answers that still wait for somebody."""
        return tuple(t for t in self.tasks if t.closed_at is None)


def overview_of(by: User, patient: Patient, *, as_of: datetime) -> Overview:
    """Read one patient's record for their page.

    Raises
    ------
    NotFound, NotPermitted
        If this person may not look at it.
    """
    check_can(by, "view_patient", patient)
    case = case_of(patient, as_of=as_of)
    advice = advice_of(patient, case, as_of=as_of)
    rows = list(sessions_of(patient))
    states = states_of(rows)
    return Overview(
        case=case,
        advice=advice,
        standing=standing_of(patient, as_of=as_of, advice=advice),
        open_questions=open_questions(case, advice, as_of=as_of),
        sessions=tuple(ToldSession(row, order_of(row.order), states[row.pk]) for row in rows),
        orders=tuple(ToldOrder(row, order_of(row)) for row in orders_of(patient)),
        decisions=tuple(decisions_of(patient)),
        forms=tuple(forms_of(patient, as_of=as_of)),
        tasks=tuple(risk_tasks_of(patient)),
        staff={u.pk: u.full_name for u in User.objects.filter(clinic_id=patient.clinic_id)},
    )
