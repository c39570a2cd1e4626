"""Grants: the right to ask for a class of actions, as a token. A grant only narrows: policy decides again at each use."""
from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from ..wire.shape import boolean, integer, many, mapping, maybe, number, record, text, tree
from ..wire.value import Value, value
from .decision import Decision, decision
from .result import RecordRef, record_ref


@value(frozen=True)
class Grant(Value):
    """The answer to `grant`: a decision, and the grant where it permits."""

    decision: Decision
    session: str
    record: Optional[RecordRef] = None
    id: Optional[str] = None
    #: None where the grant was refused.
    token: Optional[str] = None
    capability: Optional[str] = None
    principal: Optional[str] = None
    #: All of them have to hold.
    caveats: Tuple[Dict[str, Any], ...] = ()
    #: Milliseconds since the epoch.
    expires: Optional[int] = None
    uses: Optional[int] = None
    #: The grant that it was delegated from.
    parent: Optional[str] = None


@value(frozen=True)
class Attenuated(Value):
    """A narrower token."""

    token: str
    #: Id of the new block: what `revoke` names.
    block: str


@value(frozen=True)
class GrantView(Value):
    """What is known of a grant: its token is not kept."""

    id: str
    capability: str
    principal: str
    caveats: Tuple[Dict[str, Any], ...]
    issued: int
    expires: int
    uses: int
    #: Uses taken of it and of what was delegated from it.
    used: int
    revoked: bool
    parent: Optional[str] = None
    justification: Optional[str] = None


@value(frozen=True)
class GrantPage(Value):
    """Live grants, oldest first."""

    grants: Tuple[GrantView, ...]
    #: Pass as `after` for the next page.
    next: Optional[str] = None


@value(frozen=True)
class Revocation(Value):
    """What a revocation did."""

    #: Live grants that fell.
    grants: int
    record: RecordRef


grant = record(
    Grant,
    decision=decision,
    session=text,
    record=maybe(record_ref),
    id=maybe(text),
    token=maybe(text),
    capability=maybe(text),
    principal=maybe(text),
    caveats=maybe(many(mapping)),
    expires=maybe(integer),
    uses=maybe(integer),
    parent=maybe(text),
)
attenuated = record(Attenuated, token=text, block=text)
_view = record(
    GrantView,
    id=text,
    capability=text,
    principal=text,
    caveats=many(mapping),
    issued=integer,
    expires=integer,
    uses=integer,
    used=integer,
    revoked=boolean,
    parent=maybe(text),
    justification=maybe(text),
)
page = record(GrantPage, grants=many(_view), next=maybe(text))
revocation = record(Revocation, grants=integer, record=record_ref)


@value(frozen=True)
class Capability(Value):
    """What may be asked for."""

    id: str
    name: str
    description: str
    #: The action that it is the right to ask for.
    action: str
    #: read, write or destructive
    safety: str
    digest: str
    #: active or pending
    status: str
    #: built-in, configuration or managed
    source: str
    #: provider or host
    execution: Optional[str] = None
    #: JSON Schema of the arguments of `invoke`.
    args: Any = None
    resource_from: Optional[str] = None
    fixed: Optional[Dict[str, Any]] = None
    sensitivity: Optional[str] = None
    allowed_fields: Optional[Tuple[str, ...]] = None
    max_rows: Optional[int] = None
    tags: Optional[Tuple[str, ...]] = None
    reversible: Optional[bool] = None
    cost: Optional[float] = None
    report_within: Optional[str] = None
    #: {"max", "per"}, or False for none; None: as its safety class has it.
    rate: Any = None


@value(frozen=True)
class Capabilities(Value):
    capabilities: Tuple[Capability, ...]


capability = record(
    Capability,
    id=text,
    name=text,
    description=text,
    action=text,
    safety=text,
    digest=text,
    status=text,
    source=text,
    execution=maybe(text),
    args=maybe(tree),
    resource_from=maybe(text),
    fixed=maybe(mapping),
    sensitivity=maybe(text),
    allowed_fields=maybe(many(text)),
    max_rows=maybe(integer),
    tags=maybe(many(text)),
    reversible=maybe(boolean),
    cost=maybe(number),
    report_within=maybe(text),
    rate=maybe(tree),
)
capability_listing = record(Capabilities, capabilities=many(capability))
