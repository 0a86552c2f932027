"""Django's registration of this app."""

from django.apps import AppConfig


class ComparisonsConfig(AppConfig):
    name = "manyvoices.collect.comparisons"
    label = "comparisons"
    default_auto_field = "django.db.models.BigAutoField"
