"""Small trees, pairs and releases, written by hand, for the tests of training."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from manyvoices.io.oasst_flat import below
from manyvoices.schema import Message, MessageTree, Ranking, TreeState
from manyvoices.schema.grown import GrownTree, MessageMore, ReplyConsensus
from manyvoices.train.config import DataConfig, FilterConfig
from manyvoices.train.views import ReplyGroup, Thread, Turn

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def message(name: str, text: str, *replies: Message, **more: Any) -> Message:
    """A message that passed its review; its role follows from the case of its name's first
    letter: ``P1`` is a prompter's, ``a1`` the assistant's."""
    fields = {"lang": "en", "review_result": True, "deleted": False, "synthetic": False} | more
    role = "prompter" if name[0].isupper() else "assistant"
    return Message(message_id=name, text=text, role=role, replies=list(replies), **fields)


def tree(prompt: Message, state: TreeState | None = TreeState.READY_FOR_EXPORT) -> MessageTree:
    """A tree whose id is that of its prompt."""
    more = {} if state is None else {"tree_state": state}
    return MessageTree(message_tree_id=prompt.message_id, prompt=prompt, **more)


def example_tree(name: str = "P", text: str = "Why is the sky blue?") -> MessageTree:
    """Three ranked replies, the best of which goes on: an answered question and an open one.

    Ids are ``a1`` and so on; with another `name` than ``P`` it stands behind them.
    """
    tag = "" if name == "P" else f"-{name}"
    return tree(
        message(
            name,
            text,
            message(
                f"a1{tag}",
                "Light of short waves is scattered most.",
                message(f"Q1{tag}", "And at dusk?", message(f"a4{tag}", "It goes a longer way.")),
                message(f"Q2{tag}", "Thank you!"),
                rank=0,
            ),
            message(f"a2{tag}", "Because of the sea.", rank=2),
            message(f"a3{tag}", "Air scatters light.", rank=1),
        )
    )


def grown(
    record: MessageTree,
    rankings: Iterable[Ranking] = (),
    consensus: Iterable[ReplyConsensus] = (),
    simulated: bool = False,
) -> GrownTree:
    """The native form of a tree."""
    return GrownTree(
        tree=record,
        study_id="pilot",
        language="en",
        goal_size=3,
        is_scored=True,
        simulated=simulated,
        created_at=NOW,
        changed_at=NOW,
        messages=[
            MessageMore(message_id=one.message_id, created_at=NOW)
            for one, _ in below(record.prompt)
        ],
        rankings=list(rankings),
        consensus=list(consensus),
    )


def ranking(parent: str, order: list[list[str]], person: str, **more: Any) -> Ranking:
    """One person's order."""
    fields = {"simulated": False} | more
    return Ranking(parent_id=parent, participant_id=person, ranking=order, created_at=NOW, **fields)


def lines(path: Path, rows: Iterable[Any]) -> Path:
    """Rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def data(path: Path, **more: Any) -> DataConfig:
    """A `DataConfig`; `filters` may be a dict."""
    if isinstance(more.get("filters"), dict):
        more["filters"] = FilterConfig(**more["filters"])
    return DataConfig(path=path, **more)


def thread(*texts: str, tree_id: str = "t") -> Thread:
    """A thread; the prompter begins."""
    roles = ("prompter", "assistant")
    return Thread(tuple(Turn(roles[i % 2], text) for i, text in enumerate(texts)), tree_id, "en")


def group(
    prompt: str = "Why?",
    replies: tuple[str, ...] = ("good", "bad"),
    rater: str | None = None,
    tree_id: str = "t",
) -> ReplyGroup:
    """A group without ties."""
    ranks = tuple(range(len(replies)))
    return ReplyGroup((Turn("prompter", prompt),), replies, ranks, None, tree_id, "en", rater)
