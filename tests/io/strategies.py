"""Hypothesis strategies that build whole records, so that round trips are tried on any content."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from msgspec import UNSET

from manyvoices.schema import (
    Answer,
    Battle,
    Conversation,
    LabelSummary,
    Message,
    MessageTree,
    Outcome,
    Participant,
    PrismConversation,
    PrismMessage,
    TreeState,
    Turn,
    Utterance,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text("abcdefgh0123456789-", min_size=1, max_size=8)
moments = st.datetimes(
    min_value=dt.datetime(1980, 1, 1),
    max_value=dt.datetime(2200, 1, 1),
    timezones=st.just(dt.UTC),
)
scores = st.none() | st.integers(1, 100)
ratings = st.dictionaries(names, scores, max_size=3)


def opt(values: st.SearchStrategy) -> st.SearchStrategy:
    """Absent, null or a value."""
    return st.just(UNSET) | st.none() | values


@st.composite
def messages(draw: st.DrawFn, depth: int = 2, parent: str | None = None) -> Message:
    """A message and what hangs below it; ids are unique because they spell their own path."""
    name = draw(names) if parent is None else parent + f".{draw(st.integers(0, 10**12))}"
    n_replies = draw(st.integers(0, 2)) if depth else 0
    children = [draw(messages(depth - 1, f"{name}/{i}")) for i in range(n_replies)]
    children = [_with_parent(child, name) for child in children]
    return Message(
        message_id=name,
        text=draw(texts),
        role=draw(st.sampled_from(["prompter", "assistant"])),
        lang=draw(opt(names)),
        review_result=draw(opt(st.booleans())),
        rank=draw(opt(st.integers(0, 9))),
        created_date=draw(opt(moments.map(str))),
        emojis=draw(opt(st.dictionaries(texts, st.integers(0, 99), max_size=3))),
        labels=draw(
            opt(
                st.dictionaries(
                    names,
                    st.builds(LabelSummary, value=st.floats(0, 1), count=st.integers(1, 9)),
                    max_size=2,
                )
            )
        ),
        replies=children or draw(st.sampled_from([UNSET, None, []])),
    )


def _with_parent(message: Message, parent: str) -> Message:
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    return Message(**(fields | {"parent_id": parent}))


@st.composite
def trees(draw: st.DrawFn) -> MessageTree:
    prompt = draw(messages())
    return MessageTree(
        message_tree_id=prompt.message_id,
        tree_state=draw(opt(st.sampled_from(TreeState))),
        prompt=prompt,
    )


@st.composite
def turns(draw: st.DrawFn, number: int) -> Turn:
    answered = draw(st.lists(st.booleans(), min_size=1, max_size=4))
    utterances = [draw(utterance(number, i, ok)) for i, ok in enumerate(answered)]
    return Turn(
        turn=number,
        message=Message(message_id=f"m{number}", text=draw(texts), role="prompter"),
        utterances=utterances,
        seed=draw(st.integers(0, 2**63 - 1)),
        tied=[u.utterance_id for u in utterances if draw(st.booleans())],
        created_at=draw(moments),
    )


@st.composite
def utterance(draw: st.DrawFn, number: int, index: int, answered: bool) -> Utterance:
    return Utterance(
        utterance_id=f"u{number}-{index}",
        model=draw(names),
        model_provider=draw(names),
        text=draw(texts) if answered else None,
        score=draw(scores) if answered else None,
        chosen=answered and index == 0,
        position=index,
        failure=None if answered else "timeout",
        latency_ms=draw(st.none() | st.floats(0, 1e6)),
    )


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    return Conversation(
        conversation_id=draw(names),
        participant_id=draw(names),
        study_id=draw(names),
        conversation_type=draw(texts),
        turns=[draw(turns(i)) for i in range(draw(st.integers(0, 3)))],
        performance_attributes=draw(ratings),
        choice_attributes=draw(ratings),
        open_feedback=draw(st.none() | texts),
        consent_version=draw(st.none() | names),
        simulated=draw(st.booleans()),
        started_at=draw(moments),
        finished_at=draw(st.none() | moments),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)

participants = st.builds(
    Participant,
    participant_id=names,
    study_id=names,
    consent_version=st.none() | names,
    consented_at=st.none() | moments,
    language=names,
    simulated=st.booleans(),
    status=st.sampled_from(["active", "complete", "withdrawn"]),
    started_at=moments,
    completed_at=st.none() | moments,
    recruitment_provider=st.none() | names,
    schema_version=st.just("1"),
)

answers = st.builds(
    Answer,
    participant_id=names,
    study_id=names,
    survey=names,
    question_id=names,
    kind=st.sampled_from(["single", "multiple", "text", "vas"]),
    value=json_values,
    order=st.none() | st.lists(names, max_size=3, unique=True),
    answered_at=moments,
    consent_version=st.none() | names,
    simulated=st.booleans(),
    schema_version=st.just("1"),
)

battles = st.builds(
    Battle,
    model_a=names,
    model_b=names,
    outcome=st.sampled_from(Outcome),
    participant_id=st.none() | names,
    battle_id=st.none() | names,
    conversation_id=st.none() | names,
    turn=st.none() | st.integers(0, 20),
    language=st.none() | names,
    groups=st.dictionaries(names | st.just("question_id"), texts, max_size=3),
    simulated=st.booleans(),
    schema_version=st.just("1"),
)

_prism_ratings = st.none() | st.dictionaries(
    names, st.none() | st.integers(1, 100) | st.floats(1, 100), max_size=3
)

prism_messages = st.builds(
    PrismMessage,
    turn=st.integers(0, 20),
    role=st.sampled_from(["user", "model"]),
    content=texts,
    model_provider=opt(names),
    model_name=opt(names),
    score=opt(st.integers(1, 100)),
    if_chosen=opt(st.booleans()),
    within_turn_id=opt(st.integers(0, 3)),
)

prism_conversations = st.builds(
    PrismConversation,
    conversation_id=names,
    user_id=names,
    conversation_type=texts,
    opening_prompt=texts,
    conversation_turns=st.integers(0, 20),
    conversation_history=st.lists(prism_messages, max_size=4),
    performance_attributes=_prism_ratings,
    choice_attributes=_prism_ratings,
    open_feedback=st.none() | texts,
    generated_datetime=st.none() | st.just("2026-01-31 09:30:00"),
    timing_duration_s=st.none() | st.floats(0, 1e6),
    timing_duration_mins=st.none() | st.floats(0, 1e6),
    included_in_balanced_subset=st.none() | st.booleans(),
    simulated=st.just(UNSET) | st.booleans(),
)
