"""What passes between the parts, each field as the description lists it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Optional


class SafetyClass(Enum):
    READ = "READ"
    WRITE = "WRITE"
    DESTRUCTIVE = "DESTRUCTIVE"


class SensitivityTag(Enum):
    NONE = "NONE"
    PII = "PII"
    PCI = "PCI"
    SECRETS = "SECRETS"


class KernelError(Exception):
    """What the kernel itself refuses or finds wrong."""


class DriverError(KernelError):
    """A driver that could not; the next one is asked."""


class PolicyDenied(KernelError):
    """The policy says no."""


@dataclass(slots=True)
class Capability:
    capability_id: str
    name: str
    description: str
    safety_class: SafetyClass
    sensitivity: SensitivityTag = SensitivityTag.NONE
    allowed_fields: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    impl: Any = None


@dataclass(slots=True)
class CapabilityRequest:
    capability_id: str
    goal: str
    constraints: dict = field(default_factory=dict)


@dataclass(slots=True)
class Principal:
    principal_id: str
    roles: list = field(default_factory=list)
    attributes: dict = field(default_factory=dict)


@dataclass(slots=True)
class PolicyDecision:
    allowed: bool
    reason: str
    constraints: dict


@dataclass(slots=True)
class CapabilityToken:
    token_id: str
    capability_id: str
    principal_id: str
    issued_at: datetime
    expires_at: datetime
    constraints: dict
    audit_id: str
    signature: str = ""


@dataclass(slots=True)
class CapabilityGrant:
    request: CapabilityRequest
    principal: Principal
    decision: PolicyDecision
    token: CapabilityToken
    audit_id: str


@dataclass(slots=True)
class RoutePlan:
    capability_id: str
    driver_ids: list


@dataclass(slots=True)
class ExecutionContext:
    capability_id: str
    principal_id: str
    args: dict
    constraints: dict
    action_id: str


@dataclass(slots=True)
class RawResult:
    capability_id: str
    data: Any
    metadata: dict = field(default_factory=dict)


@dataclass(slots=True)
class Handle:
    handle_id: str
    capability_id: str
    created_at: datetime
    expires_at: datetime
    total_rows: int


@dataclass(slots=True)
class Provenance:
    capability_id: str
    principal_id: str
    invoked_at: datetime
    action_id: str


@dataclass(slots=True)
class Frame:
    action_id: str
    capability_id: str
    response_mode: str
    facts: list = field(default_factory=list)
    table_preview: list = field(default_factory=list)
    handle: Optional[Handle] = None
    warnings: list = field(default_factory=list)
    provenance: Optional[Provenance] = None
    raw_data: Any = None


@dataclass(slots=True)
class ActionTrace:
    action_id: str
    capability_id: str
    principal_id: str
    token_id: str
    invoked_at: datetime
    args: dict
    response_mode: str
    driver_id: str
    handle_id: Optional[str] = None
    error: Optional[str] = None
