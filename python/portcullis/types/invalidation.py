"""What is over at once: a session, a principal, a role."""
from __future__ import annotations

from ..wire.shape import integer, many, record, text
from ..wire.value import Value, value


@value(frozen=True)
class InvalidationScope(Value):
    """What a listener is told, and what `Invalidated.scope` says."""

    #: session, principal or role
    target: str
    id: str
    reason: str
    #: Who saw to it: drift, policy or administrator.
    guard: str


@value(frozen=True)
class Invalidation(Value):
    """One that is in force."""

    target: str
    id: str
    reason: str
    guard: str
    #: RFC 3339
    at: str
    #: The journal record that holds it.
    record: int

    @property
    def scope(self) -> InvalidationScope:
        return InvalidationScope(target=self.target, id=self.id, reason=self.reason, guard=self.guard)


@value(frozen=True)
class Invalidations(Value):
    invalidations: "tuple[Invalidation, ...]"


scope = record(InvalidationScope, target=text, id=text, reason=text, guard=text)
invalidation = record(Invalidation, target=text, id=text, reason=text, guard=text, at=text, record=integer)
listing = record(Invalidations, invalidations=many(invalidation))
