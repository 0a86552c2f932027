"""What every test shares: the database it runs on, and where real data lies."""

from __future__ import annotations

import os

if url := os.environ.get("MANYVOICES_TEST_DATABASE_URL"):
    # Django reads its settings once, so the choice has to be made before it does.
    os.environ["MANYVOICES_DATABASE_URL"] = url
os.environ.setdefault("MANYVOICES_SECRET_KEY", "a key that only the tests use, and nothing else")
# Playwright's synchronous calls run inside an event loop; Django would refuse every query there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
