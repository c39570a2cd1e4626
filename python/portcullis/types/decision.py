"""A decision is a value: one of five effects, a stable code, a reason that tells no policy, a remedy."""
from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from ..errors import EXCEPTIONS, Invalidated
from ..wire.shape import boolean, many, mapping, maybe, number, record, text, tree
from ..wire.value import Value, value
from .invalidation import InvalidationScope, scope

#: permit, modify, require_approval, defer, deny. An effect this client does not know refuses.
_PERMITS = ("permit", "modify")


@value(frozen=True)
class Label(Value):
    """Provenance of a value."""

    source: str
    origin: str
    #: trusted or untrusted
    integrity: str
    #: public, private or secret
    confidentiality: str


@value(frozen=True)
class Would(Value):
    """What enforcing would have said; observe mode only."""

    effect: str
    code: str


@value(frozen=True)
class GuardAnswer(Value):
    """What one guard said."""

    guard: str
    #: pass, demand, deny or defer
    answer: str
    code: Optional[str] = None
    note: Optional[str] = None


@value(frozen=True)
class DecisionDetail(Value):
    """For an auditor, and for who owns the policy."""

    #: The guard that settled it.
    guard: str
    #: Digest of the policy.
    policy: str
    labels: Tuple[Label, ...] = ()
    guards: Tuple[GuardAnswer, ...] = ()
    rule: Optional[str] = None
    rule_reason: Optional[str] = None


@value(frozen=True)
class ArgumentHelp(Value):
    """What one argument has to be."""

    #: JSON Pointer into the request: /params/amount, /resource, /justification.
    argument: str
    #: Tests of the policy language, all of which have to hold; None where the caller may not know, or nobody can say.
    permitted: Optional[Tuple[Dict[str, Any], ...]] = None
    #: Values that meet all tests of one of these are not permitted all the same.
    unless: Tuple[Dict[str, Any], ...] = ()
    #: True where some values that meet all this are refused all the same: only the example is sure.
    partial: bool = False
    #: A value that was tried against the whole policy.
    example: Any = None


@value(frozen=True)
class HelpAfter(Value):
    """When, or who has to do something first."""

    seconds: Optional[float] = None
    #: RFC 3339
    at: Optional[str] = None
    #: administrator or operator
    by: Optional[str] = None


@value(frozen=True)
class Help(Value):
    """What helps where an action is not permitted."""

    code: str
    #: never, after, after_approval, change_arguments, get_grant or new_session; one that is not known means never.
    retry: str
    after: Optional[HelpAfter] = None
    #: Of after_approval: the held action that is to be resumed.
    approval: Optional[str] = None
    #: All of them have to be changed.
    arguments: Tuple[ArgumentHelp, ...] = ()
    #: Of get_grant: what to ask for.
    capability: Optional[str] = None


@value(frozen=True)
class Decision(Value):
    """What the requester sees; `detail` is for an auditor and for who owns the policy."""

    #: The action id: explain, records, rollback and permit share it.
    id: str
    effect: str
    code: str
    reason: str
    remedy: Optional[str] = None
    #: Seconds after which asking again may help.
    retry_after: Optional[float] = None
    #: What helps: of every decision that does not permit.
    help: Optional[Help] = None
    would: Optional[Would] = None
    detail: Optional[DecisionDetail] = None
    #: What is over, where that is why: the decision ended it, or it was before.
    invalidated: Optional[InvalidationScope] = None

    @property
    def is_permit(self) -> bool:
        """True for permit and modify; with modify the action that may run is the one in the result."""
        return self.effect in _PERMITS

    @property
    def is_invalidate(self) -> bool:
        """Something is over, not only this action; `invalidated` says what."""
        return not self.is_permit and (self.invalidated is not None or EXCEPTIONS.get(self.code) is Invalidated)

    @property
    def is_refuse(self) -> bool:
        return not self.is_permit and not self.is_invalidate

    @property
    def guard(self) -> Optional[str]:
        """Which guard settled it, where the caller may see that."""
        return self.detail.guard if self.detail else None

    @property
    def rule(self) -> Optional[str]:
        return self.detail.rule if self.detail else None


label = record(Label, source=text, origin=text, integrity=text, confidentiality=text)
labels = many(label)
_detail = record(
    DecisionDetail,
    guard=text,
    policy=text,
    labels=labels,
    guards=many(record(GuardAnswer, guard=text, answer=text, code=maybe(text), note=maybe(text))),
    rule=maybe(text),
    rule_reason=maybe(text),
)
_argument_help = record(
    ArgumentHelp,
    argument=text,
    permitted=maybe(many(mapping)),
    unless=maybe(many(mapping)),
    partial=maybe(boolean),
    example=maybe(tree),
)
help_ = record(
    Help,
    code=text,
    retry=text,
    after=maybe(record(HelpAfter, seconds=maybe(number), at=maybe(text), by=maybe(text))),
    approval=maybe(text),
    arguments=maybe(many(_argument_help)),
    capability=maybe(text),
)
decision = record(
    Decision,
    id=text,
    effect=text,
    code=text,
    reason=text,
    remedy=maybe(text),
    retry_after=maybe(number),
    help=maybe(help_),
    would=maybe(record(Would, effect=text, code=text)),
    detail=maybe(_detail),
    invalidated=maybe(scope),
)
