"""The addresses of options, signing and orders."""

from django.urls import path

from posology.web.options.order_views import order
from posology.web.options.views import options, sign

urlpatterns = [
    path("patients/<uuid:patient>/options/", options, name="options"),
    path("patients/<uuid:patient>/options/<path:option>/sign/", sign, name="sign"),
    path("orders/<uuid:order>/", order, name="order"),
]
