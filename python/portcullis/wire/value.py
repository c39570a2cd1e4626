"""Frozen dataclasses without the code that `dataclass` writes and compiles for each class, which is half of the time that an import takes.

To a type checker `@value(frozen=True)` is `@dataclass(frozen=True)`; to `dataclasses.fields`, `asdict` and `replace` too.
"""
from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from typing import TYPE_CHECKING, Any, Callable, List, NoReturn, Tuple

__all__ = ["Value", "value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(frozen: bool) -> "Callable[[type], type]":
        return dataclass(init=False, repr=False, eq=False)


#: Members that are themselves a right: who has the text has what it permits.
_BEARER = frozenset(("key", "permit", "token"))


class Value:
    """The methods that the values share. A default is the class's own attribute, so an instance holds only what came."""

    def __init__(self, *args: Any, **members: Any) -> None:
        named = fields(self)  # type: ignore[arg-type]
        if len(args) > len(named):
            raise TypeError(f"{type(self).__name__} has {len(named)} members, not {len(args)}")
        members.update(zip([field.name for field in named], args))
        odd = members.keys() - {field.name for field in named}
        lacking: List[str] = [f.name for f in named if f.default is MISSING and f.name not in members]
        if odd or lacking:
            raise TypeError(f"{type(self).__name__}: unknown {sorted(odd)}, missing {lacking}")
        self.__dict__.update(members)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete {name!r}")

    def _members(self) -> Tuple[Any, ...]:
        return tuple([getattr(self, field.name) for field in fields(self)])  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and type(self) is type(other) and self._members() == other._members()

    def __hash__(self) -> int:
        return hash((type(self), self._members()))

    def __repr__(self) -> str:
        """What whoever holds it may do with it is not shown: values end up in logs."""
        members = ", ".join(f"{f.name}={self._shown(f.name)}" for f in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({members})"

    def _shown(self, name: str) -> str:
        given = getattr(self, name)
        return "<hidden>" if given is not None and name in _BEARER else repr(given)
