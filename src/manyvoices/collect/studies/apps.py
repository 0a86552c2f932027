"""Django's registration of this app."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "manyvoices.collect.studies"
    label = "studies"
    default_auto_field = "django.db.models.BigAutoField"
