"""Putting a study on this server, and giving it a new version when its protocol changes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.design import Study as StudySpec


@transaction.atomic
def publish_study(*, spec: StudySpec, now: datetime) -> StudyVersion:
    """Store `spec` as the study's current version; the same content twice is one version.

    People who have begun keep the version that they consented to.
    """
    from manyvoices.collect.people.quotas import sync_cells

    current = {"title": spec.title, "consent_version": spec.consent_version}
    study, _ = Study.objects.update_or_create(
        id=spec.id, defaults=current, create_defaults=current | {"created_at": now}
    )
    sync_cells(study=study, recruitment=spec.recruitment)
    latest = study.versions.order_by("-number").first()
    if latest is not None and latest.digest == spec.digest:
        return latest
    version = study.versions.filter(digest=spec.digest).first()
    number = latest.number + 1 if latest else 1
    if version is not None:
        # An earlier protocol comes back: it becomes the current one under its own digest.
        version.number = number
        version.save(update_fields=["number"])
        return version
    return study.versions.create(
        number=number, digest=spec.digest, content=spec.model_dump(mode="json"), created_at=now
    )
