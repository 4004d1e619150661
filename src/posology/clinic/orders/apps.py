from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "posology.clinic.orders"
    label = "orders"
