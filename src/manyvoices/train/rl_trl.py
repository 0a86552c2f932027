"""GRPO and RLOO: TRL's trainers with our prompts, our reward and our checkpoints.

Both hold several replies to one prompt against each other in place of a critic: RLOO takes the
mean of the others as the baseline (Ahmadian et al. 2024), GRPO divides by the group's spread as
well (Shao et al. 2024). What the configuration says for ``ppo`` holds where TRL has it: `rollouts`
replies per round in groups of `group_size`, `ppo_epochs` passes over them, `clip`, ``kl.coef`` (it
stays as it is: TRL has no controller), `score_clip`, sampling. Critic, GAE and value settings, and
``kl.target`` and ``kl.stop``, do not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

from manyvoices.train.adapters import keep_base, lora_config, publish_model
from manyvoices.train.config_ppo import PpoConfig
from manyvoices.train.distributed import Place, here, of_all
from manyvoices.train.errors import DistributedError
from manyvoices.train.models import load_model
from manyvoices.train.ppo.errors import RewardUnusable
from manyvoices.train.ppo.generation import LocalGenerator
from manyvoices.train.ppo.prompts import MANIFEST, PromptIds, encoded_prompts, read_prompts
from manyvoices.train.ppo.rewards import Reward, reward_of
from manyvoices.train.ppo.rounds import judged_prompts
from manyvoices.train.results import Progress, RunResult, StepLog
from manyvoices.train.templates import ROLE_NAMES, MessageFormat
from manyvoices.train.trl_base import House, MetricsCallback, train
from manyvoices.train.trl_settings import need_trl, quiet, training_arguments
from manyvoices.train.views import Prompt, Role, Turn

Message = Mapping[str, str]

_ROLES: Mapping[str, Role] = {names[0]: role for role, names in ROLE_NAMES.items()}


def run_trl(
    config: PpoConfig, *, resume: bool, progress: Progress, reward: Reward | None = None
) -> RunResult:
    """See `manyvoices.train.ppo.run`."""
    need_trl()
    place = here()
    prompts, test, manifest = read_prompts(config)
    texts = (turn.text for prompt in prompts for turn in prompt.turns)
    model, tokenizer, format = load_model(config.model, texts)
    if place.writes:
        config.out.mkdir(parents=True, exist_ok=True)
        manifest.write(config.out / MANIFEST)
        keep_base(config, model, tokenizer)
        told = encoded_prompts(prompts, tokenizer, format, config).line()
        progress(StepLog("note", 0, 0, text=told))
    # TRL loads the reference anew, by the name that the model's configuration has.
    model.config._name_or_path = of_all(str(model.name_or_path), place)[0]
    paid = reward or reward_of(
        config.reward,
        tokenizer,
        place.device,
        max_length=config.optim.max_length,
        format=config.model.format,
    )
    trainer = group_trainer(config, model, tokenizer, format, prompts, paid, place, progress)
    held = encoded_prompts(test[: config.eval_prompts], tokenizer, format, config).items
    if held:
        trainer.measure = lambda wrapped: measured(
            trainer.accelerator.unwrap_model(wrapped), tokenizer, config, held, paid
        )
    metrics = train(trainer, config, {"data_hash": manifest.data_hash}, resume=resume)
    folder = config.out / "model"
    if place.writes:
        publish_model(trainer.model, tokenizer, folder, merge=False)
    of_all(None, place)
    return RunResult(config.out, metrics, folder)


def group_trainer(
    config: PpoConfig,
    model: Any,
    tokenizer: Any,
    format: MessageFormat,
    prompts: Sequence[Prompt],
    reward: Reward,
    place: Place,
    progress: Progress,
) -> Any:
    """TRL's trainer, ready to be trained."""
    from datasets import Dataset

    quiet()
    kind, arguments = _kind(config)
    trainer = kind(
        model=model,
        reward_funcs=as_trl(reward, config.score_clip),
        args=training_arguments(config, arguments, **settings(config, place, len(prompts))),
        train_dataset=Dataset.from_list([{"prompt": format.messages(p.turns)} for p in prompts]),
        # Never read: TRL only asks whether there is one (`House` evaluates by itself).
        eval_dataset=Dataset.from_list([{"prompt": format.messages(prompts[0].turns)}]),
        processing_class=tokenizer,
        peft_config=lora_config(config.model.lora),
        callbacks=[MetricsCallback(progress)],
    )
    trainer.encode = lambda messages: encoded(messages, tokenizer, format, config)
    return trainer


def _kind(config: PpoConfig) -> tuple[Any, Any]:
    """The trainer's class, cut to our house, and the class of its arguments."""
    if config.algorithm == "grpo":
        from trl.trainer.grpo_config import GRPOConfig as Arguments
        from trl.trainer.grpo_trainer import GRPOTrainer as Theirs
    else:
        from trl.trainer.rloo_config import RLOOConfig as Arguments  # type: ignore[assignment]
        from trl.trainer.rloo_trainer import RLOOTrainer as Theirs  # type: ignore[assignment]

    class Trainer(House, Theirs):
        encode: Callable[[Sequence[Message]], list[int]]

        def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[list[int]], None, Any]:
            """Our encoding: texts cannot hold control tokens, and what is too long is cut on the
            left (TRL would give it to the model whole)."""
            return [self.encode(prompt) for prompt in prompts], None, {}

    return Trainer, Arguments


def settings(config: PpoConfig, place: Place, n_prompts: int) -> dict[str, Any]:
    """TRL's arguments for `config` beyond those that all runs have.

    Raises:
        DistributedError: `rollouts` cannot be shared out in whole forward passes.
    """
    optim, generate = config.optim, config.generate
    at_once = optim.batch_size * place.world
    if config.rollouts % (at_once * optim.accumulate):
        raise DistributedError(
            f"rollouts is {config.rollouts}, expected a multiple of batch_size * accumulate * "
            f"processes = {at_once * optim.accumulate}: TRL divides rounds into equal updates"
        )
    own = {
        "num_generations": config.group_size,
        "generation_batch_size": config.rollouts,
        "per_device_eval_batch_size": config.group_size,
        "num_iterations": config.ppo_epochs,
        "max_completion_length": generate.max_new_tokens,
        "temperature": generate.temperature,
        "top_p": generate.top_p,
        "top_k": 0,
        "beta": config.kl.coef,
        "epsilon": config.clip,
        "disable_dropout": True,
    }
    if config.optim.max_steps is None:
        rounds = ceil((optim.epochs or 1.0) * n_prompts * config.group_size / config.rollouts)
        per_round = config.ppo_epochs * config.rollouts // (at_once * optim.accumulate)
        own["max_steps"] = max(1, rounds) * per_round
    return own


def encoded(
    messages: Sequence[Message], tokenizer: Any, format: MessageFormat, config: PpoConfig
) -> list[int]:
    """A prompt as the policy reads it, cut on the left."""
    room = config.optim.max_length - config.generate.max_new_tokens
    return list(format.encode(turns_of(messages), tokenizer, generation=True).ids[-room:])


def measured(
    model: Any, tokenizer: Any, config: PpoConfig, held: Sequence[PromptIds], reward: Reward
) -> dict[str, float]:
    """Score and length on held-out prompts, drawn as in our PPO's evaluation; every process
    answers all of them."""
    generate = LocalGenerator(
        model,
        tokenizer,
        config.generate,
        stop=int(tokenizer.eos_token_id),
        pad=int(tokenizer.pad_token_id),
        batch_size=config.generate.batch_size or config.optim.batch_size,
    )
    written = generate(judged_prompts(held, config.seed))
    scores = [float(s) for s in reward([turns for turns, _ in held], [w.text for w in written])]
    n = len(written)
    return {
        "score": sum(scores) / n,
        "reply_tokens": sum(len(w.ids) for w in written) / n,
        "ended": sum(w.ended for w in written) / n,
        "replies": float(n),
    }


def turns_of(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """Messages as TRL has them, as turns."""
    return tuple(Turn(_ROLES[m["role"]], m["content"]) for m in messages)


def as_trl(reward: Reward, clip: float | None) -> Callable[..., list[float]]:
    """A reward of ours as TRL calls one: with conversations, by name, and for a list."""

    def manyvoices_reward(
        prompts: Sequence[Sequence[Message]], completions: Sequence[Any], **_: Any
    ) -> list[float]:
        replies = [c if isinstance(c, str) else str(c[0]["content"]) for c in completions]
        scores = [float(s) for s in reward([turns_of(p) for p in prompts], replies)]
        if len(scores) != len(replies):
            raise RewardUnusable(f"the reward gave {len(scores)} scores for {len(replies)} replies")
        return scores if clip is None else [min(max(s, -clip), clip) for s in scores]

    return manyvoices_reward
