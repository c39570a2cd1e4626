"""Kavach's gate in its own words: change the import line, and a private sidecar judges its policies.

The gate, its contexts, verdicts, decorator and listeners. Signers, key directories, signed chains and channels of its own are not here:
permits are signed and the journal is chained and checkpointed without them. docs/coming-from/kavach.md says what is called what.
"""
from __future__ import annotations

import functools
import inspect
import json
import os
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Sequence, Tuple, Type, TypeVar, Union

from ..errors import Invalidated as _Invalidated
from ..errors import InvalidInput, MalformedRequest, PortcullisError, ToolCallDenied
from ..gate.gate import Gate as _Gate
from ..gate.scope import MAX_SESSIONS
from ..kernel.blocking import Kernel as _Kernel
from ..listening.blocking import InvalidationListener
from ..tools.guarding import guarded as _guarded
from ..types.decision import Decision
from ..types.invalidation import InvalidationScope as _Scope
from ..types.result import OutcomeAnswer, PermitStatus, Result
from .importing import import_policy

__all__ = [
    "ActionContext",
    "Gate",
    "GeoLocation",
    "InMemoryInvalidationBroadcaster",
    "InvalidationScope",
    "Invalidated",
    "Refused",
    "Verdict",
    "guarded",
    "spawn_invalidation_listener",
]

G = TypeVar("G", bound="Gate")
F = TypeVar("F", bound=Callable[..., Any])

#: Our code -> theirs; every other refusal is a POLICY_DENIED.
CODES: Dict[str, str] = {
    "no_matching_rule": "NO_POLICY_MATCH",
    "invariant_violated": "INVARIANT_VIOLATION",
    "rate_limited": "RATE_LIMIT_EXCEEDED",
    "drift_violation": "DRIFT_DETECTED",
    "drift_detected": "DRIFT_DETECTED",
    "invalidated": "SESSION_INVALID",
    "session_closed": "SESSION_INVALID",
    "session_quarantined": "SESSION_INVALID",
    "permit_expired": "PERMIT_EXPIRED",
}
_UNKNOWN = {"_principal_id": "unknown", "_principal_kind": "user"}


class Refused(Exception):
    """`evaluator` is the guard that refused."""

    def __init__(self, code: str, evaluator: str, reason: str) -> None:
        super().__init__(f"[{code}] {evaluator}: {reason}")
        self.code, self.evaluator, self.reason = code, evaluator, reason

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.evaluator, self.reason)


class Invalidated(Refused):
    """The session, or who acts in it, is over."""


@dataclass(frozen=True)
class GeoLocation:
    country_code: str
    region: Optional[str] = None
    city: Optional[str] = None
    latitude: Optional[float] = None
    longitude: Optional[float] = None

    def said(self) -> Dict[str, Any]:
        given = (self.country_code, self.region, self.city, self.latitude, self.longitude)
        return _given(zip(("country", "region", "city", "latitude", "longitude"), given))


@dataclass(frozen=True)
class ActionContext:
    """Who asks for what, from where. Where the session began is held from its first action on: `origin_*` of a later one
    have to say the same. Parameters of every type are judged."""

    principal_id: str
    principal_kind: str
    action_name: str
    roles: Sequence[str] = ()
    resource: Optional[str] = None
    params: Mapping[str, Any] = field(default_factory=dict)
    ip: Optional[str] = None
    session_id: Optional[str] = None
    origin_ip: Optional[str] = None
    current_geo: Optional[GeoLocation] = None
    origin_geo: Optional[GeoLocation] = None

    def who(self) -> Dict[str, Any]:
        return {"principal": self.principal_id, "kind": self.principal_kind}

    def said(self) -> Dict[str, Any]:
        # A text is no list of its letters: the sidecar refuses it.
        roles = {"roles": self.roles if isinstance(self.roles, str) else list(self.roles)} if self.roles else {}
        return {**self.who(), **roles, **_given([("ip", self.ip)]), **_where(self.current_geo)}

    def origin(self) -> Dict[str, Any]:
        """Empty where nothing is said of it. An address that is not said is that of the action: it has not moved."""
        if self.origin_ip is None and self.origin_geo is None:
            return {}
        return {**_given([("ip", self.origin_ip or self.ip)]), **_where(self.origin_geo)}


@dataclass(frozen=True)
class Verdict:
    is_permit: bool
    is_invalidate: bool
    code: Optional[str]
    evaluator: Optional[str]
    reason: str
    #: The action id: decision, records and permit share it. None where nothing was permitted.
    token_id: Optional[str]
    #: Signed: `Gate.redeem_permit` takes it, once.
    permit: Optional[str]

    @property
    def is_refuse(self) -> bool:
        return not self.is_permit and not self.is_invalidate


class Gate:
    """Made by one of the `from_` functions; with no policies it denies everything. A gate that is closed ends its process."""

    def __init__(self, inner: _Gate, broadcaster: "Optional[InMemoryInvalidationBroadcaster]") -> None:
        #: The gate of ours: its kernel explains, and has the journal.
        self.inner = inner
        self._sessions: Dict[Tuple[str, str], Tuple[str, Dict[str, Any]]] = {}
        self._lock = threading.Lock()
        if broadcaster is not None:
            broadcaster._add(inner)

    @classmethod
    def from_dict(cls: Type[G], policy: Mapping[str, Any], **options: Any) -> G:
        try:
            return cls._open(json.dumps(dict(policy), allow_nan=False), "json", **options)
        except (TypeError, RecursionError) as error:
            raise InvalidInput(f"the policy cannot be written as JSON: {error}", code="invalid_policy") from None

    @classmethod
    def from_json_string(cls: Type[G], text: str, **options: Any) -> G:
        return cls._open(text, "json", **options)

    @classmethod
    def from_json_file(cls: Type[G], path: "Union[str, os.PathLike[str]]", **options: Any) -> G:
        return cls._open(_read(path), "json", **options)

    @classmethod
    def from_toml(cls: Type[G], text: str, **options: Any) -> G:
        return cls._open(text, "toml", **options)

    @classmethod
    def from_file(cls: Type[G], path: "Union[str, os.PathLike[str]]", **options: Any) -> G:
        return cls._open(_read(path), "toml", **options)

    @classmethod
    def _open(
        cls: Type[G],
        text: str,
        format: str,
        *,
        invariants: Sequence[Tuple[str, str, float]] = (),
        observe_only: bool = False,
        max_session_actions: Optional[int] = None,
        enable_drift: bool = True,
        geo_drift_max_km: Optional[float] = None,
        broadcaster: "Optional[InMemoryInvalidationBroadcaster]" = None,
        token_signer: None = None,
        rate_store: None = None,
    ) -> G:
        if token_signer is not None:
            raise InvalidInput("permits are signed by the sidecar's own Ed25519 key: leave token_signer out")
        if rate_store is not None:
            raise InvalidInput("replicas share rates by sharing a sidecar: portcullis.Gate with url=")
        near: Any = None if geo_drift_max_km is None else {"geo_km": geo_drift_max_km}
        inner = _Gate.from_dict(
            import_policy("kavach", text, format),
            invariants=invariants,
            observe_only=observe_only,
            max_session_actions=max_session_actions,
            drift=near if enable_drift else False,
        )
        return cls(inner, broadcaster)

    def evaluate(self, ctx: ActionContext) -> Verdict:
        """Decides, and counts the action as one that will happen."""
        try:
            result = self._decide(ctx)
        except MalformedRequest as refused:
            # Admission refused it: no session and no rule was asked.
            return Verdict(False, False, "POLICY_DENIED", "admission", refused.reason, None, None)
        decision, permitted = result.decision, result.decision.is_permit
        return Verdict(
            is_permit=permitted,
            is_invalidate=decision.is_invalidate,
            code=None if permitted else _code(decision.code),
            evaluator=None if permitted else _evaluator(decision),
            reason=decision.reason,
            token_id=decision.id if permitted else None,
            permit=result.permit,
        )

    def check(self, ctx: ActionContext) -> Verdict:
        """As `evaluate`; raises Refused or Invalidated."""
        verdict = self.evaluate(ctx)
        if verdict.is_permit:
            return verdict
        kind = Invalidated if verdict.is_invalidate else Refused
        raise kind(verdict.code or "", verdict.evaluator or "", verdict.reason)

    def reload(self, policy: str) -> None:
        """A TOML text; an empty one denies everything. One that does not load is a ValueError, and the last good set stays."""
        self.inner.reload(import_policy("kavach", policy, "toml"))

    def decide(self, action: str, resource: Optional[str] = None, params: Any = None, **more: Any) -> Result:
        """What `guarded` asks."""
        context = more.pop("context", None) or {}
        name = more.pop("session", None)
        session = None if name is None else self._session(name, context, {})
        return self.inner.kernel.decide(action, resource, params, session=session, context=context, **more)

    def redeem_permit(self, permit: str, **more: Any) -> PermitStatus:
        return self.inner.redeem_permit(permit, **more)

    def report(self, permit: str, status: str = "ok", **facts: Any) -> OutcomeAnswer:
        return self.inner.report(permit, status, **facts)

    def close(self) -> None:
        self.inner.close()

    def __enter__(self: G) -> G:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _decide(self, ctx: ActionContext) -> Result:
        kernel, origin = self.inner.kernel, ctx.origin()
        once = ctx.session_id is None and bool(origin)
        session: Optional[str] = None
        if ctx.session_id is not None:
            session = self._session(ctx.session_id, ctx.said(), origin)
        elif once:
            session = kernel.open_session(context={**ctx.who(), **origin}).id
        try:
            return kernel.decide(
                ctx.action_name, ctx.resource, dict(ctx.params), session=session, context=ctx.said(), execution="host"
            )
        finally:
            if once and session is not None:
                _close(kernel, session)

    def _session(self, name: str, said: Mapping[str, Any], origin: Dict[str, Any]) -> str:
        """The kernel's id of a session that the host calls `name`: one for each principal that uses the name."""
        key = (name, str(said.get("principal")))
        with self._lock:
            known = self._sessions.get(key)
            if known is not None:
                id, began = known
                if origin and origin != began:
                    raise InvalidInput("a session begins in one place: its origin is that of its first action")
                return id
            if len(self._sessions) >= MAX_SESSIONS:
                raise InvalidInput(f"a gate tells {MAX_SESSIONS} sessions apart, and these are used up")
            who = {member: said[member] for member in ("principal", "kind", "on_behalf_of") if member in said}
            opened = self.inner.kernel.open_session(label=name[:200] or None, context={**who, **origin} or None)
            self._sessions[key] = (opened.id, origin)
            return opened.id


def guarded(gate: Gate, action: str, param_fields: Optional[Mapping[str, str]] = None) -> Callable[[F], F]:
    """As `portcullis.guarded`: the body runs once the gate permitted exactly this call, and gets the arguments as permitted.

    Without `param_fields` no argument is judged, as there. Raises Refused or Invalidated.
    """

    def decorate(function: F) -> F:
        guard = _guarded(gate, action, param_fields or {})(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def later(*args: Any, **kwargs: Any) -> Any:
                try:
                    return await guard(*args, **{**_UNKNOWN, **kwargs})
                except (ToolCallDenied, _Invalidated) as refused:
                    _raise(refused)

            return later  # type: ignore[return-value]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return guard(*args, **{**_UNKNOWN, **kwargs})
            except (ToolCallDenied, _Invalidated) as refused:
                _raise(refused)

        return call  # type: ignore[return-value]

    return decorate


@dataclass(frozen=True)
class InvalidationScope:
    """What is over."""

    #: session, principal or role
    target: str
    id: str
    reason: str
    evaluator: str


class Listening:
    """Listeners of one callback, at every gate of a broadcaster. `abort` ends them."""

    def __init__(self, callback: Callable[[InvalidationScope], Any]) -> None:
        self._callback = callback
        self._listeners: List[InvalidationListener] = []

    def abort(self) -> None:
        for listener in self._listeners:
            listener.abort()

    def _listen(self, gate: _Gate) -> None:
        def told(scope: _Scope) -> None:
            self._callback(InvalidationScope(scope.target, scope.id, scope.reason, scope.guard))

        self._listeners.append(gate.spawn_invalidation_listener(told))


class InMemoryInvalidationBroadcaster:
    """What ends at the gates that were made with it, for whoever listens."""

    def __init__(self) -> None:
        self._gates: List[_Gate] = []
        self._listening: List[Listening] = []
        self._lock = threading.Lock()

    def _add(self, gate: _Gate) -> None:
        with self._lock:
            self._gates.append(gate)
            for one in self._listening:
                one._listen(gate)

    def _spawn(self, one: Listening) -> None:
        with self._lock:
            for gate in self._gates:
                one._listen(gate)
            self._listening.append(one)


def spawn_invalidation_listener(
    broadcaster: InMemoryInvalidationBroadcaster, callback: Callable[[InvalidationScope], Any]
) -> Listening:
    """Calls `callback(scope)` for what is over from now on. What it raises goes to the logger `portcullis`."""
    handle = Listening(callback)
    broadcaster._spawn(handle)
    return handle


def _code(ours: str) -> str:
    return CODES.get(ours, "POLICY_DENIED")


def _evaluator(decision: Optional[Decision]) -> str:
    if decision is None:
        return "gate"
    if decision.code.startswith("drift_"):
        return "drift"
    return decision.guard or "gate"


def _raise(refused: PortcullisError) -> NoReturn:
    kind = Invalidated if isinstance(refused, _Invalidated) else Refused
    raise kind(_code(refused.code), _evaluator(refused.decision), refused.reason) from refused


def _close(kernel: _Kernel, session: str) -> None:
    try:
        kernel.close_session(session)
    except PortcullisError:
        pass  # It is over already, or ends by idling.


def _where(geo: Optional[GeoLocation]) -> Dict[str, Any]:
    return {} if geo is None else geo.said()


def _given(members: Any) -> Dict[str, Any]:
    return {name: value for name, value in members if value is not None}


def _read(path: "Union[str, os.PathLike[str]]") -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
