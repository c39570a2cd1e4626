"""How a kernel begins: its session opened, its principal settled, all before the first action.

A generator of Calls, driven by the blocking client and by the asyncio one: it asks, is given answers or has exceptions
thrown in, and returns what every later request carries.
"""
from __future__ import annotations

from typing import Any, Dict, Generator, NamedTuple, Optional

from ..errors import Forbidden, InvalidInput, exception_for
from ..types.session import SessionView
from ..verbs import calls
from ..verbs.request import Standing
from ..wire.call import Call


class Opened(NamedTuple):
    standing: Standing
    #: Who the kernel acts as; None where the key may not be asked.
    principal: Optional[str]
    owns_session: bool


Opening = Generator[Call, Any, Opened]


def opening(
    preset: Optional[str],
    principal: Optional[str],
    on_behalf_of: Optional[str],
    session: Optional[str],
    label: Optional[str],
) -> Opening:
    if session is not None:
        if preset is not None or label is not None:
            raise InvalidInput("a session that is open has its preset and its label already")
        return (yield from _join(session, principal, on_behalf_of))
    context = {} if principal is None else {"principal": principal}
    return (yield from _own(preset, on_behalf_of, label, context))


def _own(
    preset: Optional[str], on_behalf_of: Optional[str], label: Optional[str], context: Dict[str, Any]
) -> Opening:
    """A clean session; for a key without the right to open any, its standing one."""
    try:
        view: SessionView = yield calls.open_session(preset, on_behalf_of, label, context or None)
    except Forbidden as error:
        if error.code == "principal_mismatch":
            raise _mismatch(str(context.get("principal"))) from error
        if error.code != "forbidden" or preset is not None:
            raise
        said = {**context, **({} if on_behalf_of is None else {"on_behalf_of": on_behalf_of})}
        return (yield from _standing(said))
    except LookupError as error:
        if preset is None:
            raise
        raise InvalidInput(f"there is no preset {preset!r}", code="not_found", retry="after_change") from error
    return Opened(Standing(view.id, context, view.principal), view.principal, True)


def _standing(context: Dict[str, Any]) -> Opening:
    """A name that the key asserts is tried before the first action: a pure check, which the sidecar records."""
    if not context:
        return Opened(Standing(), None, False)
    result = yield calls.decide({"action": "portcullis.session", "execution": "none", "context": context})
    code = result.decision.code
    if not result.decision.is_permit and issubclass(exception_for(code), Forbidden):
        raise _mismatch(str(context.get("principal"))) if code == "principal_mismatch" else Forbidden(code=code)
    return Opened(Standing(None, context, context.get("principal")), context.get("principal"), False)


def _join(session: str, principal: Optional[str], on_behalf_of: Optional[str]) -> Opening:
    view: SessionView = yield calls.session(session)
    if principal is not None and principal != view.principal:
        raise _mismatch(principal)
    if on_behalf_of is not None and on_behalf_of != view.on_behalf_of:
        raise InvalidInput("the session acts on behalf of somebody else", code="principal_mismatch")
    return Opened(Standing(session, {"principal": view.principal}, view.principal), view.principal, False)


def _mismatch(principal: str) -> Forbidden:
    return Forbidden(
        f"the key may not act as {principal!r}",
        code="principal_mismatch",
        remedy="leave principal out, or use a key that is this principal or may assert it",
    )
