"""weaver-kernel's registry, router and drivers, as far as they mean something here: what a capability is, and what runs it in this process."""
from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Callable, Dict, List, Mapping, Optional

from .weaver_errors import CapabilityAlreadyRegistered, CapabilityNotFound, DriverError


class SafetyClass(str, Enum):
    READ = "READ"
    WRITE = "WRITE"
    DESTRUCTIVE = "DESTRUCTIVE"


class SensitivityTag(str, Enum):
    NONE = "NONE"
    PII = "PII"
    PCI = "PCI"
    SECRETS = "SECRETS"
    MEMORY = "MEMORY"


@dataclass(frozen=True)
class ImplementationRef:
    driver_id: str
    operation: str


@dataclass(frozen=True)
class Capability:
    capability_id: str
    name: str
    description: str
    safety_class: SafetyClass
    sensitivity: SensitivityTag = SensitivityTag.NONE
    allowed_fields: List[str] = field(default_factory=list)
    tags: List[str] = field(default_factory=list)
    #: What runs it, and the only thing that does: no argument names another operation.
    impl: Optional[ImplementationRef] = None
    parameters_schema: Optional[Dict[str, Any]] = None


class CapabilityRegistry:
    def __init__(self) -> None:
        self._all: Dict[str, Capability] = {}

    def register(self, capability: Capability) -> None:
        if capability.capability_id in self._all:
            raise CapabilityAlreadyRegistered(f"{capability.capability_id} is registered already")
        self._all[capability.capability_id] = capability

    def register_many(self, capabilities: List[Capability]) -> None:
        for capability in capabilities:
            self.register(capability)

    def get(self, capability_id: str) -> Capability:
        try:
            return self._all[capability_id]
        except KeyError:
            raise CapabilityNotFound(f"there is no {capability_id}", "unknown_capability") from None

    def list_all(self) -> List[Capability]:
        return list(self._all.values())


class HMACTokenProvider:
    """Taken so that programs start unchanged. Tokens are made and signed by the sidecar, and revoked with `Kernel.revoke`."""

    def __init__(self, secret: Optional[str] = None) -> None:
        pass


class StaticRouter:
    """Drivers by capability. The first is asked, and no other after it: an effect may have happened."""

    def __init__(
        self, routes: Optional[Mapping[str, List[str]]] = None, fallback: Optional[List[str]] = None
    ) -> None:
        self._routes = dict(routes or {})
        self._fallback = list(fallback if fallback is not None else ["memory"])

    def drivers_of(self, capability_id: str, impl: Optional[ImplementationRef]) -> List[str]:
        routed = self._routes.get(capability_id)
        if routed is not None:
            return list(routed)
        return self._fallback if impl is None else [impl.driver_id]


@dataclass(frozen=True)
class ExecutionContext:
    capability_id: str
    principal_id: str
    #: As permitted: what a rule changed is changed.
    args: Dict[str, Any]
    constraints: Dict[str, Any]
    action_id: str


@dataclass(frozen=True)
class RawResult:
    capability_id: str
    data: Any
    metadata: Dict[str, Any] = field(default_factory=dict)


class InMemoryDriver:
    """Handlers by operation, functions or coroutine functions of an `ExecutionContext`."""

    def __init__(self, driver_id: str = "memory") -> None:
        self.driver_id = driver_id
        self._handlers: Dict[str, Callable[[ExecutionContext], Any]] = {}

    def register_handler(self, operation: str, handler: Callable[[ExecutionContext], Any]) -> None:
        self._handlers[operation] = handler

    def handles(self, operation: str) -> bool:
        return operation in self._handlers

    async def execute(self, operation: str, ctx: ExecutionContext) -> RawResult:
        handler = self._handlers.get(operation)
        if handler is None:
            raise DriverError(f"driver {self.driver_id} has no handler for {operation}", "provider_missing")
        found = handler(ctx)
        if inspect.isawaitable(found):
            found = await found
        return found if isinstance(found, RawResult) else RawResult(ctx.capability_id, found)
