"""How a record's type looks as Arrow columns, and how its values go in.

Nested records become Arrow structs, lists and maps. What has no fixed type (any JSON, mappings to
anything, a message's replies, which nest without end) is JSON text, and the field's metadata says
so under ``manyvoices``: ``json``. ``opt`` marks a field that can be absent: there an Arrow null
means absent, and the column `NULLS` lists the paths that were null. ``number`` marks a field of
integers and fractions alike, stored as float64 and read back as an integer where it is whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import msgspec.inspect as inspect

from manyvoices.schema import MissingExtraError

MARK = b"manyvoices"
NULLS = "_null"
"""Column of the paths that held null and not nothing: ``prompt.rank``."""
MORE = "_more"
"""Column of whatever did not fit the columns, as one JSON object; null where everything did."""

Path: TypeAlias = tuple[Any, ...]
"""(path above, name or index); () at the top. Put into words only when it is needed."""
Pack: TypeAlias = Callable[[Any, Path, list[str]], Any]

_INT = range(-(2**63), 2**63)
_EXACT = 2**53
_DEPTH = 8
"""How deep objects and lists without a type are columns of their own; below they are JSON."""
_WIDTH = 100
"""How many fields such an object may have."""


class Misfit(Exception):
    """A value that its column cannot hold."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An Arrow field in the making."""

    arrow: Any
    """`pyarrow.DataType`."""
    pack: Pack
    marks: tuple[str, ...] = ()

    def field(self, name: str) -> Any:
        """The `pyarrow.Field` of that name."""
        metadata = {MARK: " ".join(self.marks).encode()} if self.marks else None
        return arrow().field(name, self.arrow, metadata=metadata)


def arrow() -> Any:
    """The module `pyarrow`, imported when it is needed and not before.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import pyarrow
    except ModuleNotFoundError:
        raise MissingExtraError("Parquet", "curate") from None
    return pyarrow


def columns_of(kind: Any) -> dict[str, Shape]:
    """Name -> shape of each field of a msgspec struct."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return _fields_of(info, (info.cls,))


def columns_like(rows: Sequence[dict[str, Any]]) -> dict[str, Shape]:
    """Columns for rows that no type describes, from some of them: text, true or false, numbers,
    and lists and objects of these; all else is JSON text. Every field may be absent."""
    return {name: _like(values) for name, values in _by_name(rows).items()}


def _by_name(rows: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    return values


def words(path: Path) -> str:
    """``turns[2].message.rank``."""
    above, name = path
    if isinstance(name, int):
        return f"{words(above)}[{name}]"
    return f"{words(above)}.{name}" if above else str(name)


def _like(found: list[Any], depth: int = 0) -> Shape:
    """The shape of a field in which these values were found."""
    pa = arrow()
    values = [value for value in found if value is not None]
    types = set(map(type, values))
    if len(types) == 1 and (leaf := _LEAVES.get(next(iter(types)))):
        return Shape(getattr(pa, leaf[0])(), leaf[1], ("opt",))
    if types == {int, float}:
        return Shape(pa.float64(), _number, ("opt", "number"))
    if types == {list} and depth < _DEPTH:
        item = _like([inner for value in values for inner in value], depth + 1)
        item = Shape(item.arrow, item.pack, tuple(mark for mark in item.marks if mark != "opt"))
        return Shape(pa.list_(item.field("item")), _list(item), ("opt",))
    if types == {dict} and depth < _DEPTH and all(values):
        inside = _by_name(values)
        if len(inside) <= _WIDTH:
            fields = {name: _like(below, depth + 1) for name, below in inside.items()}
            kind = pa.struct([shape.field(name) for name, shape in fields.items()])
            return Shape(kind, _struct(fields), ("opt",))
    return Shape(pa.string(), _json, ("opt", "json"))


def _fields_of(info: inspect.StructType, above: tuple[type, ...]) -> dict[str, Shape]:
    fields = {}
    for field in info.fields:
        shape = _shape(field.type, above)
        is_opt = not field.required and field.default is field.default_factory  # UNSET
        marks = ("opt", *shape.marks) if is_opt else shape.marks
        fields[field.encode_name] = Shape(shape.arrow, shape.pack, marks)
    return fields


def _shape(info: Any, above: tuple[type, ...]) -> Shape:
    options = info.types if isinstance(info, inspect.UnionType) else (info,)
    return _one([o for o in options if not isinstance(o, inspect.NoneType)], above)


def _one(options: list[Any], above: tuple[type, ...]) -> Shape:
    pa = arrow()
    if len(options) == 1:
        return _single(options[0], above)
    if options and all(isinstance(o, inspect.IntType | inspect.FloatType) for o in options):
        return Shape(pa.float64(), _number, ("number",))
    return Shape(pa.string(), _json, ("json",))


def _single(info: Any, above: tuple[type, ...]) -> Shape:
    pa = arrow()
    match info:
        case inspect.StrType() | inspect.EnumType() | inspect.LiteralType():
            return Shape(pa.string(), _leaf(str))
        case inspect.BoolType():
            return Shape(pa.bool_(), _leaf(bool))
        case inspect.IntType():
            return Shape(pa.int64(), _integer)
        case inspect.FloatType():
            return Shape(pa.float64(), _number)
        case inspect.DateTimeType():
            return Shape(pa.timestamp("us", tz="UTC"), _leaf(dt.datetime))
        case inspect.ListType(item_type=inner) if not isinstance(inner, inspect.AnyType):
            item = _shape(inner, above)
            return Shape(pa.list_(item.field("item")), _list(item))
        case inspect.DictType(value_type=inner) if not isinstance(inner, inspect.AnyType):
            value = _shape(inner, above)
            return Shape(pa.map_(pa.string(), value.field("value")), _map(value))
        case inspect.StructType(cls=cls) if cls not in above:
            fields = _fields_of(info, (*above, cls))
            kind = pa.struct([shape.field(name) for name, shape in fields.items()])
            return Shape(kind, _struct(fields))
    return Shape(pa.string(), _json, ("json",))


def _leaf(kind: type) -> Pack:
    def pack(value: Any, _path: Path, _nulls: list[str]) -> Any:
        if type(value) is not kind:
            raise Misfit
        return value

    return pack


def _integer(value: Any, _path: Path, _nulls: list[str]) -> Any:
    if type(value) is not int or value not in _INT:
        raise Misfit
    return value


def _number(value: Any, _path: Path, _nulls: list[str]) -> Any:
    if type(value) is int and abs(value) <= _EXACT:
        return float(value)
    if type(value) is not float:
        raise Misfit
    return value


def _json(value: Any, _path: Path, _nulls: list[str]) -> Any:
    return msgspec.json.encode(value).decode()


def _fraction(value: Any, _path: Path, _nulls: list[str]) -> Any:
    if type(value) is not float:
        raise Misfit
    return value


_LEAVES: dict[type, tuple[str, Pack]] = {
    str: ("string", _leaf(str)),
    bool: ("bool_", _leaf(bool)),
    int: ("int64", _integer),
    float: ("float64", _fraction),
}


def pack_fields(
    value: dict[str, Any], fields: Iterable[tuple[str, Shape]], path: Path, nulls: list[str]
) -> dict[str, Any]:
    """The fields of `value` that are in `fields`, each as its column holds it.

    Raises:
        Misfit: One of them cannot be held.
    """
    row = {}
    for name, shape in fields:
        if name in value:
            inner = value[name]
            if inner is not None:
                row[name] = shape.pack(inner, (path, name), nulls)
            elif "opt" in shape.marks:
                nulls.append(words((path, name)))
    return row


def _struct(fields: dict[str, Shape]) -> Pack:
    items = tuple(fields.items())

    def pack(value: Any, path: Path, nulls: list[str]) -> Any:
        if type(value) is not dict or not value.keys() <= fields.keys():
            raise Misfit
        return pack_fields(value, items, path, nulls)

    return pack


def _list(item: Shape) -> Pack:
    def pack(value: Any, path: Path, nulls: list[str]) -> Any:
        if type(value) is not list:
            raise Misfit
        return [
            None if inner is None else item.pack(inner, (path, index), nulls)
            for index, inner in enumerate(value)
        ]

    return pack


def _map(item: Shape) -> Pack:
    def pack(value: Any, path: Path, nulls: list[str]) -> Any:
        if type(value) is not dict:
            raise Misfit
        return [
            (key, None if inner is None else item.pack(inner, (path, key), nulls))
            for key, inner in value.items()
        ]

    return pack
