"""Django's registration of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "manyvoices.collect.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
