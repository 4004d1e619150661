from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "posology.clinic.care"
    label = "care"
