"""`@guarded`: a function whose body runs here, after the gate permitted exactly this call, and whose outcome is reported.

The permit is redeemed before the body starts, so that it cannot be used twice. Where the policy modified the action, the
body gets the arguments as permitted, never those that were asked for.
"""
from __future__ import annotations

import functools
import inspect
import time
import warnings
from typing import Any, Awaitable, Callable, Dict, Generator, Mapping, Optional, Protocol, Tuple, TypeVar, Union

from ..errors import MalformedRequest, PortcullisError, ToolCallDenied
from ..types.result import PermitStatus, Result
from ..verbs.refusal import raise_refusal
from ..verbs.request import GivenContext, wire_context
from .binding import Binding

F = TypeVar("F", bound=Callable[..., Any])

#: Keyword arguments that say who and where, taken off before the body runs: name -> member of the context.
CONTEXT_KEYWORDS: Dict[str, str] = {
    "_principal_id": "principal",
    "_principal_kind": "kind",
    "_roles": "roles",
    "_on_behalf_of": "on_behalf_of",
    "_ip": "ip",
    "_country": "country",
    "_region": "region",
    "_city": "city",
    "_latitude": "latitude",
    "_longitude": "longitude",
    "_device": "device",
    "_user_agent": "user_agent",
}
#: And what else a request may carry.
REQUEST_KEYWORDS: Dict[str, str] = {
    "_session_id": "session",
    "_resource": "resource",
    "_justification": "justification",
}
#: Characters of a failure's text in the journal.
MAX_ERROR = 1000


class UnreportedOutcome(RuntimeWarning):
    """The body ran, and its outcome could not be reported: the journal will show it as not reported."""


class Decider(Protocol):
    """A Kernel, an AsyncKernel or a Gate: what answers may be awaitable."""

    def decide(self, action: str, resource: Optional[str] = None, params: Any = None, **more: Any) -> Any: ...

    def redeem_permit(self, permit: str, **more: Any) -> Any: ...

    def report(self, permit: str, status: str = "ok", **more: Any) -> Any: ...


def guarded(
    kernel: Decider,
    action: str,
    param_fields: Optional[Mapping[str, str]] = None,
    *,
    resource: Optional[str] = None,
    context: GivenContext = None,
    audience: Optional[str] = None,
) -> Callable[[F], F]:
    """Guards the decorated function with a kernel or a gate.

    `param_fields` maps the action's parameters to the function's arguments; left out, every argument is a parameter of
    its own name. `resource` names the argument that is the resource. A call may say who and where with `_principal_id`,
    `_principal_kind`, `_roles`, `_on_behalf_of`, `_ip`, `_session_id`, `_resource` and their kin, as far as the key may
    assert it. Raises ToolCallDenied (and its kinds), Invalidated, and whatever the body raises.
    """
    standing = wire_context(context)

    def decorate(function: F) -> F:
        binding = Binding(function)
        fields = _fields(function, binding, param_fields, resource)

        def steps(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> "Steps":
            return _steps(kernel, action, fields, resource, standing, audience, binding, args, kwargs)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guard(*args: Any, **kwargs: Any) -> Any:
                return await _run_async(steps(args, kwargs), function)

            return guard  # type: ignore[return-value]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return _run(steps(args, kwargs), function)

        return call  # type: ignore[return-value]

    return decorate


def _fields(
    function: Callable[..., Any], binding: Binding, given: Optional[Mapping[str, str]], resource: Optional[str]
) -> Dict[str, str]:
    names = binding.names()
    reserved = [name for name in names if name in CONTEXT_KEYWORDS or name in REQUEST_KEYWORDS]
    if reserved:
        raise TypeError(f"{function.__qualname__}: {reserved[0]} is a name that @guarded takes for itself")
    wanted = [*(given or {}).values(), *([] if resource is None else [resource])]
    for name in wanted:
        if name not in names:
            raise TypeError(f"{function.__qualname__} has no argument {name!r}")
    return {name: name for name in names if name != resource} if given is None else dict(given)


class _Ask:
    """A step that leaves the generator: something to call, blocking or not."""

    __slots__ = ("function", "args", "kwargs")

    def __init__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs

    def __call__(self) -> Any:
        return self.function(*self.args, **self.kwargs)


class _Body:
    """The step at which the body runs."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs


Steps = Generator[Union[_Ask, _Body], Any, Any]


def _steps(
    kernel: Decider,
    action: str,
    fields: Mapping[str, str],
    resource: Optional[str],
    standing: Mapping[str, Any],
    audience: Optional[str],
    binding: Binding,
    args: Tuple[Any, ...],
    kwargs: Dict[str, Any],
) -> Steps:
    more = {name: kwargs.pop(key) for key, name in REQUEST_KEYWORDS.items() if key in kwargs}
    said = {name: kwargs.pop(key) for key, name in CONTEXT_KEYWORDS.items() if key in kwargs}
    arguments = binding.arguments(args, kwargs)
    params = {field: arguments[name] for field, name in fields.items()}
    if resource is not None:
        if "resource" in more:
            raise TypeError(f"_resource: the argument {resource!r} is the resource, and what the body gets is what is judged")
        more["resource"] = arguments[resource]
    context = {**standing, **{name: value for name, value in said.items() if value is not None}}
    result: Result = yield _Ask(
        kernel.decide, action, params=params, context=context or None, audience=audience, execution="host", **more
    )
    raise_refusal(result)
    permit = result.permit
    if permit is None:
        raise ToolCallDenied("the decision came without a permit", code="permit_invalid", decision=result.decision)
    args, kwargs = _as_permitted(result, params, fields, binding, args, kwargs)
    # Held against the action as well: what is about to run is what the permit is for.
    redeemed: PermitStatus = yield _Ask(
        kernel.redeem_permit,
        permit,
        audience=audience,
        action=result.action,
        on_behalf_of=context.get("on_behalf_of"),
        accept_observed=result.mode == "observe",
    )
    if not redeemed.valid:
        raise ToolCallDenied("the permit cannot be redeemed", code=redeemed.code, decision=result.decision)
    started = time.perf_counter()
    try:
        value = yield _Body(args, kwargs)
    except BaseException as error:
        # An interrupt or a cancellation may have cut the body anywhere: nobody knows what it did.
        status = "error" if isinstance(error, Exception) else "unknown"
        text = f"{type(error).__name__}: {error}"[:MAX_ERROR]
        yield from _report(kernel, permit, status, started, error=text)
        raise
    yield from _report(kernel, permit, "ok", started, result=value)
    return value


def _as_permitted(
    result: Result,
    params: Mapping[str, Any],
    fields: Mapping[str, str],
    binding: Binding,
    args: Tuple[Any, ...],
    kwargs: Dict[str, Any],
) -> "tuple[Tuple[Any, ...], Dict[str, Any]]":
    """The call with the parameters that were permitted. One that has no argument to go to cannot be carried out."""
    if result.decision.effect != "modify":
        return args, kwargs
    permitted = result.action.params if result.action else {}
    if set(permitted) != set(params):
        odd = sorted(set(permitted) ^ set(params))[0]
        raise ToolCallDenied(
            f"the policy changed the parameter {odd!r}, and no argument of the function holds it",
            code="modified",
            decision=result.decision,
            result=result,
        )
    changed = {fields[name]: value for name, value in permitted.items() if value != params[name]}
    return binding.replaced(args, kwargs, changed)


def _report(kernel: Decider, permit: str, status: str, started: float, **facts: Any) -> Generator[_Ask, Any, None]:
    duration = round((time.perf_counter() - started) * 1000, 3)
    try:
        try:
            yield _Ask(kernel.report, permit, status, duration_ms=duration, **facts)
        except MalformedRequest:
            # The value is no JSON, or too large: that it went well is still worth a record.
            facts.pop("result", None)
            yield _Ask(kernel.report, permit, status, duration_ms=duration, **facts)
    except PortcullisError as error:
        warnings.warn(f"an outcome could not be reported: {error}", UnreportedOutcome, stacklevel=5)


def _run(steps: Steps, body: Callable[..., Any]) -> Any:
    step = next(steps)
    while True:
        try:
            try:
                answer = body(*step.args, **step.kwargs) if isinstance(step, _Body) else step()
                if not isinstance(step, _Body) and inspect.isawaitable(answer):
                    answer.close()  # type: ignore[attr-defined]
                    raise TypeError("an asyncio kernel guards coroutine functions")
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
        except StopIteration as done:
            return done.value


async def _run_async(steps: Steps, body: Callable[..., Awaitable[Any]]) -> Any:
    step = next(steps)
    while True:
        try:
            try:
                answer = await body(*step.args, **step.kwargs) if isinstance(step, _Body) else await _ask(step)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
        except StopIteration as done:
            return done.value


async def _ask(step: _Ask) -> Any:
    """A blocking kernel's verbs run in a thread, so that the loop goes on."""
    if inspect.iscoroutinefunction(step.function):
        return await step()
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, step)
