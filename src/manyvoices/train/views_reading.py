"""Data sets of any form become `SourceTree`s: the reader behind `read_views`."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from manyvoices.train.config import DataConfig, DataSource, as_plain
from manyvoices.train.drafts import Drops
from manyvoices.train.errors import EmptySplitError, NotAllowedError
from manyvoices.train.manifest import Manifest, SourceRead
from manyvoices.train.sampling import Share
from manyvoices.train.views_all import SourceTree, Views
from manyvoices.train.views_sources import Opened, opened

BEYOND = "trees beyond max_examples"


def read(config: DataConfig) -> Views:
    """See `manyvoices.train.views.read_views`."""
    drops: Drops = Counter()
    sources: tuple[DataSource, ...] = (config, *config.more)
    trees: list[SourceTree] = []
    found: list[Opened] = []
    for number, source in enumerate(sources):
        one = opened(source, config, drops, number)
        trees += _named_apart(one.trees, {tree.view.tree_id for tree in trees}, number)
        found.append(one)
    trees = list(_deduplicated(trees, config.filters.deduplicate, drops))
    trees = _at_most(trees, config, drops)
    if not trees:
        raise _nothing(config, drops)
    people: dict[str, Mapping[str, str]] = {}
    for one in found:
        people |= one.people
    views = Views(
        sources=tuple(trees),
        manifest=_manifest(config, found, trees, drops),
        top_k=config.top_k,
        individual=config.individual,
        people=people,
        shares=tuple(Share(source.fraction, source.size) for source in sources),
    )
    languages = Counter(tree.view.language or "not stated" for tree in trees)
    full = replace(views.manifest, kept=_kept(views), languages=dict(languages.most_common()))
    return replace(views, manifest=full)


def _named_apart(trees: list[SourceTree], taken: set[str], number: int) -> Iterator[SourceTree]:
    """Ids are unique over all data sets: a later one's gets its number where it is taken."""
    for tree in trees:
        old = tree.view.tree_id
        if old not in taken:
            yield tree
            continue
        new = f"{old}#{number}"
        groups = tuple(replace(group, tree_id=new) for group in tree.view.groups)
        by_rater = tuple(replace(group, tree_id=new) for group in tree.by_rater)
        yield replace(tree, view=replace(tree.view, tree_id=new, groups=groups), by_rater=by_rater)


def _deduplicated(trees: list[SourceTree], how: str, drops: Drops) -> Iterator[SourceTree]:
    seen: set[bytes] = set()
    for tree in trees:
        if how != "none":
            mark = _fingerprint(tree, whole=how == "tree")
            if mark in seen:
                same = "in every text, order and rater" if how == "tree" else "in their opening"
                drops[f"trees equal to an earlier one {same}"] += 1
                continue
            seen.add(mark)
        yield tree


def _fingerprint(tree: SourceTree, *, whole: bool) -> bytes:
    digest = hashlib.sha256()
    if not whole:
        digest.update(tree.view.root.text.strip().encode())
        return digest.digest()
    for node in tree.view.root.walk():
        digest.update(json.dumps([node.role, node.text, len(node.children)]).encode())
    for group in (*tree.view.groups, *tree.by_rater):
        place = [group.rater, group.ranks, group.scores, group.replies]
        digest.update(json.dumps(place).encode())
    return digest.digest()


def _at_most(trees: list[SourceTree], config: DataConfig, drops: Drops) -> list[SourceTree]:
    most = config.max_examples
    if most is None or len(trees) <= most:
        return trees
    drops[BEYOND] += len(trees) - most
    chosen = sorted(random.Random(config.seed).sample(range(len(trees)), most))
    return [trees[i] for i in chosen]


def _nothing(config: DataConfig, drops: Drops) -> Exception:
    reasons = "; ".join(f"{n} {reason}" for reason, n in drops.most_common(6) if n)
    if reasons and all("simulated" in reason for reason, n in drops.items() if n):
        return NotAllowedError(
            f"everything in {config.path} is of a rehearsal ({reasons}): bots' preferences are not "
            "people's; set data.filters.allow_simulated: true where that is meant"
        )
    return EmptySplitError(
        f"the data of {config.path}",
        f"left out were {reasons}" if reasons else "its files hold no records",
        "loosen data.filters and data.languages, or give other data",
    )


def _manifest(
    config: DataConfig, found: list[Opened], trees: list[SourceTree], drops: Drops
) -> Manifest:
    n_trees = Counter(tree.source for tree in trees)
    plain = as_plain(config)
    # Where the files lie says nothing of what is in them: equal data, equal hash, anywhere.
    placeless = {name: value for name, value in plain.items() if name not in ("path", "more")}
    placeless["more"] = [
        {name: value for name, value in source.items() if name != "path"}
        for source in plain["more"]
    ]
    document = json.dumps([[one.sha256 for one in found], placeless], sort_keys=True)
    return Manifest(
        sources=tuple(
            SourceRead(
                path=str(one.path),
                format=one.format,
                sha256=one.sha256,
                consent=one.consent.scope,
                n_trees=n_trees[number],
                release=one.consent.release,
            )
            for number, one in enumerate(found)
        ),
        dropped={reason: n for reason, n in sorted(drops.items()) if n},
        kept={},
        seed=config.seed,
        config=plain,
        data_hash=hashlib.sha256(document.encode()).hexdigest(),
    )


def _kept(views: Views) -> dict[str, int]:
    groups = views.groups()
    raters = {g.rater for tree in views.sources for g in tree.by_rater if g.rater}
    return {
        "trees": len(views.sources),
        "messages": sum(1 for tree in views.sources for _ in tree.view.root.walk()),
        "threads": len(views.threads()),
        "groups": len(groups),
        "ranked_replies": sum(len(group.replies) for group in groups),
        "pairs": sum(group.n_pairs for group in groups),
        "prompts": len(views.prompts()),
        "raters": len(raters),
    }
