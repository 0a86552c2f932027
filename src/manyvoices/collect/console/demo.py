"""What the start page tells a newcomer, where this server runs a demo."""

from __future__ import annotations

import os

from django.urls import reverse

from manyvoices.collect.people.contexts import DemoNotes, StudyLink


def demo_notes(links: list[StudyLink]) -> DemoNotes | None:
    """What to open first; None outside a demo. The password is on the terminal, never here."""
    username = os.environ.get("MANYVOICES_DEMO_USER")
    if not username or not links:
        return None
    return DemoNotes(
        participant_url=links[0].url, console_url=reverse("console:studies"), username=username
    )
