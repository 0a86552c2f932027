"""Every output scored by a reward model's folder, as it read replies in training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from manyvoices.evaluate.config_reward import RewardEvaluationConfig, RewardFolder
from manyvoices.evaluate.kinds import Progress
from manyvoices.evaluate.sampling.records import SamplingReport
from manyvoices.train.config import DataConfig
from manyvoices.train.config_reward import PackingConfig
from manyvoices.train.views import ReplyGroup, Turn

Place = tuple[int, int, int, int]
AT_ONCE = 8
"""Replies in one group: bounds the memory of a forward pass."""


def reward_scores(
    reports: Sequence[SamplingReport], folder: RewardFolder, progress: Progress
) -> dict[Place, float]:
    """(report, prompt, result, output) -> score; outputs without a text have none.

    Raises:
        ModelFolderError, NoRewardHead, ScoreNotFinite: As `manyvoices.evaluate.scoring.score`.
    """
    from manyvoices.evaluate.scoring import score

    groups, places = [], []
    for group, where in _groups(reports):
        groups.append(group)
        places.append(where)
    config = RewardEvaluationConfig(
        model=folder,
        data={"outputs": DataConfig(path=folder.path)},  # not read: groups are given
        part="all",
        batch_size=1,
        packing=PackingConfig(mode="rows"),
        out=folder.path,
    )
    found = score(groups, config, progress)
    return {
        place: value
        for (_, scores), where in zip(found.groups, places, strict=True)
        for place, value in zip(where, scores, strict=False)
    }


def _groups(reports: Sequence[SamplingReport]) -> Iterator[tuple[ReplyGroup, list[Place]]]:
    for r, report in enumerate(reports):
        for p, one in enumerate(report.prompts):
            said = (*(one.manyvoices.earlier if one.manyvoices else ()), one.prompt)
            prefix = tuple(
                Turn("assistant" if i % 2 else "prompter", text) for i, text in enumerate(said)
            )
            texts = [
                ((r, p, s, i), text)
                for s, result in enumerate(one.results)
                for i, text in enumerate(result.outputs)
                if text.strip()
            ]
            for at in range(0, len(texts), AT_ONCE):
                some = texts[at : at + AT_ONCE]
                replies = [text for _, text in some]
                replies += replies if len(replies) == 1 else []  # a group has two at least
                group = ReplyGroup(
                    prefix, tuple(replies), tuple(range(len(replies))), None, f"{r}.{p}.{at}", ""
                )
                yield group, [place for place, _ in some]
