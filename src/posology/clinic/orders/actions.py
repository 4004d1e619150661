"""The life of courses and orders beside signing: beginning, ending, withdrawing."""

from datetime import date, datetime
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, check_page_patient
from posology.clinic.locks import lock_of_clinic, lock_patient
from posology.clinic.orders.models import Course, CourseStatus, OrderRow, OrderStatus
from posology.clinic.orders.queries import open_course, order_for
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.protocols.queries import same_family
from posology.quantities import DomainError

# How long the reason for which a course ends may be.
LONGEST_ENDING = 300


class OrderRefused(DomainError):
    """An order that cannot be made, changed or given as things stand."""

    code = "order"


def course_for(*, course_id: UUID, patient: Patient, protocol_id: str, began_on: date, by: User) -> Course:
    """Return the running course under a protocol, or begin it; called within an action.

    A course goes on when the site's own protocol takes the place of the product's, and back again.

    Raises
    ------
    OrderRefused
        If a course under another protocol is running: two at once are never allowed (hazard H-23).
    """
    running = open_course(patient)
    if running is None:
        return Course.objects.create(
            id=course_id, patient=patient, protocol_id=protocol_id, began_on=began_on, opened_by=by
        )
    if not same_family(patient.clinic_id, running.protocol_id, protocol_id):
        raise OrderRefused(
            f"A course under {running.protocol_id} is running, and a second one beside it is not allowed. "
            "End it first."
        )
    return running


@action
def end_course(*, course_id: UUID, because: str, by: User, at: datetime) -> Course:
    """End a running course with its reason; an active order must be given or withdrawn first."""
    found = Course.objects.for_clinic(by.clinic_id).filter(pk=course_id).first()
    if found is None:
        raise not_found("course")
    check_can(by, "end_course", found.patient)
    lock_patient(found.patient)
    course: Course = lock_of_clinic(Course, course_id, by, what="course")
    reason = " ".join(because.split())
    if course.status == CourseStatus.ENDED:
        return course
    if not reason or len(reason) > LONGEST_ENDING:
        raise OrderRefused("Say in 1 to 300 characters why the course ends.")
    mine = OrderRow.objects.for_clinic(by.clinic_id).filter(course=course)
    if mine.filter(status=OrderStatus.ACTIVE).exists():
        raise OrderRefused("An order of this course is still active. Withdraw it first.")
    course.status, course.ended_on, course.ended_because = CourseStatus.ENDED, at.date(), reason
    course.save(update_fields=["status", "ended_on", "ended_because"])
    return course


@action
def withdraw_order(
    *, order_id: UUID, page_patient_id: UUID | str | None = None, by: User, at: datetime
) -> OrderRow:
    """Withdraw an order from which nothing has been given."""
    patient = order_for(by, order_id).patient
    check_can(by, "withdraw_order", patient)
    check_page_patient(page_patient_id, patient)
    lock_patient(patient)
    order: OrderRow = lock_of_clinic(OrderRow, order_id, by, what="order")
    if order.status == OrderStatus.WITHDRAWN:
        return order
    if order.status == OrderStatus.USED:
        raise Conflict(
            "Something has been given from this order, so it cannot be withdrawn. Stop the session instead."
        )
    order.status = OrderStatus.WITHDRAWN
    order.save(update_fields=["status"])
    return order
