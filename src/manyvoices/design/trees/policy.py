"""How trees grow in one project and language: every number is data, changeable while it runs.

Names and defaults are OpenAssistant's (``TreeManagerConfiguration``; its production values stand in
`facts/oasst-collection.md` 1.4), so that its settings can be written here as they are. Those below
"Ours" have no counterpart there.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from manyvoices.design.trees.labels import BUILT_IN, LabelSpec
from manyvoices.design.trees.own_labels import OwnLabel, all_labels, check_deciding
from manyvoices.design.trees.quiz import Quiz
from manyvoices.design.written import Identifier, Line, Unfit, Written, check_distinct

Count = Annotated[StrictInt, Field(ge=0, le=100_000)]
Some = Annotated[StrictInt, Field(ge=1, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1_000_000)]


class TaskWeights(Written):
    """How often each sort of task is drawn where somebody leaves the choice to us."""

    ranking: Weight = 10.0
    label_reply: Weight = 5.0
    label_prompt: Weight = 5.0
    reply: Weight = 2.0
    initial_prompt: Weight = 0.01
    prompt_with_answer: Weight = 0.01
    prompt_ranking: Weight = 1.0


class TreePolicy(Written):
    """The rules of one project, or of one language in it."""

    max_active_trees: Count = 10
    """Trees that grow or are ranked at once, in each language."""
    max_initial_prompt_review: Count = 100
    """Prompts under review at most."""
    max_prompt_lottery_waiting: Count = 250
    """Accepted prompts that wait to be drawn, at most."""
    accepts_initial_prompts: StrictBool = True
    max_tree_depth: Some = 3
    """Steps from the prompt to the deepest message."""
    max_children_count: Some = 3
    """Replies of the assistant to one message."""
    num_prompter_replies: Some = 1
    """Replies of a prompter to one message."""
    goal_tree_size: Some = 12
    """Accepted messages of a tree, the prompt counted."""
    random_goal_tree_size: StrictBool = False
    min_goal_tree_size: Some = 5
    num_reviews_initial_prompt: Some = 3
    num_reviews_reply: Some = 3
    acceptance_threshold_initial_prompt: Share = 0.6
    """A message is accepted where its acceptance is above, not at, this."""
    acceptance_threshold_reply: Share = 0.6
    p_full_labeling_review_prompt: Share = 1.0
    p_full_labeling_review_reply_assistant: Share = 1.0
    p_full_labeling_review_reply_prompter: Share = 0.25
    num_required_rankings: Some = 3
    rank_prompter_replies: StrictBool = False
    lonely_children_count: Some = 2
    """A message with fewer replies than this, and one at least, is lonely."""
    p_lonely_child_extension: Share = 0.75
    """How much of the choice of a parent goes to lonely ones first."""
    recent_tasks_span_s: Some = 300
    max_pending_tasks_per_user: Some = 8
    """Tasks of one person begun within `recent_tasks_span_s` and not finished."""
    p_activate_backlog_tree: Share = 0.1
    min_active_rankings_per_lang: Count = 0
    auto_mod_enabled: StrictBool = True
    auto_mod_max_skip_reply: Some = 25
    auto_mod_red_flags: Some = 4
    weights: TaskWeights = TaskWeights()

    # Ours.
    acceptance_against: dict[Identifier, Annotated[float, Field(gt=0, le=1)]] = Field(
        default={"spam": 1.0, "lang_mismatch": 1.0}
    )
    """Labels that decide, built-in or own -> how much of acceptance each takes away where everybody
    gives it fully.
    They are asked for in the short form of a review too."""
    max_reviews: Count = 0
    """More reviews are asked for, up to this, while they are split; 0 = never."""
    early_decision: StrictBool = False
    """Decide before all reviews are in where those to come cannot change it."""
    max_rejected_replies: Some = 12
    """A message to which so many replies were rejected is not offered any more."""
    same_person_both_sides: StrictBool = False
    """Whether one person may write both sides of a thread."""
    max_waiting_prompts_per_person: Some = 10
    """Prompts of one person that are under review or wait to be drawn."""
    accepts_reference_answers: StrictBool = False
    """Whether people may write a prompt together with their own answer to it. It is reviewed and
    ranked as any other reply, and marked in the native files."""
    num_prompt_rankings: Count = 0
    """How often a prompt that waits is put in order with others; 0 = never."""
    prompt_ranking_size: Annotated[StrictInt, Field(ge=2, le=9)] = 4
    """Prompts side by side in such a task."""
    prompt_ranking_pull: Annotated[float, Field(ge=1, le=1000)] = 4.0
    """How much likelier a prompt that people put first is drawn than one in the middle."""
    lease_s: Annotated[StrictInt, Field(ge=30, le=86_400)] = 1800
    """A task that nobody touches for so long goes to somebody else; a page that is open and used
    keeps it. What is sent later is kept all the same, where there is still a place."""
    edit_window_s: Count = 900
    """How long one's own message may be changed; it is then reviewed anew."""
    max_chars: Some = 10_000
    min_words: Some = 1
    p_gold: Share = 0.05
    """How often somebody who would be given a review is given one whose labels are known."""
    p_again: Share = 0.02
    """The same for a review that they have given before, a day ago or more."""
    max_scoring_failures: Some = 3
    reviewer_weighting: Literal["equal", "reliability"] = "equal"

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        if self.min_goal_tree_size > self.goal_tree_size:
            expected = f"at most goal_tree_size ({self.goal_tree_size})"
            raise Unfit("min_goal_tree_size", str(self.min_goal_tree_size), expected)
        if BUILT_IN.keys() >= self.acceptance_against.keys():
            # What else a project may name only its stage knows, which looks at it again.
            check_deciding(self.acceptance_against, BUILT_IN.values())
        if self.p_gold + self.p_again > 1:
            raise Unfit("p_again", str(self.p_again), f"at most 1 - p_gold ({1 - self.p_gold:g})")
        for name in ("num_reviews_initial_prompt", "num_reviews_reply"):
            if 0 < self.max_reviews < getattr(self, name):
                expected = f"0, or at least {name} ({getattr(self, name)})"
                raise Unfit("max_reviews", str(self.max_reviews), expected)
        return self

    def reviews_for(self, *, is_prompt: bool) -> int:
        """Reviews that a message of this kind takes."""
        return self.num_reviews_initial_prompt if is_prompt else self.num_reviews_reply

    def threshold_for(self, *, is_prompt: bool) -> float:
        """What acceptance has to be above."""
        if is_prompt:
            return self.acceptance_threshold_initial_prompt
        return self.acceptance_threshold_reply

    def max_replies(self, parent_role: str) -> int:
        """Replies that a message may have: the assistant answers prompters and the other way."""
        return self.max_children_count if parent_role == "prompter" else self.num_prompter_replies


class TreeTasksStage(Written):
    """A study's open-ended stage: people write, review and rank message trees."""

    not_read = frozenset({"labels"})

    kind: Literal["tree_tasks"]
    id: Identifier = "trees"
    languages: tuple[Line, ...] = ()
    """Data languages, as BCP 47 tags; empty = the study's own. Which language the interface is in
    is another matter."""
    policy: TreePolicy = TreePolicy()
    policy_by_language: dict[str, TreePolicy] = Field(default_factory=dict)
    """Language -> its own policy, whole."""
    labels: tuple[Identifier, ...] = ()
    """Names of the labels that are asked for; empty = the built-in schema and all own ones."""
    own_labels: tuple[OwnLabel, ...] = ()
    """Labels of the project's own; one with the name of a built-in label stands in its place."""
    community: StrictBool = True
    """Points, levels, leaderboards and reactions. False = a plain study without any of it."""
    points: Literal["value", "oasst"] = "value"
    """How points are counted (`manyvoices.design.trees.points`): by what was accepted and agreed
    with, or by OpenAssistant's formula."""
    guidelines: str = ""
    """Markdown, shown beside every task."""
    quiz: tuple[Quiz, ...] = ()
    """Short quizzes, each to be passed before the first task of some kinds."""

    def policy_for(self, language: str) -> TreePolicy:
        """The policy in force for a data language at the start."""
        return self.policy_by_language.get(language, self.policy)

    @model_validator(mode="after")
    def _labels_are_there(self) -> Self:
        check_distinct("own_labels", (label.name for label in self.own_labels))
        there = {label.name for label in self.all_labels}
        for name in self.labels:
            if name not in there:
                raise Unfit("labels", name, f"any of {', '.join(sorted(there))}")
        self.check_policy(self.policy)
        for policy in self.policy_by_language.values():
            self.check_policy(policy)
        return self

    @property
    def all_labels(self) -> tuple[LabelSpec, ...]:
        """Every label that the project may ask for, in order."""
        return all_labels(self.own_labels)

    def check_policy(self, policy: TreePolicy) -> None:
        """Whether `policy` can be in force here.

        Raises:
            Unfit: A label that it lets decide is not one of the project's.
        """
        check_deciding(policy.acceptance_against, self.all_labels)
