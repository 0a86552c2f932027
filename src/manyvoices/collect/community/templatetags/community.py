"""The way to the community's pages, where there is one."""

from __future__ import annotations

from django import template

from manyvoices.collect.community.standing import is_on
from manyvoices.collect.studies.models import Study

register = template.Library()


@register.filter
def has_community(study: Study) -> bool:
    """Whether the project shows points, boards and reactions."""
    return is_on(study)
