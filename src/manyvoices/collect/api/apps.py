"""Django's registration of this app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "manyvoices.collect.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
