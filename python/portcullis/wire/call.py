"""One request to the wire and how its answer is read: plain data, so that the blocking and the asyncio client share it."""
from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Optional

from ..errors import BadResponse, PortcullisError, exception_for
from ..types.decision import Decision
from ..types.result import Result, result
from . import shape
from .wirejson import decode

#: Bytes of one answer.
MAX_ANSWER = 16 * 1024 * 1024


class Call(NamedTuple):
    method: str
    #: Path and query.
    path: str
    body: Optional[bytes] = None
    reader: shape.Reader[Any] = shape.tree
    #: Asking again cannot do a thing twice.
    repeatable: bool = False
    #: The answer is text, not JSON.
    plain: bool = False
    #: Holds the value against what was asked; raises BadResponse.
    check: Optional[Callable[[Any], None]] = None
    #: Seconds; None for the kernel's own.
    timeout: Optional[float] = None

    def __repr__(self) -> str:
        """Without the body, which may hold tokens: a traceback that shows variables shows this."""
        return f"<Call {self.method} {self.path}>"


def value_of(call: Call, status: int, headers: Dict[bytes, bytes], body: bytes) -> Any:
    """The answer as `call` reads it; a problem document is raised as the exception of its code."""
    kind = headers.get(b"content-type", b"").split(b";", 1)[0].strip().lower()
    if status not in (200, 201):
        return _refusal(call, status, kind, body)
    if call.plain:
        return _plain(body)
    if kind != b"application/json":
        raise BadResponse(f"the answer is {kind.decode('latin-1') or 'of no type'}, not application/json")
    value = shape.read(call.reader, decode(body))
    if call.check is not None:
        call.check(value)
    return value


def _plain(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadResponse("the answer is not UTF-8") from None


def _refusal(call: Call, status: int, kind: bytes, body: bytes) -> Result:
    """RFC 9457. A refusal of a decision carries the result, which is a value for the verbs that answer with one."""
    problem = decode(body) if kind in (b"application/problem+json", b"application/json") else None
    if type(problem) is not dict or type(problem.get("code")) is not str:
        raise BadResponse(f"the answer is HTTP {status} without a problem document: is this a Portcullis sidecar?")
    if call.reader is result and "result" in problem:
        refused = shape.read(result, problem["result"])
        if refused.decision.is_permit:
            raise BadResponse("the answer is a refusal that permits")
        return refused
    raise _exception(status, problem)


def _exception(status: int, problem: Dict[str, Any]) -> PortcullisError:
    def said(name: str, *types: type) -> Any:
        value = problem.get(name)
        return value if type(value) in types else None

    code = problem["code"]
    return exception_for(code, status)(
        said("detail", str) or said("title", str) or code,
        code=code,
        status=status,
        retry=said("retry", str),
        retry_after=said("retry_after", int, float),
        record=said("record", dict),
        decision=_decision(problem.get("result")),
    )


def _decision(given: Any) -> Optional[Decision]:
    if given is None:
        return None
    refused: Result = shape.read(result, given)
    return refused.decision
