"""The addresses of options, signing and orders."""

from django.urls import path

from posology.web.options import order_views, views

urlpatterns = [
    path("patients/<uuid:patient>/options/", views.options, name="options"),
    path("patients/<uuid:patient>/options/<path:option>/sign/", views.sign, name="sign"),
    path("orders/<uuid:order>/", order_views.order, name="order"),
]
