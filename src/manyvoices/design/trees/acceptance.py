"""From single reviews to "accepted" or "rejected", and how many more reviews are wanted.

OpenAssistant's rule: acceptance = 1 - (mean of ``spam`` + mean of ``lang_mismatch``) over the
reviews, accepted where it is strictly above the threshold once there are enough reviews. Here the
labels that count are the policy's (`acceptance_against`), a review that leaves a label open or says
"cannot tell" does not count as a zero for it, and reviewers may have weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from manyvoices.design.trees.facts import TaskKind
from manyvoices.design.trees.labels import BUILT_IN
from manyvoices.design.trees.policy import TreePolicy


@dataclass(frozen=True, slots=True)
class Review:
    """One person's labels of one message. Absent: not answered; None: cannot tell."""

    labels: Mapping[str, float | None] = field(default_factory=dict)
    weight: float = 1.0
    """Of the reviewer, above 0 and 1 at most; 1 unless the project weighs by reliability."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a message."""

    accepted: bool | None
    """None = not decided yet."""
    acceptance: float | None
    """0 to 1; None without a review that says anything."""
    reviews_wanted: int
    """Reviews that it takes in all, as far as is known now."""
    is_split: bool = False
    """The last review that was allowed left it undecided in all but name: worth a second look by
    a moderator."""
    reason: str = ""
    """The label that weighed most against it; empty where it was accepted."""
    n_counted: int = 0
    """Reviews that answer at least one of the labels that decide."""


def acceptance(reviews: Sequence[Review], against: Mapping[str, float]) -> float | None:
    """1 - the weighted means of the labels that count; None where nobody answered any of them.

    Args:
        against: Label -> how much of acceptance it takes away where everybody gives it fully.
    """
    means = _means(reviews, against)
    if not means:
        return None
    return max(0.0, 1.0 - sum(against[name] * mean for name, mean in means.items()))


def _against(policy: TreePolicy, *, is_prompt: bool) -> dict[str, float]:
    """What decides; of a prompt nobody is asked whether it fails its task. A label of the project's
    own that is not asked of prompts has no answers there, and so does not count either."""
    return {
        name: weight
        for name, weight in policy.acceptance_against.items()
        if not (is_prompt and name in BUILT_IN)
        or TaskKind.LABEL_INITIAL_PROMPT in BUILT_IN[name].kinds
    }


def _means(reviews: Sequence[Review], against: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in against:
        given = [(r.labels[name], r.weight) for r in reviews if r.labels.get(name) is not None]
        total = sum(weight for _value, weight in given)
        if total > 0:
            found[name] = sum((value or 0.0) * weight for value, weight in given) / total
    return found


def decide(reviews: Sequence[Review], policy: TreePolicy, *, is_prompt: bool) -> Decision:
    """What the reviews so far decide.

    A review counts where it answers at least one of the labels that decide. Where as many people
    as it takes could not tell, a moderator is asked to look (`is_split`).
    """
    against = _against(policy, is_prompt=is_prompt)
    counted = [r for r in reviews if any(r.labels.get(name) is not None for name in against)]
    wanted = policy.reviews_for(is_prompt=is_prompt)
    threshold = policy.threshold_for(is_prompt=is_prompt)
    score, n = acceptance(counted, against), len(counted)
    puzzled = len(reviews) - n >= wanted
    if n < wanted or score is None:
        n_left = max(wanted, policy.max_reviews) - n
        early = _settled(counted, n_left, threshold, against) if policy.early_decision else None
        return Decision(early, score, wanted, puzzled, _reason(early, counted, against), n)
    is_split = _is_split(counted, threshold, against)
    if is_split and n < policy.max_reviews:
        return Decision(None, score, n + 1, puzzled, n_counted=n)
    accepted = score > threshold
    return Decision(accepted, score, n, is_split, _reason(accepted, counted, against), n)


def _settled(
    reviews: Sequence[Review], n_left: int, threshold: float, against: Mapping[str, float]
) -> bool | None:
    """What is decided already, whatever the reviews to come say; None where it is open.

    `n_left` counts those too that are asked for only where opinions are split, so that deciding
    early never decides otherwise. A reviewer to come weighs 1 at most.
    """
    if not reviews:
        return None
    good = [Review(dict.fromkeys(against, 0.0))] * n_left
    bad = [Review(dict.fromkeys(against, 1.0))] * n_left
    best = acceptance([*reviews, *good], against) or 0.0
    worst = acceptance([*reviews, *bad], against) or 0.0
    if worst > threshold:
        return True
    return False if best <= threshold else None


def _is_split(reviews: Sequence[Review], threshold: float, against: Mapping[str, float]) -> bool:
    """Whether leaving out a single review would turn the decision."""
    whole = (acceptance(reviews, against) or 0.0) > threshold
    for i in range(len(reviews)):
        rest = acceptance([*reviews[:i], *reviews[i + 1 :]], against)
        if rest is not None and (rest > threshold) != whole:
            return True
    return False


def _reason(accepted: bool | None, reviews: Sequence[Review], against: Mapping[str, float]) -> str:
    if accepted is not False:
        return ""
    means = _means(reviews, against)
    return max(sorted(means), key=lambda name: against[name] * means[name], default="")
