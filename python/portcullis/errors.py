"""What the client raises: one class for each thing a caller can do about it, and the table that picks it by code.

Every one carries `code` (stable, docs/codes.md), `reason`, `remedy`, `retry`, and the `decision` where there is one.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from .types.decision import Decision
    from .types.invalidation import InvalidationScope
    from .types.result import Result


class PortcullisError(Exception):
    """The root. Raised as itself only for codes that this client does not know more about."""

    code: str = "error"
    #: never, later, after_change or after_approval
    retry: str = "never"

    def __init__(
        self,
        reason: str = "",
        *,
        code: Optional[str] = None,
        remedy: Optional[str] = None,
        retry: Optional[str] = None,
        retry_after: Optional[float] = None,
        status: Optional[int] = None,
        decision: Optional["Decision"] = None,
        result: Optional["Result"] = None,
        record: Any = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        if code is not None:
            self.code = code
        if retry is not None:
            self.retry = retry
        self.remedy = remedy
        #: Seconds after which asking again may help.
        self.retry_after = retry_after
        #: HTTP status of the problem document, where it came as one.
        self.status = status
        self.decision = decision
        self.result = result
        #: The journal record that the refusal left, where it left one.
        self.record = record

    def __str__(self) -> str:
        text = f"{self.code}: {self.reason}"
        return f"{text} ({self.remedy})" if self.remedy else text


class ToolCallDenied(PortcullisError):
    """The gate refused: nothing was executed."""

    code = "denied"


class ApprovalRequiredError(ToolCallDenied):
    """A person has to approve this, and nobody did."""

    code = "approval_required"
    retry = "after_approval"


class Invalidated(PortcullisError):
    """The session is over, or its principal or a role: `scope` says. Nothing it asks will be permitted again.

    Not a `ToolCallDenied`, so that a loop which feeds refusals back to a model does not go on.
    """

    code = "session_closed"

    @property
    def scope(self) -> "Optional[InvalidationScope]":
        """What is over, and why; None where a session was simply closed."""
        return self.decision.invalidated if self.decision is not None else None


class ToolFailed(PortcullisError):
    """Permitted, and then the execution failed, or what it gave is withheld (`result.withheld`). `result` has the outcome."""

    code = "provider_error"


class OutcomeUnknown(ToolFailed):
    """Permitted, and nobody knows whether it happened. Never retried by itself."""

    code = "unknown_outcome"


class InvalidInput(PortcullisError, ValueError):
    """A policy, key, permit or setting that is not well-formed."""

    code = "invalid_input"
    retry = "after_change"


class MalformedRequest(ToolCallDenied, InvalidInput):
    """Admission refused the request, or it could not be written as JSON: a denial, and a `ValueError`."""

    code = "malformed_request"


class Unauthenticated(InvalidInput):
    """The API key is missing or not known."""

    code = "unauthenticated"


class Forbidden(PortcullisError, PermissionError):
    """The key may not do this, be this principal, or assert this."""

    code = "forbidden"
    retry = "after_change"


class NotFound(PortcullisError, LookupError):
    """There is no such thing, or not for this key."""

    code = "not_found"
    retry = "after_change"


class Unavailable(PortcullisError, ConnectionError):
    """No sidecar answered, or the connection broke. `retry` is `later` only where asking again cannot do a thing twice."""

    code = "unavailable"
    retry = "later"


class DeadlineExceeded(Unavailable, TimeoutError):
    """The whole answer was not there in time."""

    code = "timeout"


class BadResponse(Unavailable):
    """Somebody answered, and not in the words of the wire."""

    code = "bad_response"
    retry = "never"


class RequestFailed(PortcullisError):
    """The sidecar could not: a conflict, a rate limit, a fault of its own."""

    code = "kernel_fault"


def _table() -> "dict[str, type[PortcullisError]]":
    groups: "dict[type[PortcullisError], str]" = {
        MalformedRequest: "malformed_request unknown_field duplicate_key inexact_number invalid_text too_deep too_large"
        " invalid_action invalid_resource restated_resource",
        InvalidInput: "invalid_policy permit_invalid permit_expired permit_used permit_mismatch method_not_allowed"
        " unsupported_media_type misdirected",
        Unauthenticated: "unauthenticated",
        Forbidden: "raw_not_allowed forbidden principal_mismatch assertion_not_allowed not_an_approver self_approval",
        NotFound: "not_found unknown_session unknown_capability unknown_handle handle_expired handle_exhausted",
        Unavailable: "unavailable draining",
        DeadlineExceeded: "deadline_exceeded",
        BadResponse: "bad_response",
        ApprovalRequiredError: "approval_required approvals_full approval_expired approval_void approval_used unknown_approval",
        Invalidated: "session_closed invalidated drift_violation",
        ToolFailed: "provider_error provider_refused outside_permit timeout cancelled output_too_large"
        " sandbox_unavailable unsafe_platform not_reported no_provider",
        OutcomeUnknown: "unknown_outcome",
        RequestFailed: "journal_unavailable store_unavailable kernel_fault idempotency_conflict conflict"
        " policy_not_managed already_running too_many_requests",
        ToolCallDenied: "behaviour_denied outcomes_full budget_exhausted budget_unknown approval_denied judge_unavailable deferred frozen unknown_action invalid_params session_quarantined"
        " drift_detected no_matching_rule denied_by_rule invariant_violated rate_limited modify_loop stage_unavailable"
        " grant_required justification_required grant_too_wide grants_full token_invalid token_expired"
        " token_not_yet_valid token_revoked token_exhausted token_scope proof_required proof_invalid",
    }
    return {code: kind for kind, codes in groups.items() for code in codes.split()}


#: code -> exception. A code that is not here is an answer from a newer sidecar: see `exception_for`.
EXCEPTIONS = _table()


def exception_for(code: str, status: int = 200) -> "type[PortcullisError]":
    """The class for a code; for an unknown one, by HTTP status (200: a decision, so a denial)."""
    known = EXCEPTIONS.get(code)
    if known is not None:
        return known
    if status == 200:
        return ToolCallDenied
    if status == 404:
        return NotFound
    if status in (401, 403):
        return Forbidden
    return InvalidInput if 400 <= status < 500 else RequestFailed
