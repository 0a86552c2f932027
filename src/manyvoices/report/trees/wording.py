"""What the items of message trees say in the same words."""

from __future__ import annotations

from manyvoices.analyse.trees import TreeDescription
from manyvoices.analyse.trees.estimates import Estimate
from manyvoices.report.formats import interval, number
from manyvoices.schema.wording import plural

OASST = "OASST (arXiv 2304.07327)"
MOST_LANGUAGES = 12
"""Languages with a row of their own in a figure; the tables have all."""
ACTIVITY_NAMES = {
    "messages": "messages",
    "prompter": "messages as prompter",
    "assistant": "messages as assistant",
    "reviewer": "reviews",
    "ranker": "rankings",
}


def language_name(language: str) -> str:
    """A language as it stands in a figure or table."""
    return language or "not named"


def resampled(found: TreeDescription, what: str = "trees") -> str:
    """How intervals were made."""
    drawn = found.resampling
    return f"{drawn.level:.0%} intervals from {number(drawn.n_resamples)} resamples of whole {what}"


def messages(found: TreeDescription) -> str:
    """How many messages in how many trees."""
    shape = found.shape
    return f"{plural(shape.n_messages, 'message')} in {plural(shape.n_trees, 'tree')}"


def estimate_cells(one: Estimate) -> tuple[str, str]:
    """The value and its interval, two digits each."""
    return number(one.value, 2), interval(one.low, one.high, 2)
