"""A run of PPO from its configuration to the folder of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import torch

from manyvoices.train.adapters import keep_base, lora_config
from manyvoices.train.config_ppo import PpoConfig
from manyvoices.train.distributed import Place, here, of_all, spread
from manyvoices.train.errors import DistributedError
from manyvoices.train.loop import fit
from manyvoices.train.models import load_model
from manyvoices.train.ppo.actors import ActorCritic, ActorFiles, Reference, critic_body
from manyvoices.train.ppo.generation import Generator, LocalGenerator, ServerGenerator
from manyvoices.train.ppo.prompts import (
    MANIFEST,
    PromptIds,
    encoded_prompts,
    read_prompts,
)
from manyvoices.train.ppo.rewards import Reward, reward_of
from manyvoices.train.ppo.rollouts import experience
from manyvoices.train.ppo.round_data import metrics_of, zipped
from manyvoices.train.ppo.rounds import Rounds, judged_prompts
from manyvoices.train.ppo.samples import FILE as SAMPLES
from manyvoices.train.ppo.samples import Samples
from manyvoices.train.ppo.server import Server
from manyvoices.train.ppo.stepping import PpoStep
from manyvoices.train.results import Progress, RunResult, StepLog


def run_ppo(
    config: PpoConfig, *, resume: bool, progress: Progress, reward: Reward | None = None
) -> RunResult:
    """See `manyvoices.train.ppo.run`.

    Args:
        reward: In place of what the configuration names: for a reward that no file describes.
    """
    place = here()
    _check(config, place)
    train, test, manifest = read_prompts(config)
    texts = (turn.text for prompt in train for turn in prompt.turns)
    policy, tokenizer, format = load_model(config.model, texts)
    if place.writes:
        config.out.mkdir(parents=True, exist_ok=True)
        manifest.write(config.out / MANIFEST)
    kept = encoded_prompts(train, tokenizer, format, config)
    _note(progress, place, kept.line())
    actors, reference = build_actors(config, policy, tokenizer, place)
    paid = reward or reward_of(
        config.reward,
        tokenizer,
        place.device,
        max_length=config.optim.max_length,
        format=config.model.format,
    )
    stop: Any = tokenizer.convert_tokens_to_ids(format.stop_token(tokenizer))
    rounds = Rounds(
        config,
        kept.items,
        _generator(config, actors, tokenizer, stop, place),
        paid,
        reference,
        place,
        pad=int(tokenizer.pad_token_id),
        watch=Samples(config.out / SAMPLES, config.samples) if place.writes else None,
    )
    held = encoded_prompts(test[: config.eval_prompts], tokenizer, format, config).items
    result = fit(
        actors,
        rounds.parts,
        PpoStep(rounds, config),
        with_total(config, rounds, len(kept.items)),
        files=ActorFiles(actors, tokenizer),
        resume=resume,
        evaluate=_evaluation(rounds, held),
        progress=progress,
        state={"rounds": rounds},
        identity={"data_hash": manifest.data_hash},
        steps_per_epoch=rounds.steps,
    )
    return RunResult(config.out, result.metrics, result.model)


def _check(config: PpoConfig, place: Place) -> None:
    if config.rollouts % place.world:
        raise DistributedError(
            f"rollouts is {config.rollouts} and there are {place.world} processes: expected a "
            "multiple, so that each writes as many replies"
        )


def _note(progress: Progress, place: Place, text: str) -> None:
    if place.writes:
        progress(StepLog("note", 0, 0, text=text))


def build_actors(
    config: PpoConfig, policy: Any, tokenizer: Any, place: Place
) -> tuple[ActorCritic, Reference]:
    """The policy with its adapters and critic, and the reference, on the device but the policy
    (the loop moves that)."""
    body = critic_body(config.critic.body, policy, config.critic.path)
    lora = lora_config(config.model.lora)
    if lora is None:
        reference = Reference(policy)
        spread(reference.model, place, config.model.dtype, shard=config.shard)
        return ActorCritic(policy, body), reference
    from peft import get_peft_model

    if place.writes:
        keep_base(config, policy, tokenizer)
    of_all(None, place)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        policy = get_peft_model(policy, lora)
    return ActorCritic(policy, body), Reference()


def _generator(
    config: PpoConfig, actors: ActorCritic, tokenizer: Any, stop: int, place: Place
) -> Generator:
    settings = config.generate
    if settings.server is not None:
        server = Server(settings.server, actors.policy, config.out, place)
        timeout = settings.server.timeout_s
        return ServerGenerator(server.responder, tokenizer, settings, stop=stop, timeout_s=timeout)
    return LocalGenerator(
        actors,
        tokenizer,
        settings,
        stop=stop,
        pad=int(tokenizer.pad_token_id),
        batch_size=settings.batch_size or config.optim.batch_size,
    )


def with_total(config: PpoConfig, rounds: Rounds, n_prompts: int) -> PpoConfig:
    """The configuration with its length as a number of updates: whole rounds, for ``epochs`` as
    many as it takes to ask every prompt so often."""
    optim = config.optim
    if optim.max_steps is not None:
        return config
    n = max(1, ceil((optim.epochs or 1.0) * n_prompts / config.rollouts))
    changed = optim.model_copy(update={"epochs": None, "max_steps": n * rounds.steps})
    return config.model_copy(update={"optim": changed})


def _evaluation(rounds: Rounds, held: Sequence[PromptIds]) -> Any:
    """Score, KL and length on held-out prompts; None where there are too few for all processes."""
    place = rounds.place
    held = held[: len(held) // place.world * place.world]
    if not held:
        return None

    def evaluate(actors: Any) -> Mapping[str, float]:
        asked = judged_prompts(held, rounds.config.seed)
        own, _ = rounds.rows_of(actors, asked[place.rank :: place.world])
        rows = [row for row in zipped(of_all(own, place)) if row is not None]
        if not rows:
            return {}
        data = experience(rows, rounds.settings, rounds.controller.coef)
        kept = ("score", "score_sd", "kl", "reply_tokens", "ended")
        found = metrics_of(rows, data)
        return {name: found[name] for name in kept} | {"replies": float(len(rows))}

    return evaluate
