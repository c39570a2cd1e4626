"""weaver-kernel's constraints as caveats of ours, and what a token says of itself. What cannot be honoured is an error, never left out."""
from __future__ import annotations

import base64
import json
import re
from typing import Any, Dict, List, Mapping, Optional

from ..errors import InvalidInput

_ARGS = ("allowed_keys", "pinned", "prefix")


def caveats_of(given: Mapping[str, Any], resource: Optional[str], action: str = "") -> Optional[Dict[str, Any]]:
    """`resource` is the argument that becomes the resource of `action`: what is said of it is a caveat over resources."""
    args = given.get("args", {})
    _known("constraints", given, ("args", "ttl_s"))
    _known("args", args, _ARGS)
    pinned, prefix = (_members(args, name) for name in ("pinned", "prefix"))
    caveats: Dict[str, Any] = {}
    keys = args.get("allowed_keys")
    if keys is not None:
        if not isinstance(keys, (list, tuple)) or not all(isinstance(key, str) for key in keys):
            raise InvalidInput("allowed_keys is a list of names")
        caveats["keys"] = [key for key in keys if key != resource]
    resources = _resources(resource, pinned, prefix, keys)
    if resources is not None:
        if action.startswith("fs.") and not all(one.startswith("/") for one in resources):
            raise InvalidInput(f"{resource} is an absolute path: that is what it is held against")
        caveats["resources"] = resources
    params: Dict[str, Dict[str, Any]] = {}
    for test, members in (("eq", pinned), ("prefix", prefix)):
        for key, value in members.items():
            if key != resource:
                params.setdefault(_pointer(key), {})[test] = value
    if params:
        caveats["params"] = params
    if "ttl_s" in given:
        caveats["ttl"] = given["ttl_s"]
    return caveats or None


def _resources(
    name: Optional[str], pinned: Mapping[str, Any], prefix: Mapping[str, Any], keys: Any
) -> Optional[List[str]]:
    if name is None:
        return None
    for members in (pinned, prefix):
        if name in members and not isinstance(members[name], str):
            raise InvalidInput(f"{name} is text")
    if keys is not None and name not in keys:
        return []
    if name in pinned:
        if name in prefix:
            raise InvalidInput(f"{name} is pinned and has a prefix: keep one")
        return [_literal(pinned[name])]
    if name in prefix:
        # Below it by segments, as everywhere: /a holds /a/b, and not /ab.
        start = _literal(prefix[name].rstrip("/"))
        return [start, f"{start}/**"] if start else ["/**"]
    return None


def _members(args: Mapping[str, Any], name: str) -> Dict[str, Any]:
    members = args.get(name, {})
    if not isinstance(members, Mapping) or not all(isinstance(key, str) for key in members):
        raise InvalidInput(f"{name} is a mapping of arguments")
    return dict(members)


def _known(what: str, given: Any, names: "tuple[str, ...]") -> None:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{what} is a mapping")
    unknown = sorted(str(name) for name in given if name not in names)
    if unknown:
        raise InvalidInput(f"{what} that cannot be honoured here: {', '.join(unknown)}; there are {', '.join(names)}")


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _literal(text: str) -> str:
    return re.sub(r"([\\*?[\]{}])", r"\\\1", text)


def claims_of(token: str) -> Dict[str, Any]:
    """What the first block of a token says (docs/grants.md has the bytes). Raises ValueError; nothing is verified here."""
    if not token.startswith("pg1."):
        raise ValueError("not a token")
    text = token[4:]
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    length = int.from_bytes(raw[3:5], "big")
    claims = json.loads(raw[5 : 5 + length])
    if not isinstance(claims, dict):
        raise ValueError("not a token")
    return claims
