"""The WSGI entry point that gunicorn loads."""

from __future__ import annotations

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "manyvoices.collect.settings")
application = get_wsgi_application()

# A thread that comes back from the database waits for Python's one lock, five milliseconds for each
# thread that computes; and while it waits it holds SQLite's one lock for writers.
sys.setswitchinterval(0.0005)
