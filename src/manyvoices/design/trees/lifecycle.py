"""Where a tree is in its life, as a function of its facts: no counter, no request, no restart.

`advance` is idempotent: called again with the same facts it changes nothing, so that a sweeper may
call it at any time. Three ways in which OpenAssistant's trees got stuck have a rule here:

- a message all of whose replies were rejected is offered again (`needs`), and a tree in which
  nothing can grow any more goes on with what it has;
- a tree without two replies to rank does not wait for rankings;
- scoring that failed is tried again, and then waits for a person instead of for a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from manyvoices.design.trees.facts import TreeFacts
from manyvoices.design.trees.needs import ranking_sets, room_below, room_in_tree
from manyvoices.design.trees.policy import TreePolicy
from manyvoices.schema import TreeState


@dataclass(frozen=True, slots=True)
class Transition:
    """One step, and why."""

    before: TreeState
    after: TreeState
    reason: str


def advance(tree: TreeFacts, policy: TreePolicy) -> tuple[Transition, ...]:
    """Every step that the facts call for, in order; empty where the tree stays where it is."""
    steps: list[Transition] = []
    while (found := _step(tree, policy)) is not None:
        state, reason = found
        steps.append(Transition(tree.state, state, reason))
        tree = replace(tree, state=state)
    return tuple(steps)


def restart(tree: TreeFacts, policy: TreePolicy) -> TreeState:
    """Where a halted or failed tree begins again, which `advance` then takes further."""
    if tree.prompt.accepted is None:
        return TreeState.INITIAL_PROMPT_REVIEW
    if tree.scoring_failures and not _is_unfinished(tree, policy):
        return TreeState.READY_FOR_SCORING
    return TreeState.GROWING


def to_take_away(tree: TreeFacts, policy: TreePolicy) -> frozenset[str]:
    """Replies that so many people reported that they go, with all below them, until a moderator
    says otherwise. (A reported prompt ends its tree: see `_review`.)"""
    if not policy.auto_mod_enabled:
        return frozenset()
    found: set[str] = set()
    for message in tree.messages:
        reported = not message.deleted and message.n_red_flags >= policy.auto_mod_red_flags
        if message.parent is not None and (reported or message.parent in found):
            found.add(message.id)
    return frozenset(found)


Step = tuple[TreeState, str] | None


def _step(tree: TreeFacts, policy: TreePolicy) -> Step:
    rule = _RULES.get(tree.state)
    return rule(tree, policy) if rule is not None else None


def _review(tree: TreeFacts, policy: TreePolicy) -> Step:
    prompt = tree.prompt
    if prompt.deleted:
        return TreeState.HALTED_BY_MODERATOR, "the prompt was deleted"
    if policy.auto_mod_enabled and prompt.n_red_flags >= policy.auto_mod_red_flags:
        return TreeState.ABORTED_LOW_GRADE, f"{prompt.n_red_flags} people reported the prompt"
    if prompt.accepted is True:
        return TreeState.PROMPT_LOTTERY_WAITING, "the prompt was accepted"
    if prompt.accepted is False:
        return TreeState.ABORTED_LOW_GRADE, "the prompt was rejected"
    return None


def _growing(tree: TreeFacts, policy: TreePolicy) -> Step:
    if all(message.deleted for message in tree.messages) or tree.prompt.deleted:
        return TreeState.HALTED_BY_MODERATOR, "its messages were deleted"
    if policy.auto_mod_enabled and any(
        message.n_reply_skips >= policy.auto_mod_max_skip_reply for message in tree.messages
    ):
        return TreeState.HALTED_BY_MODERATOR, "too many people passed over one message"
    if _is_unfinished(tree, policy):
        return None
    if tree.n_accepted >= tree.goal_size:
        return TreeState.RANKING, f"it has its {tree.goal_size} messages"
    if tree.n_accepted < 2:
        return TreeState.ABORTED_LOW_GRADE, "no reply to its prompt was accepted"
    return TreeState.RANKING, "nothing more can grow in it"


def _is_unfinished(tree: TreeFacts, policy: TreePolicy) -> bool:
    """Whether a message is under review or being written, or one could still be."""
    writing = any(n for (kind, _message), n in tree.leased.items() if kind.is_reply)
    if tree.n_waiting or writing:
        return True
    could = any(room_below(tree, message, policy) > 0 for message in tree.messages)
    return could and room_in_tree(tree) > 0


def _ranking(tree: TreeFacts, policy: TreePolicy) -> Step:
    if tree.prompt.deleted:
        return TreeState.HALTED_BY_MODERATOR, "its messages were deleted"
    if tree.n_waiting:
        # A reply that came late is reviewed before the rankings are closed.
        return None
    sets = ranking_sets(tree, policy)
    if any(message.n_rankings < policy.num_required_rankings for message in sets):
        return None
    reason = "every set of replies is ranked" if sets else "no two replies are there to rank"
    return TreeState.READY_FOR_SCORING, reason


def _scoring(tree: TreeFacts, policy: TreePolicy) -> Step:
    if tree.is_scored:
        return TreeState.READY_FOR_EXPORT, "the rankings are merged"
    if tree.scoring_failures >= policy.max_scoring_failures:
        return TreeState.SCORING_FAILED, f"merging failed {tree.scoring_failures} times"
    return None


def _export(tree: TreeFacts, policy: TreePolicy) -> Step:
    """A late vote is merged where the tree is; if that cannot be done, a person is to look."""
    if not tree.is_scored and tree.scoring_failures >= policy.max_scoring_failures:
        return TreeState.SCORING_FAILED, f"merging failed {tree.scoring_failures} times"
    return None


_RULES: dict[TreeState, Callable[[TreeFacts, TreePolicy], Step]] = {
    TreeState.INITIAL_PROMPT_REVIEW: _review,
    TreeState.GROWING: _growing,
    TreeState.RANKING: _ranking,
    TreeState.READY_FOR_SCORING: _scoring,
    TreeState.READY_FOR_EXPORT: _export,
}
"""The states that facts lead out of. The others are left by the lottery, a moderator, or never."""
