"""What submit, decide, outcomes and permits answer with."""
from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from ..wire.shape import boolean, integer, mapping, many, maybe, number, record, text, tree
from ..wire.value import Value, value
from .approval import ApprovalRef
from .approval import ref as approval_ref
from .decision import Decision, Label, decision, labels


#: How the notes begin that tell of missing parts; others tell of masks and of how bytes are shown.
CUT = ("cut:", "withheld:", "left out:")


@value(frozen=True)
class Resource(Value):
    """What an action is about, canonical."""

    #: fs, http, proc, mcp or other
    kind: str
    #: The canonical text that the gate judged.
    value: str


@value(frozen=True)
class CanonicalAction(Value):
    """The action as judged, and where the policy changed it, as permitted: what runs."""

    name: str
    resource: Resource
    params: Dict[str, Any]


@value(frozen=True)
class Frame(Value):
    """The bounded, redacted, labelled view of an outcome."""

    data: Any
    labels: Tuple[Label, ...]
    #: What was cut or masked, in words; empty when nothing was.
    notes: Tuple[str, ...]
    #: Bytes of the whole result before it was bounded.
    bytes: int
    #: summary, table, handle_only or raw; None: the result itself, bounded.
    mode: Optional[str] = None
    #: Names the rest, where the sidecar keeps it: `expand`.
    handle: Optional[str] = None
    #: RFC 3339
    handle_expires: Optional[str] = None
    #: Rows of the result, or what the filter of a page found; None where a limit on rows keeps that back.
    rows: Optional[int] = None
    #: low or exhausted, where the session's tokens run out.
    tier: Optional[str] = None

    @property
    def is_cut(self) -> bool:
        """Whether part of the result is missing; a masked secret is not a missing part."""
        return self.handle is not None or any(note.startswith(CUT) for note in self.notes)


@value(frozen=True)
class OutcomeError(Value):
    """Why an execution failed; `code` is stable."""

    code: str
    message: str


@value(frozen=True)
class Outcome(Value):
    """What came of the execution."""

    #: ok, error, unknown or not_executed
    status: str
    duration_ms: float
    error: Optional[OutcomeError] = None


@value(frozen=True)
class RecordRef(Value):
    """A record of the journal."""

    seq: int
    #: Lower-case hex SHA-256.
    hash: str


@value(frozen=True)
class Result(Value):
    """The answer to submit and, without a frame, to decide."""

    decision: Decision
    session: str
    #: enforce or observe
    mode: str
    outcome: Outcome
    action: Optional[CanonicalAction] = None
    #: Where people have to see it first: what to resume once they have.
    approval: Optional[ApprovalRef] = None
    #: Signed; only from `decide` with execution="host".
    permit: Optional[str] = None
    frame: Optional[Frame] = None
    #: The code of what would deny the action by now, though it was permitted and ran: nothing of its result is shown.
    withheld: Optional[str] = None
    record: Optional[RecordRef] = None
    #: True when an idempotency key was answered from memory.
    replayed: bool = False

    @property
    def ok(self) -> bool:
        """Permitted, executed, and it worked."""
        return self.decision.is_permit and self.outcome.status == "ok"

    @property
    def data(self) -> Any:
        """The frame's data, None without a frame."""
        return self.frame.data if self.frame else None


@value(frozen=True)
class StreamFrame(Frame):
    """One piece of a stream: its data is what came since the one before, and `bytes` counts that."""

    #: From 0, without gaps.
    seq: int = 0
    #: The last one: it holds the result, and as data what of the outcome no piece has said.
    final: bool = True
    #: base64, where the data is bytes that are no text.
    encoding: Optional[str] = None
    result: Optional[Result] = None


@value(frozen=True)
class Verdict(Decision):
    """A decision of a gate, with what its owner needs to act on it."""

    #: Signed. `Gate.report` takes it with what came of the action.
    permit: Optional[str] = None
    #: The action as permitted: where the effect is modify, not the one that was asked for.
    action: Optional[CanonicalAction] = None

    @staticmethod
    def of(result: "Result") -> "Verdict":
        members = {**vars(result.decision), "action": result.action}
        return Verdict(**members, permit=result.permit)


@value(frozen=True)
class OutcomeAnswer(Value):
    """The answer to a report."""

    id: str
    outcome: Outcome
    record: RecordRef
    #: True where nobody redeemed the permit before the report.
    unredeemed: bool
    frame: Optional[Frame] = None


@value(frozen=True)
class PermitClaims(Value):
    """What a permit binds."""

    id: str
    tenant: str
    principal: str
    audience: str
    #: Lower-case hex digest of the action.
    digest: str
    policy: str
    mode: str
    #: Milliseconds since the epoch.
    issued: int
    expires: int


@value(frozen=True)
class PermitStatus(Value):
    """What verify and redeem say of a permit."""

    valid: bool
    #: permit_ok, permit_invalid, permit_expired, permit_used or permit_mismatch
    code: str
    claims: Optional[PermitClaims] = None


record_ref = record(RecordRef, seq=integer, hash=text)
outcome = record(
    Outcome,
    status=text,
    duration_ms=number,
    error=maybe(record(OutcomeError, code=text, message=text)),
)
_FRAME = {
    "data": tree, "labels": labels, "notes": many(text), "bytes": integer, "mode": maybe(text), "handle": maybe(text),
    "handle_expires": maybe(text), "rows": maybe(integer), "tier": maybe(text),
}  # fmt: skip
frame = record(Frame, **_FRAME)
result = record(
    Result,
    decision=decision,
    session=text,
    mode=text,
    outcome=outcome,
    action=maybe(
        record(
            CanonicalAction,
            name=text,
            resource=record(Resource, kind=text, value=text),
            params=mapping,
        )
    ),
    approval=maybe(approval_ref),
    permit=maybe(text),
    frame=maybe(frame),
    withheld=maybe(text),
    record=maybe(record_ref),
    replayed=maybe(boolean),
)
results = many(result)
stream_frame = record(
    StreamFrame, **_FRAME, seq=integer, final=boolean, encoding=maybe(text), result=maybe(result)
)
outcome_answer = record(
    OutcomeAnswer, id=text, outcome=outcome, record=record_ref, unredeemed=boolean, frame=maybe(frame)
)
permit_status = record(
    PermitStatus,
    valid=boolean,
    code=text,
    claims=maybe(
        record(
            PermitClaims,
            id=text,
            tenant=text,
            principal=text,
            audience=text,
            digest=text,
            policy=text,
            mode=text,
            issued=integer,
            expires=integer,
        )
    ),
)
