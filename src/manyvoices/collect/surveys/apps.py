"""Django's registration of this app."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "manyvoices.collect.surveys"
    label = "surveys"
    default_auto_field = "django.db.models.BigAutoField"
