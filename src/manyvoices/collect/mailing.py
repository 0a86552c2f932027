"""How the server sends e-mail, from one address in the environment.

``console`` (the default) writes mails into the server's log, ``file:/folder`` into files, and
``smtp://name:password@host:587`` or ``smtps://...:465`` sends them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from manyvoices.schema.errors import ManyvoicesError

BACKENDS = "django.core.mail.backends"


class WrongMailAddress(ManyvoicesError):
    """The address of the mail server is none that we can use."""


def mail_settings(url: str) -> dict[str, Any]:
    """Django's settings for `url`.

    Raises:
        WrongMailAddress: It is of another kind, or names no folder or host.
    """
    if url in ("", "console"):
        return {"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        folder = unquote(parts.path)
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": folder}
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        secure = parts.scheme == "smtps"
        return {
            "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": parts.port or (465 if secure else 587),
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": secure,
            "EMAIL_USE_TLS": not secure,
            "EMAIL_TIMEOUT": 20,
        }
    raise WrongMailAddress("MANYVOICES_EMAIL is none of console, file:/folder, smtp://…, smtps://…")
