"""The addresses of a session: its page, the door of its forms, its record."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from posology.web.session.entering import KINDS
from posology.web.session.views import record, send, session


class KindOfForm(StringConverter):
    """The last word of an address that a form of the chair is sent to; no other word is one."""

    regex = "|".join(sorted(KINDS))


register_converter(KindOfForm, "form")

urlpatterns = [
    path("sessions/<uuid:session>/<form:kind>/", send, name="session-event"),
    path("sessions/<uuid:session>/", session, name="session"),
    path("sessions/<uuid:session>/record/", record, name="session-record"),
]
