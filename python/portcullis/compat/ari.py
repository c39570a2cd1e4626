"""Ari Kernel's Python names: change the import line, and the program asks Portcullis.

What would be weaker here than it was there is an error, never passed over: an option that this cannot honour raises a
ValueError. Decisions are the sidecar's; docs/coming-from/ari-kernel.md says what is called what.
"""
from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ..errors import ApprovalRequiredError, Forbidden, InvalidInput, NotFound, ToolCallDenied
from ..kernel.blocking import Kernel as _Kernel
from ..kernel.connect import create_kernel as _create_kernel
from ..tools.protect import AnyKernel, protect_tool as _protect_tool, set_default_kernel as _set_default_kernel
from ..types.decision import Label
from ..types.result import Result
from ..verbs.aliases import resolve
from ..verbs.refusal import refusal_of, withheld_text
from .ari_taint import Taints, labels_of, taints_of

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
#: Their capability classes -> the actions of ours that each is for. The first is what is asked for.
CLASSES: Dict[str, Tuple[str, ...]] = {
    "http.read": ("http.get", "http.head", "http.options"),
    "http.write": ("http.post", "http.put", "http.patch", "http.delete"),
    "shell.exec": ("proc.exec",),
    "database.read": ("sql.query",),
    "database.write": ("sql.exec", "sql.mutate"),
    "file.read": ("fs.read",),
    "file.write": ("fs.write",),
}
#: Refusals after which a session is restricted, by preset; 5 for the others, as there.
DENIALS: Dict[str, int] = {"strict": 3, "research": 20}
#: Refusals -> what of ours is put on top of a preset.
_RULES = {3: "ari-six-3", 5: "ari-six", 20: "ari-six-20"}

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

    A preset has the six rules over the order of calls on top, and the threshold: of 3, 5 and 20 the one that is at most
    `max_denied_sensitive_actions`. Without a preset the sidecar's own policy decides alone. Raises ConnectionError where no
    sidecar answers, ValueError for an option that is the sidecar's own configuration here.
    """
    refused = {
        "auto_scope": (auto_scope, "choose a preset"),
        "allow": (allow is not None, "write a policy: rules permit, and everything else is denied"),
        "audit_log": (audit_log is not None, "the journal is the sidecar's: its data directory"),
        "max_denied_sensitive_actions": (
            max_denied_sensitive_actions is not None and (preset is None or not behavioral_rules),
            "it goes with a preset and its behavioral rules",
        ),
        "behavioral_rules": (
            preset is None and not behavioral_rules,
            "what the sidecar's policy says cannot be switched off from here",
        ),
    }
    for name, (given, remedy) in refused.items():
        if given:
            raise InvalidInput(f"{name} is not the caller's to set", remedy=remedy)
    kernel = _create_kernel(
        _with_rules(preset, max_denied_sensitive_actions) if preset is not None and behavioral_rules else preset,
        principal,
        _handler(on_approval),
        mode,
        sidecar_url,
        auth_token,
        timeout,
    )
    return AriKernel(kernel, preset)


def _with_rules(preset: str, most: Optional[int]) -> str:
    wanted = DENIALS.get(preset, 5) if most is None else most
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < min(_RULES):
        raise InvalidInput(f"max_denied_sensitive_actions is a number from {min(_RULES)} on")
    return f"{preset}+{_RULES[max(known for known in _RULES if known <= wanted)]}"


def protect_tool(
    capability_class: str, *, kernel: "Optional[AriKernel | AnyKernel]" = None, taint_labels: Taints = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The body is never called; the sidecar executes."""
    inner = kernel.inner if isinstance(kernel, AriKernel) else kernel
    labels = labels_of(taint_labels) or None
    return _protect_tool(ACTIONS.get(capability_class, capability_class), kernel=inner, labels=labels)


def set_default_kernel(kernel: "Optional[AriKernel | _Kernel]") -> None:
    _set_default_kernel(kernel.inner if isinstance(kernel, AriKernel) else kernel)


class AriKernel:
    """Their kernel object over ours, which is `inner`."""

    def __init__(self, inner: _Kernel, preset: Optional[str]) -> None:
        self.inner = inner
        self.preset = preset
        #: Grant id -> action -> token.
        self._grants: Dict[str, Dict[str, str]] = {}
        #: Said with a request for a capability, and to be told with the next call.
        self._said: List[Label] = []
        self._telling = threading.Lock()

    @property
    def run_id(self) -> str:
        return self.inner.session_id or self.inner.session().id

    def execute_tool(
        self,
        tool_class: str,
        action: str,
        parameters: Optional[Mapping[str, Any]] = None,
        grant_id: Optional[str] = None,
        taint_labels: Taints = None,
        execute_fn: Optional[Callable[..., Any]] = None,
    ) -> Dict[str, Any]:
        """{verdict, success, result, error, call_id, result_taint}. Raises ToolCallDenied.

        `taint_labels` only add to what the sidecar knows: the session bears them from then on.
        """
        if execute_fn is not None:
            raise InvalidInput("execute_fn is never called: the sidecar executes", remedy="use portcullis.guarded")
        name = f"{tool_class}.{action.lower()}"
        named = resolve(ACTIONS.get(name, name), parameters or {})
        labels = list(dict.fromkeys([*labels_of(taint_labels), *self._said]))
        token = None if grant_id is None else self._token(grant_id, named.action)
        result = self.inner.submit(named.action, named.resource, named.params, labels=labels[:16] or None, token=token)
        # What was added meanwhile, by another thread or an approval handler, is still to be told.
        told = set(labels[:16])
        with self._telling:
            self._said = [label for label in dict.fromkeys([*labels, *self._said]) if label not in told]
        return answer_of(result)

    def request_capability(self, capability_class: str, taint_labels: Taints = None) -> Dict[str, Any]:
        """{granted, grantId, reason, capabilityClass}. A grant only narrows: calls are decided with and without one."""
        if capability_class not in CLASSES:
            raise InvalidInput(f"{capability_class!r:.40} is none of {', '.join(CLASSES)}")
        with self._telling:
            self._said += labels_of(taint_labels)
        action = CLASSES[capability_class][0]
        try:
            answer = self.inner.grant(action)
        except NotFound:
            reason = "nothing here executes it"
            return {"granted": False, "grantId": None, "reason": reason, "capabilityClass": capability_class}
        if answer.id is not None and answer.token is not None:
            self._grants[answer.id] = {action: answer.token}
        return {
            "granted": answer.token is not None,
            "grantId": answer.id if answer.token is not None else None,
            "reason": answer.decision.reason,
            "capabilityClass": capability_class,
        }

    def _token(self, grant_id: str, action: str) -> str:
        """A grant of ours is for one action: others of its class are asked for when they are first used."""
        tokens = self._grants.get(grant_id)
        if tokens is None:
            raise InvalidInput("this kernel was given no such grant")
        if action not in tokens:
            first = next(iter(tokens))
            if any(first == actions[0] and action in actions for actions in CLASSES.values()):
                tokens[action] = self.inner.grant(action).token or tokens[first]
        # The token of another action is refused where it is shown.
        return tokens.get(action) or next(iter(tokens.values()))

    def status(self) -> Dict[str, Any]:
        """{principalId, restricted, runId, counters, quarantine?}. Of counters only refusals are kept."""
        session = self.inner.session()
        found: Dict[str, Any] = {
            "principalId": session.principal,
            "restricted": session.quarantine != "none",
            "runId": session.id,
            "counters": {"deniedActions": session.denied},
        }
        if session.quarantine != "none":
            found["quarantine"] = {"level": session.quarantine, **self._cause(session.id)}
        return found

    def _cause(self, session: str) -> Dict[str, Any]:
        """What brought it, for a key that may look its own actions up."""
        try:
            page = self.inner.journal(session=session, reverse=True, limit=100)
        except Forbidden:
            return {}
        for record in page.records:
            rule = record.get("quarantines", {}).get("rule")
            if rule is not None:
                kind = "threshold" if rule == "too-many-denials" else "behavioral_rule"
                return {"triggerType": kind, "ruleId": rule, "timestamp": record["ts"]}
            if record.get("event") == "session.quarantined":
                return {"triggerType": "external", "reason": record.get("reason"), "timestamp": record["ts"]}
        return {}

    @property
    def restricted(self) -> bool:
        return self.inner.session().quarantine != "none"

    def health(self) -> Dict[str, Any]:
        """Raises ConnectionError where nobody answers."""
        self.inner.status()
        return {"status": "ok", "service": "portcullis"}

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
    withheld = None if result.withheld is None else withheld_text(result.withheld)
    return {
        "verdict": VERDICTS.get(result.decision.effect, "deny"),
        "success": result.outcome.status == "ok" and withheld is None,
        "result": frame.data if frame else None,
        "error": error.message if error else withheld,
        "call_id": result.decision.id,
        "result_taint": taints_of(frame.labels if frame else ()),
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


