"""How a report was made, so that anybody can make it again: command, versions, sources."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from manyvoices.analyse.resampling import Resampling

PACKAGES = ("manyvoices", "numpy", "scipy", "polars", "matplotlib", "jinja2")
OPTIONAL = ("scikit-learn", "umap-learn", "hdbscan", "numba", "sentence-transformers")
"""Named where they are installed: chapters use them."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The command and the versions behind a report."""

    command: str
    """As it is typed."""
    words: tuple[str, ...]
    """The same word by word, so that a page may break the line between them."""
    versions: tuple[tuple[str, str], ...]

    def for_chapter(self, chapter: str) -> tuple[str, ...]:
        """The words of a command that makes one chapter alone, with the same numbers."""
        kept, words = [], iter(self.words)
        for word in words:
            if word == "--only":
                next(words)
            else:
                kept.append(word)
        place = kept.index("--out") + 2
        return (*kept[:place], "--only", chapter, *kept[place:])


@dataclass(frozen=True, slots=True)
class Method:
    """What was computed, in a sentence, and where it comes from."""

    name: str
    what: str
    citation: str
    link: str


def provenance(
    release_name: str,
    resampling: Resampling,
    fields: Sequence[str],
    *,
    only: Sequence[str] = (),
    compare: str = "",
    references: Sequence[str] = (),
    embedder: str = "lsa",
) -> Provenance:
    """Write down the command with every setting that the numbers depend on.

    `release_name` is the folder's name only, and so are the other paths: a report is passed on,
    and where a folder lay on one machine says nothing to others.
    """
    words = ["manyvoices", "report", release_name, "--out", "report"]
    words += [word for chapter in only for word in ("--only", chapter)]
    words += ["--compare", compare] if compare else []
    words += [word for name in references for word in ("--reference", name)]
    words += ["--embedder", embedder] if embedder != "lsa" else []
    words += ["--resamples", str(resampling.n_resamples), "--seed", str(resampling.seed)]
    words += [word for field in fields for word in ("--group", field)]
    versions = [("Python", platform.python_version())]
    versions += [(name, version(name)) for name in PACKAGES]
    versions += [(name, found) for name in OPTIONAL if (found := _installed(name))]
    quoted = tuple(shlex.quote(word) for word in words)
    return Provenance(command=" ".join(quoted), words=quoted, versions=tuple(versions))


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


METHODS = (
    Method(
        "Battles",
        "Every pair of rated answers to one opening message is a battle; scores at most the tie "
        "threshold apart are a tie, which counts half a win each way. Answers that failed or were "
        "not rated are in no battle.",
        "Kirk et al. 2024, The PRISM Alignment Dataset",
        "https://arxiv.org/abs/2404.16019",
    ),
    Method(
        "Rank centrality",
        "A walk goes from model to model, more often towards the winner of their battles; the "
        "score is the share of a long walk spent at each model. One pseudo-win each way is added "
        "to every pair.",
        "Negahban, Oh and Shah 2017, Operations Research 65",
        "https://doi.org/10.1287/opre.2016.1534",
    ),
    Method(
        "Bradley–Terry",
        "The chance that one model beats another depends on the difference of their log "
        "strengths, fitted by maximum likelihood without a penalty.",
        "Bradley and Terry 1952, Biometrika 39",
        "https://doi.org/10.1093/biomet/39.3-4.324",
    ),
    Method(
        "Intervals",
        "Whole participants are drawn with replacement, with everything they said, and every "
        "number is computed again; the interval is the middle part of these results. Answers of "
        "one person are not independent, so resampling single answers would claim too much.",
        "Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90",
        "https://doi.org/10.1162/rest.90.3.414",
    ),
    Method(
        "Agreement of groups",
        "Kendall’s tau between the rankings of each pair of groups, averaged, against the same "
        "for people dealt into groups of the same sizes at random; p is one-sided.",
        "Kendall 1938, Biometrika 30",
        "https://doi.org/10.1093/biomet/30.1-2.81",
    ),
)
