"""Django's registration of this app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "manyvoices.collect.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
