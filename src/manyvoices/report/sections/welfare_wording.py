"""What the items of welfare say in the same words."""

from __future__ import annotations

from manyvoices.analyse.welfare.result import (
    RegionWelfare,
    WelfareResult,
)
from manyvoices.report.formats import number, share
from manyvoices.schema.wording import plural

SHARED = (
    "The people whose welfare is measured are also among those who sit when everybody may, so "
    "everybody's choice suits them better by chance alone; deals of the labels show by how much."
)


def drawn(result: WelfareResult) -> str:
    """How schemes were played."""
    return (
        f"{number(result.n_draws)} samples per scheme, drawn with replacement; each takes the "
        "model with the highest mean among those who met it (ties by lot). Bubbles: mean welfare "
        "of the population under the models chosen, by how often they were chosen; dot: the mean. "
    )


def tested(result: WelfareResult) -> str:
    """When a scheme is called dominated."""
    return (
        "Dominated: the other scheme is better at some level and worse at none, over draws "
        "(Barrett & Donald 2003), and other people would have said the same: "
        f"{number(result.n_deals)} deals of the labels among people, or "
        f"{number(result.n_resamples)} resamples of people where only the number of seats differs; "
        "Holm's correction over all comparisons of a measure at .05. "
        f"{result.resampling.level:.0%} intervals of differences are percentiles of the resamples."
    )


def people_of(region: RegionWelfare, result: WelfareResult) -> str:
    """How many people and models a region has."""
    missing = region.measures[0].share_missing
    return (
        f"{plural(region.n_people, 'person', 'people')}, {plural(result.n_models, result.noun)}; "
        f"{share(missing)} of the pairs never met"
    )
