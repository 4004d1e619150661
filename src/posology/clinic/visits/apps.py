from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "posology.clinic.visits"
    label = "visits"
