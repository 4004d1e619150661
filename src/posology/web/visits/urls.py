"""The addresses of the visits. Nothing of a person stands in them but an opaque id."""

from django.urls import path

from posology.web.visits.views import (
    day,
    day_calendar,
    patient_calendar,
    patient_visits,
    visit,
    visit_calendar,
)

urlpatterns = [
    path("visits/", day, name="visits"),
    path("visits/appointments.ics", day_calendar, name="visits-calendar"),
    path("visits/<uuid:visit>/", visit, name="visit"),
    path("visits/<uuid:visit>/appointment.ics", visit_calendar, name="visit-calendar"),
    path("patients/<uuid:patient>/visits/", patient_visits, name="patient-visits"),
    path("patients/<uuid:patient>/visits/appointments.ics", patient_calendar, name="patient-visits-calendar"),
]
