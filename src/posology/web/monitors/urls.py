"""The addresses of the monitors, and of the monitor of one session."""

from django.urls import path

from posology.web.monitors.session_views import session_monitor, strip
from posology.web.monitors.views import monitors

urlpatterns = [
    path("monitors/", monitors, name="monitors"),
    path("sessions/<uuid:session>/monitor/", session_monitor, name="session-monitor"),
    path("sessions/<uuid:session>/monitor/now/", strip, name="session-monitor-now"),
]
