from django.apps import AppConfig


class MonitorsConfig(AppConfig):
    name = "posology.clinic.monitors"
    label = "monitors"
