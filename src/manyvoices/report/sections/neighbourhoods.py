"""Local neighbourhoods: texts that say nearly the same (PRISM, appendix S)."""

from __future__ import annotations

from manyvoices.analyse.neighbourhoods.diversity import Diversity
from manyvoices.analyse.neighbourhoods.finding import Sizes
from manyvoices.analyse.neighbourhoods.study import NeighbourhoodStudy, neighbourhood_study
from manyvoices.report.formats import interval, number, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.neighbourhood_figures import diversity_figure, repeats_figure
from manyvoices.report.neighbourhood_tables import (
    alike_table,
    examples_table,
    portraits_table,
    repeats_table,
    sites_table,
    sizes_table,
)
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.schema.wording import plural

_LSA = (
    "Texts were placed by latent semantic analysis, which knows shared words and nothing of "
    "meaning. The thresholds are PRISM's, chosen for another embedding (all-mpnet-base-v2): here "
    "they mean nearly the same words. Give a sentence-transformers model for meaning."
)


def render(study: NeighbourhoodStudy) -> Section:
    """The chapter."""
    main, mixed = _main(study), study.main_diversity
    items = [_sizes_item(study, main)]
    notes = [_LSA] if study.embedder.startswith("lsa") else []
    if mixed is None:
        notes.append(
            "Who meets in neighbourhoods needs two neighbourhoods and survey answers that make "
            "groups; the release lacks them."
        )
    else:
        items += [_diversity_item(study, mixed), _portraits_item(study, mixed)]
    if any(one.n for one in study.sites):
        items.append(_sites_item(study))
    else:
        notes.append(
            "There are no field sites: no two people rated similar answers to similar prompts."
        )
    if len(study.pairs.different.ranges) or len(study.pairs.same.ranges):
        items += [_repeats_item(study), _examples_item(study)]
    else:
        notes.append("No answer to the same prompt was the same twice, letter by letter.")
    return Section(
        lead=_lead(main, mixed),
        items=tuple(items),
        in_short=(_short(main, mixed),),
        notes=tuple(notes),
    )


def _main(study: NeighbourhoodStudy) -> Sizes:
    return next(one for one in study.prompts if one.threshold == study.main)


def _lead(main: Sizes, mixed: Diversity | None) -> str:
    asked = (
        "Where several people open with nearly the same words, do alike people meet, and do they "
        "score the same answer alike? "
    )
    return asked + _short(main, mixed)


def _short(main: Sizes, mixed: Diversity | None) -> str:
    found = (
        f"{share(main.share)} of {plural(main.n_texts, 'opening prompt')} "
        f"{'stands' if main.n_members == 1 else 'stand'} in {plural(main.n, 'neighbourhood')} of "
        "two people or more"
    )
    if mixed is None:
        return f"{found}."
    return (
        f"{found}; {share(mixed.share_within)} of these are no more alike than as many random "
        "people would be."
    )


def _sizes_item(study: NeighbourhoodStudy, main: Sizes) -> Item:
    rule = "PRISM's rule" if study.compat else "single link"
    return Item(
        name="neighbourhoods-sizes",
        title=(
            f"{share(main.share)} of opening prompts have a neighbour by somebody else "
            f"(cosine distance ≤ {main.threshold:g})"
        ),
        n=(
            f"{plural(main.n_texts, 'opening prompt')} of "
            f"{plural(study.n_people, 'person', 'people')}"
        ),
        method=(
            f"Embedding: {study.embedder}. Neighbourhoods by {rule}: texts joined by a chain of "
            "neighbours within the threshold. Single texts, and groups of one person alone, are "
            "left out. PRISM's code joined each text to its nearest earlier one only, in the order "
            "of the alphabet, and printed neighbourhoods per text as the share of texts; both "
            "stand beside ours."
        ),
        source="PRISM, Table 23",
        table=sizes_table(study),
    )


def _diversity_item(study: NeighbourhoodStudy, mixed: Diversity) -> Item:
    mean = mixed.summary(None)[0]
    beyond = (
        "are more alike than random people"
        if mean < mixed.mean_low
        else "are more mixed than random people"
        if mean > mixed.mean_high
        else "are as mixed as random people"
    )
    title = f"On the whole, people of a neighbourhood {beyond}"
    return Item(
        name="neighbourhoods-diversity",
        title=title,
        n=f"{plural(len(mixed.k), 'neighbourhood')} at cosine distance ≤ {study.main:g}",
        method=(
            "Shannon's entropy of each attribute, over its mean among as many people drawn at "
            "random, minus 1; the sum over attributes is the intersectional entropy. Each person "
            "counts once, who would rather not say is in no group. Random people: drawn without "
            "replacement, in proportion to the prompts they wrote. Band: "
            f"{mixed.level:.0%} of the draws of as many people. The mean of the sum is "
            f"{number(mean, 2)}; with random people it would lie in "
            f"{interval(mixed.mean_low, mixed.mean_high, 2)} ({mixed.level:.0%})."
        ),
        source="PRISM, Figure 28",
        drawing=diversity_figure(study, mixed, title),
        table=alike_table(mixed),
        notes=(
            f"{plural(mixed.n_able, 'neighbourhood')} of {number(len(mixed.k))} "
            f"{'is' if mixed.n_able == 1 else 'are'} large enough to be told from random people "
            f"at all; if all people were random, {share((1 + mixed.level) / 2)} would be within or "
            "above the interval.",
            "PRISM's interval was ±2.56 sd / √k with sd in bits, of another unit than what it was "
            f"held against; by it {share(mixed.prism_share_within)} are within or above, where "
            f"{share(mixed.prism_if_random)} would be if people met at random.",
        ),
    )


def _portraits_item(study: NeighbourhoodStudy, mixed: Diversity) -> Item:
    more = int((mixed.total < mixed.low).sum())
    return Item(
        name="neighbourhoods-largest",
        title=(
            f"{plural(more, 'neighbourhood')} {'is' if more == 1 else 'are'} more alike than "
            "random people"
            if more
            else "No single neighbourhood is more alike than random people might be"
        ),
        n=f"{plural(len(study.portraits), 'neighbourhood')} of {number(len(mixed.k))}",
        method=(
            "The largest, then others below the interval of as many random people. Among many "
            "neighbourhoods some fall below by chance: one in two hundred."
        ),
        table=portraits_table(study),
    )


def _sites_item(study: NeighbourhoodStudy) -> Item:
    one = next(site for site in study.sites if site.n)
    main = next((site for site in study.sites if site.threshold == study.main and site.n), one)
    least = "one person" if study.compat else "two people"
    return Item(
        name="neighbourhoods-sites",
        title=(
            f"Two people's scores of similar answers to similar prompts differ by "
            f"{number(main.gap.mean)} points"
        ),
        n=(
            f"{plural(main.n, 'field site')} at ≤ {main.threshold:g}, "
            f"{number(main.ratings.mean, 1)} ratings each on average"
        ),
        method=(
            "A field site is a neighbourhood of prompts crossed with a group of similar answers, "
            f"rated by {least} or more. Range: of the people's mean scores; it grows with their "
            "number. Difference: mean over all pairs of people, then over sites; "
            f"{intervals_made(study.resampling)}. People "
            "chose their prompts, so who meets is not left to chance. Two scores taken at random "
            f"differ by {number(study.pairs.any_two, 1)}."
        ),
        source="PRISM, Table 24",
        table=sites_table(study),
    )


def _repeats_item(study: NeighbourhoodStudy) -> Item:
    pairs = study.pairs
    different, same = pairs.different, pairs.same
    n = (
        f"{plural(len(different.ranges), 'answer')} scored by several of "
        f"{plural(different.n_people, 'person', 'people')}; {number(len(same.ranges))} scored more "
        f"than once by one of {plural(same.n_people, 'person', 'people')}"
    )
    title = _repeats_title(study)
    few = min(different.gap.n_people, same.gap.n_people) < 30
    return Item(
        name="neighbourhoods-repeats",
        title=title,
        n=n,
        method=(
            "Opening answers equal letter by letter, to prompts equal letter by letter. Different "
            "people: each one's mean. The same person: within one conversation. Dots: each answer, "
            "its mean difference of two scores; bar: middle half; line: median. The table has "
            f"{intervals_made(study.resampling)}, and the ranges, which is what PRISM drew."
        ),
        source="PRISM, Figure 29",
        drawing=repeats_figure(pairs, title),
        table=repeats_table(pairs),
        notes=(
            "One person's two scores were given side by side on one page, which makes them more "
            "alike than scores of another day; the noise of a single rating may be larger.",
            *(
                (
                    "Few people stand behind this: read the intervals, not the means; a "
                    "percentile interval of few people is too narrow rather than too wide.",
                )
                if few
                else ()
            ),
        ),
    )


def _repeats_title(study: NeighbourhoodStudy) -> str:
    different, same = study.pairs.different, study.pairs.same
    if not len(same.ranges):
        return f"Scores of one answer by different people differ by {number(different.gap.mean)}"
    if not len(different.ranges):
        return f"One person's two scores of one answer differ by {number(same.gap.mean)} points"
    return (
        f"The same answer: {number(different.gap.mean, 1)} points between two people, "
        f"{number(same.gap.mean, 1)} within one"
    )


def _examples_item(study: NeighbourhoodStudy) -> Item:
    pairs = study.pairs
    return Item(
        name="neighbourhoods-pairs",
        title="Answers that were scored more than once",
        n=(
            f"{number(len(pairs.different.examples) + len(pairs.same.examples))} examples, those "
            "with most scores"
        ),
        method="Equal letter by letter, prompt and answer; long texts are cut.",
        source="PRISM, Table 25",
        table=examples_table(pairs),
    )


CHAPTER = Chapter(
    id="neighbourhoods",
    title="Local neighbourhoods",
    compute=neighbourhood_study,
    render=render,
)
