from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "posology.clinic.patients"
    label = "patients"
