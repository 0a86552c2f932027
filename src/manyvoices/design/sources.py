"""YAML with line numbers: files become plain data plus a map from every place to its line.

``yaml.safe_load`` forgets where things stood, keeps the last of two equal keys, and stops at the
first fault. A person who mends a study wants every fault with its line, so the nodes are composed
and converted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import yaml

from manyvoices.schema.errors import Fault

Loc: TypeAlias = tuple[str | int, ...]
"""A place in the data: ``("stages", 0, "consent", "text")``."""

MAX_NODES = 200_000
"""A study has thousands of nodes; only nested aliases ("billion laughs") reach this."""

_MERGE = "tag:yaml.org,2002:merge"


ReadText: TypeAlias = Callable[[str], str]
"""Gives the text of a named file of the study; raises OSError or UnicodeDecodeError."""


def read_from_folder(folder: Path) -> ReadText:
    """Read names relative to `folder`; a link that leads out of it counts as missing."""

    def read(name: str) -> str:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise FileNotFoundError(f"{name} leads out of the study's folder")
        return path.read_text(encoding="utf-8-sig")

    return read


def is_inside(name: str) -> bool:
    """Whether `name` is a relative path that stays below the folder of the study."""
    path = PurePosixPath(name)
    windows = "\\" in name or (len(name) > 1 and name[1] == ":")
    return not (path.is_absolute() or windows or ".." in path.parts or "\x00" in name)


def path_text(loc: Loc) -> str:
    """``("stages", 0, "survey")`` as ``stages[0].survey``."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass
class Source:
    """One YAML file as data, with the line of every place and the faults of its form."""

    file: str
    """As it is shown in faults."""
    data: Any = None
    lines: dict[Loc, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int | None, loc: Loc, found: str, expected: str, hint: str = "") -> None:
        self.faults.append(Fault(self.file, line, path_text(loc), found, expected, hint))


def parse_yaml(text: str, file: str) -> Source:
    """Parse one document. Never raises: what is wrong is in the source's `faults`."""
    source = Source(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problem = f"{error.problem or error}"
        source.fault(line, (), problem, "valid YAML", _syntax_hint(text, line, problem))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        source.fault(None, (), f"{error}".strip().split("\n")[0], "valid YAML")
    else:
        if node is None:
            source.fault(None, (), "an empty file", "a YAML document")
        else:
            source.data = _Converter(source).convert(node, (), frozenset())
    return source


def _syntax_hint(text: str, line: int | None, problem: str) -> str:
    if "got '?'" in problem:
        return "inside { } and [ ], a text with a question mark goes in quotes"
    if "mapping values are not allowed" in problem:
        return "a text that holds a colon goes in quotes"
    lines = text.splitlines()
    if line is not None and 0 < line <= len(lines) and _indents_with_tab(lines[line - 1]):
        return "indent with spaces; YAML does not allow tabs there"
    return ""


def _indents_with_tab(line: str) -> bool:
    return "\t" in line[: len(line) - len(line.lstrip())]


class _Converter:
    """Turns composed nodes into dicts, tuples and scalars; notes lines and faults."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scalars = yaml.constructor.SafeConstructor()
        self.n_nodes = 0

    def convert(self, node: yaml.Node, loc: Loc, above: frozenset[int]) -> Any:
        line = node.start_mark.line + 1
        self.source.lines.setdefault(loc, line)
        self.n_nodes += 1
        if id(node) in above or self.n_nodes > MAX_NODES:
            if self.n_nodes <= MAX_NODES + 1:
                self.source.fault(line, loc, "an alias without end", "data of finite size")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc, above | {id(node)})
        if isinstance(node, yaml.SequenceNode):
            inside = above | {id(node)}
            return tuple(self.convert(n, (*loc, i), inside) for i, n in enumerate(node.value))
        return self._scalar(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: Loc, above: frozenset[int]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, key_line, value in self._entries(node, loc):
            place = (*loc, key)
            if key in found:
                first = self.source.lines[place]
                self.source.fault(
                    key_line,
                    place,
                    "the same key again",
                    "each key once",
                    f"it is on line {first} too",
                )
                continue
            self.source.lines[place] = key_line
            found[key] = self.convert(value, place, above)
        return found

    def _entries(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[str, int, yaml.Node]]:
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE:
                self.source.fault(line, loc, "a merge key (<<)", "the keys written out")
            elif not isinstance(key_node, yaml.ScalarNode):
                self.source.fault(line, loc, "a key that is not a text", "a text as key")
            elif key_node.tag != "tag:yaml.org,2002:str":
                self.source.fault(
                    line,
                    (*loc, key_node.value),
                    f"the key {key_node.value}, which YAML does not read as a text",
                    "a text as key",
                    f'put it in quotes: "{key_node.value}"',
                )
                yield key_node.value, line, value_node
            else:
                yield key_node.value, line, value_node

    def _scalar(self, node: yaml.Node, loc: Loc) -> Any:
        try:
            return self.scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            reason = getattr(error, "problem", None) or str(error)
            self.source.fault(
                node.start_mark.line + 1, loc, f"{node.value!r} ({reason})", "a plain value"
            )
            return None
