"""Names that other systems give to classes of tools, and what they are here: one table, pinned by a test.

`resource` lists the parameters that may name the resource: the first one given is taken out of the parameters and becomes
it. Any other stays, for the gate to refuse: a parameter that restates the resource is an error. `methods` says which action
a parameter `method` makes of it. `line` names a parameter that holds a whole command line: it is split into words, and
refused where it has anything that only a shell understands, for there is none.
"""
from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional

from ..errors import MalformedRequest

_HTTP_READ = {"GET": "http.get", "HEAD": "http.head", "OPTIONS": "http.options"}
_HTTP_WRITE = {"POST": "http.post", "PUT": "http.put", "PATCH": "http.patch", "DELETE": "http.delete"}

#: alias -> {action, resource, methods?, line?}
ALIASES: Dict[str, Dict[str, Any]] = {
    "file.read": {"action": "fs.read", "resource": ["path"]},
    "file.write": {"action": "fs.write", "resource": ["path"]},
    "http.read": {"action": "http.get", "resource": ["url"], "methods": _HTTP_READ},
    "http.write": {"action": "http.post", "resource": ["url"], "methods": _HTTP_WRITE},
    "net.http": {"action": "http.get", "resource": ["url"], "methods": {**_HTTP_READ, **_HTTP_WRITE}},
    "shell.exec": {"action": "proc.exec", "resource": ["program", "executable"], "line": "command"},
    "database.read": {"action": "sql.query", "resource": ["database"]},
    "database.write": {"action": "sql.exec", "resource": ["database"]},
}

#: The same for our own families, by what stands before the first dot.
FAMILIES: Dict[str, str] = {"fs": "path", "http": "url", "proc": "program", "sql": "database"}


class Named(NamedTuple):
    """An action as the wire takes it."""

    action: str
    resource: Optional[str]
    params: Dict[str, Any]


def resolve(name: str, parameters: Mapping[str, Any]) -> Named:
    """The action that `name` and its parameters stand for. Raises MalformedRequest for what cannot be one."""
    if not isinstance(name, str) or not isinstance(parameters, Mapping):
        raise MalformedRequest("a tool class is text and its parameters are a mapping")
    params = dict(parameters)
    alias = ALIASES.get(name)
    if alias is None:
        family = FAMILIES.get(name.split(".", 1)[0])
        names = ["resource"] if family is None else [family]
        return Named(name, _take(name, names, params), params)
    _split(alias.get("line"), params)
    resource = _take(name, alias["resource"], params)
    return Named(_method(name, alias, params), resource, params)


def _take(name: str, names: "list[str]", params: Dict[str, Any]) -> Optional[str]:
    for key in names:
        if key in params:
            value = params.pop(key)
            if not isinstance(value, str):
                raise MalformedRequest(
                    f"{key} of {name} names the resource and is text, not {type(value).__name__}", code="invalid_resource"
                )
            return value
    return None


def _method(name: str, alias: Mapping[str, Any], params: Dict[str, Any]) -> str:
    methods = alias.get("methods")
    if methods is None or "method" not in params:
        return str(alias["action"])
    method = params.pop("method")
    action = methods.get(method.upper()) if isinstance(method, str) and method.isascii() else None
    if action is None:
        raise MalformedRequest(f"method {method!r:.40} is none of {', '.join(methods)}", code="invalid_params")
    return str(action)


#: What a shell would act on. Quotes only group words.
_SHELL = frozenset(";&|<>()$`\\\n\r*?[]{}!#~")


def _split(line: Optional[str], params: Dict[str, Any]) -> None:
    """`command: "git status"` becomes the program and its arguments; with `args` beside it, the program alone."""
    if line is None or line not in params or "program" in params or "executable" in params:
        return
    command = params.pop(line)
    if not isinstance(command, str) or not command.strip():
        raise MalformedRequest(f"{line} is a text that names a program", code="invalid_resource")
    if "args" in params:
        params["program"] = command
        return
    if not _SHELL.isdisjoint(command):
        raise MalformedRequest(
            f"{line} has what only a shell understands, and there is none",
            code="invalid_params",
            remedy="give program and args",
        )
    import shlex

    try:
        params["program"], *params["args"] = shlex.split(command)
    except ValueError as error:
        raise MalformedRequest(f"{line} cannot be split into words: {error}", code="invalid_params") from None
