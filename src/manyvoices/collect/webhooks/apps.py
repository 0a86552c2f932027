"""Django's registration of this app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "manyvoices.collect.webhooks"
    label = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens."""
        from manyvoices.collect.webhooks import signals

        signals.connect()
