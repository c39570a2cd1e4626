"""Records, and what can be asked of the journal."""
from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from ..wire.shape import boolean, integer, many, mapping, maybe, record, text, tree
from ..wire.value import Value, value
from .decision import Help, help_


@value(frozen=True)
class JournalPage(Value):
    """Records, and where to go on."""

    #: One object a record, as docs/journal-format.md has them.
    records: Tuple[Dict[str, Any], ...]
    #: Pass as `after` for the next page.
    next: Optional[int] = None


@value(frozen=True)
class VerifyProblem(Value):
    """The first thing wrong with a journal."""

    what: str
    segment: str
    message: str
    #: 1-based
    line: Optional[int] = None
    seq: Optional[int] = None


@value(frozen=True)
class TornTail(Value):
    """A last line that a crash cut short."""

    segment: str
    bytes: int


@value(frozen=True)
class VerifyReport(Value):
    """What verification of the journal found."""

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


@value(frozen=True)
class InclusionProof(Value):
    """RFC 6962."""

    seq: int
    leaf: str
    index: int
    size: int
    path: Tuple[str, ...]
    #: C2SP signed note.
    checkpoint: str


@value(frozen=True)
class ExplainedOutcome(Value):
    """What came of an explained action."""

    status: str
    at: Optional[str] = None
    error: Any = None
    #: What somebody found out about an unknown one: as (happened or not), at.
    resolved: Optional[Dict[str, Any]] = None


@value(frozen=True)
class Explanation(Value):
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
    #: What the requester was told of what helps, where that is recorded.
    help: Optional[Help] = None
    #: provider, host or none
    execution: Optional[str] = None
    #: Family of the provider that executes the action.
    provider: Optional[str] = None
    #: Salted commitment to the action and its parameters.
    params: Optional[str] = None
    justification: Optional[str] = None
    #: The grant that it came with: id, capability, justification, sensitivity.
    grant: Optional[Dict[str, Any]] = None
    #: How its outcome was shown: mode, bytes, facts, rows, notes, handle.
    shown: Optional[Dict[str, Any]] = None
    #: When its handle was paged: at, rows.
    expansions: Tuple[Dict[str, Any], ...] = ()
    #: Who may read the policy: the permissions that it did not meet, nearest first: rule, conditions.
    unmet: Tuple[Dict[str, Any], ...] = ()
    #: Where people had to see it, or it took up what they saw: id, status, resumed_by, answers.
    approval: Optional[Dict[str, Any]] = None
    outcome: Optional[ExplainedOutcome] = None
    #: Auditor only, decision first.
    records: Optional[Tuple[Dict[str, Any], ...]] = None


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
    help=maybe(help_),
    execution=maybe(text),
    provider=maybe(text),
    params=maybe(text),
    justification=maybe(text),
    grant=maybe(mapping),
    shown=maybe(mapping),
    expansions=maybe(many(mapping)),
    unmet=maybe(many(mapping)),
    approval=maybe(mapping),
    outcome=maybe(record(ExplainedOutcome, status=text, at=maybe(text), error=maybe(tree), resolved=maybe(mapping))),
    records=maybe(many(mapping)),
)
