"""What can be asked: the models, prompts, languages and groups of the stage that will be steered.

An ask that nobody could answer would stay open for ever, so every ask is made of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from manyvoices.design.comparisons.assigning import compared_models
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.protocol import Study
from manyvoices.design.stages import ConversationsStage
from manyvoices.evaluate.next_batch.evidence import Evidence, Pair, pairs_of


@dataclass(frozen=True, slots=True)
class PromptOf:
    """A prompt of the set, as far as asks may name it."""

    category: str | None = None
    language: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Possible:
    """What the next round can ask."""

    kind: str | None
    """``comparisons``, ``conversations``; None where only battles are known."""
    models: tuple[str, ...]
    side_by_side: int = 2
    baseline: str | None = None
    prompts: Mapping[str, PromptOf] = field(default_factory=dict)
    """Empty where people write the prompts."""
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """More than one only where an ask can tell them apart."""
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Survey question of one choice -> its answers."""
    texts: frozenset[tuple[str, str]] | None = None
    """(prompt, model) that have a stored output; None = models answer live."""

    def pairs(self) -> list[Pair]:
        """Every two models that can stand side by side."""
        base = self.baseline
        return [p for p in pairs_of(self.models) if self.side_by_side > 2 or base in (None, *p)]

    def can_show(self, prompt: str | None, models: Sequence[str]) -> bool:
        """Whether all of `models` have something to show on `prompt`."""
        if prompt is None or self.texts is None:
            return True
        return all((prompt, model) in self.texts for model in models)


def of_evidence(evidence: Evidence) -> Possible:
    """Where no study is known: what was asked before."""
    prompts: dict[str, PromptOf] = {}
    for verdict in evidence.verdicts:
        if verdict.prompt is not None:
            prompts.setdefault(verdict.prompt, PromptOf(verdict.category, verdict.language))
    asked = {v.category for v in evidence.verdicts if v.category is not None}
    spoken = {v.language for v in evidence.verdicts if v.language is not None}
    return Possible(
        None,
        evidence.models,
        prompts=prompts,
        categories=tuple(sorted(asked)),
        languages=tuple(sorted(spoken)),
    )


def of_study(study: Study, stage: ConversationsStage | ComparisonsStage) -> Possible:
    """What `stage` can be asked."""
    questions = {
        question.id: tuple(option.value for option in question.offered())
        for _, survey in study.surveys()
        for page in survey.pages
        for question in page.questions
        if question.offered() and question.kind in ("single", "likert", "country")
    }
    ids = [model.id for model in study.models]
    if isinstance(stage, ConversationsStage):
        return Possible(
            "conversations",
            tuple(sorted(ids)),
            side_by_side=min(stage.opening.responders, len(ids)),
            categories=tuple(stage.types),
            languages=study.languages,
            questions=questions,
        )
    return _of_comparisons(study, stage, compared_models(stage, ids), questions)


def _of_comparisons(
    study: Study,
    stage: ComparisonsStage,
    models: tuple[str, ...],
    questions: Mapping[str, tuple[str, ...]],
) -> Possible:
    prompts = {p.id: PromptOf(p.category, p.language, p.text) for p in stage.prompts}
    named = {p.language for p in prompts.values()}
    spoken = study.languages if stage.source == "arena" else tuple(sorted(named - {None}))  # type: ignore[type-var]
    texts = {(o.prompt, o.model) for o in stage.outputs if (o.text or "").strip()}
    return Possible(
        "comparisons",
        models,
        side_by_side=stage.side_by_side,
        baseline=stage.baseline,
        prompts=prompts,
        categories=tuple(sorted({p.category for p in prompts.values() if p.category})),
        languages=tuple(name for name in spoken if name),
        questions=questions,
        texts=frozenset(texts) if stage.source == "outputs" else None,
    )
