"""An action that the sidecar holds for approval, put to the host's own handler.

The handler gets the call and the decision as plain dictionaries and answers True or False; anything but True, and an
exception, is no approval. A sidecar that does not list the feature `approvals` never holds an action: it refuses with
`approval_unavailable`, and the handler is not asked a question whose answer nobody would take.
"""
from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, Mapping, Union

from .call import Call
from .errors import ApprovalRequiredError
from .types.result import Result
from .verbs import approve

Handler = Callable[[Dict[str, Any], Dict[str, Any]], bool]
AsyncHandler = Callable[[Dict[str, Any], Dict[str, Any]], Union[bool, Awaitable[bool]]]


def is_held(result: Result) -> bool:
    return result.decision.effect == "require_approval"


def question(body: Mapping[str, Any], result: Result) -> "tuple[Dict[str, Any], Dict[str, Any]]":
    """What the handler is shown: the action as the gate judged it, where it has one."""
    call = {name: body[name] for name in ("action", "resource", "params", "session") if name in body}
    judged = result.action
    if judged is not None:
        call.update(action=judged.name, resource=judged.resource.value, params=judged.params)
    decision = result.decision
    shown = {"id": decision.id, "effect": decision.effect, "code": decision.code, "reason": decision.reason}
    return call, shown


def approval_of(result: Result) -> Call:
    return approve(result.decision.id, True)


def resumed(body: Mapping[str, Any], result: Result) -> Dict[str, Any]:
    return {**body, "resume": result.decision.id}


def failed(result: Result, error: BaseException) -> ApprovalRequiredError:
    decision = result.decision
    return ApprovalRequiredError(
        f"the approval handler failed: {type(error).__name__}", code=decision.code, decision=decision, result=result
    )
