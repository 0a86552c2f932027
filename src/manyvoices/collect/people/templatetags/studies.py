"""A study's title in the reader's language, where a page knows no participant."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from manyvoices.collect.studies.models import Study

register = template.Library()


@register.filter
def own_title(study: object) -> str:
    """The title in the study's own language nearest to the interface's; costs one query."""
    version = study.versions.order_by("-number").first() if isinstance(study, Study) else None
    if version is None:
        return str(getattr(study, "title", ""))
    version.read_in(get_language() or "en")
    return version.spec.title
