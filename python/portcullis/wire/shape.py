"""Readers that turn parsed JSON into frozen dataclasses and check every type on the way.

A member that is missing or of the wrong type is a BadResponse naming the place; members that are not known are
passed over, for the wire grows by additions.
"""
from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple, Type, TypeVar

from ..errors import BadResponse

T = TypeVar("T")
Reader = Callable[[Any], T]

_MISSING = object()
#: Requests end at 32, frames before that.
MAX_DEPTH = 64


class _Wrong(Exception):
    """On its way up through the readers, each of which adds where it is."""

    def __init__(self, value: Any, expected: str) -> None:
        self.place: List[str] = []
        found = "nothing" if value is _MISSING else type(value).__name__
        self.message = f"{found} where {expected} belongs"


def read(reader: Reader[T], value: Any) -> T:
    """The value as `reader` has it, or BadResponse."""
    try:
        return reader(value)
    except _Wrong as wrong:
        place = "/" + "/".join(reversed(wrong.place))
        raise BadResponse(f"the answer has at {place} {wrong.message}") from None


def text(value: Any) -> str:
    if type(value) is not str:
        raise _Wrong(value, "text")
    return value


def integer(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise _Wrong(value, "an integer")


def number(value: Any) -> float:
    if type(value) is not int and type(value) is not float:
        raise _Wrong(value, "a number")
    return value


def boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise _Wrong(value, "a boolean")
    return value


def tree(value: Any) -> Any:
    """Any JSON, nested no deeper than the wire goes: whoever walks it later will not run out of stack."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return value
        below: List[Any] = []
        for item in level:
            inner = item.values() if isinstance(item, dict) else item
            below.extend([one for one in inner if isinstance(one, (dict, list))])
        level = below
    raise _Wrong(value, f"JSON no deeper than {MAX_DEPTH}")


def mapping(value: Any) -> Dict[str, Any]:
    if type(value) is not dict:
        raise _Wrong(value, "an object")
    found: Dict[str, Any] = tree(value)
    return found


def many(reader: Reader[T]) -> Reader[Tuple[T, ...]]:
    def read_all(value: Any) -> Tuple[T, ...]:
        if type(value) is not list:
            raise _Wrong(value, "a list")
        found: List[T] = []
        try:
            for item in value:
                found.append(reader(item))
        except _Wrong as wrong:
            wrong.place.append(str(len(found)))
            raise
        return tuple(found)

    return read_all


class maybe:  # noqa: N801 - reads as a word in the shapes
    """A member that may be absent; then the dataclass has its default."""

    __slots__ = ("reader",)

    def __init__(self, reader: Reader[Any]) -> None:
        self.reader = reader


def record(kind: Type[T], /, **members: Any) -> Reader[T]:
    """A reader for `kind`, whose field names are the members' names on the wire."""
    plan = tuple(
        (name, reader.reader, True) if isinstance(reader, maybe) else (name, reader, False)
        for name, reader in members.items()
    )

    def read_record(value: Any) -> T:
        if type(value) is not dict:
            raise _Wrong(value, "an object")
        found: Dict[str, Any] = {}
        get = value.get
        name = ""
        try:
            for name, reader, optional in plan:
                item = get(name, _MISSING)
                if item is not _MISSING or not optional:
                    found[name] = reader(item)
        except _Wrong as wrong:
            wrong.place.append(name)
            raise
        # What the plan let through is what the members are: nothing is left for an __init__ to check.
        made = kind.__new__(kind)
        made.__dict__.update(found)
        return made

    return read_record
