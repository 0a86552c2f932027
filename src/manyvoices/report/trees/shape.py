"""Items on what trees are made of: languages, states, sizes, texts that stand twice."""

from __future__ import annotations

from manyvoices.analyse.trees import TreeDescription
from manyvoices.report.formats import number, share
from manyvoices.report.section import Item
from manyvoices.report.trees.shape_figures import (
    described,
    languages_figure,
    sizes_figure,
    states_figure,
)
from manyvoices.report.trees.shape_tables import (
    languages_table,
    repeats_table,
    sizes_table,
    states_table,
)
from manyvoices.report.trees.wording import OASST, language_name, messages, resampled
from manyvoices.schema.wording import plural


def languages_item(found: TreeDescription) -> Item:
    """Messages by language and role."""
    shape, first = found.shape, found.shape.languages[0]
    part = share(first.n / shape.n_messages)
    title = (
        f"Every message is in {language_name(first.language)}"
        if len(shape.languages) == 1
        else f"{part} of the messages are in {language_name(first.language)}"
    )
    return Item(
        name="trees-languages",
        title=title,
        n=messages(found),
        method=(
            "Counted as the file says: role, language, deleted, synthetic. The bars hold what was"
            f" not deleted; deleted: {number(shape.deleted.n)}, by models and not deleted:"
            f" {number(shape.synthetic.n)}. {number(shape.n_prompter)} messages are a prompter's,"
            f" {number(shape.n_assistant)} an assistant's."
        ),
        source=f"{OASST}, messages by language and role",
        drawing=languages_figure(
            shape.languages,
            f"{title}; {plural(len(shape.languages), 'language')} in all. The table has them.",
        ),
        table=languages_table(shape),
    )


def states_item(found: TreeDescription) -> Item:
    """Trees by state."""
    shape = found.shape
    state, n = shape.states[0]
    words = (state or "not named").replace("_", " ")
    title = f"{share(n / shape.n_trees)} of the trees are in the state “{words}”"
    return Item(
        name="trees-states",
        title=title,
        n=plural(shape.n_trees, "tree"),
        method="The state that each tree was in when the file was written.",
        source=f"{OASST}, message trees by state",
        drawing=(
            states_figure(shape.states, f"{title}. The table has all states.")
            if len(shape.states) > 1
            else None
        ),
        table=states_table(shape),
    )


def sizes_item(found: TreeDescription) -> Item:
    """How large, deep and broad trees are."""
    shape = found.shape
    title = (
        f"A tree has {number(shape.size.mean, 1)} messages on average and is"
        f" {number(shape.depth.mean, 1)} replies deep"
    )
    parts = (
        ("Messages of a tree", "messages", shape.size),
        ("Depth of a tree", "replies on the longest way down", shape.depth),
        ("Replies, if any", "replies to a message", shape.branching),
    )
    shown = [part for part in parts if part[2].n]
    return Item(
        name="trees-sizes",
        title=title,
        n=messages(found),
        method=(
            "Messages that were not deleted. A thread goes from a prompt to a message without"
            f" replies: {number(shape.thread.n)} threads, of which"
            f" {number(shape.assistant_thread.n)} end with an assistant; cut after their last"
            f" assistant's message they are {number(shape.n_assistant_ends)} different ones."
            f" {number(shape.n_ranked)} replies in {number(shape.ranked_set.n)} sets are ranked,"
            f" which makes {number(shape.n_ranked_pairs)} preference pairs. Line: mean; its"
            f" {resampled(found)} stand in the table."
        ),
        source=f"{OASST}, sizes of trees",
        drawing=sizes_figure(
            shown,
            "; ".join(f"{name}: {described(one)}" for name, _, one in shown) + ".",
        ),
        table=sizes_table(shape),
    )


def repeats_item(found: TreeDescription) -> Item:
    """Texts that stand more than once."""
    repeats = found.repeats
    return Item(
        name="trees-repeats",
        title=f"{share(repeats.repeated.share)} of the texts equal an earlier one",
        n=f"{plural(repeats.n_texts, 'text')} of five words or more, not deleted",
        method=(
            "Equal up to case, white space and Unicode's compatibility forms, as `manyvoices"
            " curate` compares them; prompter's with prompter's, assistant's with assistant's."
        ),
        table=repeats_table(repeats),
    )
