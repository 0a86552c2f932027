"""What only PPO can stumble over.

TrainingError
├── KlExploded         the policy has left the model that it started from
├── RewardUnusable     the reward cannot be loaded, or what it gives is no score per reply
└── NoReplies          the generator gave nothing that can be trained on
"""

from __future__ import annotations

from pathlib import Path

from manyvoices.train.errors import TrainingError


class KlExploded(TrainingError):
    """The policy has left the model that it started from; nothing was updated with this round."""

    def __init__(self, round_: int, kl: float, limit: float, coef: float, out: Path) -> None:
        self.round, self.kl, self.limit = round_, kl, limit
        super().__init__(
            f"the mean KL per reply to the reference is {kl:.4g} nats in round {round_}, and "
            f"kl.stop is {limit:g} (coefficient {coef:.3g}): the policy has left the model that it "
            f"started from, and its rewards mean nothing there. Checkpoints in {out} are from "
            "before. Lower optim.lr, raise kl.coef, lower ppo_epochs or clip; a strongly negative "
            "KL comes of top_p and temperature far below 1"
        )


class RewardUnusable(TrainingError):
    """The reward cannot be loaded, or what it gives is no score per reply."""


class NoReplies(TrainingError):
    """The generator gave nothing that can be trained on."""

    def __init__(self, round_: int, asked: int, why: str) -> None:
        self.round, self.asked = round_, asked
        super().__init__(
            f"none of {asked} replies of round {round_} can be trained on: {why}. Look at the "
            "server and at generate.server, whose model and chat template must be the policy's"
        )
