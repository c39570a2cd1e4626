"""`@protect_tool`: a function that declares a tool. Its body never runs, in any mode: the sidecar executes.

The call's arguments are bound by the function's own signature and become the action; the result's data is returned, and a
refusal or a failure is raised. A result that the sidecar had to cut comes back as a Handle, so that no part passes for the whole.
"""
from __future__ import annotations

import functools
import inspect
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple, TypeVar, Union

from ..errors import InvalidInput
from ..kernel.blocking import Kernel
from ..types.result import Result
from ..verbs.aliases import Named, resolve
from ..verbs.refusal import raise_failure
from ..verbs.request import GivenLabels
from .binding import Binding

if TYPE_CHECKING:
    from ..kernel.aio import AsyncKernel

F = TypeVar("F", bound=Callable[..., Any])
AnyKernel = Union[Kernel, "AsyncKernel"]

_default: Optional[Kernel] = None
_lock = threading.Lock()


def set_default_kernel(kernel: Optional[Kernel]) -> None:
    """The kernel of tools that name none."""
    global _default
    with _lock:
        _default = kernel


def default_kernel() -> Kernel:
    """The one that was set, else one made by `create_kernel()` at the first use."""
    global _default
    with _lock:
        if _default is None:
            from ..kernel.connect import create_kernel

            _default = create_kernel()
        return _default


@dataclass(frozen=True)
class Handle:
    """What is left of a result that was larger than a frame: the part that fits, and how large the whole was."""

    #: The action id: `kernel.explain(handle.id)`.
    id: str
    data: Any
    #: Bytes of the whole.
    bytes: int
    #: What was cut or masked, in words.
    notes: Tuple[str, ...]
    #: Names the rest, where the sidecar keeps it.
    handle: Optional[str] = None


def protect_tool(
    tool_class: str,
    *,
    kernel: Optional[AnyKernel] = None,
    session: Optional[str] = None,
    justification: Optional[str] = None,
    labels: GivenLabels = None,
) -> Callable[[F], F]:
    """Declares the decorated function as the tool `tool_class`: an action (`fs.read`) or an alias (`file.read`).

    An argument that is None is left out. Raises ToolCallDenied (and its kinds), Invalidated, ToolFailed, and what the
    kernel raises. An async function becomes a coroutine; with a blocking kernel it runs in a thread.
    """
    if kernel is not None and not isinstance(kernel, Kernel) and not _is_async(kernel):
        raise InvalidInput("kernel is what create_kernel or create_async_kernel gives")
    options: Dict[str, Any] = {"session": session, "justification": justification, "labels": labels}

    def decorate(function: F) -> F:
        binding = Binding(function)

        def named(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Named:
            given = binding.arguments(args, kwargs)
            return resolve(tool_class, {name: value for name, value in given.items() if value is not None})

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def ask(*args: Any, **kwargs: Any) -> Any:
                return value_of(await _submit(kernel, named(args, kwargs), options))

            return ask  # type: ignore[return-value]
        if _is_async(kernel):
            raise TypeError(f"{function.__qualname__} is no coroutine function: an asyncio kernel needs one")
        blocking: Optional[Kernel] = kernel  # type: ignore[assignment]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            tool = named(args, kwargs)
            return value_of((blocking or default_kernel()).submit(tool.action, tool.resource, tool.params, **options))

        return call  # type: ignore[return-value]

    return decorate


def _is_async(kernel: Any) -> bool:
    """Whoever has made an asyncio kernel has loaded its module; nobody else needs to."""
    module = sys.modules.get(f"{Kernel.__module__.rpartition('.')[0]}.aio")
    return module is not None and isinstance(kernel, module.AsyncKernel)


async def _submit(kernel: Optional[AnyKernel], tool: Named, options: Dict[str, Any]) -> Result:
    def submit() -> Any:
        return (kernel or default_kernel()).submit(tool.action, tool.resource, tool.params, **options)

    if _is_async(kernel):
        result: Result = await submit()
        return result
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, submit)


def value_of(result: Result) -> Any:
    """What the tool returns. Raises what came in its place."""
    raise_failure(result)
    frame = result.frame
    if frame is None:
        return None
    if not frame.is_cut:
        return frame.data
    return Handle(result.decision.id, frame.data, frame.bytes, frame.notes, frame.handle)
