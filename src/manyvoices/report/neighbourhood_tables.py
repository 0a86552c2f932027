"""Tables of local neighbourhoods: sizes, people, field sites, repeated ratings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from manyvoices.analyse.neighbourhoods.diversity import Diversity
from manyvoices.analyse.neighbourhoods.exact_pairs import ExactPairs, Repeats
from manyvoices.analyse.neighbourhoods.field_sites import Spread
from manyvoices.analyse.neighbourhoods.finding import Sizes
from manyvoices.analyse.neighbourhoods.gaps import Gap
from manyvoices.analyse.neighbourhoods.study import NeighbourhoodStudy
from manyvoices.report.canvas import shortened
from manyvoices.report.data_table import GAP, DataTable, percent
from manyvoices.report.formats import interval, number, share
from manyvoices.schema.wording import plural

T = TypeVar("T")
Row = tuple[str, ...]
_N_SIZES = 3
KINDS = {"different": "Different people", "same": "The same person"}


def sizes_table(study: NeighbourhoodStudy) -> DataTable:
    """PRISM's Table 23."""
    rows: list[Row] = []
    heads = []
    mixed = study.diversity
    blocks: list[tuple[str, list[Row]]] = [
        ("Opening prompts", _size_rows(study.prompts)),
        ("Opening prompts, by the rule of PRISM's code", _size_rows(study.prompts_prism)[:4]),
        ("People who meet in a neighbourhood of prompts", _entropy_rows(mixed)),
        ("Models' answers", _size_rows(study.answers)),
    ]
    for title, block in blocks:
        if block:
            heads.append(len(rows))
            rows += [(title, *[""] * len(study.prompts)), *block]
    return DataTable(
        name="neighbourhoods-sizes",
        title="Neighbourhoods at three thresholds of cosine distance",
        header=("", *(f"≤ {one.threshold:g}" for one in study.prompts)),
        rows=tuple(rows),
        heads=frozenset(heads),
        note=(
            "k: texts of a neighbourhood. Entropies are relative to as many random people: 0 = as "
            "mixed, −1 = all alike; mean ± standard deviation over neighbourhoods."
        ),
    )


def _size_rows(sizes: Sequence[Sizes]) -> list[Row]:
    def row(label: str, value: Callable[[Sizes], str]) -> Row:
        return (label, *(value(one) for one in sizes))

    return [
        row("Neighbourhoods", lambda one: number(one.n)),
        row("Texts in one", lambda one: f"{number(one.n_members)} of {number(one.n_texts)}"),
        row("Share of texts in one", lambda one: percent(one.share, 2)),
        row("Largest k", lambda one: number(one.k_max)),
        row("Mean k ± sd", lambda one: _plus(one.k_mean, one.k_sd)),
        row("Neighbourhoods per text (PRISM's share)", lambda one: percent(one.per_text, 2)),
        row("Groups left out: one person alone", lambda one: number(one.n_own)),
    ]


def _entropy_rows(mixed: Sequence[Diversity | None]) -> list[Row]:
    known = [one for one in mixed if one is not None]
    if not known:
        return []

    def row(label: str, value: Callable[[Diversity], str]) -> Row:
        return (label, *(GAP if one is None else value(one) for one in mixed))

    def entropy(at: int) -> Callable[[Diversity], str]:
        return lambda one: _mean_sd(one, at)

    return [
        *(row(f"{name} entropy", entropy(at)) for at, name in enumerate(known[0].attributes)),
        row("Intersectional entropy (their sum)", lambda one: _mean_sd(one, None)),
        row(
            "Its mean if people met at random",
            lambda one: interval(one.mean_low, one.mean_high, 2),
        ),
        row("No more alike than random people", lambda one: percent(one.share_within, 2)),
        row("– of neighbourhoods that could be", lambda one: number(one.n_able)),
        row("– by PRISM's margin", lambda one: percent(one.prism_share_within, 2)),
        row("– by that margin, if people met at random", lambda one: percent(one.prism_if_random)),
    ]


def _mean_sd(mixed: Diversity, at: int | None) -> str:
    mean, sd = mixed.summary(at)
    return _plus(mean, sd)


def alike_table(mixed: Diversity) -> DataTable:
    """How many attributes a neighbourhood's people share, and which."""
    n = len(mixed.attributes)
    rows: list[Row] = [("Texts whose neighbourhood is all alike in", "")]
    rows += [
        (f"{i} of {n}" if i else "none of them", share(float(value)))
        for i, value in enumerate(mixed.single)
    ]
    rows.append(("Texts whose neighbourhood is all alike by", ""))
    rows += [
        (name, share(float(value)))
        for name, value in zip(mixed.attributes, mixed.alike, strict=True)
    ]
    return DataTable(
        name="neighbourhoods-diversity",
        title="Neighbourhoods of one kind of people",
        header=("", "share of texts in neighbourhoods"),
        rows=tuple(rows),
        heads=frozenset((0, n + 2)),
        note="Among known answers; who would rather not say is in no group.",
    )


def portraits_table(study: NeighbourhoodStudy) -> DataTable:
    """The largest neighbourhoods, and those that are more alike than chance."""
    return DataTable(
        name="neighbourhoods-largest",
        title="The largest neighbourhoods, and others more alike than random people",
        header=("most frequent text", "texts", "people", "entropy", "random people", "all alike"),
        rows=tuple(
            (
                shortened(" ".join(one.text.split()), 90),
                number(one.k),
                number(one.n_people),
                number(one.total, 2) + (" *" if one.total < one.low else ""),
                f"≥ {number(one.low, 2)}",
                ", ".join(one.alike) or GAP,
            )
            for one in study.portraits
        ),
        note="* lower than in 99.5% of draws of as many random people.",
    )


def sites_table(study: NeighbourhoodStudy) -> DataTable:
    """PRISM's Table 24."""
    sites = study.sites
    rows: list[Row] = [("Field sites", *(number(one.n) for one in sites))]
    heads = []
    for title, name in (
        ("Ratings", "ratings"),
        ("People", "raters"),
        ("Models", "models"),
        ("Providers of models", "providers"),
        ("Range of scores", "score_range"),
    ):
        spreads: list[Spread] = [getattr(one, name) for one in sites]
        heads.append(len(rows))
        rows.append((title, *[""] * len(sites)))
        rows.append(("mean ± sd", *(_plus(one.mean, one.sd) for one in spreads)))
        rows.append(("smallest to largest", *(_ends(one) for one in spreads)))
    heads.append(len(rows))
    rows.append(("Difference of two people's scores", *[""] * len(sites)))
    rows.append(("mean, interval", *(_gap(one.gap) for one in sites)))
    rows.append(("people", *(number(one.gap.n_people) for one in sites)))
    return DataTable(
        name="neighbourhoods-sites",
        title="Field sites: similar prompts that met similar answers",
        header=("", *(f"≤ {one.threshold:g}" for one in sites)),
        rows=tuple(rows),
        heads=frozenset(heads),
    )


def repeats_table(pairs: ExactPairs) -> DataTable:
    """What PRISM's Figure 29 shows, as numbers."""
    kinds = (pairs.different, pairs.same)

    def row(label: str, value: Callable[[Repeats], str]) -> Row:
        return (label, *(value(one) for one in kinds))

    return DataTable(
        name="neighbourhoods-repeats",
        title="Scores of the same answer to the same prompt",
        header=("", *(KINDS[one.kind] for one in kinds)),
        rows=(
            row("Prompts with one answer", lambda one: number(len(one.ranges))),
            row("People", lambda one: number(one.n_people)),
            row("Scores each: sites", _site_sizes),
            row("Range of scores, mean ± sd", lambda one: _plus(one.summary.mean, one.summary.sd)),
            row("Quartiles of the range", lambda one: _quartiles(one.quartiles)),
            row("Quartiles of the difference of two", lambda one: _quartiles(one.middle)),
            row("Largest range", lambda one: number(one.summary.high)),
            row("Difference of two scores: mean, interval", lambda one: _gap(one.gap)),
        ),
        note=(
            f"Two opening scores taken at random differ by {number(pairs.any_two, 1)} "
            f"({plural(pairs.n_ratings, 'score')})."
        ),
    )


def examples_table(pairs: ExactPairs) -> DataTable:
    """PRISM's Table 25."""
    rows: list[Row] = []
    heads = []
    for one in (pairs.different, pairs.same):
        if one.examples:
            heads.append(len(rows))
            rows.append((KINDS[one.kind], "", "", ""))
        rows += [
            (
                shortened(" ".join(made.prompt.split()), 60),
                shortened(" ".join(made.answer.split()), 90),
                shortened(", ".join(f"{score:g}" for score in made.scores), 60),
                number(made.scores[-1] - made.scores[0]),
            )
            for made in one.examples
        ]
    return DataTable(
        name="neighbourhoods-pairs",
        title="The same answer to the same prompt, and its scores",
        header=("prompt", "answer", "scores", "range"),
        rows=tuple(rows),
        heads=frozenset(heads),
        note="Different people: each one's mean score.",
    )


def _site_sizes(one: Repeats) -> str:
    """ "2: 26, 3: 6, 4 and more: 8"."""
    said = [f"{k}: {number(n)}" for k, n in one.sizes[:_N_SIZES]]
    if more := one.sizes[_N_SIZES:]:
        said.append(f"{more[0][0]} and more: {number(sum(n for _, n in more))}")
    return ", ".join(said) or GAP


def _quartiles(values: tuple[float, float, float]) -> str:
    return GAP if values[0] != values[0] else " / ".join(number(one, 1) for one in values)


def _gap(gap: Gap) -> str:
    return GAP if not gap.n_sites else f"{number(gap.mean, 1)} ({interval(gap.low, gap.high, 1)})"


def _ends(one: Spread) -> str:
    return GAP if one.low != one.low else f"{number(one.low)} to {number(one.high)}"


def _plus(mean: float, sd: float) -> str:
    return GAP if mean != mean else f"{number(mean, 2)} ± {number(sd, 2)}"
