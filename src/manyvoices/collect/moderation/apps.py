"""Django's registration of this app."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "manyvoices.collect.moderation"
    label = "moderation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what is written about messages."""
        from manyvoices.collect.moderation import signals  # noqa: F401
