from django.apps import AppConfig


class ProtocolsConfig(AppConfig):
    name = "posology.clinic.protocols"
    label = "protocols"
