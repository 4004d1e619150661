from django.apps import AppConfig


class RemsConfig(AppConfig):
    name = "posology.clinic.rems"
    label = "rems"
