from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "posology.clinic.accounts"
    label = "accounts"
