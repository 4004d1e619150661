"""The addresses of the patients' pages."""

from django.urls import path

from posology.web.patients import views

urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/new/", views.patient_new, name="patient-new"),
    path("patients/<uuid:patient>/", views.patient, name="patient"),
    path("patients/<uuid:patient>/tasks/<uuid:task>/", views.task, name="task"),
]
