"""One round after another: ask, write, pay, weigh; then what the weights are updated with.

`Rounds` is what makes the house's loop (`manyvoices.train.loop.fit`) a loop of PPO. An "epoch" of
the loop is a round here; its batches are `Part`s, mere addresses, so that passing over them after a
resumption costs nothing. The round itself is made when its first part is trained on, with the
weights of that moment, and is kept in checkpoints, so that a run that was stopped between two
rounds or within one goes on as if it had not been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from manyvoices.train.config_ppo import PpoConfig
from manyvoices.train.distributed import Place, of_all
from manyvoices.train.order import shuffled
from manyvoices.train.ppo.actors import ActorCritic, Reference, logprobs_of
from manyvoices.train.ppo.errors import KlExploded, NoReplies
from manyvoices.train.ppo.generation import Generator, seed_of
from manyvoices.train.ppo.kl import KlController
from manyvoices.train.ppo.rewards import Reward
from manyvoices.train.ppo.rollouts import (
    Asked,
    Row,
    Written,
    batch_of,
    experience,
)
from manyvoices.train.ppo.round_data import Part, Round, metrics_of, settings_of, zipped
from manyvoices.train.views import Turn

WRITE, ORDER, JUDGE = 1, 2, 3
"""What a seed is for; the first number beside the run's own seed."""


class Rounds:
    """Makes rounds, keeps the current one, and deals it out.

    Args:
        prompts: (turns, token ids) of every prompt that is trained on.
        watch: Told of every new round, on every process: keeps samples.
    """

    def __init__(
        self,
        config: PpoConfig,
        prompts: Sequence[tuple[tuple[Turn, ...], tuple[int, ...]]],
        generator: Generator,
        reward: Reward,
        reference: Reference,
        place: Place,
        pad: int,
        watch: Callable[[Round], None] | None = None,
    ) -> None:
        self.config, self.prompts, self.place, self.pad = config, prompts, place, pad
        self.generator, self.reward, self.reference = generator, reward, reference
        self.watch = watch
        self.controller = KlController(config.kl.coef, config.kl.target, config.kl.horizon)
        self.settings = settings_of(config)
        self.current: Round | None = None

    @property
    def minibatches(self) -> int:
        """Mini-batches, and so updates of the weights, per epoch of a round."""
        optim = self.config.optim
        return -(-self.config.rollouts // (optim.batch_size * optim.accumulate * self.place.world))

    @property
    def steps(self) -> int:
        """Updates of the weights per round."""
        return self.config.ppo_epochs * self.minibatches

    def parts(self, round_: int, _rank: int, _world: int) -> Iterator[Part]:
        """The addresses of a round, in order; as many in every process."""
        for epoch in range(self.config.ppo_epochs):
            for minibatch in range(self.minibatches):
                for chunk in range(self.config.optim.accumulate):
                    yield Part(round_, epoch, minibatch, chunk)

    def at(self, part: Part, actors: nn.Module) -> Round:
        """The round of a part, made now if it is not there yet.

        Raises:
            KlExploded: The policy has left the reference.
            NoReplies, RewardUnusable: Nothing can be learnt from what came.
        """
        if self.current is None or self.current.number != part.round:
            self.current = self._made(part.round, actors)
        return self.current

    def dealt(self, part: Part, round_: Round) -> tuple[list[int], list[int]]:
        """(rows of the whole mini-batch, those of this process and chunk); the second may be empty.

        The order depends on seed, round and epoch alone; processes take every world-th row.
        """
        order = np.random.default_rng([self.config.seed, ORDER, part.round, part.epoch])
        rows = order.permutation(len(round_.rows))
        whole = np.array_split(rows, self.minibatches)[part.minibatch].tolist()
        own, size = whole[self.place.rank :: self.place.world], self.config.optim.batch_size
        return whole, own[part.chunk * size : (part.chunk + 1) * size]

    # -- how a round is made --------------------------------------------------------------------

    def _made(self, number: int, actors: nn.Module) -> Round:
        asked = self._asked(number)
        own, dropped = self.rows_of(actors, asked[self.place.rank :: self.place.world])
        # Back in the order of the prompts, whoever wrote: row i of rank r is prompt i * world + r.
        gathered = of_all((own, dropped), self.place)
        found = zipped([rows for rows, _ in gathered])
        rows = [(a.turns, row) for a, row in zip(asked, found, strict=True) if row is not None]
        reasons: Counter[str] = sum((d for _, d in gathered), Counter())
        if not rows:
            raise NoReplies(number, len(asked), reasons.most_common(1)[0][0])
        made = self._weighed(number, [row for _, row in rows], [t for t, _ in rows], reasons)
        if self.watch is not None:
            self.watch(made)
        return made

    def _asked(self, number: int) -> list[Asked]:
        """The prompts of a round: the next in an endless row of shuffled passes over all."""
        n, size = len(self.prompts), self.config.rollouts
        places = range(number * size, (number + 1) * size)
        order = {e: shuffled(n, self.config.seed, e) for e in {p // n for p in places}}
        prompts = [self.prompts[order[p // n][p % n]] for p in places]
        return [
            Asked(turns, ids, seed_of(self.config.seed, WRITE, number, i))
            for i, (turns, ids) in enumerate(prompts)
        ]

    def rows_of(self, actors: Any, asked: Sequence[Asked]) -> tuple[list[Row | None], Counter[str]]:
        """What this process finds out: a row per prompt, None where there is no reply, and why."""
        written = self.generator(asked)
        dropped = Counter(w for w in written if isinstance(w, str))
        kept = [i for i, w in enumerate(written) if isinstance(w, Written)]
        replies = [w for w in written if isinstance(w, Written)]
        scores = self.reward([asked[i].turns for i in kept], [w.text for w in replies])
        rows: list[Row | None] = [None] * len(asked)
        ids = [(asked[i].ids, w.ids) for i, w in zip(kept, replies, strict=True)]
        for at, row in enumerate(self._judged(actors, ids)):
            w = replies[at]
            rows[kept[at]] = Row(*ids[at], w.ended, w.text, float(scores[at]), *row)
        return rows, dropped

    @torch.no_grad()
    def _judged(
        self, actors: ActorCritic, ids: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Log-probabilities of policy and reference, and values, of each reply."""
        size, temperature = self.config.optim.batch_size, self.config.generate.temperature
        device = next(actors.parameters()).device
        # Sharded weights need all processes for every pass, also those that lost replies.
        calls = max(of_all(-(-len(ids) // size), self.place))
        for call in range(calls):
            some = ids[call * size : (call + 1) * size]
            shown = some or [(self.prompts[0][1], (self.pad,))]
            batch = batch_of(shown, self.pad, max(len(reply) for _, reply in shown)).to(device)
            logits, values = actors(batch)
            mine = logprobs_of(logits[:, :-1], batch.replies, temperature).cpu()
            logits = self.reference.logits(actors, batch)
            theirs = logprobs_of(logits[:, :-1], batch.replies, temperature).cpu()
            values = values.cpu()
            for i, (_, reply) in enumerate(some):
                n = len(reply)
                yield mine[i, :n].clone(), theirs[i, :n].clone(), values[i, : n + 1].clone()

    def _weighed(
        self, number: int, rows: list[Row], asked: list[tuple[Turn, ...]], dropped: Counter[str]
    ) -> Round:
        coef = self.controller.coef
        data = experience(rows, self.settings, coef)
        metrics = metrics_of(rows, data) | {"kl_coef": coef, "dropped": float(dropped.total())}
        limit, kl = self.config.kl.limit, metrics["kl"]
        if not abs(kl) <= limit:
            raise KlExploded(number, kl, limit, coef, Path(self.config.out))
        self.controller = self.controller.after(kl, len(rows))
        return Round(number, tuple(rows), tuple(asked), data, metrics)

    # -- checkpoints ----------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The coefficient and the round that is being trained on."""
        state: dict[str, Any] = {"coef": self.controller.coef, "round": None}
        if self.current is not None:
            state["round"] = {
                "number": self.current.number,
                "rows": [row.as_plain() for row in self.current.rows],
                "coef": self.current.metrics["kl_coef"],
                "dropped": self.current.metrics["dropped"],
            }
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """What `state_dict` gave."""
        kl = self.config.kl
        self.controller = KlController(state["coef"], kl.target, kl.horizon)
        if (saved := state["round"]) is None:
            return
        rows = tuple(Row.from_plain(row) for row in saved["rows"])
        data = experience(rows, self.settings, saved["coef"])
        metrics = metrics_of(rows, data)
        metrics |= {"kl_coef": saved["coef"], "dropped": saved["dropped"]}
        self.current = Round(saved["number"], rows, (), data, metrics)


def judged_prompts(
    held: Sequence[tuple[tuple[Turn, ...], tuple[int, ...]]], seed: int
) -> list[Asked]:
    """Held-out prompts, each with the same random numbers at every evaluation of a run."""
    return [Asked(turns, ids, seed_of(seed, JUDGE, i)) for i, (turns, ids) in enumerate(held)]
