"""Live conversations, native or PRISM's, and pairs and dialogues of files, as `SourceTree`s.

A conversation is a tree with one rater: the opening and its answers are a group with scores, and
each further turn is a group whose history is the chosen answers so far.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from itertools import pairwise

from manyvoices.io.chats import as_lines
from manyvoices.io.talks import Side, Talk
from manyvoices.schema import ChatLine, Dialogue, PreferencePair
from manyvoices.train.config import DataConfig
from manyvoices.train.drafts import Draft, Drops, Place, finished, group_of
from manyvoices.train.languages import wanted
from manyvoices.train.views import ReplyGroup, Role, Turn
from manyvoices.train.views_all import SourceTree

_ROLES: dict[str, Role] = {
    "user": "prompter",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
OTHER_LANGUAGE = "conversations in other languages, or without one"
SIMULATED = "conversations of a rehearsal (simulated)"


def talk_tree(
    talk: Talk,
    language: str,
    people: Mapping[str, dict[str, str]],
    config: DataConfig,
    drops: Drops,
    source: int = 0,
) -> SourceTree | None:
    """One conversation; None, counted, where it is left out.

    Args:
        people: Rater -> what to report by; see `ReplyGroup.groups`.
    """
    if talk.simulated and not config.filters.allow_simulated:
        drops[SIMULATED] += 1
        return None
    if not wanted(language, config.languages):
        drops[OTHER_LANGUAGE] += 1
        return None
    building = _Talk(talk, language, people.get(talk.participant_id, {}), drops)
    root = building.root()
    if root is None:
        drops["conversations without a message"] += 1
        return None
    groups = tuple(building.groups)
    return SourceTree(finished(root, groups, talk.talk_id, language), groups, source)


class _Talk:
    """Goes through the turns of one conversation."""

    def __init__(self, talk: Talk, language: str, person: dict[str, str], drops: Drops) -> None:
        self._talk, self._language, self._person, self._drops = talk, language, person, drops
        self.groups: list[ReplyGroup] = []

    def root(self) -> Draft | None:
        """The opening message with all that follows."""
        root: Draft | None = None
        last: Draft | None = None
        turns: tuple[Turn, ...] = ()
        for number, turn in enumerate(self._talk.turns):
            asked = Draft(turn.prompt, "prompter", f"turn-{turn.turn}")
            if not turn.prompt.strip():
                break
            turns = (*turns, asked.turn)
            root = root or asked
            if last is not None:
                last.children.append(asked)
            sides = [side for side in turn.sides if self._said(side)]
            asked.children += [Draft(s.text or "", "assistant", s.side_id) for s in sides]
            self._rate(turns, sides, "opening" if number == 0 else "continuation")
            chosen = next((i for i, s in enumerate(sides) if s.chosen), None)
            if chosen is None:
                break
            last = asked.children[chosen]
            turns = (*turns, last.turn)
        return root

    def _said(self, side: Side) -> bool:
        if side.text is None or not side.text.strip():
            self._drops["replies without text"] += 1
            return False
        return True

    def _rate(self, turns: tuple[Turn, ...], sides: list[Side], turn: str) -> None:
        """A group by scores where two were given; else by which one was chosen."""
        scored = [side for side in sides if side.score is not None]
        if len(scored) > 1:
            self._drops["replies without a score beside scored ones"] += len(sides) - len(scored)
            places = [
                Place(s.side_id, s.text or "", -float(s.score or 0), float(s.score or 0))
                for s in scored
            ]
        elif any(side.chosen for side in sides):
            places = [Place(s.side_id, s.text or "", float(not s.chosen)) for s in sides]
        else:
            self._drops["turns without scores and without a choice"] += 1
            return
        group = group_of(
            turns,
            places,
            self._talk.talk_id,
            self._language,
            self._drops,
            rater=self._talk.participant_id,
            # One person's answers stand behind all their groups, once in memory.
            groups=ChainMap({"conversation_type": self._talk.kind, "turn": turn}, self._person),
        )
        if group is not None:
            self.groups.append(group)


def pair_tree(
    pair: PreferencePair, tree_id: str, config: DataConfig, drops: Drops, source: int = 0
) -> SourceTree | None:
    """One pair of a file as a tree with two replies; None, counted, where it is left out."""
    if pair.simulated and not config.filters.allow_simulated:
        drops["pairs of a rehearsal (simulated)"] += 1
        return None
    language = pair.groups.get("language", "")
    if not wanted(language, config.languages):
        drops["pairs in other languages, or without one"] += 1
        return None
    if pair.prompt is None:
        drops["pairs whose prompt is inside the answers' text"] += 1
        return None
    prompt = _turns(as_lines(pair.prompt, "user"))
    replies = [_answer(as_lines(said, "assistant")) for said in (pair.chosen, pair.rejected)]
    if prompt is None or not prompt or prompt[-1].role != "prompter":
        drops["pairs whose prompt does not end on the person"] += 1
        return None
    if None in replies:
        drops["pairs whose answers are not one text of the assistant each"] += 1
        return None
    chosen, rejected = (reply or "" for reply in replies)
    group = _pair_group(pair, prompt, (chosen, rejected), tree_id, language, drops)
    root, end = chain(prompt)
    end.children += [Draft(chosen, "assistant", "chosen"), Draft(rejected, "assistant", "rejected")]
    groups = (group,) if group is not None else ()
    named = groups if pair.participant_id else ()
    return SourceTree(finished(root, groups, tree_id, language), named, source)


def _pair_group(
    pair: PreferencePair,
    prompt: tuple[Turn, ...],
    replies: tuple[str, str],
    tree_id: str,
    language: str,
    drops: Drops,
) -> ReplyGroup | None:
    scores: tuple[float | None, float | None] = (pair.score_chosen, pair.score_rejected)
    if None in scores and pair.margin is not None:
        scores = (pair.margin, 0.0)
    places = [
        Place(name, text, float(number), score)
        for number, (name, text, score) in enumerate(
            zip(("chosen", "rejected"), replies, scores, strict=True)
        )
    ]
    rater, groups = pair.participant_id, dict(pair.groups)
    return group_of(prompt, places, tree_id, language, drops, rater=rater, groups=groups)


def dialogue_tree(
    dialogue: Dialogue, tree_id: str, config: DataConfig, drops: Drops, source: int = 0
) -> SourceTree | None:
    """One chat as a tree without branches; None, counted, where it is left out."""
    if dialogue.simulated and not config.filters.allow_simulated:
        drops["dialogues of a rehearsal (simulated)"] += 1
        return None
    language = dialogue.language or ""
    if not wanted(language, config.languages):
        drops["dialogues in other languages, or without one"] += 1
        return None
    turns = _turns(dialogue.messages)
    if not turns:
        drops["dialogues that hold no text, or lines of other roles"] += 1
        return None
    root, _ = chain(turns)
    return SourceTree(finished(root, (), tree_id, language), (), source)


def _turns(lines: list[ChatLine]) -> tuple[Turn, ...] | None:
    """None where a line is a tool's: its place in a template is not ours to guess."""
    if any(line.role not in _ROLES for line in lines):
        return None
    said: Iterator[Turn] = (Turn(_ROLES[line.role], line.text) for line in lines)
    return tuple(turn for turn in said if turn.text.strip())


def _answer(lines: list[ChatLine]) -> str | None:
    turns = _turns(lines)
    return turns[0].text if turns and len(turns) == 1 and turns[0].role == "assistant" else None


def chain(turns: tuple[Turn, ...]) -> tuple[Draft, Draft]:
    """(first, last) of the turns as nodes below each other."""
    nodes = [Draft(turn.text, turn.role, f"turn-{i}") for i, turn in enumerate(turns)]
    for above, below in pairwise(nodes):
        above.children.append(below)
    return nodes[0], nodes[-1]
