"""Threads and trees for the tests of SFT and DPO, and small configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from manyvoices.train.config_sft import SftConfig
from manyvoices.train.views import ReplyGroup, Thread, TreeNode, TreeView, Turn

SEA = "The sea is wide, the sea is deep, it rocks the little ships to sleep."
SKY = "Because light of short waves is scattered more than light of long ones."


def threads(n: int = 6) -> list[Thread]:
    """Threads of different lengths and depths, one with a system part."""
    made = []
    for i in range(n):
        turns = [
            Turn("prompter", f"Question {i}: " + SKY[: 5 + 7 * i]),
            Turn("assistant", SEA[: 9 * i + 8]),
        ]
        if i % 2:
            turns += [Turn("prompter", "Thank you! " * i), Turn("assistant", SKY[: 6 * i])]
        if i == 2:
            turns = [Turn("system", "Be brief."), *turns]
        made.append(Thread(tuple(turns), f"tree-{i}", "en"))
    return made


def tree(name: str = "t", system: bool = False) -> TreeView:
    """A tree with ranked replies, depths 2 to 5, and a question that nobody answered."""

    def node(role: Any, text: str, *children: TreeNode, node_id: str = "") -> TreeNode:
        return TreeNode(text, role, tuple(children), node_id or f"{name}-{text[:12]}-{len(text)}")

    deep = node("assistant", SKY[:30])
    root = node(
        "prompter",
        f"{name}: why is the sky blue?",
        node(
            "assistant",
            SKY,
            node("prompter", "Thank you!", node("assistant", "You are welcome."), deep),
            node("prompter", "And the sea?", node("assistant", SEA)),
            node_id=f"{name}-best",
        ),
        node("assistant", "It just is.", node("prompter", "Why?"), node_id=f"{name}-worst"),
    )
    group = ReplyGroup(
        (Turn("prompter", root.text),),
        (SKY, "It just is."),
        (0, 1),
        None,
        name,
        "en",
        node_ids=(f"{name}-best", f"{name}-worst"),
    )
    if system:
        root = TreeNode("Be kind.", "system", (root,), f"{name}-system")
    return TreeView(root, (group,), name, "en")


def config(tmp_path: Path, **changes: Any) -> SftConfig:
    """A run on a tiny LLaMA; `changes` by section."""
    optim = {"max_steps": 4, "lr": 1e-3, "max_length": 96, "batch_size": 2}
    given: dict[str, Any] = {
        "data": {"path": tmp_path / "trees.jsonl", "split": {"share": 0.25}},
        "model": {"tiny": {"hidden": 32, "vocab": 512}},
        "out": tmp_path / "out",
        "samples": {"prompts": 2, "max_new_tokens": 6},
    }
    given["optim"] = optim | changes.pop("optim", {})
    given["model"] = given["model"] | changes.pop("model", {})
    return SftConfig.model_validate(given | changes)


def write_trees(path: Path, n: int = 8) -> Path:
    """`n` trees of `tree` as a file of OASST's form."""
    import json

    def message(node: TreeNode, parent: str | None) -> dict[str, Any]:
        rank = {"best": 0, "worst": 1}.get(node.node_id.rsplit("-", 1)[-1])
        return {
            "message_id": node.node_id,
            "parent_id": parent,
            "text": node.text,
            "role": node.role,
            "lang": "en",
            "review_count": 3,
            "review_result": True,
            "deleted": False,
            "synthetic": False,
            **({} if rank is None else {"rank": rank}),
            "replies": [message(child, node.node_id) for child in node.children],
        }

    lines = []
    for i in range(n):
        made = tree(f"tree{i}")
        line = {
            "message_tree_id": made.tree_id,
            "tree_state": "ready_for_export",
            "prompt": message(made.root, None),
        }
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
