"""The address of a day's staff and equipment."""

from django.urls import path

from posology.web.duty.views import today

urlpatterns = [path("duty/", today, name="duty")]
