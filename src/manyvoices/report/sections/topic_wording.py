"""What the items of topics say in the same words."""

from __future__ import annotations

from manyvoices.analyse.topics import TopicsResult
from manyvoices.report.topic_figures import (
    MAX_SHOWN,
)
from manyvoices.schema.wording import plural


def cases(result: TopicsResult) -> str:
    """How many prompts of how many people."""
    return (
        f"{plural(result.n_texts, 'opening prompt')} of "
        f"{plural(result.n_people, 'person', 'people')}"
    )


def hidden_topics(result: TopicsResult) -> tuple[str, ...]:
    """A note where figures leave topics out."""
    hidden = len(result.topics) - MAX_SHOWN
    return (f"{plural(hidden, 'smaller topic')} only in the table.",) if hidden > 0 else ()


def expected_share(result: TopicsResult) -> str:
    """What a group's share is held against."""
    what = "people" if any(field.base == "people" for field in result.groups) else "all prompts"
    return f"Expected is the group's share of {what}"
