"""Where a server keeps what is its own: the key that signs cookies and links, and the key that
makes the pseudonyms of releases."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from manyvoices.schema.errors import ManyvoicesError

KEY_VARIABLE = "MANYVOICES_SECRET_KEY"  # the name of a variable, not a secret
DEFAULT_FOLDER = Path(".manyvoices")


class SecretKeyError(ManyvoicesError):
    """The file that should hold the secret key does not."""


def secret_key(folder: Path = DEFAULT_FOLDER) -> str:
    """The key from the environment, or else from ``folder/secret_key``, made on first use.

    The file is readable by its owner alone. Several machines that serve one database must share
    the key by the environment variable.
    """
    if key := os.environ.get(KEY_VARIABLE):
        return key
    return _made_once(folder / "secret_key")


def pseudonym_key(folder: Path = DEFAULT_FOLDER) -> bytes:
    """The master key of pseudonyms from ``folder/pseudonym_key``, made on first use.

    Whoever has it and the database can say who is who in every release: keep it, back it up with
    the database, and never put it beside a release. Without it the next releases' stable
    pseudonyms differ from those before.
    """
    return _made_once(folder / "pseudonym_key").encode()


def _made_once(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return _read(path)


def _read(path: Path) -> str:
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < 32:
        raise SecretKeyError(
            f"{path}: found {len(key)} characters, expected a key of at least 32; "
            "delete the file to have a new one made (people will have to use their personal link)"
        )
    return key
