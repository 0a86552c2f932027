"""Seeds and sampling reports: JSON documents of Open-Assistant that become trees.

Seeds (``realistic_seed_data.json``) are lists of messages that name their parents. Sampling reports
hold what one model wrote to each of many prompts; several reports on the same prompts become trees
whose candidate replies people rank.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.collect.trees.arriving import Arriving, message_problems
from manyvoices.io.explain import DECODE_ERRORS, explain
from manyvoices.io.faults import FaultLog, describe
from manyvoices.schema import Fault, Message, MessageTree, Role, TreeState


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a seed file."""

    user_message_id: str
    parent_message_id: str | None = None
    text: str
    role: Role
    task_message_id: str = ""
    tree_state: TreeState | None = None
    """Of the tree, on its prompt."""


def read_seeds(path: Path, log: FaultLog, _on_bytes: object = None) -> Iterator[Arriving]:
    """The trees of a seed file; every message counts as accepted, and a tree grows on unless the
    file says where it is."""
    seeds: dict[str, tuple[Seed, int]] = {}
    for item, line, index in _items(path, log):
        seed = _seed(item, path, line, index, log)
        if seed is None:
            continue
        if seed.user_message_id in seeds:
            found = describe(seed.user_message_id)
            first = f"an id that is used once (first on line {seeds[seed.user_message_id][1]})"
            log.add(Fault(str(path), line, f"[{index}].user_message_id", found, first))
            continue
        seeds[seed.user_message_id] = seed, line
    children: dict[str | None, list[Seed]] = defaultdict(list)
    for seed, line in seeds.values():
        if seed.parent_message_id is not None and seed.parent_message_id not in seeds:
            wanted = "the user_message_id of a message of this file"
            found = describe(seed.parent_message_id)
            log.add(Fault(str(path), line, "parent_message_id", found, wanted))
        children[seed.parent_message_id].append(seed)
    n_reached = 0
    for root in children[None]:
        tree, n = _grown(root, children)
        n_reached += n
        yield Arriving(tree, seeds[root.user_message_id][1])
    if n_reached < len(seeds) and not log.faults:
        found = f"{len(seeds) - n_reached} messages whose parents lead round in a circle"
        log.add(Fault(str(path), None, "", found, "parents that lead to a prompt"))


def _items(path: Path, log: FaultLog) -> Iterator[tuple[Any, int, int]]:
    """(item, its line, its index) of a JSON list."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        log.add(Fault(str(path), None, "", f"a file that cannot be read ({reason})", "JSON, UTF-8"))
        return
    decoder, at, index = json.JSONDecoder(), text.find("["), 0
    if text[:at].strip() or at < 0:
        log.add(Fault(str(path), 1, "", "no list", "a JSON list of messages"))
        return
    at += 1
    line, counted = 1, 0
    while True:
        at = _after(text, at, " \t\r\n,")
        line, counted = line + text.count("\n", counted, at), at
        if text[at : at + 1] == "]":
            return
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            where = line + text.count("\n", counted, getattr(error, "pos", at))
            reason = getattr(error, "msg", "values nested too deeply")
            log.add(Fault(str(path), where, f"[{index}]", f"broken JSON ({reason})", "JSON"))
            return
        yield item, line, index
        index += 1


def _after(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at


def _seed(item: Any, path: Path, line: int, index: int, log: FaultLog) -> Seed | None:
    try:
        seed = msgspec.convert(item, Seed)
    except msgspec.ValidationError as error:
        fault = explain(error, json.dumps(item).encode(), str(path), line, Seed)
        place = f"[{index}]" + (f".{fault.path}" if fault.path else "")
        log.add(msgspec_replace(fault, place))
        return None
    problems = list(message_problems(_message(seed, [])))
    for where, found, wanted in problems:
        log.add(Fault(str(path), line, f"[{index}].{where}", found, wanted))
    return None if problems else seed


def msgspec_replace(fault: Fault, path: str) -> Fault:
    """A fault of another place in its document."""
    return Fault(fault.file, fault.line, path, fault.found, fault.expected, fault.hint)


def _grown(root: Seed, children: dict[str | None, list[Seed]]) -> tuple[MessageTree, int]:
    order = [root]
    for seed in order:
        order += children[seed.user_message_id]
    done: dict[str, Message] = {}
    for seed in reversed(order):
        own = [done[child.user_message_id] for child in children[seed.user_message_id]]
        done[seed.user_message_id] = _message(seed, own)
    tree = MessageTree(
        message_tree_id=root.user_message_id,
        tree_state=root.tree_state or TreeState.GROWING,
        origin="seeds",
        prompt=done[root.user_message_id],
    )
    return tree, len(order)


def _message(seed: Seed, replies: list[Message]) -> Message:
    return Message(
        message_id=seed.user_message_id,
        parent_id=seed.parent_message_id,
        text=seed.text,
        role=seed.role,
        review_result=True,
        replies=replies,
    )


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """What one configuration gave to a prompt."""

    sampling_config: str
    outputs: list[str]
    sampling_params: dict[str, Any] = {}


class SampledPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt with all outputs to it."""

    prompt: str
    results: list[Sampled]


class SamplingReport(msgspec.Struct, frozen=True, kw_only=True):
    """One model's report."""

    model_name: str
    prompts: list[SampledPrompt]
    date: str = ""
    args: dict[str, Any] = {}


def read_reports(
    paths: Sequence[Path],
    log: FaultLog,
    *,
    configs: Sequence[str] = (),
    counts: Counter[str] | None = None,
) -> Iterator[Arriving]:
    """One tree for each prompt of some sampling reports, with every output as a reply to it.

    The same words from two models, or twice from one, stand in a tree once.

    Args:
        configs: Sampling configurations to take (``greedy``); empty = all.
        counts: Gets how many outputs were empty or the same as another.
    """
    counts = Counter() if counts is None else counts
    replies: dict[str, dict[str, Message]] = {}
    for path in paths:
        report = _report(path, log)
        if report is None:
            continue
        for index, asked in enumerate(report.prompts):
            own = replies.setdefault(asked.prompt, {})
            for result in asked.results:
                if configs and result.sampling_config not in configs:
                    continue
                for text in result.outputs:
                    message = _sample(asked.prompt, text, report.model_name)
                    if _is_new(message, own, counts):
                        for where, found, wanted in message_problems(message):
                            place = f"prompts[{index}].outputs: {where}"
                            log.add(Fault(str(path), None, place, found, wanted))
                        own[text] = message
    for prompt, samples in replies.items():
        key = _key("prompt", prompt)
        root = Message(
            message_id=key, text=prompt, role="prompter", review_result=True,
            replies=[msgspec.structs.replace(r, parent_id=key) for r in samples.values()],
        )  # fmt: skip
        tree = MessageTree(message_tree_id=key, origin="samples", prompt=root)
        yield Arriving(tree, 1, prompt_key=key)


def _is_new(message: Message, own: dict[str, Message], counts: Counter[str]) -> bool:
    if not message.text.strip():
        counts["empty outputs"] += 1
        return False
    if message.text in own:
        counts["outputs with the words of another"] += 1
        return False
    return True


def _report(path: Path, log: FaultLog) -> SamplingReport | None:
    try:
        data = path.read_bytes()
        return msgspec.json.decode(data, type=SamplingReport)
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
        log.add(Fault(str(path), None, "", found, "a sampling report"))
    except DECODE_ERRORS as error:
        log.add(explain(error, data, str(path), 1, SamplingReport))
    return None


def _sample(prompt: str, text: str, model: str) -> Message:
    return Message(
        message_id=_key("sample", prompt, text),
        text=text,
        role="assistant",
        review_result=True,
        synthetic=True,
        model_name=model,
        replies=[],
    )


_SPACE = uuid.UUID("3f0c7b0e-6f3e-4d6c-9d43-0d8f6f6f2a51")


def _key(*parts: str) -> str:
    """The same words, the same id: a report that is imported twice adds nothing."""
    return str(uuid.uuid5(_SPACE, "\x00".join(parts)))
