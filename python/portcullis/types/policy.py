"""What can be asked about policy."""
from __future__ import annotations

from typing import Dict, Optional, Tuple

from ..wire.shape import boolean, integer, many, mapping, maybe, number, record, text
from ..wire.value import Value, value


@value(frozen=True)
class PolicyLayerView(Value):
    """One layer of the policy in force."""

    #: server, tenant or session
    layer: str
    name: str
    digest: str
    rules: int
    text: Optional[str] = None


@value(frozen=True)
class PolicyView(Value):
    """The policy in force."""

    #: Over all layers: what records and permits name.
    digest: str
    #: file, managed or code
    source: str
    layers: Tuple[PolicyLayerView, ...]
    #: The mistake that kept the newest text from loading; the last good set is in force.
    pending_error: Optional[str] = None


@value(frozen=True)
class PolicyDiagnostic(Value):
    """One mistake or doubt in a policy text."""

    #: error or warning
    severity: str
    code: str
    message: str
    #: JSON Pointer into the document.
    path: str
    #: 1-based
    line: Optional[int] = None
    column: Optional[int] = None


@value(frozen=True)
class PolicyReport(Value):
    """What a check of a policy text found."""

    ok: bool
    rules: int
    diagnostics: Tuple[PolicyDiagnostic, ...]
    digest: Optional[str] = None


_layer = record(
    PolicyLayerView, layer=text, name=text, digest=text, rules=integer, text=maybe(text)
)
policy_view = record(
    PolicyView, digest=text, source=text, layers=many(_layer), pending_error=maybe(text)
)
_diagnostic = record(
    PolicyDiagnostic,
    severity=text,
    code=text,
    message=text,
    path=text,
    line=maybe(integer),
    column=maybe(integer),
)
policy_report = record(
    PolicyReport, ok=boolean, rules=integer, diagnostics=many(_diagnostic), digest=maybe(text)
)


@value(frozen=True)
class ScopeView(Value):
    """A policy of one's own on a shared sidecar."""

    id: str
    #: Of the policy.
    digest: str
    rules: int
    #: enforce or observe
    mode: str
    #: Who its permits are for: what verify_permit and redeem_permit have to name.
    audience: str


scope = record(ScopeView, id=text, digest=text, rules=integer, mode=text, audience=text)


@value(frozen=True)
class BudgetView(Value):
    """What was taken of a budget, and what is left."""

    name: str
    #: calls, money, bytes, time (milliseconds) or tokens
    of: str
    #: Whose it is, by part; empty: everybody's.
    subject: Dict[str, str]
    max: float
    used: float
    #: Below zero where what was running took more than was left.
    remaining: float
    #: Milliseconds; None for good.
    per: Optional[float] = None


@value(frozen=True)
class Budgets(Value):
    budgets: Tuple[BudgetView, ...]


budgets = record(
    Budgets,
    budgets=many(
        record(
            BudgetView, name=text, of=text, subject=mapping, max=number, used=number, remaining=number, per=maybe(number)
        )
    ),
)
