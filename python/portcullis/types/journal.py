"""Records, and what can be asked of the journal."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ..shape import boolean, integer, many, mapping, maybe, record, text, tree


@dataclass(frozen=True)
class JournalPage:
    #: One object a record, as docs/journal-format.md has them.
    records: Tuple[Dict[str, Any], ...]
    #: Pass as `after` for the next page.
    next: Optional[int] = None


@dataclass(frozen=True)
class VerifyProblem:
    what: str
    segment: str
    message: str
    #: 1-based
    line: Optional[int] = None
    seq: Optional[int] = None


@dataclass(frozen=True)
class TornTail:
    segment: str
    bytes: int


@dataclass(frozen=True)
class VerifyReport:
    ok: bool
    records: int
    checkpoints: int
    #: Seq of the last record that a checkpoint covers.
    covered: int
    first: Optional[int] = None
    last: Optional[int] = None
    root: Optional[str] = None
    problem: Optional[VerifyProblem] = None
    torn_tail: Optional[TornTail] = None


@dataclass(frozen=True)
class InclusionProof:
    """RFC 6962."""

    seq: int
    leaf: str
    index: int
    size: int
    path: Tuple[str, ...]
    #: C2SP signed note.
    checkpoint: str


@dataclass(frozen=True)
class ExplainedOutcome:
    status: str
    at: Optional[str] = None
    error: Any = None


@dataclass(frozen=True)
class Explanation:
    """Everything the kernel tells of one action."""

    id: str
    #: requester or auditor
    view: str
    action: str
    principal: str
    #: RFC 3339
    at: str
    effect: str
    code: str
    reason: str
    resource: Optional[str] = None
    session: Optional[str] = None
    remedy: Optional[str] = None
    outcome: Optional[ExplainedOutcome] = None
    #: Auditor only, decision first.
    records: Tuple[Dict[str, Any], ...] = ()


journal_page = record(JournalPage, records=many(mapping), next=maybe(integer))
verify_report = record(
    VerifyReport,
    ok=boolean,
    records=integer,
    checkpoints=integer,
    covered=integer,
    first=maybe(integer),
    last=maybe(integer),
    root=maybe(text),
    problem=maybe(
        record(
            VerifyProblem, what=text, segment=text, message=text, line=maybe(integer), seq=maybe(integer)
        )
    ),
    torn_tail=maybe(record(TornTail, segment=text, bytes=integer)),
)
inclusion_proof = record(
    InclusionProof, seq=integer, leaf=text, index=integer, size=integer, path=many(text), checkpoint=text
)
explanation = record(
    Explanation,
    id=text,
    view=text,
    action=text,
    principal=text,
    at=text,
    effect=text,
    code=text,
    reason=text,
    resource=maybe(text),
    session=maybe(text),
    remedy=maybe(text),
    outcome=maybe(record(ExplainedOutcome, status=text, at=maybe(text), error=maybe(tree))),
    records=maybe(many(mapping)),
)
