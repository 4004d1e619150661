from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "posology.clinic.duty"
    label = "duty"
