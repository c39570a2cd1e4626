"""What submit, decide, outcomes and permits answer with."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ..shape import boolean, integer, mapping, many, maybe, number, record, text, tree
from .decision import Decision, Label, decision, labels


#: How a note begins that tells of a masked secret.
MASKED = "masked"


@dataclass(frozen=True)
class Resource:
    #: fs, http, proc, mcp or other
    kind: str
    #: The canonical text that the gate judged.
    value: str


@dataclass(frozen=True)
class CanonicalAction:
    """The action as judged, and where the policy changed it, as permitted: what runs."""

    name: str
    resource: Resource
    params: Dict[str, Any]


@dataclass(frozen=True)
class Frame:
    """The bounded, redacted, labelled view of an outcome."""

    data: Any
    labels: Tuple[Label, ...]
    #: What was cut or masked, in words; empty when nothing was.
    notes: Tuple[str, ...]
    #: Bytes of the whole result before it was bounded.
    bytes: int
    #: Names the rest, where the sidecar keeps it.
    handle: Optional[str] = None

    @property
    def is_cut(self) -> bool:
        """Whether part of the result is missing; masked secrets are not missing parts."""
        return self.handle is not None or any(not note.startswith(MASKED) for note in self.notes)


@dataclass(frozen=True)
class OutcomeError:
    code: str
    message: str


@dataclass(frozen=True)
class Outcome:
    #: ok, error, unknown or not_executed
    status: str
    duration_ms: float
    error: Optional[OutcomeError] = None


@dataclass(frozen=True)
class RecordRef:
    seq: int
    #: Lower-case hex SHA-256.
    hash: str


@dataclass(frozen=True)
class Result:
    decision: Decision
    session: str
    #: enforce or observe
    mode: str
    outcome: Outcome
    action: Optional[CanonicalAction] = None
    #: Signed; only from `decide` with execution="host".
    permit: Optional[str] = None
    frame: Optional[Frame] = None
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


@dataclass(frozen=True)
class OutcomeAnswer:
    id: str
    outcome: Outcome
    record: RecordRef
    #: True where nobody redeemed the permit before the report.
    unredeemed: bool
    frame: Optional[Frame] = None


@dataclass(frozen=True)
class PermitClaims:
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


@dataclass(frozen=True)
class PermitStatus:
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
frame = record(
    Frame, data=tree, labels=labels, notes=many(text), bytes=integer, handle=maybe(text)
)
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
    permit=maybe(text),
    frame=maybe(frame),
    record=maybe(record_ref),
    replayed=maybe(boolean),
)
results = many(result)
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
