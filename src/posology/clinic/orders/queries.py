"""Courses, orders and decisions of a patient."""

from uuid import UUID

from django.db.models import QuerySet

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.orders.models import Course, CourseStatus, DecisionRow, OrderRow, OrderStatus
from posology.clinic.patients.models import Patient


def open_course(patient: Patient) -> Course | None:
    """Return the running course, if there is one."""
    return (
        Course.objects.for_clinic(patient.clinic_id).filter(patient=patient, status=CourseStatus.OPEN).first()
    )


def courses_of(patient: Patient) -> QuerySet[Course]:
    """Return all courses, newest first."""
    return Course.objects.for_clinic(patient.clinic_id).filter(patient=patient).order_by("-began_on")


def orders_of(patient: Patient) -> QuerySet[OrderRow]:
    """Return all orders, newest first, with signature and session."""
    rows = OrderRow.objects.for_clinic(patient.clinic_id).filter(patient=patient)
    return rows.select_related("signature", "signed_by", "session", "course").order_by(
        "-planned_on", "-created_at"
    )


def active_order(patient: Patient) -> OrderRow | None:
    """Return the signed order that has not been given yet, if there is one."""
    return orders_of(patient).filter(status=OrderStatus.ACTIVE).first()


def order_for(by: User, order_id: UUID | str) -> OrderRow:
    """Return one order of the person's clinic.

    Raises
    ------
    NotFound
        If there is none of this id.
    """
    check(by, "view_patient")
    rows = OrderRow.objects.for_clinic(by.clinic_id).select_related(
        "patient", "signature", "signed_by", "course"
    )
    row = rows.filter(pk=order_id).first()
    if row is None:
        raise not_found("order")
    return row


def decisions_of(patient: Patient) -> QuerySet[DecisionRow]:
    """Return the decisions that gave no dose, newest first."""
    return (
        DecisionRow.objects.for_clinic(patient.clinic_id)
        .filter(patient=patient)
        .select_related("by")
        .order_by("-at")
    )
