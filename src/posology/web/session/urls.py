"""The addresses of a session: its page, the door of its forms, its record."""

from django.urls import path

from posology.web.session import views

urlpatterns = [
    path("sessions/<uuid:session>/", views.session, name="session"),
    path("sessions/<uuid:session>/record/", views.record, name="session-record"),
    path("sessions/<uuid:session>/<slug:kind>/", views.send, name="session-event"),
]
