"""The addresses of a session without a network."""

from django.urls import path

from posology.web.outage.views import beat, late, packs, paper, shell, worker

urlpatterns = [
    path("outage/beat/", beat, name="outage-beat"),
    path("outage/", shell, name="outage-shell"),
    path("outage/worker.js", worker, name="outage-worker"),
    path("outage/sheets/", packs, name="downtime-sheets"),
    path("sessions/<uuid:session>/papers/<slug:name>/", paper, name="session-paper"),
    path("sessions/<uuid:session>/late/", late, name="session-late"),
]
