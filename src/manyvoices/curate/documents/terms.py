"""Terms and licences, kind by kind: what people wrote, what models wrote, what was chosen.

A licence is data of the study. Where nobody has decided, the document says so and grants nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from manyvoices.curate.documents.about import KINDS_OF_TEXT, Context
from manyvoices.curate.documents.markdown import blank, cell, table
from manyvoices.design.protocol import TO_BE_DECIDED


def terms(context: Context) -> str:
    """The terms as Markdown."""
    lines = [f"# Terms: {cell(context.about.title)}", ""]
    for paragraph in (*_licences(context), *_conditions(context)):
        lines += [paragraph, ""]
    return "\n".join(lines).rstrip() + "\n"


def undecided(context: Context) -> list[str]:
    """Kinds of text that nobody has given a licence."""
    return [kind for kind in KINDS_OF_TEXT if context.licences[kind] == TO_BE_DECIDED]


def _licences(context: Context) -> Iterator[str]:
    yield "## Licences"
    rows = ((cell(what), cell(context.licences[kind])) for kind, what in KINDS_OF_TEXT.items())
    yield "\n".join(table(("kind", "licence"), rows))
    if undecided(context):
        yield (
            f"Where it says {TO_BE_DECIDED}, nobody has given a licence yet, and the files may not"
            " be passed on. `licences:` in `study.yaml` and `--licence` say what holds."
        )
    yield "Whoever uses models' answers also keeps to the terms of the models' providers."


def _conditions(context: Context) -> Iterator[str]:
    yield "## Conditions"
    yield (
        "- Do not try to find out who anybody in these files is, alone or with other sources.\n"
        "- Leave out whoever has withdrawn: the `withdrawals` of this and later manifests name"
        " them.\n"
        "- Texts are as they were written. Some may be wrong, offensive or unsafe; filter them"
        " before they train or face anybody.\n"
        "- What is said in the texts is not the view of those who made the release."
    )
    if context.study is not None:
        allows = ", ".join(sorted(context.study.consent.permissions))
        yield f"People consented to: {cell(allows or 'nothing')}."
    yield blank("attribution and how to cite, whom to write to, how long this is maintained.")
