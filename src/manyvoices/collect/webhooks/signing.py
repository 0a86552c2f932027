"""Secrets of webhooks, and the signature by which a receiver knows that a request is ours.

The header ``X-Manyvoices-Signature: t=UNIX,v1=HEX`` holds the second of sending and HMAC-SHA256,
keyed with the secret, of that number, a dot and the body, byte for byte: as Stripe does it
(https://docs.stripe.com/webhooks#verify-manually). The time is signed, so that an old request that
somebody recorded is told from a new one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

from manyvoices.collect.webhooks.models import Webhook

HEADER = "X-Manyvoices-Signature"
MARK = "mvs_"
"""Begins every secret."""
TOLERANCE_S = 300


def new_nonce() -> str:
    """Another nonce is another secret."""
    return secrets.token_hex(32)


def secret_of(hook: Webhook) -> str:
    """The secret of a webhook: nobody can make it from what the database holds alone. It changes
    with the server's own key (``MANYVOICES_SECRET_KEY``)."""
    said = f"manyvoices.webhook\x00{hook.pk}\x00{hook.nonce}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).digest()
    return MARK + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def sign(secret: str, body: bytes, *, at: int) -> str:
    """The header's value for a body that is sent at a second."""
    return f"t={at},v1={_digest(secret, body, at)}"


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def verify(
    secret: str, header: str, body: bytes, *, now: float, tolerance_s: float = TOLERANCE_S
) -> bool:
    """Whether a request came from whoever has `secret`, within the last minutes."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    at = parts.get("t", "")
    if not at.isdecimal() or abs(now - int(at)) > tolerance_s:
        return False
    return hmac.compare_digest(_digest(secret, body, int(at)), parts.get("v1", ""))
