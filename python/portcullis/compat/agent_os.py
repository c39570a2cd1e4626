"""Agent OS Kernel's Python names: change the import line, and a private sidecar decides by the same allow-list and carries out what it permits.

`log_path` is a directory here: the journal in it is chained, and there after the program. What would be weaker than it was there is an
error; there is no MCP provider and no reversible layer. docs/coming-from/agent-os-kernel.md says what is called what.
"""
from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ..errors import InvalidInput, MalformedRequest, PortcullisError, exception_for
from ..kernel.blocking import Kernel as _Kernel
from ..kernel.connect import DEFAULT_TIMEOUT, drive
from ..kernel.opening import opening
from ..sidecar.child import Child
from ..sidecar.discovery import check_key
from ..tools.guarding import MAX_ERROR, UnreportedOutcome
from ..tools.protect import value_of
from ..transport.blocking import Transport
from ..types.result import Result
from ..verbs.refusal import withheld_text
from ..verbs.request import Standing
from .agent_os_actions import BUILT_IN, answer_of
from .agent_os_actions import asked as _asked
from .agent_os_loop import AgentLoop, ToolDef, run_agent_loop
from .importing import import_policy

__all__ = [
    "ActionRequest",
    "ActionResult",
    "AgentLoop",
    "FilesystemProvider",
    "HttpProvider",
    "Kernel",
    "Policy",
    "ProcessProvider",
    "Provider",
    "Record",
    "ToolDef",
    "load_policy",
    "run_agent_loop",
]


@dataclass(frozen=True)
class ActionRequest:
    action: str
    target: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ActionResult:
    #: OK, DENIED or ERROR
    status: str
    data: Any = None
    error: Optional[str] = None
    #: The action id: `portcullis explain` tells its story.
    record_id: Optional[str] = None


@dataclass(frozen=True)
class Record:
    """One line of the log: an action, and what came of it."""

    timestamp: str
    action: str
    target: str
    #: INVALID, DENIED, NO_PROVIDER, FAILED or OK
    status: str
    error: Optional[str] = None
    duration_ms: Optional[float] = None
    record_id: Optional[str] = None


class Provider:
    """A provider of one's own: it runs in this process, once the gate permitted exactly this request."""

    @property
    def actions(self) -> Sequence[str]:
        raise NotImplementedError

    def execute(self, request: ActionRequest) -> Any:
        raise NotImplementedError


class _BuiltIn(Provider):
    """Names what the sidecar carries out itself."""

    names: Tuple[str, ...] = ()

    @property
    def actions(self) -> Sequence[str]:
        return self.names


class FilesystemProvider(_BuiltIn):
    names = ("fs.read", "fs.write", "fs.delete")


class ProcessProvider(_BuiltIn):
    names = ("proc.exec",)


class HttpProvider(_BuiltIn):
    names = ("net.http",)


@dataclass(frozen=True)
class Policy:
    """An allow-list: `{"capabilities": [{"action", "resource", "constraint"}]}`, or the text of one."""

    text: str
    #: yaml or json
    format: str = "json"

    @staticmethod
    def of(capabilities: Sequence[Mapping[str, Any]]) -> "Policy":
        try:
            return Policy(json.dumps({"capabilities": [dict(one) for one in capabilities]}, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidInput(f"the policy cannot be written as JSON: {error}", code="invalid_policy") from None


def load_policy(path: "Union[str, os.PathLike[str]]") -> Policy:
    """Raises FileNotFoundError; what is wrong with the text is said by the kernel that is made with it."""
    with open(path, encoding="utf-8") as file:
        return Policy(file.read(), "yaml")


Providers = Union[Mapping[str, Provider], Sequence[Provider], None]


class Kernel:
    """`submit` is the one way to an effect. Raises InvalidInput for a policy with a mistake, Unavailable without Node or where
    another kernel has the log."""

    def __init__(
        self,
        policy: "Union[str, os.PathLike[str], Policy]",
        providers: Providers = None,
        log_path: "Union[str, os.PathLike[str]]" = "kernel.log",
    ) -> None:
        self._providers = _by_action(providers)
        self.policy = policy if isinstance(policy, Policy) else load_policy(policy)
        directory = os.path.abspath(os.fspath(log_path))
        if os.path.exists(directory) and not os.path.isdir(directory):
            raise InvalidInput(f"{directory} is a file, and the log is a directory here: name another")
        document = import_policy("agent-os", self.policy.text, self.policy.format)
        self._child = Child(document, directory)
        self._transport = Transport(self._child.endpoint, check_key(self._child.api_key), DEFAULT_TIMEOUT)
        self._admin = Transport(self._child.endpoint, check_key(self._child.admin_key), DEFAULT_TIMEOUT)
        try:
            opened = drive(self._transport, opening(None, None, None, None, None))
        except BaseException:
            self.close()
            raise
        #: The kernel of ours: its explain tells the story of a `record_id`.
        self.inner = _Kernel(self._transport, opened.standing, principal=opened.principal, owns_session=True)
        self.log = Log(_Kernel(self._admin, Standing()))

    def submit(self, request: ActionRequest) -> ActionResult:
        """Decides, records, carries out. Never raises for what was asked: the sidecar being gone is what it raises for."""
        provider = self._providers.get(request.action) if isinstance(request.action, str) else None
        try:
            name, params = _asked(request.action, request.params)
            if provider is None or not isinstance(provider, _BuiltIn):
                return self._here(provider, name, request.target, params)
            return _result(request.action, self.inner.submit(name, request.target, params))
        except MalformedRequest as error:
            return ActionResult("ERROR", error=f"malformed request: {error.reason}")

    def _here(self, provider: Optional[Provider], action: str, target: str, params: Dict[str, Any]) -> ActionResult:
        execution = "none" if provider is None else "host"
        result = self.inner.decide(action, target, params, execution=execution)
        id, permitted = result.decision.id, result.action
        if not result.decision.is_permit:
            return _denied(result)
        if provider is None or result.permit is None or permitted is None:
            return ActionResult("ERROR", error="no provider", record_id=id)
        status = self.inner.redeem_permit(result.permit)
        if not status.valid:
            return ActionResult("DENIED", error=status.code, record_id=id)
        try:
            data = provider.execute(ActionRequest(permitted.name, permitted.resource.value, permitted.params))
        except Exception as error:  # noqa: BLE001 - whatever a provider raises is its outcome
            self._report(result.permit, "error", error=str(error)[:MAX_ERROR])
            return ActionResult("ERROR", error=str(error), record_id=id)
        except BaseException:
            self._report(result.permit, "unknown")
            raise
        self._report(result.permit, "ok", result=data)
        return ActionResult("OK", data, record_id=id)

    def _report(self, permit: str, status: str, **facts: Any) -> None:
        try:
            try:
                self.inner.report(permit, status, **facts)
            except MalformedRequest:
                # The value is no JSON, or too large: that it went well is still worth a record.
                self.inner.report(permit, status)
        except PortcullisError as error:
            warnings.warn(f"an outcome could not be reported: {error}", UnreportedOutcome, stacklevel=5)

    def close(self) -> None:
        inner = getattr(self, "inner", None)
        if inner is not None:
            inner.close()
        self._transport.close()
        self._admin.close()
        self._child.close()

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Log:
    """What `portcullis log --data-dir LOG_PATH` shows, too."""

    def __init__(self, auditor: _Kernel) -> None:
        self._auditor = auditor

    def read_all(self) -> List[Record]:
        """Every action, oldest first."""
        asked: Dict[str, Dict[str, Any]] = {}
        came: Dict[str, Dict[str, Any]] = {}
        for record in self._records():
            if record["kind"] in ("decision", "outcome"):
                into = asked if record["kind"] == "decision" else came
                into.setdefault(record["id"], record)
        return [_line(record, came.get(id)) for id, record in asked.items()]

    def verify(self) -> bool:
        """Whether nobody has touched it."""
        return self._auditor.verify().ok

    def _records(self) -> Iterator[Dict[str, Any]]:
        after: Optional[int] = None
        while True:
            page = self._auditor.journal(limit=1000, **({} if after is None else {"after": after}))
            yield from page.records
            if len(page.records) < 1000:
                return
            after = page.records[-1]["seq"]


def _line(asked: Mapping[str, Any], came: Optional[Mapping[str, Any]]) -> Record:
    permitted = asked["effect"] in ("permit", "modify")
    outcome = (came or {}).get("status")
    error = (came or {}).get("error") or {}
    if not permitted:
        status = "DENIED" if "resource" in asked else "INVALID"
    elif outcome == "ok":
        status = "OK"
    else:
        status = "NO_PROVIDER" if asked.get("execution") == "none" else "FAILED"
    return Record(
        timestamp=asked["ts"],
        action=str(asked.get("action", "")),
        target=str((asked.get("resource") or {}).get("value", "")),
        status=status,
        error=error.get("message") if permitted else asked.get("reason"),
        duration_ms=(came or {}).get("duration_ms"),
        record_id=asked["id"],
    )


def _by_action(given: Providers) -> Dict[str, Provider]:
    if given is None:
        return {}
    named = list(given.items()) if isinstance(given, Mapping) else [(a, one) for one in given for a in one.actions]
    found: Dict[str, Provider] = {}
    for action, provider in named:
        if action in found:
            raise InvalidInput(f"two providers for {action}")
        if action in BUILT_IN and not isinstance(provider, _BuiltIn):
            raise InvalidInput(f"{action} is carried out by the sidecar: give an action of your own another name")
        if isinstance(provider, _BuiltIn) and action not in provider.actions:
            raise InvalidInput(f"{type(provider).__name__} does not carry out {action}")
        found[action] = provider
    return found


def _result(action: str, result: Result) -> ActionResult:
    if not result.decision.is_permit:
        return _denied(result)
    error = result.outcome.error
    if result.outcome.status != "ok":
        text = error.message if error else f"the outcome is {result.outcome.status}"
        return ActionResult("ERROR", error=text, record_id=result.decision.id)
    if result.withheld is not None:
        return ActionResult("ERROR", error=withheld_text(result.withheld), record_id=result.decision.id)
    return ActionResult("OK", answer_of(action, value_of(result)), record_id=result.decision.id)


def _denied(result: Result) -> ActionResult:
    decision = result.decision
    if issubclass(exception_for(decision.code), MalformedRequest):
        return ActionResult("ERROR", error=f"malformed request: {decision.reason}", record_id=decision.id)
    text = f"not permitted: {decision.reason}" + (f" ({decision.remedy})" if decision.remedy else "")
    return ActionResult("DENIED", error=text, record_id=decision.id)
