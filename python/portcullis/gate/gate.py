"""A gate over a policy of one's own: decisions for actions that this program carries out itself.

The policy is judged by a sidecar, never in Python. Without `url` that is a private one, started for this gate and gone with
it; with `url` it is an isolated scope on that sidecar, for which the key needs the rights `policy`, `decide` and `sessions:open`.
"""
from __future__ import annotations

import json
import os
import threading
from typing import Any, Mapping, Optional, Sequence, Type, TypeVar, Union

from ..errors import InvalidInput
from ..kernel.blocking import Kernel
from ..listening.blocking import Callback, InvalidationListener, OnError
from ..types.result import CanonicalAction, OutcomeAnswer, PermitStatus, Result, Verdict
from ..verbs.refusal import raise_refusal
from ..verbs.request import GivenContext
from .document import Document, Invariant, of_mapping, of_text
from .drift import Drift, wire_drift
from .scope import Scope, open_scope

G = TypeVar("G", bound="Gate")

_FORMATS = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


class Gate:
    """Made by one of the `from_` functions. Close it, or use it as a context manager.

    Options of all of them: `invariants`, (name, parameter, maximum) triples or mappings as the policy language has them,
    held whatever the rules say; `max_session_actions`; `observe_only`: decide and record, and permit everything;
    `drift`: False, or how far a session may get from where it began (docs/drift.md): `ip`, `geo_km`, `device`, `age_max`
    (seconds), `rate_warn`, `rate_max`, `require`, `standing`; not with `url`, whose configuration says it;
    `url`, `api_key`, `timeout` (seconds).
    """

    def __init__(self, document: Document, scope: Scope) -> None:
        self._document = document
        self._scope = scope
        self._lock = threading.Lock()

    @classmethod
    def from_dict(cls: Type[G], policy: Mapping[str, Any], **options: Any) -> G:
        return cls._open(of_mapping(policy), **options)

    @classmethod
    def from_json_string(cls: Type[G], text: str, **options: Any) -> G:
        return cls._open(of_text(text, "json"), **options)

    @classmethod
    def from_json_file(cls: Type[G], path: "Union[str, os.PathLike[str]]", **options: Any) -> G:
        return cls._open(of_text(_read(path), "json"), **options)

    @classmethod
    def from_toml(cls: Type[G], text: str, **options: Any) -> G:
        return cls._open(of_text(text, "toml"), **options)

    @classmethod
    def from_yaml(cls: Type[G], text: str, **options: Any) -> G:
        return cls._open(of_text(text, "yaml"), **options)

    @classmethod
    def from_file(cls: Type[G], path: "Union[str, os.PathLike[str]]", **options: Any) -> G:
        """By the name's ending: .toml, .json, .yaml or .yml."""
        ending = os.path.splitext(os.fspath(path))[1].lower()
        if ending not in _FORMATS:
            raise InvalidInput(f"{os.fspath(path)!r} ends in none of {', '.join(_FORMATS)}")
        return cls._open(of_text(_read(path), _FORMATS[ending]), **options)

    @classmethod
    def _open(
        cls: Type[G],
        document: Document,
        *,
        invariants: Sequence[Invariant] = (),
        observe_only: bool = False,
        max_session_actions: Optional[int] = None,
        drift: Drift = None,
        url: Optional[str] = None,
        api_key: Optional[str] = None,
        timeout: float = 120.0,
    ) -> G:
        if type(observe_only) is not bool:
            raise InvalidInput(f"observe_only is True or False, not {observe_only!r:.40}")
        document = document.with_invariants(invariants, max_session_actions)
        return cls(document, open_scope(document, observe_only, url, api_key, timeout, wire_drift(drift)))

    def evaluate(
        self,
        action: str,
        resource: Optional[str] = None,
        params: Optional[Mapping[str, Any]] = None,
        *,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
    ) -> Verdict:
        """Decides, and counts the action as one that will happen, as rates and session limits count.

        The caller acts on it, or not; what it does not `report` shows as not reported. A pure check, which spends
        nothing, is `decide(…, execution="none")`. `session` is any name: the actions of one principal under one name
        count together. Where the effect is modify, `action` is what was permitted, and nothing else.
        """
        result = self.decide(action, resource, params, session=session, context=context, justification=justification)
        return Verdict.of(result)

    def check(self, action: str, resource: Optional[str] = None, params: Any = None, **more: Any) -> Verdict:
        """As `evaluate`; raises ToolCallDenied (and its kinds) or Invalidated."""
        return Verdict.of(raise_refusal(self.decide(action, resource, params, **more)))

    def decide(
        self,
        action: str,
        resource: Optional[str] = None,
        params: Optional[Mapping[str, Any]] = None,
        *,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        audience: Optional[str] = None,
        execution: str = "host",
    ) -> Result:
        """The whole result: the action as permitted, and with execution="host" a signed permit."""
        scope = self._scope
        named = scope.session(session, context)
        return scope.kernel.decide(
            action,
            resource,
            params,
            session=named,
            context=context,
            justification=justification,
            audience=audience,
            execution=execution,
        )

    def redeem_permit(
        self,
        permit: str,
        *,
        audience: Optional[str] = None,
        action: Optional[CanonicalAction] = None,
        on_behalf_of: Optional[str] = None,
        accept_observed: bool = False,
    ) -> PermitStatus:
        return self._scope.kernel.redeem_permit(
            permit,
            audience=audience or self._scope.audience,
            action=action,
            on_behalf_of=on_behalf_of,
            accept_observed=accept_observed,
        )

    def report(self, permit: str, status: str = "ok", **facts: Any) -> OutcomeAnswer:
        return self._scope.kernel.report(permit, status, **facts)

    def reload(self, policy: Union[str, Mapping[str, Any]], format: Optional[str] = None) -> None:
        """Replaces the policy at once. One that does not load raises InvalidInput and leaves the last good one in force.

        A text is read in the format that the gate was made from unless `format` says otherwise; an empty one denies
        everything. Invariants given to the gate stay.
        """
        with self._lock:
            new = of_text(policy, format or self._document.format) if isinstance(policy, str) else of_mapping(policy)
            new = new.with_invariants(*self._document.added)
            self._scope.replace(new)
            self._document = new

    def spawn_invalidation_listener(
        self, callback: Callback, *, on_error: Optional[OnError] = None
    ) -> InvalidationListener:
        """Calls `callback(scope)` for what ends here from now on, until `abort()`: see `Kernel`."""
        return self._scope.kernel.spawn_invalidation_listener(callback, on_error=on_error)

    @property
    def kernel(self) -> Kernel:
        """The kernel that decides: its explain and its journal are open to whoever owns the policy."""
        return self._scope.kernel

    def close(self) -> None:
        self._scope.close()

    def __enter__(self: G) -> G:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _read(path: "Union[str, os.PathLike[str]]") -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{os.fspath(path)!r} is not UTF-8: {error}", code="invalid_policy") from None
