from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "posology.clinic.outcomes"
    label = "outcomes"
