"""What every test shares. The database is chosen before this runs, by scripts/with_postgres.py."""

from __future__ import annotations

import os

# Playwright's synchronous calls run inside an event loop; Django would refuse every query there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
