"""The addresses of a session: its page, the door of its forms, its record."""

from django.urls import path

from posology.web.session.views import record, send, session

urlpatterns = [
    path("sessions/<uuid:session>/", session, name="session"),
    path("sessions/<uuid:session>/record/", record, name="session-record"),
    path("sessions/<uuid:session>/<slug:kind>/", send, name="session-event"),
]
