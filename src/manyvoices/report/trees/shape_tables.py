"""Tables of languages, states and sizes of trees, and of texts that stand twice."""

from __future__ import annotations

from manyvoices.analyse.trees.activity import Repeats
from manyvoices.analyse.trees.shape import Shape
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, number, out_of, share
from manyvoices.report.trees.wording import language_name

DISTRIBUTIONS = {
    "size": "messages of a tree",
    "depth": "depth of a tree (replies on the longest way down)",
    "branching": "replies to a message that has any",
    "replies_to_prompter": "replies to a prompter's message",
    "replies_to_assistant": "replies to an assistant's message",
    "thread": "messages from a prompt to a message without replies",
    "assistant_thread": "the same, ending with an assistant",
    "ranked_set": "ranked replies of a set",
}


def languages_table(shape: Shape) -> DataTable:
    """Messages by language and role."""
    rows = [
        (
            language_name(row.language),
            *map(number, (row.n_trees, row.n_prompter, row.n_assistant, row.n_synthetic)),
            *map(number, (row.n_deleted, row.n)),
            share(row.n / shape.n_messages),
        )
        for row in shape.languages
    ]
    header = ("Language", "Trees", "Prompter", "Assistant", "By models", "Deleted", "All", "Share")
    return DataTable("trees-languages", "Messages by language and role", header, tuple(rows))


def sizes_table(shape: Shape) -> DataTable:
    """Five numbers, mean and interval of every distribution."""
    rows = []
    for name, words in DISTRIBUTIONS.items():
        one = getattr(shape, name)
        quartiles = (one.least, one.q25, one.median, one.q75, one.most)
        rows.append(
            (
                words,
                number(one.n),
                number(one.mean, 2),
                interval(one.low, one.high, 2),
                *(number(value, int(value % 1 > 0)) for value in quartiles),
            )
        )
    header = ("Of what", "N", "Mean", "Interval", "Min", "25%", "Median", "75%", "Max")
    return DataTable("trees-sizes", "How trees spread", header, tuple(rows))


def states_table(shape: Shape) -> DataTable:
    """Trees by state."""
    rows = tuple(
        ((state or "not named").replace("_", " "), number(n), share(n / shape.n_trees))
        for state, n in shape.states
    )
    return DataTable("trees-states", "Trees by state", ("State", "Trees", "Share"), rows)


def repeats_table(found: Repeats) -> DataTable:
    """Texts that stand more than once."""
    rows = (
        ("all texts", out_of(found.repeated)),
        ("prompter's messages", out_of(found.prompter)),
        ("assistant's messages", out_of(found.assistant)),
        ("of the repeated: by the same person as an earlier one", out_of(found.one_person)),
        ("texts that stand more than once", number(found.n_groups)),
        ("copies of the most frequent one", number(found.largest)),
        ("texts too short to compare", number(found.n_short)),
    )
    return DataTable("trees-repeats", "Texts equal to an earlier one", ("Of what", "N"), rows)
