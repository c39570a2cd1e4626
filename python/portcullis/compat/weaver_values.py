"""weaver-kernel's values, as its programs read and build them."""
from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional

from .weaver_errors import TokenInvalid
from .weaver_tokens import claims_of


@dataclass(frozen=True)
class Principal:
    """Who asks. The sidecar holds it against the key: another id must be one that the key may assert."""

    principal_id: str
    roles: List[str] = field(default_factory=list)
    attributes: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CapabilityRequest:
    capability_id: str
    goal: str
    constraints: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyDecision:
    allowed: bool
    reason: str
    constraints: Dict[str, Any] = field(default_factory=dict)
    reason_code: str = ""


@dataclass(frozen=True)
class CapabilityToken:
    token_id: str
    capability_id: str
    principal_id: str
    expires_at: datetime
    constraints: Dict[str, Any]
    audit_id: str
    #: The signed text: the rest says what it holds.
    signature: str = field(repr=False)

    def to_dict(self) -> Dict[str, Any]:
        return {**asdict(self), "expires_at": self.expires_at.isoformat()}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "CapabilityToken":
        """Raises TokenInvalid for what `to_dict` never made."""
        try:
            # Python 3.9 and 3.10 know no Z.
            expires = datetime.fromisoformat(data["expires_at"].replace("Z", "+00:00"))
            token = CapabilityToken(**{**data, "expires_at": expires})
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise TokenInvalid(f"this is no token: {error}", "token_invalid") from None
        if expires.tzinfo is None:
            raise TokenInvalid("this is no token: its time has no zone", "token_invalid")
        return token

    def checked(self) -> str:
        """The signed text. What stands beside it decides nothing, and is not let pass for what was signed."""
        try:
            claims = claims_of(self.signature)
        except (ValueError, TypeError, AttributeError, IndexError):
            raise TokenInvalid("the token is not one of ours", "token_invalid") from None
        said = (self.token_id, self.capability_id, self.principal_id, round(self.expires_at.timestamp() * 1000))
        if said != tuple(claims.get(name) for name in ("grant", "capability", "principal", "expires")):
            raise TokenInvalid("the token says of itself what is not signed", "token_invalid")
        return self.signature


@dataclass(frozen=True)
class CapabilityGrant:
    request: CapabilityRequest
    principal: Principal
    decision: PolicyDecision
    token: CapabilityToken
    audit_id: str


@dataclass(frozen=True)
class Handle:
    handle_id: str
    capability_id: str
    expires_at: Optional[str]
    total_rows: Optional[int]


@dataclass(frozen=True)
class Provenance:
    capability_id: str
    principal_id: str
    action_id: str


@dataclass(frozen=True)
class Frame:
    action_id: str
    capability_id: str
    response_mode: str
    facts: List[Any]
    table_preview: List[Any]
    handle: Optional[Handle]
    warnings: List[str]
    provenance: Provenance
    raw_data: Any = None

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ActionTrace:
    """What the journal knows of an action. It holds no values: `args` has a salted commitment to them in their place."""

    action_id: str
    capability_id: str
    principal_id: str
    #: Id of the grant; empty where none came with it.
    token_id: str
    invoked_at: str
    args: Dict[str, Any]
    #: As it was shown; empty where that was the whole result, or nothing.
    response_mode: str
    #: Family of the provider, or `host`; empty where nothing was executed.
    driver_id: str
    #: Salted commitment to the handle's id.
    handle_id: Optional[str]
    error: Optional[str]
    #: fact_count, row_count, warning_count, has_handle
    result_summary: Dict[str, Any]
    sensitivity: str
    #: invoke or deny; expansions of its handle stand in `expansions`
    event_type: str
    reason_code: str
    #: permit, modify, require_approval, defer or deny
    effect: str
    expansions: List[Dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class FailedCondition:
    #: Where in the rule, or which argument of the request.
    condition: str
    #: None where the caller may not know.
    required: Any
    #: Given back from the request, where it is an argument of it.
    actual: Any
    suggestion: str
    reason_code: str


@dataclass(frozen=True)
class DenialExplanation:
    denied: bool
    #: Empty where the caller may not read the policy, or no rule decided.
    rule_name: str
    failed_conditions: List[FailedCondition]
    remediation: List[str]
    narrative: str
    reason_code: str

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)
