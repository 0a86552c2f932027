"""Names of people for programs that read: the same at every reading, and in no release."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings

from manyvoices.collect.studies.models import Study
from manyvoices.curate.privacy import Pseudonyms
from manyvoices.curate.privacy.pseudonyms import release_key


def reading_key(study: Study, mode: str, now: datetime) -> bytes | None:
    """The key of pseudonyms, made from the server's secret: it leaves the server nowhere."""
    secret = hmac.new(settings.SECRET_KEY.encode(), b"manyvoices.api.pseudonyms", hashlib.sha256)
    return release_key(secret.digest(), mode=mode, study_id=study.pk, now=now)


def reading_names(study: Study, now: datetime) -> Pseudonyms:
    """Names that stay the same from request to request."""
    return Pseudonyms(reading_key(study, "stable", now))
