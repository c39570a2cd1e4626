"""A call's arguments by name, as the decorated function declares them."""
from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Mapping, Tuple

_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Binding:
    """The signature of one function, read once. Raises TypeError for one whose arguments have no names."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.signature = inspect.signature(function)
        parameters = list(self.signature.parameters.values())
        self._rest = ""
        for parameter in parameters:
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                raise TypeError(f"{function.__qualname__}: *{parameter.name} gives its arguments no names")
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                self._rest = parameter.name
        # A method's first argument is the object it belongs to, and no argument of the tool.
        holder = function.__qualname__.rpartition(".")[0]
        method = bool(holder) and not holder.endswith("<locals>")
        first = parameters[0].name if parameters else ""
        self._skipped = first if method and first in ("self", "cls") else ""

    def names(self) -> "list[str]":
        return [p.name for p in self.signature.parameters.values() if p.kind in _NAMED and p.name != self._skipped]

    def arguments(self, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Dict[str, Any]:
        """Every argument by name, defaults filled in. Raises TypeError as the call itself would."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        found = dict(bound.arguments)
        found.pop(self._skipped, None)
        if self._rest:
            found.update(found.pop(self._rest))
        return found

    def replaced(
        self, args: Tuple[Any, ...], kwargs: Mapping[str, Any], changed: Mapping[str, Any]
    ) -> "tuple[Tuple[Any, ...], Dict[str, Any]]":
        """The same call with some arguments changed."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in changed.items():
            if name in self.signature.parameters:
                bound.arguments[name] = value
            else:
                bound.arguments[self._rest][name] = value
        return bound.args, bound.kwargs
