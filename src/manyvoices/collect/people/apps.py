"""Django's registration of this app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "manyvoices.collect.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
