"""Agent OS Kernel's actions and results in our words, and back."""
from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Tuple

from ..errors import MalformedRequest

#: What the sidecar carries out, and the parameters that each took there.
BUILT_IN: Dict[str, Tuple[str, ...]] = {
    "fs.read": (),
    "fs.write": ("content",),
    "fs.delete": (),
    "proc.exec": ("args", "cwd", "timeout"),
    "net.http": ("method", "headers", "body", "timeout"),
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def asked(action: Any, given: Any) -> Tuple[str, Dict[str, Any]]:
    """The action and its parameters. What is neither text nor a mapping goes on as it is: the sidecar refuses and records it."""
    if not isinstance(given, Mapping):
        return action, given
    params = dict(given)
    if action in ("net.http", "proc.exec") and "timeout" in params:
        timeout = params.pop("timeout")
        known = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
        params["timeout_ms"] = round(timeout * 1000) if known else timeout
    if action == "fs.write":
        params.setdefault("content", "")
    if action != "net.http":
        return action, params
    method = params.pop("method", "GET")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise MalformedRequest(f"method {method!r:.40} is none of {', '.join(_METHODS)}", code="invalid_params")
    body = params.get("body")
    if isinstance(body, (dict, list)):
        params["body"] = json.dumps(body)
        params["headers"] = {"content-type": "application/json", **params.get("headers", {})}
    return f"http.{method.lower()}", params


def answer_of(action: str, data: Any) -> Any:
    """A result in their words; one that was cut stays the handle that says so."""
    if not isinstance(data, Mapping):
        return data
    if action == "fs.write":
        return {"bytes_written": data.get("bytes")}
    if action == "fs.delete":
        return {"deleted": True}
    if action == "proc.exec":
        return {"returncode": data.get("exit_code"), "stdout": data.get("stdout"), "stderr": data.get("stderr")}
    if action == "net.http":
        return {"status_code": data.get("status"), "headers": data.get("headers"), "body": data.get("body")}
    return data
