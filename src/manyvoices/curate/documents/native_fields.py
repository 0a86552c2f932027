"""The fields of the native records as a codebook lists them; their descriptions are read from the
records themselves, so that there is one place where a field is explained."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from typing import Any

from manyvoices.curate.documents.prism_columns import Known
from manyvoices.curate.documents.tally import Showing
from manyvoices.schema import (
    Answer,
    Comparison,
    Conversation,
    Label,
    Message,
    MessageTree,
    Participant,
    Ranking,
    SideAnswer,
    SideExchange,
    Turn,
    Utterance,
)
from manyvoices.schema.grown import (
    GrownTree,
    MessageMore,
    ReplyConsensus,
    ReviewGiven,
    TreeStep,
)

_DIRECT = frozenset(
    "value texts text score open_feedback performance_attributes choice_attributes"
    " conversation_type all_bad language labels ranking not_rankable flags emojis verdict order"
    " reasons reason_text".split()
)
_CONSTRUCTED = frozenset(
    "chosen tied status n_words_cut rank review_result review_count acceptance decided_because"
    " is_split groups kendall_w alpha tree_state is_scored detoxify evidence quarantined".split()
)
_NAMED = frozenset(
    "study_id consent_version language simulated status recruitment_provider survey question_id"
    " kind conversation_type role model model_provider failure finish_reason model_version"
    " schema_version chosen all_bad lang tree_state model_name name source before after by"
    " decided_because assigned_because verdict stage models prompt_id category pool reasons"
    " quarantined".split()
)
_TYPES: dict[str, Showing] = {"datetime": "dates", "string id": "id"}
_COUNTED = frozenset(
    "traces trace tries request turns utterances message order seed tree prompt replies messages"
    " steps consensus reviews rankings events sources imported groups ranking shown flags exchanges"
    " answers".split()
)
"""Nothing but how many: what is in them is told elsewhere, or is of no use as a number."""

RECORDS: dict[str, dict[str, type]] = {
    "participants": {"": Participant},
    "answers": {"": Answer},
    "conversations": {
        "": Conversation,
        "turns[].": Turn,
        "turns[].message.": Message,
        "turns[].utterances[].": Utterance,
    },
    "comparisons": {
        "": Comparison,
        "exchanges[].": SideExchange,
        "exchanges[].message.": Message,
        "exchanges[].answers[].": SideAnswer,
    },
    "trees": {
        "": GrownTree,
        "tree.": MessageTree,
        "tree.prompt.": Message,
        "messages[].": MessageMore,
        "steps[].": TreeStep,
        "consensus[].": ReplyConsensus,
        "reviews[].": ReviewGiven,
        "rankings[].": Ranking,
    },
    "labels": {"": Label},
    "rankings": {"": Ranking},
}
"""Native file -> where in its records -> the record that stands there."""
_LABELS: dict[tuple[Any, str], tuple[str, str]] = {
    (Participant, "status"): ("Whether the person came to the end", ""),
    (Participant, "completed_at"): ("When the person finished", "Missing means not complete."),
    (Participant, "consented_at"): ("When the person agreed to the consent text", ""),
    (Conversation, "finished_at"): ("When the conversation was finished", "Missing means not yet."),
    (Conversation, "turns"): ("The turns in order, described below", ""),
    (Turn, "message"): ("The person's message, described below", ""),
    (Answer, "question_id"): ("The question, unique in its survey", ""),
    (Message, "text"): ("What the person wrote to the models", ""),
    (Comparison, "models"): ("The models, by position", "The first stood left, or first."),
    (Comparison, "exchanges"): ("What was shown, described below", ""),
    (Comparison, "source"): ("Where the answers came from", "Stored outputs, live, or an arena."),
    (SideExchange, "message"): ("The prompt, or what the person wrote, described below", ""),
    (SideExchange, "answers"): ("What each side said, described below", ""),
    (SideAnswer, "text"): ("What the model answered", "Missing where it gave no answer."),
    (GrownTree, "tree"): ("The tree in OASST's form, described below", ""),
    (GrownTree, "messages"): ("What else is known of its messages, described below", ""),
    (GrownTree, "steps"): ("Its way from state to state, described below", ""),
    (GrownTree, "consensus"): ("Merged rankings, described below", ""),
    (GrownTree, "reviews"): ("Every review by itself, described below", ""),
    (GrownTree, "rankings"): ("Every ranking by itself, described below", ""),
    (MessageTree, "prompt"): (
        "The first message, described below",
        "The variables below count it and all that is nested in its replies.",
    ),
    (Utterance, "text"): ("What the model answered", "Missing where it gave no answer."),
}
"""Where a record's own words say too little beside the others."""
_MESSAGE = frozenset({"message_id", "text", "role", "created_date"})
"""What a message of a conversation has; in message trees it has all fields."""


@cache
def native_fields(file: str) -> dict[str, Known]:
    """Path (``turns[].utterances[].score``) -> what it is."""
    found = {
        f"{prefix}{name}": _known(record, name, kind, doc, in_tree=file == "trees")
        for prefix, record in RECORDS[file].items()
        for name, (kind, doc) in _fields(record).items()
        if record is not Message or file == "trees" or name in _MESSAGE
    }
    if file == "comparisons":
        said = "The prompt, or what the person wrote to the models"
        found["exchanges[].message.text"] = found["exchanges[].message.text"]._replace(label=said)
    return found


def _known(record: type, name: str, annotation: str, doc: str, *, in_tree: bool) -> Known:
    kind = _type(name, annotation)
    category = "constructed" if name in _CONSTRUCTED else "meta"
    showing: Showing = "values" if name in _NAMED else _TYPES.get(kind, "text")
    if name in _COUNTED:
        showing = "count"
    special = None if in_tree and record is Message else _LABELS.get((record, name))
    label, notes = special or _label(name, doc)
    return Known(label, "direct" if name in _DIRECT else category, kind, showing, notes)


def _label(name: str, doc: str) -> tuple[str, str]:
    """A description as a label of one sentence and what follows as notes."""
    doc = doc.replace("None", "missing").removesuffix("; see SCHEMA_VERSION.")
    first, _, rest = doc.partition(". ")
    if "; " in first:
        first, _, rest = doc.partition("; ")
    if first.startswith("missing") or not first:
        first, rest = name.replace("_", " ").capitalize(), doc
    return first.rstrip(" .,"), rest[:1].upper() + rest[1:]


def _type(name: str, annotation: str) -> str:
    if (name.endswith("_id") and name != "question_id") or name == "replaced_by":
        return "string id"
    if "Instant" in annotation or name == "created_date":
        return "datetime"
    if name in _NAMED and "bool" not in annotation and "list" not in annotation:
        return "categorical"
    names = (("dict", "dict"), ("list", "list"), ("bool", "binary"), ("float", "float"))
    for mark, kind in (*names, ("int", "int"), ("Trace", "dict"), ("Json", "any")):
        if mark in annotation:
            return kind
    return "dict" if annotation in {"Message"} else "string"


@cache
def _fields(record: type[Any]) -> dict[str, tuple[str, str]]:
    """Field -> (annotation, what its docstring says), from the record's source."""
    (body,) = ast.parse(inspect.getsource(record)).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for node in body.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = node.target.id
            found[last] = (ast.unparse(node.annotation), "")
        elif last and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[last] = (found[last][0], _plain(str(node.value.value)))
    return found


def _plain(doc: str) -> str:
    return re.sub(r"`{1,2}([^`]*)`{1,2}", r"\1", " ".join(doc.split()))
