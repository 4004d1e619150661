from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "posology.clinic.ledger"
    label = "ledger"
