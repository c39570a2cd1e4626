"""Approvals: an action that waits for people, as they see it. Approving executes nothing: the requester resumes."""
from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from ..wire.shape import boolean, integer, many, mapping, maybe, record, text, tree
from ..wire.value import Value, value
from .decision import Label, labels


@value(frozen=True)
class ApprovalRef(Value):
    """What a held action answers with."""

    #: What `resume` and the other verbs name.
    id: str
    #: open, approved, denied, expired, withdrawn or used
    status: str
    #: Milliseconds since the epoch.
    expires: int


@value(frozen=True)
class HeldAction(Value):
    name: str
    resource: str
    params: Any


@value(frozen=True)
class Approval(Value):
    """Every text of it is fit for a screen: what controls, reorders or hides is written as \\u{202e}, secrets are masked."""

    id: str
    status: str
    #: Milliseconds since the epoch.
    expires: int
    action: HeldAction
    principal: str
    session: str
    #: RFC 3339
    requested: str
    labels: Tuple[Label, ...]
    #: The rules that ask: rule, approvers, quorum.
    asks: Tuple[Dict[str, Any], ...]
    #: What people said so far: by, decision, at, for, reason.
    answers: Tuple[Dict[str, Any], ...]
    #: The session's last steps, newest last: at, action, resource, effect, code.
    steps: Tuple[Dict[str, Any], ...]
    #: What approving for longer than once would permit: action, resource, uses.
    offers: Dict[str, Any]
    #: Whether this key may answer it.
    answerable: bool
    on_behalf_of: Optional[str] = None
    #: Who delegated the grant that it came with, nearest first.
    delegated_by: Tuple[str, ...] = ()
    justification: Optional[str] = None
    #: For who may answer: where arguments come from that are not the user's own.
    chains: Tuple[str, ...] = ()


@value(frozen=True)
class Approvals(Value):
    approvals: Tuple[Approval, ...]


ref = record(ApprovalRef, id=text, status=text, expires=integer)
approval = record(
    Approval,
    id=text,
    status=text,
    expires=integer,
    action=record(HeldAction, name=text, resource=text, params=tree),
    principal=text,
    session=text,
    requested=text,
    labels=labels,
    asks=many(mapping),
    answers=many(mapping),
    steps=many(mapping),
    offers=mapping,
    answerable=boolean,
    on_behalf_of=maybe(text),
    delegated_by=maybe(many(text)),
    justification=maybe(text),
    chains=maybe(many(text)),
)
listing = record(Approvals, approvals=many(approval))
