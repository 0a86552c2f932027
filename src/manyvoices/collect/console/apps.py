"""Django's registration of this app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "manyvoices.collect.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Begin to listen to the administration."""
        from manyvoices.collect.console import signals  # noqa: F401
