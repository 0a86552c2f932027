"""Django's registration of this app."""

from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "manyvoices.collect.quality"
    label = "quality"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Look at every text when it is stored, and forget it when it is erased."""
        from manyvoices.collect.quality import signals

        signals.connect()
