"""Django's registration of this app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "manyvoices.collect.community"
    label = "community"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what becomes of messages."""
        from manyvoices.collect.community import signals  # noqa: F401
