"""The addresses of the pages on alerts."""

from django.urls import path

from posology.web.alerts.rating_views import export_ratings, rate
from posology.web.alerts.views import alert, alerts, export

urlpatterns = [
    path("alerts/", alerts, name="alerts"),
    path("alerts/export.csv", export, name="alerts-export"),
    path("alerts/ratings.csv", export_ratings, name="alerts-ratings"),
    path("orders/<uuid:order>/ratings/", rate, name="rate"),
    path("alerts/<slug:file>/<slug:rule>/", alert, name="alert"),
]
