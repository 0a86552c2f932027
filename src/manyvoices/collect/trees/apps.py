"""Django's registration of this app."""

from django.apps import AppConfig


class TreesConfig(AppConfig):
    name = "manyvoices.collect.trees"
    label = "trees"
    default_auto_field = "django.db.models.BigAutoField"
