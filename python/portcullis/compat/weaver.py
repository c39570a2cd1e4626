"""weaver-kernel's five verbs: change the import line, and the program asks a sidecar that many agents share.

Discover, grant, invoke, expand, explain, with its argument order and its names. A kernel that is given a registry has a private sidecar, with the
rules that the default policy engine had. Drivers run in this process, after the gate permitted exactly that call. What would be weaker
here than it was there is an error: see docs/coming-from/weaver-kernel.md.
"""
from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from ..errors import InvalidInput, MalformedRequest, NotFound, PortcullisError
from ..kernel.blocking import Kernel as _Kernel
from ..kernel.connect import create_kernel as _create_kernel
from ..types.result import Frame as _Frame
from ..types.result import Result
from ..verbs.refusal import withheld_text
from .weaver_driving import driven, permitted_args
from .weaver_errors import (
    ERRORS,
    AgentKernelError,
    CapabilityAlreadyRegistered,
    CapabilityNotFound,
    DriverError,
    HandleExpired,
    HandleNotFound,
    InvalidConstraint,
    PolicyDenied,
    TokenExpired,
    TokenInvalid,
    TokenRevoked,
    TokenScopeError,
    refusal,
)
from .weaver_own import Own
from .weaver_registry import (
    Capability,
    CapabilityRegistry,
    ExecutionContext,
    HMACTokenProvider,
    ImplementationRef,
    InMemoryDriver,
    RawResult,
    SafetyClass,
    SensitivityTag,
    StaticRouter,
)
from .weaver_shown import denial_of, frame_of, trace_of
from .weaver_tokens import caveats_of
from .weaver_values import (
    ActionTrace,
    CapabilityGrant,
    CapabilityRequest,
    CapabilityToken,
    DenialExplanation,
    FailedCondition,
    Frame,
    Handle,
    PolicyDecision,
    Principal,
    Provenance,
)

__all__ = [
    "ActionTrace",
    "AgentKernelError",
    "Capability",
    "CapabilityAlreadyRegistered",
    "CapabilityGrant",
    "CapabilityNotFound",
    "CapabilityRegistry",
    "CapabilityRequest",
    "CapabilityToken",
    "DenialExplanation",
    "DriverError",
    "ExecutionContext",
    "FailedCondition",
    "Frame",
    "HMACTokenProvider",
    "Handle",
    "HandleExpired",
    "HandleNotFound",
    "ImplementationRef",
    "InMemoryDriver",
    "InvalidConstraint",
    "Kernel",
    "PolicyDecision",
    "PolicyDenied",
    "Principal",
    "Provenance",
    "RawResult",
    "SafetyClass",
    "SensitivityTag",
    "StaticRouter",
    "TokenExpired",
    "TokenInvalid",
    "TokenRevoked",
    "TokenScopeError",
]

#: As many as one principal can have; then the oldest goes.
MAX_HANDLES = 10_000
#: What a token was good for there: an hour, and any number of times. The most that a sidecar gives unless it is told to give more.
_AS_THERE = {"ttl": 3600, "uses": 1000}


class Kernel:
    """Without a registry the options are those of `portcullis.create_kernel`: url, api_key, timeout, preset, on_approval.

    With one the sidecar is this program's own, for development: its journal goes with it. `token_provider` has nothing to do here, for tokens
    are the sidecar's.
    """

    def __init__(
        self,
        registry: Optional[CapabilityRegistry] = None,
        *,
        token_provider: Optional[HMACTokenProvider] = None,
        router: Optional[StaticRouter] = None,
        **options: Any,
    ) -> None:
        if registry is not None and options:
            raise InvalidConstraint(f"with a registry of its own a kernel takes no {', '.join(sorted(options))}")
        self._own = None if registry is None else Own(registry)
        self._kernel: _Kernel = _create_kernel(**options) if self._own is None else self._own.catalogue
        self._registry = registry
        self._router = router or StaticRouter()
        self._drivers: Dict[str, InMemoryDriver] = {}
        #: Whose handles these are: there a page was asked for without saying who asks.
        self._handed: Dict[str, Tuple[str, _Kernel]] = {}

    def register_driver(self, driver: InMemoryDriver) -> None:
        """What executes capabilities that the host executes. Raises InvalidConstraint for a second one of one id."""
        if driver.driver_id in self._drivers:
            raise InvalidConstraint(f"there is a driver {driver.driver_id} already")
        self._drivers[driver.driver_id] = driver

    def request_capabilities(self, goal: str, *, context_tags: Optional[List[str]] = None) -> List[CapabilityRequest]:
        """What this principal could be granted and fits the goal, best first; at most 10."""
        found = self._kernel.request_capabilities(goal, context_tags)
        return [CapabilityRequest(one.id, goal) for one in found]

    def grant_capability(
        self, request: CapabilityRequest, principal: Principal, *, justification: str = ""
    ) -> CapabilityGrant:
        """Raises PolicyDenied, with our code as `reason_code`."""
        with _translated():
            answer = self._of(principal).grant(
                request.capability_id,
                justification=justification or None,
                constraints=self._caveats(request),
                context=self._context(principal),
            )
        decision = answer.decision
        if answer.token is None or answer.id is None:
            raise refusal(decision.code, decision.reason)
        token = CapabilityToken(
            token_id=answer.id,
            capability_id=answer.capability or request.capability_id,
            principal_id=answer.principal or principal.principal_id,
            expires_at=datetime.fromtimestamp((answer.expires or 0) / 1000, timezone.utc),
            constraints=_mapping(request.constraints, "constraints"),
            audit_id=decision.id,
            signature=answer.token,
        )
        allowed = PolicyDecision(True, decision.reason, _mapping(request.constraints, "constraints"), decision.code)
        return CapabilityGrant(request, principal, allowed, token, decision.id)

    def get_token(self, request: CapabilityRequest, principal: Principal, *, justification: str = "") -> CapabilityToken:
        return self.grant_capability(request, principal, justification=justification).token

    async def invoke(
        self,
        token: CapabilityToken,
        *,
        principal: Principal,
        args: Optional[Mapping[str, Any]] = None,
        response_mode: str = "summary",
    ) -> Frame:
        """The operation is the token's: nothing in `args` names another one."""
        loop = asyncio.get_running_loop()
        given = _mapping(args, "args")
        result = await loop.run_in_executor(None, self._invoke, token, principal, given, response_mode)
        came = result.frame if result.permit is None else await self._drive(token, principal, given, result, response_mode)
        shown = _shown(result, came)
        if shown.handle is not None:
            self._remember(shown.handle, token.capability_id, principal)
        return frame_of(shown, result.decision.id, token.capability_id, principal.principal_id, response_mode)

    def _invoke(self, token: CapabilityToken, principal: Principal, args: Dict[str, Any], mode: str) -> Result:
        with _translated():
            result = self._of(principal).invoke(
                token.checked(), args, response_mode=mode, context=self._context(principal)
            )
        if not result.decision.is_permit:
            raise _failure(result)
        return result

    async def _drive(
        self, token: CapabilityToken, principal: Principal, args: Dict[str, Any], result: Result, mode: str
    ) -> _Frame:
        id = token.capability_id
        context = ExecutionContext(
            id, principal.principal_id, permitted_args(result, args), dict(token.constraints), result.decision.id
        )
        impl = None if self._registry is None else self._registry.get(id).impl
        drivers = [self._drivers[one] for one in self._router.drivers_of(id, impl) if one in self._drivers]
        with _translated():
            return await driven(self._of(principal), result, context, drivers, impl, mode)

    def expand(self, handle: Union[Handle, str], *, query: Optional[Mapping[str, Any]] = None) -> Frame:
        """Only the id of a handle counts: what else it says is not trusted."""
        id = handle.handle_id if isinstance(handle, Handle) else handle
        asked = _mapping(query, "query")
        unknown = set(asked) - {"offset", "limit", "fields", "filter"}
        if unknown or not isinstance(id, str):
            raise InvalidConstraint(f"query has no {sorted(map(str, unknown))}" if unknown else "a handle is text")
        capability, kernel = self._handed.get(id, ("", self._kernel))
        with _translated():
            frame = kernel.expand(id, **asked)
        return frame_of(frame, "", capability, kernel.principal or "", "table")

    def explain(self, action_id: str) -> ActionTrace:
        with _translated():
            told = (self._kernel if self._own is None else self._own.auditor).explain(action_id)
        return trace_of(told)

    def explain_denial(
        self, request: CapabilityRequest, principal: Principal, *, justification: str = ""
    ) -> DenialExplanation:
        """Asks as `grant_capability` does, and grants nothing. Rules are named to who may read the policy."""
        with _translated():
            answer = self._of(principal).grant(
                request.capability_id,
                justification=justification or None,
                constraints=self._caveats(request),
                context=self._context(principal),
                execution="none",
            )
            decision = answer.decision
            if decision.is_permit:
                return DenialExplanation(False, "", [], [], decision.reason, decision.code)
            told = (self._kernel if self._own is None else self._own.auditor).explain(decision.id)
        return denial_of(decision, told, {"/justification": justification})

    def revoke(self, token: Union[CapabilityToken, str]) -> None:
        """Gives a grant up, with all that was cut from it."""
        with _translated():
            id = token if isinstance(token, str) else token.token_id
            if self._own is None:
                self._kernel.revoke_grant(id)
            else:
                self._own.auditor.revoke("given up", grant=id)

    def close(self) -> None:
        self._kernel.close()
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _remember(self, handle: str, capability_id: str, principal: Principal) -> None:
        while len(self._handed) >= MAX_HANDLES:
            self._handed.pop(next(iter(self._handed)), None)
        self._handed[handle] = (capability_id, self._of(principal))

    def _of(self, principal: Principal) -> _Kernel:
        return self._kernel if self._own is None else self._own.of(principal)

    def _caveats(self, request: CapabilityRequest) -> Optional[Dict[str, Any]]:
        """Raises InvalidConstraint."""
        given = _mapping(request.constraints, "constraints")
        try:
            if self._own is not None:
                return {**_AS_THERE, **(caveats_of(given, None) or {})}
            if not given.get("args"):
                return caveats_of(given, None)
            known = {one.id: one for one in self._kernel.capabilities()}.get(request.capability_id)
            if known is not None:
                return caveats_of(given, known.resource_from, known.action)
            # An action of a provider here is a capability of its own name, and takes `resource`.
            return caveats_of(given, "resource", request.capability_id)
        except InvalidInput as error:
            raise InvalidConstraint(error.reason) from None

    def _context(self, principal: Principal) -> Optional[Dict[str, Any]]:
        """Roles are the credential's: they are asserted only for somebody else, where the key may."""
        if self._own is not None or principal.principal_id == self._kernel.principal:
            return None
        return {"principal": principal.principal_id, **({"roles": list(principal.roles)} if principal.roles else {})}


def _shown(result: Result, frame: "Optional[_Frame]") -> _Frame:
    if frame is None or result.withheld is not None:
        raise _failure(result)
    return frame


def _failure(result: Result) -> AgentKernelError:
    decision, error = result.decision, result.outcome.error
    if not decision.is_permit:
        return refusal(decision.code, decision.reason)
    if error is None and result.withheld is not None:
        return DriverError(withheld_text(result.withheld), result.withheld)
    code = error.code if error is not None else result.outcome.status
    return DriverError(error.message if error is not None else "it came back with nothing", code)


def _mapping(given: Any, name: str) -> Dict[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise InvalidConstraint(f"{name} is a mapping, and not {type(given).__name__}")
    return dict(given or {})


class _translated:
    """What the client raises, in their words; ours stays the cause."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, MalformedRequest):
            raise InvalidConstraint(error.reason) from error
        if isinstance(error, PortcullisError) and not isinstance(error, InvalidInput):
            if isinstance(error, NotFound) or error.code in ERRORS:
                raise ERRORS.get(error.code, AgentKernelError)(str(error), error.code) from error
            raise AgentKernelError(str(error), error.code) from error
