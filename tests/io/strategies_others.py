"""Hypothesis strategies for what others publish: records, and rows with more columns."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.io.strategies import names, texts

from manyvoices.schema import ChatLine, Dialogue, LabelledCompletion, PreferencePair, RatedText

numbers = st.floats(-1e6, 1e6, allow_nan=False)
maybe = st.none() | names
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
extra_columns = st.dictionaries(st.sampled_from(["source", "id2", "tags", "x"]), json_values)

lines = st.lists(
    st.builds(ChatLine, role=st.sampled_from(["system", "user", "assistant"]), content=texts),
    min_size=1,
    max_size=4,
)
answers = st.builds(ChatLine, role=st.just("assistant"), content=texts).map(lambda line: [line])

dialogues = st.builds(
    Dialogue,
    messages=lines,
    dialogue_id=maybe,
    participant_id=maybe,
    language=maybe,
    simulated=st.booleans(),
    schema_version=st.just("1"),
    published=st.none(),
)
labelled = st.one_of(
    *(
        st.builds(
            LabelledCompletion,
            prompt=prompt,
            completion=completion,
            label=st.booleans(),
            participant_id=maybe,
            simulated=st.booleans(),
            schema_version=st.just("1"),
            published=st.none(),
        )
        for prompt, completion in ((texts, texts), (lines, answers))
    )
)
pairs = st.one_of(
    *(
        st.builds(
            PreferencePair,
            prompt=prompt,
            chosen=answer,
            rejected=answer,
            margin=st.none() | numbers,
            score_chosen=st.none() | numbers,
            score_rejected=st.none() | numbers,
            participant_id=maybe,
            simulated=st.booleans(),
            groups=st.dictionaries(names, texts, max_size=2),
            schema_version=st.just("1"),
            published=st.none(),
        )
        for prompt, answer in ((texts, texts), (lines, answers))
    )
)
rated = st.builds(
    RatedText,
    item_id=names,
    participant_id=names,
    text=st.none() | texts,
    ratings=st.fixed_dictionaries({"quality": st.none() | numbers, "tone": st.none() | numbers}),
    attributes=st.fixed_dictionaries({"gender": maybe, "age_group": maybe}),
    simulated=st.booleans(),
    schema_version=st.just("1"),
    published=st.none(),
)


def plain(record: Any) -> Any:
    """A record without the row that it was read from."""
    return msgspec.structs.replace(record, published=None)
