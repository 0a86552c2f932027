"""Django's registration of this app."""

from django.apps import AppConfig


class ContributorsConfig(AppConfig):
    name = "manyvoices.collect.contributors"
    label = "contributors"
    default_auto_field = "django.db.models.BigAutoField"
