"""Ari Kernel's Python names: change the import line, and the program asks Portcullis.

What would be weaker here than it was there is an error, never passed over: an option that this cannot honour raises a
ValueError. Decisions are the sidecar's; docs/coming-from/ari-kernel.md says what is called what.
"""
from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from ..connect import create_kernel as _create_kernel
from ..errors import ApprovalRequiredError, InvalidInput, ToolCallDenied
from ..kernel import Kernel as _Kernel
from ..protect import AnyKernel, protect_tool as _protect_tool, set_default_kernel
from ..refusal import refusal_of
from ..types.result import Result

__all__ = [
    "ApprovalRequiredError",
    "AriKernel",
    "ToolCallDenied",
    "create_kernel",
    "protect_tool",
    "set_default_kernel",
]

#: Their class and action -> an alias or action of ours, where the two words together are not one already.
ACTIONS: Dict[str, str] = {
    "database.query": "database.read",
    "database.exec": "database.write",
    "database.mutate": "database.write",
}
#: Our families -> their tool classes.
TOOL_CLASSES: Dict[str, str] = {"fs": "file", "http": "http", "proc": "shell", "sql": "database", "mcp": "mcp"}
#: Our effects -> their verdicts.
VERDICTS: Dict[str, str] = {"permit": "allow", "modify": "allow", "require_approval": "require-approval"}

Handler = Callable[[Dict[str, Any], Dict[str, Any]], bool]


def create_kernel(
    preset: Optional[str] = None,
    auto_scope: bool = False,
    allow: Optional[Mapping[str, Any]] = None,
    principal: Optional[str] = None,
    audit_log: Optional[str] = None,
    max_denied_sensitive_actions: Optional[int] = None,
    behavioral_rules: bool = True,
    on_approval: Optional[Handler] = None,
    *,
    mode: str = "sidecar",
    sidecar_url: Optional[str] = None,
    auth_token: Optional[str] = None,
    timeout: float = 30.0,
) -> "AriKernel":
    """Connects to the sidecar. `principal` is the key's own unless the key may assert another.

    Raises ConnectionError where no sidecar answers, ValueError for an option that is the sidecar's own configuration here.
    """
    refused = {
        "auto_scope": (auto_scope, "choose a preset"),
        "allow": (allow is not None, "write a policy: rules permit, and everything else is denied"),
        "audit_log": (audit_log is not None, "the journal is the sidecar's: its data directory"),
        "max_denied_sensitive_actions": (max_denied_sensitive_actions is not None, "it belongs to the policy"),
        "behavioral_rules": (not behavioral_rules, "they cannot be switched off from here"),
    }
    for name, (given, remedy) in refused.items():
        if given:
            raise InvalidInput(f"{name} is not the caller's to set", remedy=remedy)
    kernel = _create_kernel(
        preset,
        principal,
        _handler(on_approval),
        mode,
        sidecar_url,
        auth_token,
        timeout,
    )
    return AriKernel(kernel, preset)


def protect_tool(
    capability_class: str, *, kernel: "Optional[AriKernel | AnyKernel]" = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The body is never called; the sidecar executes."""
    inner = kernel.inner if isinstance(kernel, AriKernel) else kernel
    return _protect_tool(ACTIONS.get(capability_class, capability_class), kernel=inner)


class AriKernel:
    """Their kernel object over ours, which is `inner`."""

    def __init__(self, inner: _Kernel, preset: Optional[str]) -> None:
        self.inner = inner
        self.preset = preset

    def execute_tool(
        self, tool_class: str, action: str, parameters: Optional[Mapping[str, Any]] = None, **more: Any
    ) -> Dict[str, Any]:
        """{verdict, success, result, error, call_id, result_taint}. Raises ToolCallDenied."""
        odd = sorted(name for name, value in more.items() if value is not None)
        if odd:
            raise InvalidInput(f"{odd[0]} cannot be given by the caller here")
        name = f"{tool_class}.{action.lower()}"
        klass, _, verb = ACTIONS.get(name, name).partition(".")
        return answer_of(self.inner.execute_tool(klass, verb, parameters))

    def request_capability(self, capability_class: str, **more: Any) -> Dict[str, Any]:
        """Nothing is to be fetched beforehand: each call is decided when it is made. No grant comes back."""
        reason = "no capability is needed: each call is decided by policy when it is made"
        return {"granted": True, "grantId": None, "reason": reason, "capabilityClass": capability_class}

    def status(self) -> Dict[str, Any]:
        session = self.inner.session()
        return {
            "principalId": session.principal,
            "restricted": session.quarantine != "none",
            "runId": session.id,
            "counters": {"deniedActions": session.denied},
        }

    @property
    def restricted(self) -> bool:
        return bool(self.status()["restricted"])

    def close(self) -> None:
        self.inner.close()

    def __enter__(self) -> "AriKernel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def answer_of(result: Result) -> Dict[str, Any]:
    refused = refusal_of(result.decision, result)
    if refused is not None:
        raise refused
    error = result.outcome.error
    frame = result.frame
    return {
        "verdict": VERDICTS.get(result.decision.effect, "deny"),
        "success": result.outcome.status == "ok",
        "result": frame.data if frame else None,
        "error": error.message if error else None,
        "call_id": result.decision.id,
        "result_taint": [
            {"source": label.source, "origin": label.origin, "integrity": label.integrity}
            for label in (frame.labels if frame else ())
        ],
    }


def _handler(given: Optional[Handler]) -> Optional[Handler]:
    """Their handlers read toolClass, action and parameters."""
    if given is None:
        return None
    ask = given

    def handler(call: Dict[str, Any], decision: Dict[str, Any]) -> bool:
        family, _, verb = str(call.get("action", "")).partition(".")
        shown = {
            "toolClass": TOOL_CLASSES.get(family, family),
            "action": verb,
            "parameters": {**call.get("params", {}), "resource": call.get("resource")},
        }
        return ask(shown, {"verdict": "require-approval", **decision}) is True

    return handler


