"""An action that the sidecar holds, put to the host's own handler.

The handler gets the call and the decision as plain dictionaries and answers True or False; anything but True, an exception
and a handler that is not done in time deny. It is asked only where this key may answer: where a rule names approvers, the
action stays held for them.
"""
from __future__ import annotations

import inspect
import threading
import time
from typing import Any, Awaitable, Callable, Dict, Mapping, Union

from ..errors import ApprovalRequiredError, InvalidInput
from ..types.approval import Approval
from ..types.result import Result

Handler = Callable[[Dict[str, Any], Dict[str, Any]], Union[bool, Awaitable[bool]]]

#: Seconds that a handler may take.
DEFAULT_APPROVAL_TIMEOUT = 300.0


def checked_handler(handler: Any) -> "Handler | None":
    if handler is not None and not callable(handler):
        raise InvalidInput("on_approval is a function of the call and the decision")
    return handler  # type: ignore[no-any-return]


def checked_timeout(seconds: float) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds <= threading.TIMEOUT_MAX:
        raise InvalidInput("approval_timeout is a number of seconds above 0")
    return float(seconds)


def is_held(result: Result) -> bool:
    return result.approval is not None and result.approval.status == "open"


def question(held: Approval, result: Result) -> "tuple[Dict[str, Any], Dict[str, Any]]":
    """What the handler is shown: the action as the gate judged it, fit for a screen."""
    action = held.action
    call: Dict[str, Any] = {
        "action": action.name,
        "resource": action.resource,
        "params": action.params,
        "session": held.session,
    }
    if held.justification is not None:
        call["justification"] = held.justification
    if held.chains:
        call["chains"] = list(held.chains)
    decision = result.decision
    shown = {"id": held.id, "effect": decision.effect, "code": decision.code, "reason": decision.reason}
    return call, shown


class Asked:
    """A handler asked in a thread of its own, so that one that hangs holds nobody up."""

    def __init__(self, handler: Handler, call: Mapping[str, Any], decision: Mapping[str, Any]) -> None:
        self._answer: Any = None
        self.error: "BaseException | None" = None
        self._thread = threading.Thread(target=self._run, args=(handler, dict(call), dict(decision)), daemon=True)
        self._thread.start()

    def _run(self, handler: Handler, call: Dict[str, Any], decision: Dict[str, Any]) -> None:
        try:
            answer: Any = handler(call, decision)
            if inspect.isawaitable(answer):
                import asyncio

                answer = asyncio.run(_awaited(answer))
            self._answer = answer
        except BaseException as error:
            self.error = error

    def within(self, seconds: float) -> "bool | None":
        """The answer; None where there is none in time."""
        self._thread.join(seconds)
        return None if self._thread.is_alive() else self._answer is True


async def asked(handler: Handler, call: "Dict[str, Any]", decision: "Dict[str, Any]", seconds: float) -> "bool | None":
    """The answer; None where there is none in time. One that blocks the loop, or goes on though it is cancelled, answers too late as well."""
    import asyncio

    started = time.monotonic()
    answer: Any = handler(call, decision)
    if inspect.isawaitable(answer):
        task = asyncio.ensure_future(answer)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        if not done:
            task.add_done_callback(lambda late: late.cancelled() or late.exception())
            return None
        if task.cancelled():
            # Its own doing: passed on, it would pass for a cancellation of the caller.
            raise RuntimeError("the handler was cancelled")
        answer = task.result()
    return None if time.monotonic() - started > seconds else answer is True


async def _awaited(answer: "Awaitable[bool]") -> bool:
    return await answer


def failed(result: Result, error: BaseException) -> ApprovalRequiredError:
    decision = result.decision
    return ApprovalRequiredError(
        f"the approval handler failed: {type(error).__name__}", code=decision.code, decision=decision, result=result
    )
