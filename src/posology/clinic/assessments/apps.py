from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "posology.clinic.assessments"
    label = "assessments"
