"""A policy document on its way to a sidecar: a text and its format. It is read there, never here.

The one thing done to it here is to add invariants that a program gave besides: to the text, by the rules of its format,
such that a text which they do not fit is refused by the sidecar and never loaded without them.
"""
from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ..errors import InvalidInput

Invariant = Union[Tuple[str, str, float], Mapping[str, Any]]
#: Invariants, and the most actions of a session.
Added = Tuple[Tuple[Invariant, ...], Optional[int]]


class Document(NamedTuple):
    text: str
    #: yaml, json or toml
    format: str
    added: Added = ((), None)

    def with_invariants(self, invariants: Sequence[Invariant], max_session_actions: Optional[int]) -> "Document":
        rows = [_row(one) for one in invariants]
        if max_session_actions is not None:
            rows.append({"name": "max-session-actions", "session": {"actions_max": max_session_actions}})
        text = self.text
        # An empty text denies everything: there is nothing left to cap.
        if rows and text.strip():
            text = _APPEND[self.format](text, rows)
        return Document(text, self.format, (tuple(invariants), max_session_actions))


def of_mapping(policy: Mapping[str, Any]) -> Document:
    if not isinstance(policy, Mapping):
        raise _invalid(f"a policy is a mapping, not {type(policy).__name__}")
    try:
        return Document(json.dumps(dict(policy), allow_nan=False, ensure_ascii=False) if policy else "", "json")
    except (TypeError, ValueError, RecursionError) as error:
        raise _invalid(f"the policy cannot be written as JSON: {error}") from None


def of_text(text: str, format: str) -> Document:
    if not isinstance(text, str):
        raise _invalid(f"a policy text is text, not {type(text).__name__}")
    if format not in _APPEND:
        raise _invalid(f"the format of a policy is one of {', '.join(_APPEND)}, not {format!r:.40}")
    return Document(text, format)


def _row(invariant: Invariant) -> Dict[str, Any]:
    if isinstance(invariant, Mapping):
        return dict(invariant)
    if not isinstance(invariant, (tuple, list)) or len(invariant) != 3:
        raise _invalid("an invariant is (name, parameter, maximum) or a mapping of the policy language")
    name, parameter, most = invariant
    if not isinstance(parameter, str) or isinstance(most, bool) or not isinstance(most, (int, float)):
        raise _invalid(f"invariant {name!r:.60}: the parameter is text and the maximum a number")
    pointer = parameter if parameter.startswith("/") else "/" + parameter.replace("~", "~0").replace("/", "~1")
    return {"name": name, "param": pointer, "max": most}


def _into_json(text: str, rows: List[Dict[str, Any]]) -> str:
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return text  # Not JSON, or a key twice: the sidecar says where.
    if not isinstance(document, dict):
        return text
    present = document.get("invariants", [])
    if not isinstance(present, list):
        return text
    try:
        return json.dumps({**document, "invariants": [*present, *rows]}, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise _invalid(f"the invariants cannot be written as JSON: {error}") from None


def _once(pairs: "List[Tuple[str, Any]]") -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _into_toml(text: str, rows: List[Dict[str, Any]]) -> str:
    """Tables of an array may follow anything; where the text has `invariants = [...]` TOML itself refuses them."""
    tables = ["[[invariants]]\n" + "".join(f"{_key(k)} = {_toml(v)}\n" for k, v in row.items()) for row in rows]
    return text + "\n\n" + "\n".join(tables)


def _key(name: Any) -> str:
    return json.dumps(str(name), ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, (str, bool, int, float)) and value == value:
        return json.dumps(value, ensure_ascii=False)
    raise _invalid(f"TOML has no word for {value!r:.40}")


def _into_yaml(text: str, rows: List[Dict[str, Any]]) -> str:
    """As one more key of the document; a second one of the name is an error there."""
    if re.search(r"^(['\"]?)invariants\1[ \t]*:", text, re.M):
        raise _invalid("the text has invariants of its own: add these to them")
    return text + "\n\ninvariants: " + json.dumps(rows, ensure_ascii=True) + "\n"


_APPEND = {"yaml": _into_yaml, "json": _into_json, "toml": _into_toml}


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(reason, code="invalid_policy")
