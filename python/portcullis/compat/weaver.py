"""Long because it is one face. weaver-kernel's five verbs: change the import line, and the program asks a sidecar that many agents share.

Discover, grant, invoke, expand, explain, with its argument order and its names. A kernel that is given a registry has a private sidecar, with the
rules that the default policy engine had. Drivers run in this process, after the gate permitted exactly that call. What would be weaker
here than it was there is an error: see docs/coming-from/weaver-kernel.md.
"""
from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from ..errors import InvalidInput, MalformedRequest, NotFound, PortcullisError
from ..kernel.blocking import Kernel as _Kernel
from ..kernel.connect import create_kernel as _create_kernel
from ..types.decision import Decision as _Decision
from ..types.journal import Explanation as _Explanation
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
from .weaver_tokens import caveats_of, claims_of

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
        return _frame(shown, result.decision.id, token.capability_id, principal.principal_id, response_mode)

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
        return _frame(frame, "", capability, kernel.principal or "", "table")

    def explain(self, action_id: str) -> ActionTrace:
        with _translated():
            told = (self._kernel if self._own is None else self._own.auditor).explain(action_id)
        return _trace(told)

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
        return _denial(decision, told, {"/justification": justification})

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


def _trace(told: _Explanation) -> ActionTrace:
    outcome, grant, shown = told.outcome, told.grant or {}, told.shown or {}
    failed = None if outcome is None or outcome.status == "ok" else outcome.status
    permitted = told.effect in ("permit", "modify")
    driver = told.provider or ("host" if told.execution == "host" else "")
    return ActionTrace(
        action_id=told.id,
        capability_id=grant.get("capability") or told.action,
        principal_id=told.principal,
        token_id=grant.get("id", ""),
        invoked_at=told.at,
        args={"commitment": told.params} if told.params else {},
        response_mode=shown.get("mode", ""),
        driver_id=driver if outcome is not None else "",
        handle_id=shown.get("handle"),
        error=failed,
        result_summary={
            "fact_count": shown.get("facts", 0),
            "row_count": shown.get("rows", 0),
            "warning_count": shown.get("notes", 0),
            "has_handle": "handle" in shown,
        },
        sensitivity=grant.get("sensitivity", "none"),
        event_type="invoke" if permitted else "deny",
        reason_code=told.code,
        effect=told.effect,
        expansions=list(told.expansions),
    )


#: What to do for each retry class; of the others nothing helps.
_REMEDIES = {
    "after_approval": "People have to approve it.",
    "new_session": "Ask in a new session.",
}


def _denial(decision: _Decision, told: _Explanation, given: Mapping[str, Any]) -> DenialExplanation:
    help = decision.help
    code = decision.code
    failed = [
        FailedCondition(path, None, None, f"rule {rule['rule']} does not hold there", code)
        for rule in told.unmet
        for path in rule["conditions"]
    ]
    remedies: List[str] = []
    for change in help.arguments if help is not None else ():
        required = list(change.permitted) if change.permitted is not None else None
        text = f"Change {change.argument}" + ("" if required is None else f" to what meets {required}")
        failed.append(FailedCondition(change.argument, required, given.get(change.argument), text, code))
        remedies.append(text + ".")
    if help is not None and help.retry == "after":
        when = help.after
        known = when is not None and when.seconds is not None
        remedies.append(f"Ask again in {when.seconds} s." if when is not None and known else "Ask again later.")
    if help is not None and help.retry == "get_grant":
        remedies.append(f"Ask for a grant of {help.capability}.")
    if help is not None and help.retry in _REMEDIES:
        remedies.append(_REMEDIES[help.retry])
    if decision.remedy is not None:
        remedies.append(decision.remedy)
    return DenialExplanation(True, decision.rule or "", failed, remedies, decision.reason, code)


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


def _frame(frame: _Frame, action: str, capability: str, principal: str, mode: str) -> Frame:
    shown = frame.mode or mode
    data = frame.data
    rows = data if isinstance(data, list) else [] if data is None else [data]
    handle = None if frame.handle is None else Handle(frame.handle, capability, frame.handle_expires, frame.rows)
    return Frame(
        action_id=action,
        capability_id=capability,
        response_mode=shown,
        facts=rows if shown == "summary" else [],
        table_preview=rows if shown == "table" else [],
        handle=handle,
        warnings=list(frame.notes),
        provenance=Provenance(capability, principal, action),
        raw_data=data if shown == "raw" else None,
    )


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
