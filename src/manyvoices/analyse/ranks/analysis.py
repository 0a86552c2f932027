"""Everything that the chapter on ranks says, computed from a release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, GroupField, NotEnough
from manyvoices.analyse.leaderboard import Missing
from manyvoices.analyse.ranks.by_group import FieldRanking, labels_of, rankings_by_field
from manyvoices.analyse.ranks.cohorts import Cohorts, cohorts
from manyvoices.analyse.ranks.comparison import (
    Comparison,
    compare_leaderboards,
    read_mapping,
    read_other,
)
from manyvoices.analyse.ranks.differences import MeanDifferences, mean_differences
from manyvoices.analyse.ranks.features import features_of
from manyvoices.analyse.ranks.openers import Openers, openers_of
from manyvoices.analyse.ranks.pairs import Pairs, pairs
from manyvoices.analyse.ranks.refusals import Refusals, refusals
from manyvoices.analyse.ranks.score_models import (
    FeatureShares,
    LengthCurve,
    ScoreModel,
    feature_shares,
    length_curve,
    score_models,
)
from manyvoices.analyse.ranks.sensitivity import (
    MethodComparison,
    RankGrid,
    by_alpha,
    by_subset,
    by_threshold,
    compare_functions,
)
from manyvoices.analyse.ranks.style import StyleControl, style_control
from manyvoices.analyse.regression import RegressionError
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.schema.errors import ManyvoicesError

MOST_LOTS = 500
"""Random cohorts behind each chance of a group's moves."""


@dataclass(frozen=True, slots=True, eq=False)
class TextFeatures:
    """Score and form of answers."""

    models: tuple[ScoreModel, ...]
    """PRISM's regression, the same with better errors, and the one within conversations."""
    length: LengthCurve
    shares: FeatureShares
    refusals: Refusals | None
    style: StyleControl | None


@dataclass(frozen=True, slots=True, eq=False)
class RankAnalysis:
    """Sources of variation in the order of models."""

    resampling: Resampling
    tie_threshold: int
    min_group: int
    n_people: int
    n_answers: int
    n_battles: int
    models: tuple[str, ...]
    """Best first, by rank centrality over the balanced subset."""
    balanced: bool
    """Whether the release marks a balanced subset that is not everything; `cohorts` and `fields`
    stand on it, all else on every opening turn."""
    cohorts: Cohorts
    fields: tuple[FieldRanking, ...]
    pairs: Pairs
    methods: MethodComparison
    thresholds: RankGrid
    alphas: RankGrid
    subsets: RankGrid | None
    differences: tuple[MeanDifferences, ...]
    features: TextFeatures | None
    """None where the answers are too few for a regression."""
    comparison: Comparison | None
    missing: tuple[Missing, ...]
    """What could not be computed, and why."""


def rank_analysis(dataset: Dataset, settings: Settings) -> RankAnalysis:
    """Answer case study II of PRISM (section 3.2, appendices P and T) for a release.

    Raises:
        NotEnough: No two models were rated in one opening turn, or fewer than two people rated.
    """
    openers = openers_of(dataset, tie_threshold=settings.tie_threshold)
    if openers.scores.n_participants < 2:
        raise NotEnough("One person gave all the scores: nobody else could have ranked otherwise.")
    subset = dataset.balanced()
    smaller = len(subset.conversations) < len(dataset.conversations)
    main = openers_of(subset, tie_threshold=settings.tie_threshold) if smaller else openers
    return _Analysis(dataset, settings, openers, main, smaller).run()


@dataclass(slots=True)
class _Analysis:
    """The steps, in the order of the chapter."""

    dataset: Dataset
    settings: Settings
    openers: Openers
    main: Openers
    smaller: bool

    def run(self) -> RankAnalysis:
        tick, drawn = self.settings.tick, self.settings.resampling
        scores = self.openers.scores
        battles = scores.battles()
        tick("ranks by cohorts of people")
        found = cohorts(self.main.scores, n_draws=drawn.n_resamples or 1, seed=drawn.seed)
        tick("ranks by group")
        fields = self.fields()
        tick("ranks by aggregation function, tie threshold and alpha")
        methods = compare_functions(scores, resampling=drawn)
        missing = list(methods.grid.missing)
        alphas = by_alpha(battles.tally(), battles.models)
        tick("text features")
        features, few = self.features()
        comparison, reason = self.comparison()
        return RankAnalysis(
            resampling=drawn,
            tie_threshold=self.settings.tie_threshold,
            min_group=self.settings.min_group,
            n_people=scores.n_participants,
            n_answers=len(scores),
            n_battles=len(battles),
            models=found.models,
            balanced=self.smaller,
            cohorts=found,
            fields=fields,
            pairs=pairs(self.openers),
            methods=methods,
            thresholds=by_threshold(scores),
            alphas=alphas,
            subsets=self.subsets(),
            differences=self.differences(found.models),
            features=features,
            comparison=comparison,
            missing=(*missing, *alphas.missing, *few, *reason),
        )

    def fields(self) -> tuple[FieldRanking, ...]:
        wanted: list[GroupField] = list(self.dataset.demographics())
        by_type = self.dataset.field(CONVERSATION_TYPE)
        drawn = self.settings.resampling
        return rankings_by_field(
            self.main,
            self.dataset,
            [*([by_type] if by_type else []), *wanted],
            min_group=self.settings.min_group,
            n_lots=min(drawn.n_resamples, MOST_LOTS) or 1,
            seed=drawn.seed,
        )

    def subsets(self) -> RankGrid | None:
        if not self.smaller:
            return None
        both = {"all": self.openers.scores, "balanced subset": self.main.scores}
        return by_subset(both, "all")

    def differences(self, order: tuple[str, ...]) -> tuple[MeanDifferences, ...]:
        """By conversation type: for gender, as PRISM, else for the first field of people."""
        fields = self.dataset.demographics()
        gender = [one for one in fields if one.column == "gender"] or list(fields[:1])
        names = (*order, *sorted(set(self.openers.scores.models) - set(order)))
        found = [
            mean_differences(
                self.openers.scores,
                labels_of(self.openers, self.dataset, field.column),
                labels_of(self.openers, self.dataset, CONVERSATION_TYPE),
                field=field,
                by="conversation type",
                order=names,
            )
            for field in gender
        ]
        return tuple(one for one in found if one is not None and one.n_cells)

    def features(self) -> tuple[TextFeatures | None, tuple[Missing, ...]]:
        try:
            return self._features(), ()
        except RegressionError as error:
            return None, (Missing("regressions of the score on text features", str(error)),)

    def _features(self) -> TextFeatures:
        texts, scores = self.openers.frame["model_response"], self.openers.scores
        ours = features_of(texts, models=scores.models)
        as_prism = features_of(texts, models=scores.models, compat="prism")
        drawn = self.settings.resampling
        refused = ours["if_refusal"].to_numpy() > 0
        return TextFeatures(
            models=tuple(score_models(self.openers, ours, as_prism)),
            length=length_curve(
                ours,
                scores.score,
                scores.cluster,
                scale=self.dataset.table.words.score_range,
                resampling=drawn,
            ),
            shares=feature_shares(self.openers, ours, resampling=drawn),
            refusals=refusals(self.openers, np.asarray(refused), resampling=drawn),
            style=style_control(self.openers, ours),
        )

    def comparison(self) -> tuple[Comparison | None, tuple[Missing, ...]]:
        path = self.settings.compare
        if path is None:
            return None, ()
        self.settings.tick("another leaderboard")
        drawn = self.settings.resampling
        try:
            theirs, name = read_other(path, tie_threshold=self.settings.tie_threshold)
            found = compare_leaderboards(
                self.openers.scores.battles(),
                theirs,
                two_names(self.dataset.table.source.title or "this release", name, path),
                mapping=read_mapping(path),
                n_resamples=drawn.n_resamples or 1,
                level=drawn.level,
                seed=drawn.seed,
            )
        except (NotEnough, ManyvoicesError) as error:
            return None, (Missing("comparison with another leaderboard", str(error)),)
        return found, ()


def two_names(ours: str, theirs: str, path: Path) -> tuple[str, str]:
    """Names that tell both sources apart."""
    return ours, f"{theirs} ({path.name})" if theirs == ours else theirs
