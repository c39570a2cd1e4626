"""From a result that is no permit, or whose execution failed, to the exception that says so."""
from __future__ import annotations

from typing import Optional

from ..errors import (
    ApprovalRequiredError,
    Invalidated,
    OutcomeUnknown,
    PortcullisError,
    ToolCallDenied,
    ToolFailed,
    exception_for,
)
from ..types.decision import Decision
from ..types.result import Result

_REFUSALS = (ToolCallDenied, Invalidated)


def refusal_of(decision: Decision, result: Optional[Result] = None) -> Optional[PortcullisError]:
    """None where the decision permits. A refusal is always a ToolCallDenied or Invalidated, whatever its code."""
    if decision.is_permit:
        return None
    kind = exception_for(decision.code)
    if decision.is_invalidate:
        kind = Invalidated
    elif decision.effect == "require_approval":
        kind = ApprovalRequiredError
    elif not issubclass(kind, _REFUSALS):
        kind = ToolCallDenied
    return kind(
        decision.reason,
        code=decision.code,
        remedy=decision.remedy,
        retry="later" if decision.retry_after is not None else None,
        retry_after=decision.retry_after,
        decision=decision,
        result=result,
        record=result.record if result else None,
    )


def withheld_text(code: str) -> str:
    return f"it ran, and its result is withheld: {code}"


def raise_refusal(result: Result) -> Result:
    refused = refusal_of(result.decision, result)
    if refused is not None:
        raise refused
    return result


def raise_failure(result: Result) -> Result:
    """As raise_refusal, and for what was permitted and did not work, or ran and is shown to nobody."""
    raise_refusal(result)
    outcome, stopped = result.outcome, result.withheld
    if outcome.status == "ok":
        if stopped is None:
            return result
        raise (Invalidated if issubclass(exception_for(stopped), Invalidated) else ToolFailed)(
            withheld_text(stopped), code=stopped, decision=result.decision, result=result, record=result.record
        )
    error = outcome.error
    kind = OutcomeUnknown if outcome.status == "unknown" else ToolFailed
    raise kind(
        error.message if error else f"the outcome is {outcome.status}",
        code=error.code if error else None,
        decision=result.decision,
        result=result,
        record=result.record,
    )


