"""The addresses of curves. That of a session stands before the door of its forms, whose kinds are open."""

from django.urls import path

from posology.web.curves.views import curve, curves, session_curve

urlpatterns = [
    path("patients/<uuid:patient>/curves/", curves, name="curves"),
    path("patients/<uuid:patient>/curve/", curve, name="curve"),
    path("sessions/<uuid:session>/curve/", session_curve, name="session-curve"),
]
